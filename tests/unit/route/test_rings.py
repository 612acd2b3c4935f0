"""Rings worked out by hand on small lattices."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from circle15.route.rings import trace


def _of(drawing: str) -> tuple[Any, list[int]]:
    """Rings of a drawing whose first line is the highest row: ``#`` lies low (0), ``.`` does not (2); level 1.5."""
    lines = [list(line.strip()) for line in drawing.split()][::-1]
    values = np.where(np.array(lines) == "#", 0.0, 2.0)
    values[[0, -1]] = values[:, [0, -1]] = np.inf
    points, ends, outer = trace(values, 1.5)
    return [points[low:high].tolist() for low, high in pairwise(ends)], outer.tolist()


def test_one_low_node_has_a_ring_round_it_three_quarters_of_the_way() -> None:
    (ring,), outer = _of("..... ..... ..#.. ..... .....")
    assert outer == [0]
    # Counterclockwise from the west, (row, column).
    assert ring == [[2, 1.25], [1.25, 2], [2, 2.75], [2.75, 2], [2, 1.25]]


def test_a_ring_of_low_nodes_has_a_hole_that_belongs_to_it() -> None:
    rings, outer = _of("....... ....... ..###.. ..#.#.. ..###.. ....... .......")
    assert outer == [0, 0]
    assert rings[1] == [[3, 2.75], [3.25, 3], [3, 3.25], [2.75, 3], [3, 2.75]]


def test_what_stands_in_a_hole_is_an_area_of_its_own() -> None:
    rings, outer = _of("......... ......... ..#####.. ..#...#.. ..#.#.#.. ..#...#.. ..#####.. ......... .........")
    assert outer == [0, 0, 2]
    assert len(rings) == 3


def test_beyond_a_low_hole_to_the_west_the_outer_ring_is_still_the_one_round_both() -> None:
    _, outer = _of("......... ......... ..#####.. ..#.#.#.. ..#####.. ......... .........")
    assert outer == [0, 0, 0]


def test_the_middle_of_a_saddle_decides() -> None:
    # Corners 0 and 2 have the mean 1, which is low: the two are one. With 0 and 4 it is 2: they are two.
    values = np.full((6, 6), 2.0)
    values[2, 2] = values[3, 3] = 0.0
    values[[0, -1]] = values[:, [0, -1]] = np.inf
    assert trace(values, 1.5)[2].tolist() == [0]
    assert trace(np.where(values == 2, 4, values), 1.5)[2].tolist() == [0, 1]


def test_next_to_the_border_a_ring_runs_through_nodes() -> None:
    (ring,), _ = _of(".... .##. .##. ....")
    assert {tuple(point) for point in ring} == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_nothing_low_has_no_ring() -> None:
    assert _of("... ... ...") == ([], [])
