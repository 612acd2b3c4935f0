"""Where streets join: a joint for every vertex, and lines without steps that go nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import MM_PER_M, round_half_up

Joints = NDArray[np.int64]


def joints_by_coordinate(lines: Any) -> Joints:
    """A joint for every vertex of ``lines`` in their order, equal exactly where the millimetre coordinates are.

    Joints are 0, 1, 2 … by x, then y, so they do not depend on the order of the lines. Lines that cross without
    a common vertex share none.
    """
    mm = round_half_up(shapely.get_coordinates(lines) * MM_PER_M)
    order = np.lexsort((mm[:, 1], mm[:, 0]))
    ordered = mm[order]
    fresh = np.ones(len(mm), dtype=np.int64)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    joints = np.empty(len(mm), dtype=np.int64)
    joints[order] = np.cumsum(fresh) - 1
    return joints


def joints_of_rows(joints: Joints, lines: Any, kept: NDArray[np.bool_]) -> Joints:
    """The joints of the lines that are ``kept``."""
    return joints[np.repeat(kept, shapely.get_num_coordinates(lines))]


def collapse(lines: Any, joints: Joints) -> tuple[Any, Joints, NDArray[np.bool_], NDArray[np.bool_]]:
    """Lines in which no two consecutive vertices are one joint, their joints, and which lines and vertices are left.

    A line needs two different joints to be left; the lines come back without those that have not. A closed
    line stays: only its ends are one joint.
    """
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.ones(len(joints), dtype=bool)
    step[1:] = (joints[1:] != joints[:-1]) | (owner[1:] != owner[:-1])
    if step.all():
        return lines, joints, np.ones(len(lines), dtype=bool), step
    left = np.bincount(owner[step], minlength=len(lines)) >= 2
    step &= left[owner]
    if not left.any():
        return lines[:0], joints[:0], left, step
    new_owner = (np.cumsum(left) - 1)[owner[step]]
    return shapely.linestrings(coordinates[step], indices=new_owner), joints[step], left, step
