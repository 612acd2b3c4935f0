"""An upper bound no plan can pass: Lagrangian multipliers, found in floating point, stored and recomputed in integers.

Relaxing "demand counts only if an open candidate covers it" (multiplier λ for each demand and year), the constraints
(one each), the places of a year (one each) and the targets (one each) leaves a problem solved by looking at each
candidate alone. For every choice of multipliers ≥ 0 its value is an upper bound (after Fisher 1981; for covering,
Galvão & ReVelle 1996). The multipliers are whole numbers in units of 1 ÷ ``scale``, so the bound is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circle15.core.results import Multipliers
from circle15.siting.core import Core
from circle15.siting.places import place
from circle15.siting.problem import Ints
from circle15.siting.search import Stop

Floats = NDArray[np.float64]

# No sum of multipliers may be larger, so that 64 bits hold it and the next.
MOST_SUM = 2**60
MOST_SCALE = 2**10
# A direction so short is none: these multipliers are the best there are.
_STILL = 1e-6
# Shorter steps, in parts of Polyak's, are not worth taking.
_SHORTEST = 1e-3
# Steps without a better bound after which steps are halved.
_PATIENCE = 20


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


def scale_of(core: Core) -> int:
    """The finest power of two, at most ``MOST_SCALE``, with which all sums stay exact."""
    years, total = len(core.places), int((core.weight * core.depth).sum()) + 1
    largest = total * years * (1 + len(core.places)) * (1 + int(np.diff(core.tptr).max(initial=0)))
    scale = MOST_SCALE
    while scale > 1 and largest * scale > MOST_SUM:
        scale //= 2
    return scale


def evaluate(core: Core, held: Multipliers) -> Bound:
    """The bound of these multipliers, in integers. Holds for every plan of the core, whatever the multipliers."""
    years = len(core.places)
    bonus = np.zeros_like(held.demand)
    has_target = core.target >= 0
    bonus[has_target, years - 1] = held.targets[core.target[has_target]]
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
    """Of each candidate, the sum of demand × year values over what it covers."""
    total = np.zeros((len(core.idx) + 1, demand.shape[1]), dtype=demand.dtype)
    np.cumsum(demand[core.idx], axis=0, out=total[1:])
    return total[core.ptr[1:]] - total[core.ptr[:-1]]


@dataclass(frozen=True, slots=True)
class Ascent:
    """The best multipliers met, their bound, and the last direction: where to go on from."""

    held: Multipliers
    bound: Bound
    demand: Floats
    rows: Floats
    targets: Floats


class _Relaxed:
    """The relaxed problem in floating point, for the ascent alone: nothing it says is believed."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.covers: csr_matrix = core.covers
        self.years = len(core.places)
        self.limits = core.limits.astype(float)
        self.most = core.most.astype(float)
        self.places = np.array(core.places, dtype=float)
        self.has_target = np.flatnonzero(core.target >= 0)
        self.prices = np.zeros(self.years)
        self.shuts = bool(core.shut.any())
        self.plain_weight = np.repeat(core.weight.astype(float)[:, None], self.years, axis=1)
        self.depth = core.depth[:, None].astype(float)
        self.total = float((core.weight * core.depth).sum()) * self.years + 1

    def weight(self, targets: Floats) -> Floats:
        """The weight of demand × year, targets' columns with their multiplier."""
        if len(targets) == 0:
            return self.plain_weight
        found = self.plain_weight.copy()
        found[self.has_target, -1] += targets[self.core.target[self.has_target]]
        return found

    def solve(self, demand: Floats, rows: Floats, targets: Floats) -> tuple[float, Floats, Floats, Floats]:
        """The value, and the slack of demand (× year), constraints and targets: minus a subgradient."""
        core = self.core
        worth = np.cumsum((self.covers @ demand)[:, ::-1], axis=1)[:, ::-1]
        if len(rows):
            worth = worth - (self.limits.T @ rows)[:, None]
        if self.shuts:
            worth = np.where(core.shut, -self.total, worth)
        placing = place(worth, core.places, core.must, self.total)
        self.prices = placing.prices
        top = (worth - self.prices).max(axis=1)
        weight = self.weight(targets)
        spare = np.maximum(weight - demand, 0)
        taken = np.where(core.must, top, np.maximum(top, 0)).sum()
        value = float((spare * self.depth).sum() + taken + self.prices @ self.places)
        value += float(rows @ self.most) - float(targets @ core.least)
        slack = self._covered(placing.rows, placing.years) - self.depth * (demand < weight)
        open_ = np.zeros(len(core.row))
        open_[placing.rows] = 1.0
        counts = np.bincount(
            core.target[self.has_target],
            weights=(demand < weight)[self.has_target, -1],
            minlength=len(core.least),
        ).astype(float)
        return value, slack, self.most - self.limits @ open_, counts - core.least

    def _covered(self, chosen: Ints, opened: Ints) -> Floats:
        core = self.core
        found = np.zeros((len(core.weight), self.years))
        for year in range(self.years):
            mine = chosen[opened == year].tolist()
            if mine:
                spans = [core.idx[core.ptr[row] : core.ptr[row + 1]] for row in mine]
                found[:, year] = np.bincount(np.concatenate(spans), minlength=len(core.weight))
        return np.cumsum(found, axis=1) if self.years > 1 else found


def whole(core: Core, demand: Floats, rows: Floats, targets: Floats, prices: Floats) -> Multipliers:
    """Multipliers as whole numbers; place prices are set anew in integers."""
    scale = scale_of(core)
    aims = np.rint(np.maximum(targets, 0) * scale).astype(np.int64)
    most = np.repeat((core.weight * scale)[:, None], len(core.places), axis=1)
    has_target = core.target >= 0
    most[has_target, -1] += aims[core.target[has_target]]
    found = Multipliers(
        scale=scale,
        areas=np.arange(len(core.weight)),
        demand=np.clip(np.rint(demand * scale).astype(np.int64), 0, most),
        rows=np.rint(np.maximum(rows, 0) * scale).astype(np.int64),
        places=np.rint(prices * scale).astype(np.int64),
        targets=aims,
    )
    if len(core.places) > 1:
        return found
    worth = np.sort(_worth(core, replace(found, places=np.zeros(1, dtype=np.int64)))[~core.must, 0])[::-1]
    free = core.places[0] - int(core.must.sum())
    if free < 0:  # more fixed than places: no plan is left, which the price found in the ascent shows
        return found
    price = max(0, int(worth[free])) if free < len(worth) else 0
    return replace(found, places=np.array([price], dtype=np.int64))


def start(core: Core, count: Ints) -> tuple[Floats, Floats, Floats]:
    """First multipliers from how often a good plan covers each demand (× year): all of it where it is not covered."""
    weight = np.repeat(core.weight.astype(float)[:, None], len(core.places), axis=1)
    demand = np.where(count == 0, weight, weight * 0.5 / np.maximum(count, 1))
    return demand, np.zeros(len(core.most)), np.zeros(len(core.least))


def descend(
    core: Core, begin: tuple[Floats, Floats, Floats], lower: int, rounds: int, stop: Stop, *, length: float = 1.0
) -> Ascent:
    """Subgradient steps (Held, Wolfe & Crowder 1974) that lower the bound towards ``lower``, the best plan's value.

    ``length``: of the first steps, in parts of Polyak's; less where the multipliers are good already.
    """
    relaxed = _Relaxed(core)
    demand, rows, targets = (each.copy() for each in begin)
    best_value, best = np.inf, (demand, rows, targets, relaxed.prices)
    theta, since = length, 0
    direction: tuple[Floats, ...] | None = None
    for _ in range(rounds):
        value, *slack = relaxed.solve(demand, rows, targets)
        if value < best_value - 1e-9 * abs(best_value if np.isfinite(best_value) else 1.0):
            best_value, since = value, 0
            best = (demand.copy(), rows.copy(), targets.copy(), relaxed.prices.copy())
        else:
            since += 1
        if since >= _PATIENCE:
            theta, since = theta / 2, 0
            demand, rows, targets = (each.copy() for each in best[:3])
        if best_value < lower + 1 or theta < _SHORTEST or stop() or not any(each.any() for each in slack):
            break
        kept = (
            slack if direction is None else [0.7 * new + 0.3 * old for new, old in zip(slack, direction, strict=True)]
        )
        direction = tuple(kept)
        square = sum(float((each**2).sum()) for each in kept)
        if square < _STILL:
            break
        step = theta * max(value - lower, 1.0) / square
        demand = np.clip(demand - step * kept[0], 0, relaxed.weight(targets))
        rows = np.maximum(rows - step * kept[1], 0)
        targets = np.maximum(targets - step * kept[2], 0)
    held = whole(core, *best)
    return Ascent(held, evaluate(core, held), *best[:3])
