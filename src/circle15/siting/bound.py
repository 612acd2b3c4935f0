"""An upper bound no plan can pass: Lagrangian multipliers, found in floating point, stored and recomputed in integers.

Relaxing "demand counts only if an open candidate covers it" (multiplier λ for each demand and year), the constraints
(one each), the places of a year (one each) and the targets (one each) leaves a problem solved by looking at each
candidate alone. For every choice of multipliers ≥ 0 its value is an upper bound (after Fisher 1981; for covering,
Galvão & ReVelle 1996). The multipliers are whole numbers in units of 1 ÷ ``scale``, so the bound is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.core.results import Multipliers
from circle15.siting.core import Core
from circle15.siting.problem import Ints
from circle15.siting.seats import knapsacks

Floats = NDArray[np.float64]

# No sum of multipliers may be larger, so that 64 bits hold it and the next.
MOST_SUM = 2**60
MOST_SCALE = 2**10


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound in units of 1 ÷ scale, and what opening each candidate in each year is worth under it."""

    scaled: int
    scale: int
    worth: Ints

    @property
    def value(self) -> int:
        """The bound on whole weight."""
        return self.scaled // self.scale

    @property
    def best(self) -> Ints:
        """What each candidate is worth in its best year."""
        found: Ints = self.worth.max(axis=1)
        return found


def magnitude(core: Core, held: Multipliers) -> float:
    """What no sum that ``evaluate`` takes is larger than, but for the rounding of floating point."""
    demand = held.demand.sum(axis=1, dtype=float)
    worth = float(demand @ (1 + np.diff(core.tptr)))
    prices = _weighed_rows(core, held.rows.astype(float)) if len(held.rows) else 0.0
    places = float(held.places.astype(float) @ np.array(core.places, dtype=float))
    places += float(held.places.max(initial=0)) * (1 + int(core.must.sum()))
    aims = float(held.targets @ core.least.astype(float)) + float(_bonus(core, held.targets.astype(float)).sum())
    weight = float(len(core.places) * held.scale) * float((core.weight * core.depth).sum(dtype=float))
    return worth + prices + places + aims + weight


def _weighed_rows(core: Core, rows: Floats) -> float:
    """What the multipliers of constraints take from all candidates together, and add to the bound."""
    return float((abs(core.limits).astype(float).T @ rows).sum()) + float(rows @ abs(core.most.astype(float)))


def _bonus(core: Core, targets: NDArray[Any]) -> NDArray[Any]:
    """What each demand is worth to the target it belongs to, at the multipliers of targets."""
    found = np.zeros(len(core.weight), dtype=targets.dtype)
    if not len(targets):
        return found
    some = core.target >= 0
    found[some] = targets[core.target[some]] * core.amount[some]
    return found


def evaluate(core: Core, held: Multipliers) -> Bound:
    """The bound of these multipliers, in integers. Holds for every plan of the core, whatever the multipliers."""
    years = len(core.places)
    bonus = np.zeros_like(held.demand)
    bonus[:, years - 1] = _bonus(core, held.targets)
    uncovered = np.maximum(0, core.weight[:, None] * held.scale + bonus - held.demand)
    scaled = int((uncovered * core.depth[:, None]).sum())
    scaled += sum(int(each) * int(most) for each, most in zip(held.rows, core.most, strict=True))
    scaled += sum(int(each) * int(places) for each, places in zip(held.places, core.places, strict=True))
    scaled -= sum(int(each) * int(least) for each, least in zip(held.targets, core.least, strict=True))
    found = Bound(scaled, held.scale, _worth(core, held))
    return replace(found, scaled=scaled + int(np.where(core.must, found.best, np.maximum(found.best, 0)).sum()))


def _worth(core: Core, held: Multipliers) -> Ints:
    """Of each candidate in each year: λ of all it would cover, less the price of place and constraints."""
    by_year = candidate_sums(core, held.demand)
    onwards = np.cumsum(by_year[:, ::-1], axis=1)[:, ::-1]
    price = core.limits.T @ held.rows if len(held.rows) else np.zeros(len(core.row), dtype=np.int64)
    worth: Ints = onwards - held.places[None, :] - price[:, None]
    return np.where(core.shut, -MOST_SUM, worth)


def candidate_sums(core: Core, demand: Ints) -> Ints:
    """Of each candidate, the sum of whole demand × year values over what it covers, as far as its capacity goes."""
    if core.capacity is not None:
        held = [knapsacks(core.covers, values, core.weight, core.capacity) for values in demand.T]
        return np.stack(held, axis=1)
    total = np.zeros((len(core.idx) + 1, demand.shape[1]), dtype=demand.dtype)
    np.cumsum(demand[core.idx], axis=0, out=total[1:])
    return total[core.ptr[1:]] - total[core.ptr[:-1]]


def whole(core: Core, demand: Floats, rows: Floats, targets: Floats, prices: Floats) -> Multipliers:
    """Multipliers as whole numbers; in one year the price of a place is set anew in integers.

    In the finest units, down from 1 ÷ ``MOST_SCALE``, in which every sum stays exact; none at all where even whole
    units are too fine.
    """
    scale, said = MOST_SCALE, (demand, rows, targets, prices)
    while scale:
        found = _priced(core, _rounded(core, scale, *said))
        if 2 * magnitude(core, found) <= MOST_SUM:
            return found
        scale //= 2
    return _rounded(core, 1, *(np.zeros_like(each) for each in said))


def _rounded(core: Core, scale: int, demand: Floats, rows: Floats, targets: Floats, prices: Floats) -> Multipliers:
    aims = _rounding(np.maximum(targets, 0) * scale)
    most = np.repeat((core.weight * scale)[:, None], len(core.places), axis=1)
    most[:, -1] += _bonus(core, aims)
    return Multipliers(
        scale=scale,
        areas=np.arange(len(core.weight)),
        demand=np.clip(_rounding(demand * scale), 0, most),
        rows=_rounding(np.maximum(rows, 0) * scale),
        places=_rounding(prices * scale),
        targets=aims,
    )


def _rounding(values: Floats) -> Ints:
    """Whole numbers that 64 bits hold; larger ones would not be sound anyway."""
    found: Ints = np.rint(np.minimum(values, MOST_SUM)).astype(np.int64)
    return found


def _priced(core: Core, found: Multipliers) -> Multipliers:
    """The multipliers with the best price of a place, where there is one year."""
    if len(core.places) > 1:
        return found
    worth = np.sort(_worth(core, replace(found, places=np.zeros(1, dtype=np.int64)))[~core.must, 0])[::-1]
    free = core.places[0] - int(core.must.sum())
    if free < 0:  # more fixed than places: no plan is left, which the price found in the ascent shows
        return found
    price = max(0, int(worth[free])) if free < len(worth) else 0
    return replace(found, places=np.array([price], dtype=np.int64))
