"""Rings round what lies low against those of contourpy, cell by cell the same two ways through a saddle."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
import pytest
import shapely

from circle15.route import rings

LEVEL = 4.2


def _lattice(seed: int) -> Any:
    """Values of which about half lie low; every other lattice has many equal ones, and so saddles of equal corners."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 9, random.integers(4, 14, 2)) + (seed % 2) * random.random()
    return np.where(np.abs(values - LEVEL) < 0.001, 4.3, values)


def _ours(values: Any, trace: Any) -> tuple[Any, Any]:
    closed = np.array(values)
    closed[[0, -1]] = closed[:, [0, -1]] = np.inf
    points, ends, outer = trace(closed, LEVEL)
    parts = [points[low:high, ::-1] for low, high in pairwise(ends)]
    alone = [row for row in range(len(outer)) if outer[row] == row]
    holes = {row: [parts[hole] for hole in np.flatnonzero(outer == row) if hole != row] for row in alone}
    return [shapely.Polygon(parts[row], holes[row]) for row in alone], parts


def _theirs(values: Any) -> Any:
    inner = values[1:-1, 1:-1]
    generator = contourpy.contour_generator(
        x=np.arange(1, values.shape[1] - 1), y=np.arange(1, values.shape[0] - 1), z=inner, fill_type="OuterOffset"
    )
    return [
        shapely.Polygon(xy[at[0] : at[1]], [xy[low:high] for low, high in pairwise(at[1:])])
        for xy, at in zip(*generator.filled(-1.0, LEVEL), strict=True)
    ]


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_areas_of_lattices_are_those_of_contourpy(first: int) -> None:
    for seed in range(first, first + 50):
        values = _lattice(seed)
        (ours, _), theirs = _ours(values, rings.trace), _theirs(values)
        assert all(shapely.is_valid(ours)), seed
        assert len(ours) == len(theirs)
        assert sorted(len(one.interiors) for one in ours) == sorted(len(one.interiors) for one in theirs)
        assert shapely.union_all(ours).symmetric_difference(shapely.union_all(theirs)).area < 1e-9, seed


def test_outer_rings_run_counterclockwise_and_holes_clockwise() -> None:
    for seed in range(50):
        ours, _ = _ours(_lattice(seed), rings.trace)
        assert all(one.exterior.is_ccw and not any(hole.is_ccw for hole in one.interiors) for one in ours), seed


def test_compiled_rings_are_the_plain_ones() -> None:
    field = pytest.importorskip("circle15.route.field")
    for seed in range(100):
        (_, compiled), (_, plain) = (_ours(_lattice(seed), trace) for trace in (field.trace, rings.trace))
        assert [ring.tolist() for ring in compiled] == [ring.tolist() for ring in plain]
