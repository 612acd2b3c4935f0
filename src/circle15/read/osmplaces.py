"""Facilities and hosts for new ones from OpenStreetMap nodes, ways and areas.

What makes a facility stands in the rule packs as tag expressions; what makes a host stands in HOSTS here. One place
is often mapped twice, as a point and as a building or a ground: objects of the same kind and the same name within
SAME_PLACE_M are one, and the first in the order node, way, relation is kept. Unnamed objects are never merged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import shapely
import shapely.affinity

from circle15.core.errors import ConfigError
from circle15.core.findings import Code, Finding
from circle15.core.rule import FacilityType
from circle15.core.text import Text
from circle15.read.osmbuildings import floor_area_m2
from circle15.read.osmfile import Feature, features, incomplete_areas, layer
from circle15.read.osmtags import Expression, parse_expressions
from circle15.read.spec import RawLayer

SAME_PLACE_M = 60.0

# Kinds of place that the plans name as hosts of new facilities: key → label, tag expressions.
# The first kind that matches decides.
HOSTS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "vacant": (
        Text("闲置用房", "vacant premises"),
        ("disused:amenity=school|kindergarten", "building + disused=yes", "building + vacant=yes"),
    ),
    "kindergarten": (Text("幼儿园", "kindergarten"), ("amenity=kindergarten", "building=kindergarten")),
    "school": (Text("学校", "school"), ("amenity=school", "building=school")),
    "community_centre": (Text("社区服务中心", "community centre"), ("amenity=community_centre",)),
    "townhall": (Text("政府办公用房", "government offices"), ("amenity=townhall", "building=government")),
    "library": (Text("图书馆", "library"), ("amenity=library",)),
    "health": (Text("医疗卫生设施", "health facility"), ("amenity=clinic|doctors", "healthcare=centre|clinic")),
    "elderly_home": (
        Text("养老机构", "elderly care institution"),
        (
            "amenity=social_facility + social_facility=nursing_home|assisted_living + social_facility:for=senior",
            "amenity=social_facility + social_facility=nursing_home|assisted_living + !social_facility:for",
            "amenity=nursing_home|retirement_home",
        ),
    ),
    "public_building": (Text("公共建筑", "public building"), ("building=public|civic", "amenity=public_building")),
}

_ELLIPSOID = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way to recognise a kind of place. ``suggested``: its tags only suggest the kind."""

    key: str
    label: Text
    expression: Expression
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A feature and the kind it was recognised as."""

    feature: Feature
    kind: _Kind


def facilities(path: Path, shown: str, types: Mapping[str, FacilityType]) -> RawLayer:
    """The facilities of an OSM file: nodes, ways, relations, each by id.

    Columns: facility_id (``node/1``), type (a key of ``types``), name, assumed (a note where the tags only suggest
    the type, else null), geometry (Point, lon/lat; of an area its point on surface). Certain expressions go before
    suggesting ones; among either the one with the most terms, then the order of ``types``, decides. Findings:
    osm_assumed_types, osm_merged_facilities, osm_incomplete_areas. No match leaves an empty frame.
    Raises InputError for a file that cannot be read, ConfigError for malformed expressions.
    """
    found, lost = _places(path, shown, _kinds_of_types(types))
    kept, merged = merge_same(found)
    columns: dict[str, list[Any]] = {
        "facility_id": [place.feature.feature_id for place in kept],
        "type": [place.kind.key for place in kept],
        "name": [place.feature.name for place in kept],
        "assumed": [_note(place.kind) if place.kind.suggested else None for place in kept],
        "geometry": [place.feature.geometry.point_on_surface() for place in kept],
    }
    findings = (
        *_assumed_types(kept),
        *_merged("osm_merged_facilities", "facilities", merged),
        *incomplete_areas("facilities", lost),
    )
    return layer(path, shown, columns, findings=findings)


def candidates(path: Path, shown: str) -> RawLayer:
    """The places of an OSM file that may host a new facility: nodes, ways, relations, each by id.

    Columns: candidate_id (``way/1``), name, host (the Chinese label of HOSTS), floor_area_m2 (of buildings,
    estimated as footprint × levels; null for points and grounds), estimated, geometry (Point, lon/lat). Findings:
    osm_estimated_floors, osm_merged_candidates, osm_incomplete_areas. No match leaves an empty frame.
    Raises InputError for a file that cannot be read.
    """
    found, lost = _places(path, shown, _kinds_of_hosts())
    kept, merged = merge_same(found)
    columns: dict[str, list[Any]] = {
        "candidate_id": [place.feature.feature_id for place in kept],
        "name": [place.feature.name for place in kept],
        "host": [place.kind.label.zh for place in kept],
        "floor_area_m2": [_floor_area(place.feature) for place in kept],
        "estimated": [None if _floor_area(place.feature) is None else "floor_area_m2" for place in kept],
        "geometry": [place.feature.geometry.point_on_surface() for place in kept],
    }
    findings = (
        *_estimated_floors(kept),
        *_merged("osm_merged_candidates", "candidates", merged),
        *incomplete_areas("candidates", lost),
    )
    return layer(path, shown, columns, findings=findings)


def merge_same(places: Sequence[_Place]) -> tuple[list[_Place], list[_Place]]:
    """Places without their duplicates, and the duplicates: same kind and name within SAME_PLACE_M of a kept one.

    Both keep the order of ``places``, so what is kept has the smallest id.
    """
    kept: list[_Place] = []
    merged: list[_Place] = []
    of_name: dict[tuple[str, str], list[_Place]] = {}
    for place in places:
        name = place.feature.name
        same = of_name.setdefault((place.kind.key, name), []) if name else []
        if any(distance_m(place.feature.geometry, each.feature.geometry) <= SAME_PLACE_M for each in same):
            merged.append(place)
        else:
            kept.append(place)
            same.append(place)
    return kept, merged


def distance_m(one: Any, other: Any) -> float:
    """Metres on the WGS 84 ellipsoid between the nearest points of two lon/lat shapes; 0 where they touch.

    The nearest points are sought with the degree of longitude shrunk as at their latitude: exact for points, and
    off by far less than a metre for shapes that lie within a few hundred metres of each other.
    """
    shrink = math.cos(math.radians(one.centroid.y))
    one, other = (shapely.affinity.scale(each, shrink, 1, origin=(0, 0)) for each in (one, other))
    link = shapely.shortest_line(one, other)
    (from_x, from_y), (to_x, to_y) = link.coords
    return float(_ELLIPSOID.inv(from_x / shrink, from_y, to_x / shrink, to_y)[2])


def _kinds_of_types(types: Mapping[str, FacilityType]) -> list[_Kind]:
    """Every expression of every type, the deciding ones first. Raises ConfigError with all malformed ones."""
    kinds: list[_Kind] = []
    problems: list[Text] = []
    for each in types.values():
        for suggested, texts in ((False, each.osm), (True, each.osm_assumed)):
            try:
                expressions = parse_expressions(texts, f"facility.{each.key}")
            except ConfigError as error:
                problems += error.problems
            else:
                kinds += [_Kind(each.key, each.label, expression, suggested) for expression in expressions]
    if problems:
        raise ConfigError(problems)
    return sorted(kinds, key=lambda kind: (kind.suggested, -len(kind.expression.terms)))


def _kinds_of_hosts() -> list[_Kind]:
    return [
        _Kind(key, label, expression)
        for key, (label, texts) in HOSTS.items()
        for expression in parse_expressions(texts, key)
    ]


def _places(path: Path, shown: str, kinds: Sequence[_Kind]) -> tuple[list[_Place], list[Feature]]:
    """The places of these kinds, and the features of these kinds that have no complete shape."""
    found: list[_Place] = []
    lost: list[Feature] = []
    if not kinds:
        return found, lost
    for feature in features(path, shown, [kind.expression.key for kind in kinds]):
        kind = next((each for each in kinds if each.expression.matches(feature.tags)), None)
        if kind is not None and feature.geometry is None:
            lost.append(feature)
        elif kind is not None:
            found.append(_Place(feature, kind))
    return found, lost


def _floor_area(feature: Feature) -> float | None:
    is_building = feature.kind != "node" and feature.tags.get("building", "no") != "no"
    return floor_area_m2(feature) if is_building else None


def _note(kind: _Kind) -> str:
    return f"由标签 {kind.expression.text} 推定为{kind.label.zh}"


def _ids(places: Iterable[_Place]) -> list[str]:
    return [place.feature.feature_id for place in places]


def _assumed_types(places: Sequence[_Place]) -> list[Finding]:
    ids = _ids(place for place in places if place.kind.suggested)
    if not ids:
        return []
    return [
        Finding.of(
            "osm_assumed_types",
            "warning",
            "facilities",
            ids,
            Text(
                f"{len(ids)} 处设施的类型由 OSM 标签推定，标签并未明确说明（如未注明服务对象）。",
                f"The type of {len(ids)} facilities is assumed: their OSM tags suggest it without saying so.",
            ),
            Text(
                "请逐一核实，或改用主管部门的设施名录。",
                "Check each of them, or bring the authority's own list of facilities.",
            ),
        )
    ]


def _merged(code: Code, layer_name: str, places: Sequence[_Place]) -> list[Finding]:
    ids = _ids(places)
    if not ids:
        return []
    return [
        Finding.of(
            code,
            "info",
            layer_name,
            ids,
            Text(
                f"{len(ids)} 个对象与 {SAME_PLACE_M:g} 米内同类同名的对象视为同一处，已合并。",
                f"{len(ids)} objects are taken for the same place as one of the same kind and name within "
                f"{SAME_PLACE_M:g} m, and merged into it.",
            ),
            Text("如确为不同的设施，请分别命名。", "If they are different places, give them different names."),
        )
    ]


def _estimated_floors(places: Sequence[_Place]) -> list[Finding]:
    ids = _ids(place for place in places if _floor_area(place.feature) is not None)
    if not ids:
        return []
    return [
        Finding.of(
            "osm_estimated_floors",
            "info",
            "candidates",
            ids,
            Text(
                f"{len(ids)} 处备选点的建筑面积由建筑基底面积×层数推算。",
                f"The floor area of {len(ids)} candidates is estimated as footprint × levels.",
            ),
            Text("请以测绘或产权面积为准。", "Use surveyed or registered areas where there are any."),
        )
    ]
