"""Homes from OpenStreetMap buildings, with people estimated from footprint and levels.

A building counts as a home if its ``building`` value stands in HOMES; ``building=yes`` counts too, marked as
assumed, unless a tag of NOT_HOME says what else it is. All other buildings are left out.

floor area = footprint × levels, the footprint measured on the WGS 84 ellipsoid without courtyards, levels taken
from ``building:levels`` and 1 where that is absent. Residents = floor area ÷ M2_PER_PERSON. Both are estimates and
say so in every row.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyproj
import shapely

from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.osmfile import Feature, features, incomplete_areas, layer
from circle15.read.osmtags import parse_expressions
from circle15.read.spec import RawLayer

HOMES = frozenset(
    {
        "apartments",
        "bungalow",
        "detached",
        "dormitory",
        "farm",  # the farmhouse; barns have values of their own
        "house",
        "residential",
        "semidetached_house",
        "stilt_house",
        "terrace",
    }
)
UNTYPED = "yes"

# What makes a building=yes something else than a home: it houses, or is, one of these.
NOT_HOME = (
    "abandoned=yes",
    "aeroway",
    "amenity",
    "building:use=commercial|industrial|retail|office|public|civic|education|garage|storage",
    "club",
    "craft",
    "emergency",
    "government",
    "healthcare",
    "industrial",
    "landuse=commercial|industrial|retail|railway|military|education|religious",
    "leisure",
    "location=underground",
    "man_made",
    "military",
    "office",
    "power",
    "public_transport",
    "railway",
    "religion",
    "ruins=yes",
    "shop",
    "sport",
    "telecom",
    "tourism",
)
_NOT_HOME = parse_expressions(NOT_HOME, "NOT_HOME")

# Building floor area a resident: an assumption of this program, a round number near the 41.76 m² a person that
# China's seventh census (2020) gives for family households. It sets weights, never distances.
M2_PER_PERSON = 40.0
LEVELS_ASSUMED = 1.0
SMALL_M2 = 30.0  # an untyped building below this may well be a garage or a shed; the finding counts them

ESTIMATED = "population+floor_area_m2"
ASSUMED = "building=yes 按住宅推定"

OTHER_BUILDING = Text("非居住建筑", "not a residential building")
NO_OUTLINE = Text("只有点、没有轮廓的建筑", "a building without an outline")
DRAWN_TWICE = Text("与多面关系重复的建筑轮廓", "the outline of a building that a relation draws")
NOT_CLOSED = Text("轮廓不完整", "an outline that is not complete")

_ELLIPSOID = pyproj.Geod(ellps="WGS84")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def footprint_m2(shape: Any) -> float:
    """The area of a lon/lat Polygon or MultiPolygon on the WGS 84 ellipsoid in m², holes taken away."""
    area, _ = _ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(shape))
    return abs(float(area))


def levels(tags: Mapping[str, str]) -> float:
    """The storeys above ground: the largest number in ``building:levels``, 1 where there is none above zero."""
    numbers = [float(each) for each in _NUMBER.findall(tags.get("building:levels", ""))]
    return max(numbers, default=0.0) or LEVELS_ASSUMED


def floor_area_m2(feature: Feature) -> float:
    """Footprint × levels in m², to one decimal, rounded half up."""
    return math.floor(footprint_m2(feature.geometry) * levels(feature.tags) * 10 + 0.5) / 10


def residents(floor_area: float) -> int:
    """The people estimated for a floor area in m²: a whole number, at least 1."""
    return max(1, math.floor(floor_area / M2_PER_PERSON + 0.5))


def is_home(tags: Mapping[str, str]) -> bool:
    """Whether a building with these tags counts as a home, for certain or assumed."""
    kind = tags.get("building")
    return kind in HOMES or (kind == UNTYPED and not any(each.matches(tags) for each in _NOT_HOME))


def residential(path: Path, shown: str) -> RawLayer:
    """The homes of an OSM file: closed ways, then multipolygon relations, each by id.

    Columns: area_id (``way/123``), name, footprint (True), population (whole, ≥ 1), floor_area_m2, estimated (the
    two columns before), assumed (a note for ``building=yes``, else null), geometry (lon/lat). ``dropped`` counts
    the buildings left out by reason. Findings: osm_estimated_people, osm_assumed_homes, osm_incomplete_areas.
    A file without homes has an empty frame. Raises InputError for a file that cannot be read.
    """
    buildings = features(path, shown, ["building"])
    homes = [each for each in buildings if is_home(each.tags)]
    outlines = {number for each in homes if each.geometry is not None for number in each.outlines}
    kept, dropped, lost = [], Counter({OTHER_BUILDING: len(buildings) - len(homes)}), []
    for home in homes:
        why = _why_left_out(home, outlines)
        if why is None:
            kept.append(home)
        else:
            dropped[why] += 1
        if why is NOT_CLOSED:
            lost.append(home)
    columns = _columns(kept)
    found = [*_estimated(columns), *_assumed(columns, kept), *incomplete_areas("residential", lost)]
    return layer(path, shown, columns, findings=tuple(found), dropped=dict(+dropped))


def _why_left_out(home: Feature, outlines: set[int]) -> Text | None:
    if home.kind == "node":
        return NO_OUTLINE
    if home.kind == "way" and home.number in outlines:
        return DRAWN_TWICE
    return NOT_CLOSED if home.geometry is None else None


def _columns(homes: Sequence[Feature]) -> dict[str, list[Any]]:
    floor_areas = [floor_area_m2(home) for home in homes]
    return {
        "area_id": [home.feature_id for home in homes],
        "name": [home.name for home in homes],
        "footprint": [True] * len(homes),
        "population": [residents(area) for area in floor_areas],
        "floor_area_m2": floor_areas,
        "estimated": [ESTIMATED] * len(homes),
        "assumed": [ASSUMED if home.tags["building"] == UNTYPED else None for home in homes],
        "geometry": [home.geometry for home in homes],
    }


def _estimated(columns: Mapping[str, list[Any]]) -> list[Finding]:
    if not columns["area_id"]:
        return []
    count, people = len(columns["area_id"]), sum(columns["population"])
    return [
        Finding.of(
            "osm_estimated_people",
            "info",
            "residential",
            columns["area_id"],
            Text(
                f"{count} 处居住建筑的人口共 {people} 人，由建筑基底面积×层数÷人均 {M2_PER_PERSON:g} 平方米推算"
                f"（未标层数的按 {LEVELS_ASSUMED:g} 层），不是统计数据。",
                f"The {people} residents of {count} homes are estimated: footprint × levels ÷ {M2_PER_PERSON:g} m² a "
                f"person ({LEVELS_ASSUMED:g} level where none is tagged). They are no statistics.",
            ),
            Text("有条件时请提供带户数、人口的居住小区数据。", "Bring residential areas with households and people."),
        )
    ]


def _assumed(columns: Mapping[str, list[Any]], homes: Sequence[Feature]) -> list[Finding]:
    assumed = [home for home in homes if home.tags["building"] == UNTYPED]
    if not assumed:
        return []
    small = sum(footprint_m2(home.geometry) < SMALL_M2 for home in assumed)
    people = sum(
        people for people, note in zip(columns["population"], columns["assumed"], strict=True) if note is not None
    )
    return [
        Finding.of(
            "osm_assumed_homes",
            "warning",
            "residential",
            [home.feature_id for home in assumed],
            Text(
                f"{len(assumed)} 处建筑只标了 building=yes，没有非居住用途的标签，按住宅推定（共推算 {people} 人）；"
                f"其中 {small} 处基底不足 {SMALL_M2:g} 平方米，可能是车库或棚屋。",
                f"{len(assumed)} buildings say only building=yes and nothing of another use: assumed to be homes "
                f"({people} estimated residents); {small} of them cover less than {SMALL_M2:g} m² and may be sheds.",
            ),
            Text("请核对用途，或用 where 筛选。", "Check their use, or filter them with where."),
        )
    ]
