"""The compiled loops of distance fields. :mod:`circle15.route.grid` alone imports this."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from circle15.route import rings
from circle15.route.jit import compiled

_grid = types.Array(types.float64, 2, "C")
_many = types.Array(types.float64, 2, "C", readonly=True)
_float, _int = types.float64, types.int64


@compiled(_many, _int, _int, _float, _float, _grid)
def lower(segments: Any, west: int, south: int, cell: float, reach: float, squares: Any) -> None:
    """Lower the squared distance of every node to each segment (ax, ay, bx, by) that is within ``reach`` of it.

    Nodes stand at multiples of ``cell``: row r, column c at ((west + c) · cell, (south + r) · cell).
    """
    rows, columns = squares.shape
    for number in range(len(segments)):
        ax, ay, bx, by = segments[number]
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        per = 1.0 / square if square > 0 else 0.0
        first = max(0, int(np.ceil((min(ax, bx) - reach) / cell)) - west)
        last = min(columns - 1, int(np.floor((max(ax, bx) + reach) / cell)) - west)
        low = max(0, int(np.ceil((min(ay, by) - reach) / cell)) - south)
        high = min(rows - 1, int(np.floor((max(ay, by) + reach) / cell)) - south)
        for row in range(low, high + 1):
            py = (south + row) * cell - ay
            for column in range(first, last + 1):
                px = (west + column) * cell - ax
                share = min(max((px * dx + py * dy) * per, 0.0), 1.0)
                ex, ey = px - share * dx, py - share * dy
                here = ex * ex + ey * ey
                squares[row, column] = min(squares[row, column], here)


trace = compiled(_grid, _float)(rings.trace)
