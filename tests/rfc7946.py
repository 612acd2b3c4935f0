"""A strict reading of RFC 7946: every MUST and SHOULD about geometry that a file can break, by section."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
# Members that have a meaning in some GeoJSON object and so must not stand in another one (7.1).
DEFINING = {"coordinates", "geometries", "geometry", "properties", "features"}
MOST_DECIMALS = 8


def problems(content: bytes) -> list[str]:
    """What is wrong with a FeatureCollection; nothing if it is valid."""
    try:
        text = content.decode("utf-8")
        root = json.loads(text, parse_constant=_refuse, parse_float=_Decimals, object_pairs_hook=_once)
    except ValueError as error:
        return [f"no JSON text in UTF-8: {error}"]
    if text.startswith("\ufeff"):
        return ["starts with a byte-order mark (RFC 8259, 8.1)"]
    return list(_collection(root))


class _Decimals(float):
    """A number that remembers how many decimals were written."""

    def __new__(cls, text: str) -> _Decimals:
        number = super().__new__(cls, text)
        number.decimals = len(text.partition(".")[2]) if "e" not in text.lower() else 99
        return number

    decimals: int


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"a name occurs twice among {names}")
    return dict(pairs)


def _collection(root: Any) -> Iterator[str]:
    if not isinstance(root, dict) or root.get("type") != "FeatureCollection":
        yield "the root is no FeatureCollection (3.3)"
        return
    if "crs" in root:
        yield "has a crs member (4)"
    yield from (f"the collection has {name} (7.1)" for name in sorted((DEFINING - {"features"}) & root.keys()))
    if not isinstance(root.get("features"), list):
        yield "features is no array (3.3)"
        return
    positions = [at for feature in root["features"] for at in _positions(feature.get("geometry"))]
    yield from _bbox(root, positions)
    for number, feature in enumerate(root["features"]):
        yield from (f"feature {number}: {problem}" for problem in _feature(feature))


def _feature(feature: Any) -> Iterator[str]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        yield "is no Feature (3.2)"
        return
    if "geometry" not in feature or "properties" not in feature:
        yield "lacks geometry or properties (3.2)"
        return
    if "crs" in feature:
        yield "has a crs member (4)"
    yield from (f"has {name} (7.1)" for name in sorted((DEFINING - {"geometry", "properties"}) & feature.keys()))
    if not isinstance(feature["properties"], dict | None):
        yield "properties is neither object nor null (3.2)"
    if "id" in feature and (isinstance(feature["id"], bool) or not isinstance(feature["id"], str | int | float)):
        yield "id is neither string nor number (3.2)"
    if feature["geometry"] is not None:
        yield from _geometry(feature["geometry"])
    yield from _bbox(feature, list(_positions(feature["geometry"])))


def _geometry(geometry: Any) -> Iterator[str]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        for each in geometry["geometries"]:
            yield from _geometry(each)
        return
    if kind not in DEPTH:
        yield f"{kind} is no geometry type (1.4)"
        return
    yield from (f"its geometry has {name} (7.1)" for name in sorted((DEFINING - {"coordinates"}) & geometry.keys()))
    lines = list(_lines(geometry["coordinates"], DEPTH[kind]))
    for line in lines:
        yield from (problem for at in line for problem in _position(at))
        if "Point" not in kind and any(abs(here[0] - there[0]) > 180 for here, there in pairwise(line)):
            yield "crosses the antimeridian uncut (3.1.9)"
    if kind in ("LineString", "MultiLineString") and any(len(line) < 2 for line in lines):
        yield "a line has less than two positions (3.1.4)"
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    if kind in ("Polygon", "MultiPolygon"):
        rings = [(ring, number == 0) for rings in polygons for number, ring in enumerate(rings)]
        yield from (problem for ring, is_outer in rings for problem in _ring(ring, is_outer=is_outer))


def _lines(coordinates: Any, depth: int) -> Iterator[list[Any]]:
    if depth == 0:
        yield [coordinates]
    elif depth == 1:
        yield list(coordinates)
    else:
        for each in coordinates:
            yield from _lines(each, depth - 1)


def _ring(ring: Sequence[Any], *, is_outer: bool) -> Iterator[str]:
    if len(ring) < 4 or ring[0] != ring[-1]:
        yield "a ring has less than four positions or is not closed (3.1.6)"
        return
    turn = sum(here[0] * there[1] - there[0] * here[1] for here, there in pairwise(ring))
    if turn == 0 or (turn > 0) != is_outer:
        yield "a ring breaks the right-hand rule (3.1.6)"


def _position(at: Any) -> Iterator[str]:
    if not isinstance(at, list) or len(at) not in (2, 3) or not all(_is_number(each) for each in at):
        yield f"{at} is no position (3.1.1)"
        return
    if not (-180 <= at[0] <= 180 and -90 <= at[1] <= 90):
        yield f"{at} is no longitude and latitude (4)"
    if any(getattr(each, "decimals", 0) > MOST_DECIMALS for each in at):
        yield f"{at} has more than {MOST_DECIMALS} decimals (11.2)"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positions(geometry: Any) -> Iterator[list[float]]:
    if isinstance(geometry, dict) and geometry.get("type") in DEPTH:
        for line in _lines(geometry["coordinates"], DEPTH[geometry["type"]]):
            yield from line


def _bbox(holder: dict[str, Any], positions: list[list[float]]) -> Iterator[str]:
    """A bounding box is optional; one that is there must hold everything, west before east unless it crosses 180°."""
    if "bbox" not in holder:
        return
    west, south, east, north = holder["bbox"]
    for lon, lat, *_ in positions:
        across = lon >= west or lon <= east if west > east else west <= lon <= east
        if not (across and south <= lat <= north):
            yield f"the bbox leaves out {lon}, {lat} (5)"
            return
