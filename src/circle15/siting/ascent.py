"""Steps to multipliers with a low bound, in floating point: nothing they say is believed, bounds are recomputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from circle15.core.results import Multipliers
from circle15.siting.bound import Bound, Floats, evaluate, whole
from circle15.siting.core import Core
from circle15.siting.holding import Holding
from circle15.siting.places import place
from circle15.siting.problem import Ints
from circle15.siting.search import Stop
from circle15.siting.steps import BETTER, KEPT, PATIENCE, SHORTEST, STILL, Ground, Loop, Walk, compiled

# Steps between two looks at the clock.
_CHUNK = 25
# Prices of constraints take longer to settle: where there are any in a large core, so many times the steps are taken,
# and waited for before they are halved, and steps so many times shorter.
_PATIENT, _MOST_HURRIED, _FINER = 3, 25_000, 10


@dataclass(frozen=True, slots=True)
class Ascent:
    """The best multipliers met, their bound, and the last direction: where to go on from."""

    held: Multipliers
    bound: Bound
    demand: Floats
    rows: Floats
    targets: Floats


def _sum(values: Floats) -> float:
    """The sum, taken one after the other as a loop does."""
    return float(np.cumsum(values)[-1]) if values.size else 0.0


class _Relaxed:
    """The relaxed problem in floating point, for the ascent alone: nothing it says is believed."""

    def __init__(self, core: Core, *, fast: bool) -> None:
        self.core = core
        self.covers: csr_matrix = core.covers
        self.years = len(core.places)
        self.limits = core.limits.astype(float)
        self.most = core.most.astype(float)
        self.places = np.array(core.places, dtype=float)
        self.has_target = np.flatnonzero(core.target >= 0)
        # Multipliers of targets are taken in units of what a demand counts there, so that all are of one size.
        self.amount = core.amount[self.has_target] / typical(core)[core.target[self.has_target]]
        self.least = core.least / typical(core)
        self.prices = np.zeros(self.years)
        self.shuts = bool(core.shut.any())
        self.plain_weight = np.repeat(core.weight.astype(float)[:, None], self.years, axis=1)
        self.depth = core.depth[:, None].astype(float)
        self.holding = None if core.capacity is None else Holding(core, core.capacity, fast=fast)
        self.total = float((core.weight * core.depth).sum()) * self.years + 1

    def weight(self, targets: Floats) -> Floats:
        """The weight of demand × year, targets' columns with their multiplier."""
        if len(targets) == 0:
            return self.plain_weight
        found = self.plain_weight.copy()
        found[self.has_target, -1] += targets[self.core.target[self.has_target]] * self.amount
        return found

    def solve(self, demand: Floats, rows: Floats, targets: Floats) -> tuple[float, Floats, Floats, Floats]:
        """The value, and the slack of demand (× year), constraints and targets: minus a subgradient."""
        core = self.core
        worth = np.cumsum(self._each(demand)[:, ::-1], axis=1)[:, ::-1]
        if len(rows):
            worth = worth - (self.limits.T @ rows)[:, None]
        if self.shuts:
            worth = np.where(core.shut, -self.total, worth)
        placing = place(worth, core.places, core.must, self.total)
        self.prices = placing.prices
        top = (worth - self.prices).max(axis=1)
        weight = self.weight(targets)
        spare = np.maximum(weight - demand, 0)
        taken = _sum(np.where(core.must, top, np.maximum(top, 0)))
        value = _sum(spare * self.depth) + taken + float(self.prices @ self.places)
        value += float(rows @ self.most) - float(targets @ self.least)
        slack = self._covered(placing.rows, placing.years) - self.depth * (demand < weight)
        open_ = np.zeros(len(core.row))
        open_[placing.rows] = 1.0
        counts = np.bincount(
            core.target[self.has_target],
            weights=(demand < weight)[self.has_target, -1] * self.amount,
            minlength=len(core.least),
        ).astype(float)
        return value, slack, self.most - self.limits @ open_, counts - self.least

    def _each(self, demand: Floats) -> Floats:
        """What each candidate is worth of each year's demand."""
        if self.holding is None:
            found: Floats = self.covers @ demand
            return found
        return self.holding.fill(demand)

    def _covered(self, chosen: Ints, opened: Ints) -> Floats:
        core = self.core
        if self.holding is not None:
            return self.holding.covered(chosen, opened)
        found = np.zeros((len(core.weight), self.years))
        for year in range(self.years):
            mine = chosen[opened == year].tolist()
            if mine:
                spans = [core.idx[core.ptr[row] : core.ptr[row + 1]] for row in mine]
                found[:, year] = np.bincount(np.concatenate(spans), minlength=len(core.weight))
        return np.cumsum(found, axis=1) if self.years > 1 else found


def typical(core: Core) -> Floats:
    """What a demand counts in each target, on the root of the mean square; 1 where there is none."""
    mine, square = core.target[core.target >= 0], core.amount[core.target >= 0].astype(float) ** 2
    count = np.bincount(mine, minlength=len(core.least))
    mean = np.bincount(mine, weights=square, minlength=len(core.least)) / np.maximum(count, 1)
    found: Floats = np.sqrt(np.where(mean > 0, mean, 1.0))
    return found


def start(core: Core, count: Ints) -> tuple[Floats, Floats, Floats]:
    """First multipliers from how often a good plan covers each demand (× year): all of it where it is not covered."""
    weight = np.repeat(core.weight.astype(float)[:, None], len(core.places), axis=1)
    demand = np.where(count == 0, weight, weight * 0.5 / np.maximum(count, 1))
    return demand, np.zeros(len(core.most)), np.zeros(len(core.least))


def descend(
    core: Core,
    begin: tuple[Floats, Floats, Floats],
    lower: int,
    rounds: int,
    stop: Stop,
    *,
    length: float = 1.0,
    fast: bool = False,
) -> Ascent:
    """Subgradient steps (Held, Wolfe & Crowder 1974) that lower the bound towards ``lower``, the best plan's value.

    ``length``: of the first steps, in parts of Polyak's; less where the multipliers are good already. ``fast``:
    compiled where there is a loop for it, with the same outcome.
    """
    is_plain = len(core.places) == 1 and not len(core.most) and not len(core.least) and core.capacity is None
    loop = compiled() if fast and is_plain else None
    if loop is None:
        best = _stepped(core, begin, lower, rounds, stop, length, fast=fast)
    else:
        best = _looped(loop, core, begin, lower, rounds, stop, length)
    held = whole(core, *best)
    return Ascent(held, evaluate(core, held), *best[:3])


def _looped(
    loop: Loop, core: Core, begin: tuple[Floats, Floats, Floats], lower: int, rounds: int, stop: Stop, length: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The best multipliers met, by the compiled loop, which looks up every now and then whether to stop."""
    total = float((core.weight * core.depth).sum()) + 1
    weight, depth = core.weight.astype(float), core.depth.astype(float)
    ground = Ground(core.ptr, core.idx, weight, depth, core.must, core.places[0], total)
    demand = begin[0][:, 0].copy()
    state = Walk(demand, demand.copy(), np.zeros(len(demand)), np.array([np.inf, 0.0, length, 0.0, 0.0, 0.0]))
    while rounds > 0 and not state.at[5]:
        many = 1 if stop() else min(rounds, _CHUNK)
        loop(ground, state, float(lower), many)
        rounds = 0 if stop() else rounds - many
    return state.best[:, None], begin[1], begin[2], state.at[1:2]


def _stepped(
    core: Core,
    begin: tuple[Floats, Floats, Floats],
    lower: int,
    rounds: int,
    stop: Stop,
    length: float,
    *,
    fast: bool,
) -> tuple[Floats, Floats, Floats, Floats]:
    relaxed, unit = _Relaxed(core, fast=fast), typical(core)
    is_slow = len(core.most) > 0 and len(core.idx) > _MOST_HURRIED
    patience, shortest = (PATIENCE * _PATIENT, SHORTEST / _FINER) if is_slow else (PATIENCE, SHORTEST)
    demand, rows, targets = begin[0].copy(), begin[1].copy(), begin[2] * unit
    best_value, best = np.inf, (demand, rows, targets, relaxed.prices)
    theta, since = length, 0
    direction: tuple[Floats, ...] | None = None
    for _ in range(rounds * _PATIENT if is_slow else rounds):
        value, *slack = relaxed.solve(demand, rows, targets)
        if value < best_value - BETTER * abs(best_value if np.isfinite(best_value) else 1.0):
            best_value, since = value, 0
            best = (demand.copy(), rows.copy(), targets.copy(), relaxed.prices.copy())
        else:
            since += 1
        if since >= patience:
            theta, since = theta / 2, 0
            demand, rows, targets = (each.copy() for each in best[:3])
        if best_value < lower + 1 or theta < shortest or stop() or not any(each.any() for each in slack):
            break
        kept = (
            slack
            if direction is None
            else [(1 - KEPT) * new + KEPT * old for new, old in zip(slack, direction, strict=True)]
        )
        direction = tuple(kept)
        square = sum(_sum(each * each) for each in kept)
        if square < STILL:
            break
        step = theta * max(value - lower, 1.0) / square
        demand = np.clip(demand - step * kept[0], 0, relaxed.weight(targets))
        rows = np.maximum(rows - step * kept[1], 0)
        targets = np.maximum(targets - step * kept[2], 0)
    demand, rows, targets, prices = best
    return demand, rows, targets / unit, prices
