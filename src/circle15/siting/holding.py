"""What candidates of limited capacity are worth under multipliers: the densest demand first, the last in part."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from circle15.siting.core import Core
from circle15.siting.jit import compile_loop
from circle15.siting.problem import Ints

Floats = NDArray[np.float64]
Filling = Callable[[Ints, Ints, Ints, Floats, Floats, Floats], None]


class Holding:
    """In floating point, for the ascent alone. ``parts``: of each year, the part of each entry that is held.

    ``fast``: filled by a compiled loop where there is numba, to the same numbers.
    """

    def __init__(self, core: Core, capacity: Ints, *, fast: bool) -> None:
        self.core, self.capacity = core, capacity.astype(float)
        self.demand = np.repeat(np.arange(len(core.weight)), np.diff(core.tptr))
        self.weight = core.weight.astype(float)
        self.parts: list[Floats] = []
        self.filling = (compiled() if fast else None) or _fill

    def fill(self, demand: Floats) -> Floats:
        """What each candidate holds of each year's multipliers."""
        self.parts = [self._held(values) for values in demand.T]
        count = len(self.core.row)
        held = [
            np.bincount(self.core.tidx, weights=values[self.demand] * part, minlength=count)
            for values, part in zip(demand.T, self.parts, strict=True)
        ]
        return np.stack(held, axis=1)

    def covered(self, chosen: Ints, opened: Ints) -> Floats:
        """How much of each demand open candidates hold at the end of each year."""
        found = np.zeros((len(self.weight), len(self.parts)))
        since = np.full(len(self.core.row), len(self.parts))
        since[chosen] = opened
        for year, part in enumerate(self.parts):
            open_ = np.where(since[self.core.tidx] <= year, part, 0.0)
            found[:, year] = np.bincount(self.demand, weights=open_, minlength=len(self.weight))
        return found

    def _held(self, values: Floats) -> Floats:
        """The part of each entry (of demand, then candidate) that its candidate holds."""
        density = np.where(self.weight > 0, values / np.maximum(self.weight, 1), np.inf)
        parts = np.empty(len(self.demand))
        order, rest = np.argsort(-density, kind="stable"), self.capacity.copy()
        self.filling(order, self.core.tptr, self.core.tidx, self.weight, rest, parts)
        return parts


def _fill(order: Ints, tptr: Ints, tidx: Ints, weight: Floats, rest: Floats, parts: Floats) -> None:
    """Fill the candidates with demand in this order: ``parts`` of each entry, as far as the ``rest`` of each goes."""
    size = np.diff(tptr)[order]
    entry = np.repeat(tptr[order], size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    entry = entry[np.argsort(tidx[entry], kind="stable")]
    row, heavy = tidx[entry], weight[np.repeat(np.arange(len(size)), np.diff(tptr))[entry]]
    before = np.cumsum(heavy) - heavy
    first = np.append(0, np.cumsum(np.bincount(row, minlength=len(rest))))[:-1]
    left = np.clip(rest[row] - (before - np.append(before, 0.0)[first][row]), 0, None)
    parts[entry] = np.where(heavy > 0, np.minimum(left, heavy) / np.maximum(heavy, 1), 1.0)


def _fill_loop(order: Ints, tptr: Ints, tidx: Ints, weight: Floats, rest: Floats, parts: Floats) -> None:
    for i in order:
        for spot in range(tptr[i], tptr[i + 1]):
            parts[spot] = 1.0
            if weight[i] > 0:
                taken = min(rest[tidx[spot]], weight[i])
                rest[tidx[spot]] -= taken
                parts[spot] = taken / weight[i]


@cache
def compiled() -> Filling | None:
    """The loop compiled, or None where there is no numba."""
    found: Filling | None = compile_loop(_fill_loop)
    return found
