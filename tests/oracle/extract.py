"""Real streets and buildings, read as a study reads them, and every distance of theirs compared with the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from circle15.core.rule import FacilityType
from circle15.core.tables import Streets
from circle15.core.text import Text
from circle15.core.units import MM_PER_M, round_half_up
from circle15.read.layers import read_layer
from circle15.read.osmfile import features, layer
from circle15.read.project import place
from circle15.read.shapes import demand_points
from circle15.read.spec import InputSpec
from tests.oracle.compare import nearest_by_product, pairs_by_product
from tests.oracle.splitgraph import Answer, Oracle, Point

MAX_LEG_MM = 150_000
# The centre of Helsinki has no nursery in the extract; its restaurants stand in for canteens.
TYPES = {
    "nursery": FacilityType("nursery", Text("托育机构", "nursery"), osm=("amenity=childcare|kindergarten",)),
    "canteen": FacilityType("canteen", Text("食堂", "canteen"), osm=("amenity=restaurant",)),
}


@dataclass(frozen=True)
class Extract:
    """Streets, the demand points of all buildings in millimetres, and their footprints (None of a point)."""

    streets: Streets
    homes: list[Point]
    outlines: Any


def read_extract(path: Path, epsg: int) -> Extract:
    """The streets of an OSM file and every building of it, whatever its use, in the study CRS."""
    crs = pyproj.CRS.from_epsg(epsg)
    streets, _, _ = read_layer(InputSpec("streets", path, path.name), crs, {})
    assert isinstance(streets, Streets)
    shapes = [each.geometry for each in features(path, path.name, ["building"]) if each.geometry is not None]
    buildings = place(layer(path, path.name, {"geometry": shapes}), crs)
    areal = shapely.get_dimensions(buildings.geometry.to_numpy()) == 2
    return Extract(streets, whole_mm(demand_points(buildings)), np.where(areal, buildings.geometry.to_numpy(), None))


def read_homes(path: Path, epsg: int) -> list[Point]:
    """The demand points of the residential buildings."""
    residential, _, _ = read_layer(InputSpec("residential", path, path.name), pyproj.CRS.from_epsg(epsg), {})
    return whole_mm(demand_points(residential.frame))


def read_facilities(path: Path, epsg: int, kind: str) -> dict[str, Point]:
    """The facilities of one of TYPES by id."""
    spec = InputSpec("facilities", path, path.name)
    table, _, _ = read_layer(spec, pyproj.CRS.from_epsg(epsg), {kind: TYPES[kind]})
    return dict(zip(table.frame["facility_id"], whole_mm(table.frame.geometry.to_numpy()), strict=True))


def whole_mm(points: Any) -> list[Point]:
    """Points in metres as pairs of whole millimetres."""
    return [(x, y) for x, y in round_half_up(shapely.get_coordinates(points) * MM_PER_M).tolist()]


def spread(points: Sequence[Point], count: int) -> dict[str, Point]:
    """Some of the points as facilities, evenly over the rows, with ids whose order as text is not their row order."""
    step = max(len(points) // count, 1)
    return {f"F{number}": point for number, point in enumerate(points[::step][:count], start=1)}


def assert_every_distance_is_the_oracles(
    extract: Extract, homes: Sequence[Point], facilities: dict[str, Point], outlines: Any = None
) -> list[Answer]:
    """Compare the nearest facility of each home, state, ids and legs included; returns the answers."""
    expected = Oracle(extract.streets, MAX_LEG_MM / 1000).nearest(homes, facilities, outlines)
    assert nearest_by_product(extract.streets, homes, facilities, MAX_LEG_MM, outlines) == expected
    return expected


def assert_every_pair_is_the_oracles(extract: Extract, facilities: dict[str, Point], most_mm: int) -> int:
    """Compare the pairs of all buildings and facilities up to a bound; returns how many there are."""
    expected = {
        pair: mm
        for pair, mm in Oracle(extract.streets, MAX_LEG_MM / 1000).all_pairs(extract.homes, facilities).items()
        if mm <= most_mm
    }
    assert pairs_by_product(extract.streets, extract.homes, facilities, MAX_LEG_MM, most_mm) == expected
    return len(expected)
