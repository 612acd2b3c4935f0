"""Rings round what lies low in a lattice of values: marching squares. :mod:`circle15.route.field` compiles the loops.

Which way a ring goes through a saddle is decided by the middle of the cell, whose value is the mean of its corners.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_BOTTOM, _RIGHT, _TOP, _LEFT, _NEVER = range(5)
# By which side a ring that keeps what is low on its left leaves a cell that it enters by the bottom, right, top or
# left. Rows by what is low: 1 bottom left, 2 bottom right, 4 top right, 8 top left, and of a saddle 16 its middle.
_WAYS = np.full((32, 4), _NEVER)
for _case, _enter, _leave in (
    *((1, _BOTTOM, _LEFT), (2, _RIGHT, _BOTTOM), (3, _RIGHT, _LEFT), (4, _TOP, _RIGHT), (5, _BOTTOM, _LEFT)),
    *((5, _TOP, _RIGHT), (6, _TOP, _BOTTOM), (7, _TOP, _LEFT), (8, _LEFT, _TOP), (9, _BOTTOM, _TOP)),
    *((10, _RIGHT, _BOTTOM), (10, _LEFT, _TOP), (11, _RIGHT, _TOP), (12, _LEFT, _RIGHT), (13, _BOTTOM, _RIGHT)),
    *((14, _LEFT, _BOTTOM), (21, _TOP, _LEFT), (21, _BOTTOM, _RIGHT), (26, _LEFT, _BOTTOM), (26, _RIGHT, _TOP)),
):
    _WAYS[_case, _enter] = _leave
# Of each side the step to the next cell, and the corners (row, column) where it begins and ends.
_STEP = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
_BEGIN, _END = np.array([(0, 0), (0, 1), (1, 0), (0, 0)]), np.array([(0, 1), (1, 1), (1, 1), (1, 0)])


def trace(values: Any, level: float) -> tuple[Any, Any, Any]:
    """The closed rings between the nodes of a lattice that are at most ``level`` and those that are not.

    ``values``: float64, those of the border infinite, none of them ``level``. Points (row, column), those of one ring
    after those of another, its first one repeated; where each ring ends; and of each ring the outer one, counted from
    0, of what it bounds: itself, or that round the hole it is. An outer ring comes before its holes, and runs
    counterclockwise where rows go up; a hole runs clockwise. Next to the border a ring runs through nodes.
    """
    rows, columns = values.shape
    ring_at = np.full((rows, columns), -1, np.int32)  # which ring passes between a node and the next one of its row
    low = values <= level
    crossings = np.count_nonzero(low[:, 1:] != low[:, :-1]) + np.count_nonzero(low[1:] != low[:-1])
    # A ring has at least four, and repeats the first of them.
    points = np.empty((crossings + crossings // 4, 2), np.float64)
    ends, outer = np.zeros(crossings // 4 + 1, np.int64), np.empty(crossings // 4, np.int64)
    rings = total = 0
    for line in range(rows):
        beside = -1
        for place in range(columns - 1):
            enters = low[line, place + 1]
            if enters == low[line, place]:
                continue
            if ring_at[line, place] < 0:
                # The first that is met of a ring is its lowest and leftmost: what is low lies either within, or west.
                outer[rings] = rings if enters else outer[beside]
                first, row, column, side = total, line - 1 if enters else line, place, 2 if enters else 0
                while ring_at[line, place] < 0 or row + (side == 2) != line or column != place or side & 1:
                    one_row, one_column = row + _BEGIN[side, 0], column + _BEGIN[side, 1]
                    two_row, two_column = row + _END[side, 0], column + _END[side, 1]
                    if side & 1 == 0:
                        ring_at[one_row, one_column] = rings
                    one, two = values[one_row, one_column], values[two_row, two_column]
                    # From the low node, so that whoever comes from the other side finds the same.
                    share = (
                        (level - one) / (two - one) if low[one_row, one_column] else 1.0 - (level - two) / (one - two)
                    )
                    points[total, 0] = one_row + share * (two_row - one_row)
                    points[total, 1] = one_column + share * (two_column - one_column)
                    total += 1
                    case = low[row, column] + 2 * low[row, column + 1]
                    case += 4 * low[row + 1, column + 1] + 8 * low[row + 1, column]
                    if case in (5, 10) and values[row : row + 2, column : column + 2].sum() / 4 <= level:
                        case += 16
                    leaves = _WAYS[case, side]
                    row, column, side = row + _STEP[leaves, 0], column + _STEP[leaves, 1], (leaves + 2) % 4
                points[total] = points[first]
                total += 1
                rings += 1
                ends[rings] = total
            beside = ring_at[line, place]
    return points[:total], ends[: rings + 1], outer[:rings]
