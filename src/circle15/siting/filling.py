"""Good sites of limited capacity: those that fill up most, then local search that closes some and fills up again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from circle15.siting.core import Core
from circle15.siting.effort import Effort
from circle15.siting.problem import Choice, Ints, Problem, choice, objections, objective

# The most sites that a round closes, and how many of the best a round draws the next one from.
_MOST_CLOSED, _FEW = 4, 3
# The part of rounds that close sites near one another, the others close any.
_NEAR_ONE = 0.5
# How often not the very best is opened, and what part of a site's mean gain a round may lose at first.
_BOLD, _WARM = 0.5, 0.1


class Filling:
    """A search among the candidates of one core: a list of (candidate row of the problem, year)."""

    def __init__(self, problem: Problem, core: Core, effort: Effort) -> None:
        self.problem, self.effort = problem, effort
        self.pool, self.shut = core.row, core.shut
        self.covers = problem.covers[core.row].astype(np.int64)
        self.capacity = np.zeros(0, dtype=np.int64) if problem.capacity is None else problem.capacity
        self.rivals = np.bincount(problem.covers.indices, minlength=len(problem.weight))
        self.limits, self.most = core.limits, core.most
        self.fewest = problem.fewest or (0,) * len(problem.places)
        self.held = [(int(row), problem.dated.get(int(row), -1)) for row in problem.required]
        self.random = np.random.default_rng(effort.seed)

    def greedy(self) -> Choice:
        """Site after site that fills up most, the earliest year first; equals: the first candidate."""
        return self._fill([], 0.0)

    def improve(self, begin: Choice, rounds: int) -> Choice:
        """From here, rounds that close some sites and fill up again; the best met. Equal seeds give equal plans."""
        best = now = begin
        most = value = objective(self.problem, begin)
        warm = _WARM * value / max(1, len(begin.rows))
        for number in range(rounds):
            if self.effort.stop() or not len(now.rows):
                break
            kept = self._ruined(now)
            found = self._fill(list(zip(now.rows[kept].tolist(), now.stages[kept].tolist(), strict=True)), _BOLD)
            reached = objective(self.problem, found)
            if reached >= value - warm * (1 - number / rounds) * self.random.exponential():
                now, value = found, reached
            if reached > most and not objections(self.problem, found):
                best, most = found, reached
        return best

    def _ruined(self, plan: Choice) -> Ints:
        """The sites of a plan that stay when a few close: any of them, or some that share demand with one."""
        many = 1 + int(self.random.integers(_MOST_CLOSED))
        order = self.random.permutation(len(plan.rows))
        if self.random.random() < _NEAR_ONE:
            covers = self.problem.covers
            around = np.asarray((covers[plan.rows] @ covers[plan.rows[order[0]]].T).todense()).reshape(-1)
            near = order[around[order] > 0]
            order = np.concatenate([near, np.setdiff1d(order, near)])[: min(many, len(near))]
            return np.setdiff1d(np.arange(len(plan.rows)), order)
        return np.sort(order[many:])

    def _fill(self, opened: Sequence[tuple[int, int]], boldness: float) -> Choice:
        """Open what must be, then what fills up most. ``boldness``: how often not the very best is taken."""
        plan = list(opened)
        free = self._free(plan)
        for row, year in self.held:
            if all(row != each for each, _ in plan):
                when = year if year >= 0 else next((at for at, left in enumerate(free) if left > 0), 0)
                plan.append((row, when))
                free = self._free(plan)
        left = self._left(np.array([row for row, _ in plan], dtype=np.int64))
        for year in range(len(free)):
            for _ in range(free[year]):
                there = np.array([each for each, _ in plan], dtype=np.int64)
                short = sum(at == year for _, at in plan) < self.fewest[year]
                row = self._next(left, there, year, boldness, short=short)
                if row < 0:
                    break
                plan.append((row, year))
                self._take(left, row)
        return choice([row for row, _ in plan], [year for _, year in plan])

    def _left(self, opened: Ints) -> Ints:
        """Of each demand the people who have no place at these candidates."""
        weight = np.where(self.problem.depth > 0, self.problem.weight, 0)
        seated = self.problem.seated(opened, self.capacity[opened])
        return weight - seated.of_demand(len(weight)) if len(opened) else weight

    def _take(self, left: Ints, row: int) -> None:
        """Give the places of a candidate to people who are left, first to those whom the fewest candidates serve."""
        covers = self.problem.covers
        mine = covers.indices[covers.indptr[row] : covers.indptr[row + 1]]
        mine = mine[np.argsort(self.rivals[mine], kind="stable")]
        before = np.cumsum(left[mine]) - left[mine]
        left[mine] -= np.clip(self.capacity[row] - before, 0, left[mine])

    def _free(self, plan: Sequence[tuple[int, int]]) -> list[int]:
        """The places that each year still has."""
        return [most - sum(at == year for _, at in plan) for year, most in enumerate(self.problem.places)]

    def _next(self, left: Ints, opened: Ints, year: int, boldness: float, *, short: bool) -> int:
        """The candidate that may open and fills up most with people who are left; −1 if none.

        Where the year is ``short`` of its least number any that may open will do.
        """
        gain = np.minimum(self.covers @ left, self.capacity[self.pool])
        able = ~self.shut[:, year] & ~np.isin(self.pool, opened) & self._allowed(opened)
        wanted = able & self._wanted(opened)
        if wanted.any():
            able, gain = wanted, gain + 1
        gain = np.where(able, gain + short, 0)
        order = np.lexsort((np.arange(len(gain)), -gain))[:_FEW]
        order = order[gain[order] > 0]
        if not len(order):
            return -1
        bold = boldness > 0 and self.random.random() < boldness
        return int(self.pool[order[self.random.integers(len(order))] if bold else order[0]])

    def _allowed(self, opened: Ints) -> Ints:
        """Whether each candidate leaves every limit kept."""
        limits = self.limits.toarray().clip(0)
        used = limits[:, np.isin(self.pool, opened)].sum(axis=1)
        most = np.where(self.most < 0, np.iinfo(np.int64).max, self.most)
        found: Ints = (limits <= (most - used)[:, None]).all(axis=0)
        return found

    def _wanted(self, opened: Ints) -> Ints:
        """Whether each candidate helps a least number, or a target, that is not reached yet."""
        least = -self.limits.toarray().clip(None, 0)
        missing = least[:, np.isin(self.pool, opened)].sum(axis=1) < -self.most
        found: Ints = (least[missing] > 0).any(axis=0)
        counts = self.problem.counts(opened)
        for each in self.problem.targets:
            open_ = each.columns[counts[each.columns] == 0]
            if each.missing(counts) > 0:
                found = found | (np.asarray(self.covers[:, open_].sum(axis=1)).reshape(-1) > 0)
        return found
