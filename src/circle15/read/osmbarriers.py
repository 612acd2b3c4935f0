"""What no one walks across, from OpenStreetMap: water, railways and walls.

Only what lies on the ground is a barrier: nobody is kept from walking over a culvert or under a viaduct.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from circle15.read.osmfile import KINDS, features, incomplete_areas, layer, ways
from circle15.read.osmlines import located_runs
from circle15.read.osmtags import Expression, parse_expression
from circle15.read.spec import RawLayer

# Kind of barrier → the tag expressions of its areas and of its lines.
BARRIERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "water": (("natural=water", "waterway=riverbank|dock"), ("waterway=river|canal + !tunnel",)),
    "railway": ((), ("railway=rail|light_rail|narrow_gauge + !tunnel + !bridge",)),
    "wall": ((), ("barrier=wall|city_wall|retaining_wall|fence",)),
}

_AREAS = tuple((parse_expression(text), kind) for kind, (areas, _) in BARRIERS.items() for text in areas)
_LINES = tuple((parse_expression(text), kind) for kind, (_, lines) in BARRIERS.items() for text in lines)
_ASKED = (*dict.fromkeys(term.key for expression, _ in _LINES for term in expression.terms), "name")

Rules = tuple[tuple[Expression, str], ...]


def barriers(path: Path, shown: str) -> RawLayer:
    """The barriers of an OSM file, in the order way, relation, each by id.

    Columns: barrier_id (``way/123``), kind, name, geometry (lines and polygons, lon/lat). Raises InputError.
    """
    # A node that says it is water covers no ground.
    found = [each for each in features(path, shown, _keys(_AREAS)) if each.kind != "node"]
    areas = [each for each in found if _kind(each.tags, _AREAS)]
    rows = [
        (each.order, each.feature_id, _kind(each.tags, _AREAS), each.name, each.geometry)
        for each in areas
        if each.geometry is not None
    ]
    rows += [row for key in _keys(_LINES) for row in _lines(path, shown, key)]
    rows.sort(key=lambda row: row[0])
    _, ids, kinds, names, shapes = zip(*rows, strict=True) if rows else ((),) * 5
    columns = {"barrier_id": list(ids), "kind": list(kinds), "name": list(names), "geometry": list(shapes)}
    lost = [each for each in areas if each.geometry is None and each.kind == "relation"]
    return layer(path, shown, columns, findings=tuple(incomplete_areas("barriers", lost)))


def _lines(path: Path, shown: str, key: str) -> Iterator[tuple[Any, ...]]:
    found = ways(path, shown, key, _ASKED)
    kinds = np.array([_kind(tags, _LINES) for tags in found.tagged()], dtype=object)
    runs = located_runs(found)
    for way, shape in zip(np.unique(runs.way), shapely.multilinestrings(runs.lines, indices=runs.row), strict=True):
        if kinds[way]:
            number, name = int(found.number[way]), (found.tags["name"][way] or "").strip() or None
            yield (KINDS.index("way"), number), f"way/{number}", kinds[way], name, shape


def _kind(tags: Mapping[str, str], rules: Rules) -> str | None:
    said = {key: value for key, value in tags.items() if value != "no"}
    return next((kind for expression, kind in rules if expression.matches(said)), None)


def _keys(rules: Rules) -> list[str]:
    return sorted({expression.key for expression, _ in rules})
