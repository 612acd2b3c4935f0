"""A proof by cases: plans that open a candidate by a year, and those that do not, each bounded apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from circle15.core.results import Multipliers
from circle15.siting.ascent import descend, start
from circle15.siting.bound import Bound
from circle15.siting.core import Core, Fixed, left, reduce
from circle15.siting.effort import Effort
from circle15.siting.problem import Ints, Problem
from circle15.siting.proof import carry, check, fix, parts, spread

# A proof by cases is tried where the coverage left has at most so many entries.
_MOST_DIVIDED = 100_000
# Each case looks at all demand in every year: so many in all are looked at, unless that makes too few cases.
_MOST_WORK, _FEWEST_CASES = 6_000_000, 30
# Where so many parts wait at once the cases only get deeper.
_MOST_WAITING = 12
# How long the first steps are that go on from multipliers known to be good.
_LATER = 0.5


def divide(
    problem: Problem,
    value: int,
    links: Sequence[Multipliers],
    effort: Effort,
    counts: Callable[[Core], Ints],
    *,
    aim: int | None = None,
) -> tuple[Multipliers, ...]:
    """The steps with those added that prove, without a solver, that no plan is worth more than ``value``.

    The steps as they were where few cases do not suffice. ``counts``: how often a good plan covers each group of
    demand of a core in each year. ``aim``: where the steps of an ascent go, the value if it is not given.
    """
    found = check(problem, value, tuple(links))
    root = reduce(problem, found.fixed, dominated=False)
    most = min(effort.cases, _MOST_WORK // max(1, len(problem.weight) * len(problem.places)))
    hopeless = most < min(effort.cases, _FEWEST_CASES) or len(root.idx) * len(root.places) > _MOST_DIVIDED
    if hopeless or found.bound <= value:
        return tuple(links)
    steps, fast = list(links), effort.compiles(problem)
    open_ = [(found.fixed, root, start(root, counts(root)))]
    while open_:
        if len(steps) > most or len(open_) > _MOST_WAITING or effort.stop():
            return tuple(links)
        fixed, before, at = open_.pop()
        core = reduce(problem, fixed, dominated=False)
        begin = carry(before, core, at[0]), at[1], at[2]
        ascent = descend(
            core, begin, value if aim is None else aim, effort.steps // 5, effort.stop, length=_LATER, fast=fast
        )
        link = spread(problem, core, ascent.held)
        if ascent.bound.value > value:
            narrower = fix(core, ascent.bound, value, fixed)
            split = _undecided(problem, ascent.bound, core, narrower)
            if split is None:
                return tuple(links)
            link = replace(link, split=problem.candidate_ids[split[0]], split_stage=split[1])
            multipliers = ascent.demand, ascent.rows, ascent.targets
            open_ += [(part, core, multipliers) for part in parts(problem, narrower, link)]
        steps.append(link)
    return tuple(steps)


def _undecided(problem: Problem, bound: Bound, core: Core, fixed: Fixed) -> tuple[int, int] | None:
    """The candidate whose opening is most in doubt, and the year by which; None if all is decided."""
    rows, must, shut = left(problem, fixed)
    worth = np.where(shut, -np.inf, bound.worth[np.isin(core.row, rows)].astype(float))
    free = np.flatnonzero(~must)
    if len(free):
        return int(rows[free[np.argmin(np.abs(worth[free].max(axis=1)))]]), len(problem.places) - 1
    several = np.flatnonzero((~shut).sum(axis=1) > 1)
    if len(several) == 0:
        return None
    order = np.argsort(-worth[several], axis=1, kind="stable")
    ranked = np.take_along_axis(worth[several], order, axis=1)
    closest = int(np.argmin(ranked[:, 0] - ranked[:, 1]))
    return int(rows[several[closest]]), int(order[closest, :2].min())
