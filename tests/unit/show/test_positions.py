"""Places as text are those that GDAL writes, byte for byte."""

from __future__ import annotations

import io
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.show.positions import are_plain, texts

OPTIONS = {"RFC7946": "YES", "COORDINATE_PRECISION": "8", "WRITE_NAME": "NO"}


def by_gdal(shapes: Any) -> list[bytes]:
    out, key = io.BytesIO(), b'"geometry": '
    frame = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=list(shapes), crs="EPSG:4326")
    pyogrio.write_dataframe(frame, out, driver="GeoJSON", layer="x", geometry_type="Unknown", layer_options=OPTIONS)
    lines = [line.removesuffix(b",") for line in out.getvalue().split(b"\n") if key in line]
    return [line[line.index(key) + len(key) : -2] for line in lines]


def shapes_of(*shapes: Any) -> Any:
    """To eight decimals, as places are rounded when they leave."""
    found = np.array(shapes, dtype=object)
    return shapely.transform(found, lambda xy: np.floor(xy * 1e8 + 0.5) / 1e8)


def square(x: float, y: float, size: float) -> Any:
    return shapely.Polygon([(x, y), (x + size, y), (x + size, y + size), (x, y + size)])


HOLED = shapely.Polygon(square(10, 20, 5).exterior, [square(11, 21, 1).exterior, square(13, 23, 1).exterior])
SHAPES = {
    "a point": shapely.Point(118.56789012, 24.5),
    "zeros": shapely.Point(0, 0),
    "west and south": shapely.Point(-71.1, -33.45678901),
    "a line": shapely.LineString([(1, 2), (3.25, 4.125), (100, -5)]),
    "a polygon": square(118.5, 24.8, 0.01),
    "one that runs the other way": square(118.5, 24.8, 0.01).reverse(),
    "with holes": HOLED,
    "with holes, the other way": HOLED.reverse(),
    "several": shapely.MultiPolygon([square(1, 1, 1), HOLED, square(5, 5, 2).reverse()]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_written_as_gdal_writes_it(name):
    shapes = shapes_of(SHAPES[name])
    assert are_plain(shapes).all()
    assert texts(shapes) == by_gdal(shapes)


def test_shapes_of_all_kinds_keep_their_order():
    shapes = shapes_of(*SHAPES.values(), *reversed(SHAPES.values()))
    assert texts(shapes) == by_gdal(shapes)
    assert texts(shapes[:0]) == []


def test_runs_of_zeros_and_nines_end_numbers_as_gdal_ends_them():
    """GDAL takes them for errors of rounding, in long numbers only."""
    tails = {
        (start + middle * count + end)[:8].ljust(8, "0")
        for start, middle, count, end in product(("", "1", "12", "99", "129", "1999"), "09", range(9), "0159")
    }
    numbers = np.array([float(f"{whole}.{tail}") for whole, tail in product((0, 9, 10, 99, 119, 169), sorted(tails))])
    numbers = np.concatenate([numbers, -numbers])
    shapes = shapely.points(np.column_stack([numbers, np.clip(numbers[::-1], -90, 90)]))
    assert texts(shapes) == by_gdal(shapes)


COORDINATE = st.tuples(st.floats(-169, 169, allow_nan=False), st.floats(-89, 89, allow_nan=False))


@given(st.lists(COORDINATE, min_size=1, max_size=30))
def test_any_numbers_are_written_as_gdal_writes_them(places):
    shapes = shapes_of(
        *(shapely.Point(each) for each in places), *([shapely.LineString(places)] if len(places) > 1 else [])
    )
    assert texts(shapes[are_plain(shapes)]) == by_gdal(shapes[are_plain(shapes)])


@given(st.lists(COORDINATE, min_size=3, max_size=12))
def test_any_hull_is_turned_as_gdal_turns_it(places):
    hull = shapely.MultiPoint(places).convex_hull
    shapes = shapes_of(hull, hull.reverse(), hull.buffer(1e-6))
    shapes = shapes[are_plain(shapes)]
    assert texts(shapes) == by_gdal(shapes)


@pytest.mark.parametrize("size", [1, 1e-5])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=9))
def test_rings_that_cross_or_touch_themselves_are_turned_as_gdal_turns_them(size, places):
    """By the lowest vertex, which may be there twice or have a neighbour that is all but the same."""
    shapes = shapes_of(shapely.Polygon(np.array(places) * size + [[118.5, 24.8]]), HOLED)
    shapes = shapes[are_plain(shapes)]
    assert texts(shapes) == by_gdal(shapes)


@pytest.mark.parametrize(
    "shape",
    [
        None,
        shapely.Point(),
        shapely.Polygon(),
        shapely.Polygon([(0, 0), (1, 0), (2, 0)]),
        shapely.MultiPolygon([HOLED, shapely.Polygon([(0, 0), (1, 0), (0, 0)])]),
        shapely.Point(179.5, 0),
        shapely.LineString([(-175, 0), (-160, 0)]),
        shapely.MultiPoint([(1, 2), (3, 4)]),
        shapely.GeometryCollection([shapely.Point(1, 2)]),
        shapely.Point(np.inf, 0),
    ],
)
def test_what_gdal_must_look_at_is_not_plain(shape):
    assert are_plain(np.array([shape, shapely.Point(1, 2)], dtype=object)).tolist() == [False, True]


def test_many_vertices_are_written_block_by_block(monkeypatch):
    monkeypatch.setattr("circle15.show.positions._ROWS", 7)
    shapes = shapes_of(*(shapely.Point(each, each).buffer(0.001) for each in range(5)), HOLED)
    assert texts(shapes) == by_gdal(shapes)
