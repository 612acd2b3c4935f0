"""The order of the method: reduce, greedy, search, bound, fix, solve. Stopped anywhere, it has the best so far."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from circle15.core.results import Multipliers, PlanStatus
from circle15.siting.ascent import descend, start
from circle15.siting.bound import Floats
from circle15.siting.cases import divide
from circle15.siting.core import NOTHING, Core, Fixed, reduce
from circle15.siting.effort import Effort
from circle15.siting.filling import Filling
from circle15.siting.kernels import WORTH_COMPILING
from circle15.siting.options import unfold
from circle15.siting.problem import Choice, Ints, Problem, choice, objections, objective
from circle15.siting.proof import carry, check, everything, fix, spread
from circle15.siting.search import prepare, raised
from circle15.siting.solver import Answer, model_of

BoundKind = Literal["lagrangian", "solver"]

# A core is asked of the solver whole if it has at most so many entries; else only its most promising candidates.
_MOST_ENTRIES = 25_000
# Large problems are worth so many times the rounds of search.
_LARGE = 10
_MOST_ROUNDS = 12_000
# Where sites hold only so many, a step costs as much as a round, and rounds gain more: so many parts of the steps, so
# many times the rounds, and no more of these, for every plan looked at is a flow.
_STEPS_FILLED, _ROUNDS_FILLED, _MOST_FILLED = 0.6, 1.5, 300
# How often what targets weigh is raised before the solver is asked for a first plan.
_RAISES = 8
# How long the first steps are that go on from multipliers known to be good.
_LATER = 0.5
# A variable of the solver above this is 1.
_OPEN = 0.5
# How close to the optimum of those candidates the solver must come.
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Solution:
    """The best plan met and how good it is at least.

    Invariant: ``objective`` ≤ ``bound``, equal exactly if ``status`` is optimal. ``proven`` is the bound that
    ``links`` prove without a solver; ``bound`` is the solver's where that is lower, and ``kind`` says so.
    Where there is none (``infeasible``) or none was found (``time_limit``) no site is chosen and the objective is 0.
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
        """(bound − objective) ÷ bound."""
        return (self.bound - self.objective) / self.bound if self.bound else 0.0


# Multipliers of a core's groups of demand (× year) to begin an ascent with, from the value of the best plan.
Prices = Callable[[Core, int], Floats]


def solve(problem: Problem, effort: Effort, begin: Choice | None = None, prices: Prices | None = None) -> Solution:
    """The best plan found within the effort, with its bound.

    ``begin``: a plan to start from; it is kept unless a better one is found. ``prices``: better first multipliers
    than those that any covering problem has.
    """
    run = _Run(problem, effort, prices)
    if begin is not None:
        run.offer(begin)
    return run.solve()


class _Run:
    """One solving: the best choice so far, the chain of multipliers, and what they fix."""

    def __init__(self, problem: Problem, effort: Effort, prices: Prices | None) -> None:
        self.problem, self.effort, self.prices = problem, effort, prices
        self.best: Choice | None = None
        self.value = -1
        # The value that was tried to be proven by cases.
        self.divided = -1
        self.fixed = NOTHING
        self.links: list[Multipliers] = []
        self.bound = everything(problem)
        self.kind: BoundKind = "lagrangian"
        self.impossible = False
        self.bonus = np.zeros(len(problem.targets), dtype=np.int64)
        self.fast = effort.compiles(problem)
        self.steps = effort.steps if problem.capacity is None else int(_STEPS_FILLED * effort.steps)
        self.rounds = effort.rounds * (_LARGE if problem.covers.nnz >= WORTH_COMPILING else 1)

    def offer(self, chosen: Choice) -> bool:
        """Keep a choice if it is allowed and better, by its value from raw coverage."""
        value = objective(self.problem, chosen)
        if value <= self.value or objections(self.problem, chosen):
            return False
        self.best, self.value = chosen, value
        return True

    def solve(self) -> Solution:
        self._first()
        if self.best is None:
            return self._none()
        multipliers, worth = self._shrink()
        if not self._done():
            self._finish(multipliers, worth)
            if self.bound <= self.value:
                self._divide()
        return self._solution(self.best)

    def _done(self) -> bool:
        return self.effort.stop() or self.bound - self.value <= self.effort.gap * self.bound

    def _solution(self, best: Choice) -> Solution:
        found = check(self.problem, self.value, tuple(self.links))
        proven = found.bound
        if self.kind == "lagrangian" or proven <= self.bound:  # of multipliers only what is recomputed counts
            self.bound, self.kind = proven, "lagrangian"
        status: PlanStatus = "optimal" if self.bound == self.value else "feasible"
        if status == "feasible" and self.effort.stop():
            status = "time_limit"
        return Solution(status, best, self.value, self.bound, self.kind, proven, found.links)

    def _none(self) -> Solution:
        """No plan found: infeasible if the solver says so of the whole problem, else stopped before the first."""
        status: PlanStatus = "infeasible" if self.impossible else "time_limit"
        bound, proven = (0, 0) if self.impossible else (self.bound, everything(self.problem))
        kind: BoundKind = "solver" if self.impossible else self.kind
        return Solution(status, choice([], []), 0, bound, kind, proven, ())

    def _first(self) -> None:
        """A first plan: greedy and a short search; where constraints defeat them, the solver's."""
        core = reduce(self.problem)
        if len(np.setdiff1d(self.problem.required, core.row)):  # a site that every plan has may open in no year
            self.impossible = True
            return
        for _ in range(_RAISES if self.problem.targets else 1):
            tried = self._search(core, -(-self.rounds // 10), 1)
            if self.best is not None:
                return
            self.bonus = raised(self.problem, core, self.bonus, tried)
        self._ask(core, 0.0)

    def _search(self, core: Core, rounds: int, starts: int) -> Choice:
        """Greedy, then searches from the best plan known; the plan met last, allowed or not."""
        if self.problem.capacity is not None:
            return self._fill(core, rounds)
        look = prepare(unfold(core), self.bonus, fast=self.fast)
        tried = core.to_problem(look.greedy())
        self.offer(tried)
        for number in range(starts if rounds else 0):
            known = None if self.best is None else core.from_problem(self.best)
            if known is not None and self.best is not None and len(known.rows) == len(self.best.rows):
                look.begin(known)
            many = min(rounds * max(1, core.site_count), _MOST_ROUNDS)
            tried = core.to_problem(look.improve(many, self.effort.seed + number, self.effort.stop))
            self.offer(tried)
        return tried

    def _fill(self, core: Core, rounds: int) -> Choice:
        """The same where sites hold no more than so many: what a plan is worth is told by giving people places."""
        look = Filling(self.problem, core, self.effort)
        tried = look.greedy()
        self.offer(tried)
        if rounds and self.best is not None:
            # Where few sites are full, the plan that covers most is a good one too.
            roomy = prepare(unfold(replace(core, capacity=None)), self.bonus, fast=self.fast)
            roomy.greedy()
            many = min(rounds * max(1, core.site_count), _MOST_ROUNDS)
            self.offer(core.to_problem(roomy.improve(many, self.effort.seed, self.effort.stop)))
        if rounds and self.best is not None:
            self.offer(look.improve(self.best, min(int(_ROUNDS_FILLED * rounds), _MOST_FILLED)))
        return tried

    def _shrink(self) -> tuple[tuple[Core, Floats, Floats, Floats], Ints]:
        """Bound, search where the bound points to, fix, and again on what is left, while that helps."""
        core = reduce(self.problem, dominated=False)
        at = self._start(core)
        size, steps = core.size[0], self.steps * 2 // 5
        while True:
            length = 1.0 if not self.links and self.prices is None else _LATER
            ascent = descend(core, at, self.value, steps, self.effort.stop, length=length, fast=self.fast)
            at = ascent.demand, ascent.rows, ascent.targets
            self.links.append(spread(self.problem, core, ascent.held))
            self.bound = min(self.bound, max(self.value, ascent.bound.value))
            if self._done():
                break
            self._search(self._narrow(core, ascent.bound.best, 4.0), self.rounds, self.effort.starts)
            self.fixed = fix(core, ascent.bound, self.value, self.fixed)
            smaller = reduce(self.problem, self.fixed, dominated=False)
            steps = self.steps
            if smaller.size[0] > 0.9 * size and len(self.links) > 1:
                break
            carried = carry(core, smaller, ascent.demand) if self.prices is None else self.prices(smaller, self.value)
            at = carried, ascent.rows, ascent.targets
            core, size = smaller, smaller.size[0]
        return (core, *at), ascent.bound.best

    def _start(self, core: Core) -> tuple[Floats, Floats, Floats]:
        demand, rows, targets = start(core, self._counts(core))
        return demand if self.prices is None else self.prices(core, self.value), rows, targets

    def _narrow(self, core: Core, worth: Ints, times: float) -> Core:
        """The candidates that are worth most under the multipliers, and those of the best plan."""
        many = max(40, int(times * self.problem.site_count))
        keep = core.row[np.lexsort((np.arange(len(worth)), -worth))[:many]]
        mine = self.best.rows if self.best is not None else keep[:0]
        out = np.setdiff1d(self.problem.allowed, np.union1d(np.union1d(keep, mine), self.problem.required))
        years = len(self.problem.places)
        shut = (out[:, None] * years + np.arange(years)).reshape(-1)
        return reduce(self.problem, Fixed(shut, NOTHING.in_))

    def _finish(self, at: tuple[Core, Floats, Floats, Floats], worth: Ints) -> None:
        """What is left, of the solver: whole if it is small; else its best part, and what that fixes further."""
        core, *multipliers = at
        left = reduce(self.problem, self.fixed)
        if self._is_small(left):
            self._divide()
            if self.bound > self.value:
                self._ask(left, 0.0)
            return
        before = self.value
        narrow = self._narrow(core, worth, 2.25)
        if self._is_small(narrow):
            self._ask(narrow, _CLOSE)
        if self.value == before or self._done():
            return
        demand, rows, targets = multipliers
        ascent = descend(
            core,
            (demand, rows, targets),
            self.value,
            self.steps // 2,
            self.effort.stop,
            length=_LATER,
            fast=self.fast,
        )
        self.links.append(spread(self.problem, core, ascent.held))

    def _divide(self) -> None:
        """Prove by cases, without a solver, that no plan is better; kept only if few cases suffice."""
        if self.value == self.divided:
            return
        self.divided = self.value
        links = divide(self.problem, self.value, self.links, self.effort, self._counts)
        if len(links) > len(self.links):
            self.links, self.bound, self.kind = list(links), self.value, "lagrangian"

    def _is_small(self, core: Core) -> bool:
        return len(core.idx) * len(core.places) <= _MOST_ENTRIES

    def _ask(self, core: Core, close: float) -> None:
        """Ask the solver for the best plan of a core; its bound counts if the core is all that is left."""
        if not self.effort.nodes:
            return
        options = unfold(core)
        model = model_of(options)
        answer = self.effort.solver(model, (self.effort.nodes, close), self.effort.stop)
        found = None
        if answer.values is not None:
            opened = np.flatnonzero(answer.values[: model.whole] > _OPEN)
            found = core.to_problem(options.choose(opened))
            self.offer(found)
        if close == 0.0:
            self._believe(answer, core, found)

    def _believe(self, answer: Answer, core: Core, found: Choice | None) -> None:
        """Take the solver's word on what is left of the problem, unless a plan in hand shows that it is false."""
        witness = max((objective(self.problem, each) for each in self._within(core, found)), default=-1)
        if answer.outcome == "infeasible" and witness < 0:
            # Nothing left is allowed: either no plan is, or none that is not fixed out already.
            self.impossible = self.best is None
            if len(self.fixed.shut) or len(self.fixed.in_):
                self._lower(self.value)
        elif answer.outcome in {"optimal", "stopped"} and math.isfinite(answer.bound):
            bound = math.floor(answer.bound + 0.01 + 1e-9 * abs(answer.bound))
            if bound >= witness and (witness >= 0 or bound > self.value):
                self._lower(bound)

    def _within(self, core: Core, found: Choice | None) -> list[Choice]:
        """Of the plan found last and the best one, those that are allowed and left to a core."""
        both = [each for each in (found, self.best) if each is not None]
        return [each for each in both if core.holds(each) and not objections(self.problem, each)]

    def _lower(self, bound: int) -> None:
        bound = max(bound, self.value)
        if bound < self.bound:
            self.bound, self.kind = bound, "solver"

    def _counts(self, core: Core) -> Ints:
        """How often the best plan covers each group of demand in each year."""
        best, years = self.best or choice([], []), len(self.problem.places)
        found = np.zeros((len(core.weight), years), dtype=np.int64)
        raw = np.flatnonzero(core.group >= 0)
        for year in range(years):
            found[core.group[raw], year] = self.problem.counts(best.opened(year))[raw]
        return found
