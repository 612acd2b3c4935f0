"""The least number of sites that reach a stated weight: a plan, and a number that no plan stays below.

Whether so many sites can reach the weight is asked of the covering problem with that many places: multipliers whose
bound stays below the weight prove that they cannot. One set of multipliers bounds every number of places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, vstack

from circle15.core.results import Multipliers, PlanStatus
from circle15.siting.ascent import Ascent, descend, start
from circle15.siting.bound import Floats, evaluate, whole
from circle15.siting.cases import divide
from circle15.siting.core import Core, reduce
from circle15.siting.effort import Effort
from circle15.siting.options import Options, unfold
from circle15.siting.problem import Choice, Ints, Problem, choice, objections
from circle15.siting.proof import check, spread
from circle15.siting.search import prepare
from circle15.siting.solve import BoundKind, solve
from circle15.siting.solver import Answer, Model, covering_model

# The solver is asked for the least sites where the coverage left has at most so many entries.
_MOST_ASKED = 25_000
# Rounds of the search for one number of sites.
_MOST_ROUNDS = 12_000
# The number of sites is lowered by no less than so large a part of it.
_FINEST = 200
# A variable of the solver above this is 1.
_OPEN = 0.5
# Ascents that raise the bound.
_ASCENTS = 6


@dataclass(frozen=True, slots=True)
class Least:
    """A plan that reaches the weight, and how few sites might do at best.

    Invariant: ``proven`` ≤ ``bound`` ≤ ``objective``, the number of sites chosen; ``bound`` and ``objective`` meet
    exactly if ``status`` is optimal. ``links`` prove without a solver that fewer than ``proven`` sites do not do;
    ``bound`` is the solver's where it is higher, and ``kind`` says so. Without a plan the objective is 0.
    """

    status: PlanStatus
    chosen: Choice
    objective: int
    bound: int
    kind: BoundKind
    proven: int
    links: tuple[Multipliers, ...]

    @property
    def gap(self) -> float:
        """(objective − bound) ÷ objective."""
        return (self.objective - self.bound) / self.objective if self.objective else 0.0


def with_places(problem: Problem, count: int) -> Problem:
    """The same problem of one year with so many places."""
    return replace(problem, places=(count,))


def floor(problem: Problem, need: int) -> int:
    """How many sites any plan has that reaches a weight, before anything is proven."""
    return max(len(problem.required), 1 if need > 0 else 0)


def fewest(problem: Problem, need: int, links: tuple[Multipliers, ...], claimed: int) -> int:
    """The number of sites that a proof shows to be needed: ``claimed``, or the floor if it does not show that.

    Raises ValueError for multipliers that are not sound.
    """
    least = floor(problem, need)
    if claimed <= least:
        return least
    found = check(with_places(problem, claimed - 1), need - 1, links)
    return claimed if found.bound < need else least


def least(problem: Problem, need: int, effort: Effort) -> Least:
    """The least sites found that cover a weight of ``need``, in one year, within all constraints."""
    return _Run(problem, need, effort).solve()


class _Run:
    """One solving: the best plan so far and the number below which none is possible."""

    def __init__(self, problem: Problem, need: int, effort: Effort) -> None:
        self.problem, self.need, self.effort = with_places(problem, len(problem.allowed)), need, effort
        self.core = reduce(self.problem, dominated=False)
        self.best = choice([], [])
        self.bound = self.proven = floor(problem, need)
        self.kind: BoundKind = "lagrangian"
        self.links: tuple[Multipliers, ...] = ()
        self.impossible = False
        self.fast = effort.compiles(problem)

    @property
    def count(self) -> int:
        """How many sites the best plan has."""
        return len(self.best.rows)

    def solve(self) -> Least:
        if not self._first():
            return self._none()
        at = self._raise()
        self._lower()
        at = self._raise(at)
        self._settle(at)
        return self._found(
            "optimal" if self.bound == self.count else "time_limit" if self.effort.stop() else "feasible"
        )

    def _found(self, status: PlanStatus) -> Least:
        return Least(status, self.best, self.count, self.bound, self.kind, self.proven, self.links)

    def _reaches(self, rows: Ints) -> bool:
        return self.problem.covered(rows) >= self.need and not objections(self.problem, _at_once(rows))

    # ---- a plan ----------------------------------------------------------------------------------------------

    def _first(self) -> bool:
        """The beginning of the greedy order that reaches the weight, without sites that it can spare."""
        core = reduce(self.problem)
        look = prepare(unfold(core), fast=self.fast)
        look.greedy()
        order = core.row[look.options.owner[look.state.chosen[: look.state.total[1]]]]
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.problem.covered(order[:middle]) < self.need else (low, middle)
        for size in range(low, len(order) + 1):
            if self._reaches(order[:size]):
                self.best = _at_once(self._spared(order[:size]))
                return True
        return self._asked()

    def _asked(self) -> bool:
        """Where constraints defeat the greedy order: the plan that covers most, if that is enough."""
        found = solve(self.problem, self.effort)
        if found.status != "infeasible" and self._reaches(found.chosen.rows):
            self.best = _at_once(self._spared(found.chosen.rows))
            return True
        self.impossible = found.status == "infeasible" or found.bound < self.need
        return False

    def _none(self) -> Least:
        return self._found("infeasible" if self.impossible else "time_limit")

    def _spared(self, rows: Ints) -> Ints:
        """The sites without those that the others make needless, the last opened first."""
        for row in rows[::-1].tolist():
            fewer = rows[rows != row]
            if self._reaches(fewer):
                rows = fewer
        return rows

    def _lower(self) -> None:
        """Search with fewer and fewer places: large steps first, smaller ones where the weight is not reached."""
        step, finest = max(1, (self.count - self.bound) // 3), max(1, self.count // _FINEST)
        while step >= finest and self.count > self.bound and not self.effort.stop():
            count = max(self.bound, self.count - step)
            found = self._searched(count)
            if found is None:
                step //= 2
            else:
                self.best = _at_once(self._spared(found))
                step = min(step, self.count - self.bound)

    def _searched(self, count: int) -> Ints | None:
        """Sites of that number that reach the weight, if the search meets any."""
        core = reduce(with_places(self.problem, count))
        look = prepare(unfold(core), fast=self.fast)
        kept = self.best.rows[np.isin(self.best.rows, core.row)]
        look.begin(core.from_problem(_at_once(self._weakest_out(kept, count))))
        rounds = min(self.effort.rounds * count, _MOST_ROUNDS)
        for number in range(min(self.effort.starts, 1 if self.fast else self.effort.starts)):
            found = core.to_problem(look.improve(rounds, self.effort.seed + number, self.effort.stop)).rows
            if self._reaches(found):
                return found
        return None

    def _weakest_out(self, rows: Ints, count: int) -> Ints:
        """The sites without those whose closing loses least, one after the other, so that ``count`` are left."""
        counts, covers = self.problem.counts(rows), self.problem.covers
        while len(rows) > count:
            alone = np.where((counts == self.problem.depth) & (counts > 0), self.problem.weight, 0)
            loss = np.where(np.isin(rows, self.problem.required), np.inf, covers[rows] @ alone)
            row = rows[np.argmin(loss)]
            counts = counts - self.problem.counts(np.array([row]))
            rows = rows[rows != row]
        return rows

    # ---- how few at best -------------------------------------------------------------------------------------

    def _raise(self, at: tuple[Floats, Floats, Floats] | None = None) -> tuple[Floats, Floats, Floats]:
        """Ascents from one site fewer than the best plan has towards the number not yet excluded."""
        at = at or start(self.core, _counts(self.core, self.best.rows, self.problem))
        places, before = self.count - 1, self.bound
        for number in range(_ASCENTS):
            if self.bound > places or (number > 2 and self.bound == before) or self.effort.stop():
                break
            before = self.bound
            core = replace(self.core, places=(places,))
            ascent = descend(core, at, self.need - 1, self.effort.steps // 3, self.effort.stop, fast=self.fast)
            at = ascent.demand, ascent.rows, ascent.targets
            self._exclude(core, ascent)
            places = (self.bound + places) // 2 if self.bound < places else places - 1
        return at

    def _exclude(self, core: Core, ascent: Ascent) -> None:
        """Exclude all numbers of places that multipliers show to be not enough."""
        shown = -1
        low, high = self.bound, self.count - 1
        while low <= high:
            middle = (low + high) // 2
            if self._held(core, ascent, middle)[1] < self.need:
                shown, low = middle, middle + 1
            else:
                high = middle - 1
        if shown >= 0:
            self._accept(shown + 1, (spread(self.problem, core, self._held(core, ascent, shown)[0]),))

    @staticmethod
    def _held(core: Core, ascent: Ascent, count: int) -> tuple[Multipliers, int]:
        """The multipliers of an ascent with the price of so many places, and their bound."""
        core = replace(core, places=(count,))
        held = whole(core, ascent.demand, ascent.rows, ascent.targets, np.zeros(1))
        return held, evaluate(core, held).value

    def _accept(self, bound: int, links: tuple[Multipliers, ...]) -> None:
        """Take a higher bound that multipliers prove."""
        if fewest(self.problem, self.need, links, bound) == bound > self.proven:
            self.proven = bound
            self.links = check(with_places(self.problem, bound - 1), self.need - 1, links).links
            if bound >= self.bound:
                self.bound, self.kind = bound, "lagrangian"

    def _settle(self, at: tuple[Floats, Floats, Floats]) -> None:
        """Small problems: the solver is asked for the least sites; what it says of fewer is then proven by cases."""
        core = reduce(self.problem)
        if self.bound >= self.count or len(core.idx) > _MOST_ASKED or not self.effort.nodes or self.effort.stop():
            return
        model = _model(unfold(core), self.need, self.count - 1)
        answer = self.effort.solver(model, (self.effort.nodes // 10, 0.0), self.effort.stop)
        if answer.values is not None:
            rows = core.row[np.flatnonzero(answer.values[: model.whole] > _OPEN)]
            if len(rows) < self.count and self._reaches(rows):
                self.best = _at_once(rows)
        least = _said(answer, self.count)
        if self.bound < least <= self.count:  # a bound above a plan in hand is false
            self.bound, self.kind = least, "solver"
        if self.proven < self.bound == self.count:
            self._prove(at)

    def _prove(self, at: tuple[Floats, Floats, Floats]) -> None:
        """Prove by cases that one site fewer is not enough."""
        problem = with_places(self.problem, self.bound - 1)
        core = replace(self.core, places=problem.places)
        ascent = descend(core, at, self.need - 1, self.effort.steps // 3, self.effort.stop, fast=self.fast)
        first = (spread(problem, core, ascent.held),)
        links = divide(problem, self.need - 1, first, self.effort, lambda left: _counts(left, self.best.rows, problem))
        self._accept(self.bound, links)


def _model(options: Options, need: int, most: int) -> Model:
    """As few options as reach the weight, ``most`` at most."""
    model = covering_model(options)
    opened, weight = np.r_[np.ones(model.whole), np.zeros(len(options.weight))], options.weight.astype(float)
    rows = csr_matrix(np.array([np.r_[np.zeros(model.whole), -weight], opened]))
    return replace(
        model,
        gain=-opened,
        matrix=csr_matrix(vstack([model.matrix, rows])),
        most=np.r_[model.most, -float(need), float(most)],
    )


def _said(answer: Answer, count: int) -> int:
    """The least number of sites by the solver's word, which was asked for fewer than ``count``; 0 if it has none."""
    if answer.outcome == "infeasible":
        return count
    known = answer.outcome in {"optimal", "stopped"} and math.isfinite(answer.bound)
    return min(count, math.ceil(-answer.bound - 0.01)) if known else 0


def _at_once(rows: Ints) -> Choice:
    """These sites, all in one year."""
    return choice(rows, np.zeros(len(rows), dtype=np.int64))


def _counts(core: Core, rows: Ints, problem: Problem) -> Ints:
    """How often sites cover each group of demand."""
    found = np.zeros((len(core.weight), 1), dtype=np.int64)
    raw = core.group >= 0
    found[core.group[raw], 0] = problem.counts(rows)[raw]
    return found
