"""Straight-line distances, which need no street."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from circle15.core.units import round_half_up
from circle15.route.network import Ints
from circle15.route.reach import Pairs


def nearest_straight(points_mm: Ints, facilities_mm: Ints, order: Ints) -> tuple[Ints, Ints]:
    """Distance to, and row of, the straight-line nearest facility of each point; at least one facility is given.

    Distances are whole millimetres; of equally near facilities the lowest ``order`` (rank of the id as text).
    """
    tree = cKDTree(facilities_mm)
    found, row = tree.query(points_mm, k=min(2, len(facilities_mm)))
    found, row = found.reshape(len(points_mm), -1), row.reshape(len(points_mm), -1)
    whole = round_half_up(found)
    best, at = whole[:, 0].copy(), row[:, 0].astype(np.int64)
    if whole.shape[1] > 1:
        for tie in np.flatnonzero(whole[:, 0] == whole[:, 1]):
            at[tie] = _first_of_equals(tree, points_mm[tie], facilities_mm, order, best[tie])
    return best, at


def _first_of_equals(tree: cKDTree, point: Ints, facilities_mm: Ints, order: Ints, mm: int) -> int:
    near = np.asarray(tree.query_ball_point(point, mm + 1.0))
    apart = (facilities_mm[near] - point).astype(np.float64)
    equal = near[round_half_up(np.sqrt((apart**2).sum(axis=1))) == mm]
    return int(equal[np.argmin(order[equal])])


def straight_pairs(sources_mm: Ints, targets_mm: Ints, most_mm: int) -> Pairs:
    """Every pair at most ``most_mm`` apart by straight line, sorted by source, then target."""
    if most_mm < 0 or len(sources_mm) == 0 or len(targets_mm) == 0:
        return Pairs.none(len(sources_mm))
    near = cKDTree(targets_mm).query_ball_point(sources_mm, most_mm + 1.0, return_sorted=True)
    source = np.repeat(np.arange(len(sources_mm)), [len(row) for row in near])
    target = np.concatenate([np.asarray(row, dtype=np.int64) for row in near])
    apart = (sources_mm[source] - targets_mm[target]).astype(np.float64)
    mm = round_half_up(np.sqrt((apart**2).sum(axis=1)))
    keep = mm <= most_mm
    return Pairs.from_columns(source[keep], target[keep], mm[keep], len(sources_mm))
