"""The p-median problem (Hakimi 1964) as a covering problem: what sites save everyone of today's way.

Everyone is as many demands as there are distances to candidates nearer than today's: one who lives within a distance
of an open site saves the step from it to the next, so that the savings of all steps are today's way less the way to
the nearest site (Cornuejols, Nemhauser & Wolsey 1980). Search, bound and proof are those of covering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circle15.siting.bound import Floats
from circle15.siting.core import Core
from circle15.siting.effort import Effort
from circle15.siting.problem import Choice, Flags, Ints, Problem
from circle15.siting.search import Stop
from circle15.siting.solve import Solution, solve

# Steps of the ascent without a better bound after which they are halved, and parts of Polyak's not worth taking.
_PATIENCE, _SHORTEST = 15, 1e-4


@dataclass(frozen=True, slots=True)
class Median:
    """Ways in whole millimetres: of each pair of candidate and home that is nearer than ``today``, ``mm``.

    ``candidate``, ``home``, ``mm``: the pairs, each once. ``today``: everyone's way to what stands, or what counts as
    the way of those who reach nothing. ``weight``: people of each home.
    """

    candidate: Ints
    home: Ints
    mm: Ints
    today: Ints
    weight: Ints

    @property
    def total(self) -> int:
        """People's ways today, added up."""
        return int((self.weight * self.today).sum())

    def names(self, area_ids: Sequence[str] | NDArray[np.object_]) -> tuple[str, ...]:
        """What each demand of the covering problem is called: the home's id and the way in mm."""
        owner, _, high = _steps(self)
        return tuple(f"{area_ids[home]} {self.today[home] - saved}" for home, saved in zip(owner, high, strict=True))

    def cost(self, chosen: Choice) -> int:
        """People's ways added up when all chosen sites are open, from the pairs."""
        near = np.isin(self.candidate, chosen.rows)
        ways = self.today.copy()
        np.minimum.at(ways, self.home[near], self.mm[near])
        return int((self.weight * ways).sum())


def as_covering(median: Median, ids: tuple[str, ...], places: tuple[int, ...]) -> Problem:
    """The covering problem whose value, for any plan, is ``median.total`` less the plan's cost."""
    order, step = _ordered(median)
    owner, low, high = _steps(median)
    last = np.append(owner[1:] != owner[:-1], True)[: len(owner)]
    end = np.flatnonzero(last)[np.cumsum(last) - last]
    size = end[step] - step + 1
    row = np.repeat(median.candidate[order], size)
    column = np.repeat(step, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return Problem(
        candidate_ids=ids,
        covers=csr_matrix((np.ones(len(row), dtype=np.int64), (row, column)), shape=(len(ids), len(owner))),
        weight=median.weight[owner] * (high - low),
        depth=np.ones(len(owner), dtype=np.int64),
        places=places,
    )


def _ordered(median: Median) -> tuple[Ints, Ints]:
    """The pairs nearer than today's way by home and way, and the step that each is the first or an equal of."""
    near = np.flatnonzero(median.mm < median.today[median.home])
    order = near[np.lexsort((median.mm[near], median.home[near]))]
    home, mm = median.home[order], median.mm[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (home[1:] != home[:-1]) | (mm[1:] != mm[:-1])
    return order, np.cumsum(begins) - 1


def _steps(median: Median) -> tuple[Ints, Ints, Ints]:
    """The home of each step; its way saves ``high``, the next longer one ``low``."""
    order, step = _ordered(median)
    first = np.flatnonzero(np.diff(step, prepend=-1))
    owner, high = median.home[order][first], (median.today[median.home] - median.mm)[order][first]
    low = np.zeros_like(high)
    low[:-1] = np.where(owner[1:] == owner[:-1], high[1:], 0)
    return owner, low, high


def solve_median(median: Median, problem: Problem, effort: Effort, begin: Choice | None = None) -> Solution:
    """The best plan of the covering problem of a median, one year's with multipliers that know of the steps."""
    if len(problem.places) > 1:
        return solve(problem, effort, begin)
    return solve(problem, effort, begin, partial(_prices, median, problem, effort))


def _prices(median: Median, problem: Problem, effort: Effort, core: Core, value: int) -> Floats:
    """Multipliers of a core: of each step the part that lies beyond what its home is priced at."""
    near = np.zeros(len(problem.candidate_ids), dtype=bool)
    near[core.row] = True
    must = np.zeros_like(near)
    must[core.row[core.must]] = True
    priced = _thresholds(median, (near, must), problem.site_count, value, (effort.steps, effort.stop))
    owner, low, high = _steps(median)
    beyond = median.weight[owner] * np.clip(high - np.maximum(low, priced[owner]), 0, None)
    some = core.group >= 0
    found: Floats = np.bincount(core.group[some], weights=beyond[some], minlength=len(core.weight)).astype(float)
    return found[:, None]


def _thresholds(
    median: Median, allowed: tuple[Flags, Flags], places: int, value: int, effort: tuple[int, Stop]
) -> Floats:
    """What each home's saving is priced at, so that the bound is least: subgradient steps (Cornuejols et al. 1977).

    A home pays its price whatever opens; a candidate is worth what it saves people beyond their prices.
    """
    near, must = allowed
    kept = near[median.candidate] & (median.mm < median.today[median.home])
    candidate, home = median.candidate[kept], median.home[kept]
    saved = (median.today[home] - median.mm[kept]).astype(float)
    people, count = median.weight.astype(float), len(near)
    prices = np.zeros(len(people))
    np.maximum.at(prices, home, saved)
    prices *= 0.5
    best, held, theta, since = np.inf, prices, 1.0, 0
    for _ in range(effort[0]):
        over = saved - prices[home]
        worth = np.bincount(candidate, weights=people[home] * np.maximum(over, 0), minlength=count)
        order = np.argsort(np.where(must, -np.inf, -worth), kind="stable")[:places]
        bound = float(people @ prices + worth[order].sum())
        since += 1
        if bound < best - 1e-9 * abs(bound):
            best, held, since = bound, prices, 0
        elif since >= _PATIENCE:
            prices, theta, since = held, theta / 2, 0
            continue
        if best < value + 1 or theta < _SHORTEST or effort[1]():
            break
        open_ = np.zeros(count, dtype=bool)
        open_[order] = True
        slope = people * (1 - np.bincount(home[(over > 0) & open_[candidate]], minlength=len(people)))
        square = float(slope @ slope)
        if square == 0:
            break
        prices = np.maximum(prices - theta * max(bound - value, 1.0) / square * slope, 0)
    return held
