"""The packed table, decoded again by a reader that shares no code with it."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.show.html.packing import pack_shapes, varints

WORLD = 256 * 2**20


def numbers(content: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value, shift = 0, 0
    return found


def unpacked(text: str) -> list[tuple[int, list[list[tuple[int, int]]]]]:
    """Kind and parts of every feature, in pixels."""
    stream = iter(numbers(gzip.decompress(base64.b64decode(text))))
    count, part_count, vertex_count = (next(stream) for _ in range(3))
    for _ in range(5):
        next(stream)
    kinds = [next(stream) for _ in range(count)]
    parts = [next(stream) for _ in range(count)]
    vertices = [next(stream) for _ in range(part_count)]
    axes: list[list[int]] = []
    for _ in range(2):
        at, axis = 0, []
        for _ in range(vertex_count):
            step = next(stream)
            at += step // 2 if step % 2 == 0 else -(step + 1) // 2
            axis.append(at)
        axes.append(axis)
    assert next(stream, None) is None
    places = list(zip(*axes, strict=True))
    found, part, vertex = [], 0, 0
    for kind, how_many in zip(kinds, parts, strict=True):
        rings = []
        for size in vertices[part : part + how_many]:
            rings.append(places[vertex : vertex + size])
            vertex += size
        part += how_many
        found.append((kind, rings))
    return found


def degrees(pixel: tuple[int, int]) -> tuple[float, float]:
    lon = pixel[0] / WORLD * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * pixel[1] / WORLD))))
    return lon, float(lat)


@given(st.lists(st.integers(0, 2**40)))
def test_varints_hold_every_number(values):
    assert numbers(varints(np.array(values, dtype=np.int64))) == values


def test_shapes_come_back_within_a_pixel():
    hole = shapely.Polygon(
        [(118.5, 24.8), (118.51, 24.8), (118.51, 24.81), (118.5, 24.81)],
        [[(118.503, 24.803), (118.507, 24.803), (118.507, 24.807), (118.503, 24.807)]],
    )
    two = shapely.MultiPolygon([shapely.box(118.6, 24.8, 118.61, 24.81), shapely.box(118.62, 24.8, 118.63, 24.81)])
    line = shapely.LineString([(118.5, 24.8), (118.52, 24.83), (118.5, 24.8)])
    shapes = [shapely.Point(-70.25, -33.5), hole, None, two, line, shapely.Polygon()]
    packed = pack_shapes([shapes])
    for size in (1, 2, 5):
        assert pack_shapes(shapes[at : at + size] for at in range(0, len(shapes), size)) == packed
    found = unpacked(packed)
    assert [(kind, [len(ring) for ring in rings]) for kind, rings in found] == [
        (0, [1]), (2, [4, 4]), (3, []), (2, [4, 4]), (1, [3]), (3, []),
    ]  # fmt: skip
    wanted = shapely.get_coordinates([line])
    assert np.abs(np.array([degrees(each) for each in found[4][1][0]]) - wanted).max() < 360 / WORLD
    assert degrees(found[0][1][0][0]) == pytest.approx((-70.25, -33.5), abs=360 / WORLD)


def test_outer_rings_and_holes_run_opposite_ways_whatever_way_they_came():
    ring = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
    inner = [(0.2, 0.2), (0.2, 0.4), (0.4, 0.4), (0.4, 0.2)]
    turns = []
    for outside in (ring, ring[::-1]):
        for inside in (inner, inner[::-1]):
            ((_, rings),) = unpacked(pack_shapes([[shapely.Polygon(outside, [inside])]]))
            turns.append(tuple(shapely.LinearRing(each).is_ccw for each in rings))
    assert set(turns) == {(turns[0][0], not turns[0][0])}


def test_nothing_is_packed_as_a_table_without_features():
    assert unpacked(pack_shapes([[]])) == unpacked(pack_shapes([[], []])) == []
