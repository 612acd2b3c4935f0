"""Joints: equal exactly where millimetre coordinates are, and no steps that go nowhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.read.joints import collapse, joints_by_coordinate, joints_of_rows


def lines(*paths: list[tuple[float, float]]) -> np.ndarray:
    return np.array([shapely.LineString(path) for path in paths])


def test_lines_join_at_ends_and_at_vertices_but_not_where_they_cross() -> None:
    joints = joints_by_coordinate(
        lines([(0, 0), (10, 0), (20, 0)], [(10, 0), (10, 10)], [(5, -5), (5, 5)], [(20, 0.001), (30, 0)])
    )
    first, branch, crossing, beside = joints[:3], joints[3:5], joints[5:7], joints[7:]
    assert branch[0] == first[1]
    assert not set(crossing) & set(first)
    assert beside[0] != first[2]


places = st.tuples(st.integers(-3, 3), st.integers(-3, 3)).map(lambda mm: (40_000_000 + mm[0] / 1000, mm[1] / 1000))
paths = st.lists(st.lists(places, min_size=2, max_size=5), min_size=1, max_size=6)


@given(paths)
def test_joints_are_equal_exactly_where_coordinates_are(drawn) -> None:
    made = lines(*drawn)
    joints = joints_by_coordinate(made)
    flat = [place for path in drawn for place in path]
    assert [[a == b for b in joints] for a in joints] == [[a == b for b in flat] for a in flat]


@given(paths)
def test_collapsed_lines_step_from_joint_to_another_joint(drawn) -> None:
    made = lines(*drawn)
    joints = joints_by_coordinate(made)
    kept, kept_joints, left, _ = collapse(made, joints)
    assert left.tolist() == [len(set(path)) > 1 for path in drawn]
    np.testing.assert_array_equal(kept_joints, joints_by_coordinate(made)[: len(joints)][_steps(drawn)])
    assert len(kept) == left.sum()
    for line in kept:
        inside = [tuple(each) for each in shapely.get_coordinates(line)]
        assert len(inside) >= 2
        assert all(a != b for a, b in pairwise(inside))
    before = [line.length for line, stays in zip(made, left, strict=True) if stays]
    assert [line.length for line in kept] == before


def _steps(drawn: list[list[tuple[float, float]]]) -> list[int]:
    """Which vertices stay, counted by hand: each that differs from the one before it, in lines with two places."""
    stay, number = [], 0
    for path in drawn:
        for at, place in enumerate(path):
            if len(set(path)) > 1 and (at == 0 or place != path[at - 1]):
                stay.append(number)
            number += 1
    return stay


def test_a_closed_line_stays_closed() -> None:
    ring = lines([(0, 0), (5, 0), (5, 5), (0, 0)])
    kept, joints, left, _ = collapse(ring, joints_by_coordinate(ring))
    assert left.all()
    assert kept[0].is_closed
    assert joints[0] == joints[-1]


def test_source_joints_decide_and_follow_their_rows() -> None:
    # Two OSM nodes on one spot are two joints; the second row is filtered out.
    made = lines([(0, 0), (0, 0), (1, 0)], [(1, 0), (2, 0)], [(2, 0), (3, 0)])
    names = np.array([11, 12, 13, 13, 14, 15, 16])
    kept = joints_of_rows(names, made, np.array([True, False, True]))
    assert kept.tolist() == [11, 12, 13, 15, 16]
    assert collapse(made[[0, 2]], kept)[1].tolist() == [11, 12, 13, 15, 16]
