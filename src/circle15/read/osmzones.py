"""Zones from OpenStreetMap: administrative boundaries, their level by ``admin_level`` as it is used in China."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from circle15.core.text import Text
from circle15.read.osmfile import Feature, features, incomplete_areas, layer
from circle15.read.spec import RawLayer

# 县（市、区）, 乡镇（街道）, 社区（村）: communities and villages cannot be told apart by this tag.
LEVELS = {"6": "county", "8": "town", "10": "community"}

OTHER_LEVEL = Text("其他级别或非行政边界", "of another level, or no administrative boundary")


def zones(path: Path, shown: str) -> RawLayer:
    """The zones of an OSM file, each relation or closed way by id.

    Columns: zone_id (``relation/1``), name, level, geometry (lon/lat). Findings: osm_incomplete_areas. ``dropped``
    counts the boundaries of other levels. Raises InputError for a file that cannot be read.
    """
    found = [each for each in features(path, shown, ["boundary"]) if each.kind != "node"]
    wanted = [each for each in found if is_zone(each)]
    # A way that carries the tags of the boundary it is a part of is a line, not a zone.
    lost = [each for each in wanted if each.geometry is None and each.kind == "relation"]
    kept = [each for each in wanted if each.geometry is not None]
    columns: dict[str, list[Any]] = {
        "zone_id": [each.feature_id for each in kept],
        "name": [each.name for each in kept],
        "level": [LEVELS[each.tags["admin_level"]] for each in kept],
        "geometry": [each.geometry for each in kept],
    }
    dropped = dict(+Counter({OTHER_LEVEL: len(found) - len(wanted)}))
    return layer(path, shown, columns, findings=tuple(incomplete_areas("zones", lost)), dropped=dropped)


def is_zone(feature: Feature) -> bool:
    """Whether an object is an administrative boundary of a level that zones have."""
    return feature.tags.get("boundary") == "administrative" and feature.tags.get("admin_level") in LEVELS
