"""A proof by cases: plans that open a candidate by a year, and those that do not, each bounded apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from circle15.core.results import Multipliers
from circle15.siting.bound import Bound, descend, start
from circle15.siting.core import Core, Fixed, reduce
from circle15.siting.effort import Effort
from circle15.siting.problem import Ints, Problem
from circle15.siting.proof import carry, check, fix, parts, spread

# A proof by cases is tried where the coverage has at most so many entries.
_MOST_DIVIDED = 200_000
# How long the first steps are that go on from multipliers known to be good.
_LATER = 0.5


def divide(
    problem: Problem, value: int, links: Sequence[Multipliers], effort: Effort, counts: Callable[[Core], Ints]
) -> tuple[Multipliers, ...]:
    """The steps with those added that prove, without a solver, that no plan is worth more than ``value``.

    The steps as they were where few cases do not suffice. ``counts``: how often a good plan covers each group of
    demand of a core in each year.
    """
    found = check(problem, value, tuple(links))
    if problem.covers.nnz > _MOST_DIVIDED or found.bound <= value:
        return tuple(links)
    steps = list(links)
    root = reduce(problem, found.fixed, dominated=False)
    open_ = [(found.fixed, root, start(root, counts(root)))]
    while open_:
        if len(steps) > effort.cases or effort.stop():
            return tuple(links)
        fixed, before, at = open_.pop()
        core = reduce(problem, fixed, dominated=False)
        begin = carry(before, core, at[0]), at[1], at[2]
        ascent = descend(core, begin, value, effort.steps // 5, effort.stop, length=_LATER)
        link = spread(problem, core, ascent.held)
        if ascent.bound.value > value:
            left = fix(core, ascent.bound, value, fixed)
            split = _undecided(problem, ascent.bound, core, left)
            if split is None:
                return tuple(links)
            link = replace(link, split=problem.candidate_ids[split[0]], split_stage=split[1])
            multipliers = ascent.demand, ascent.rows, ascent.targets
            open_ += [(part, core, multipliers) for part in parts(problem, left, link)]
        steps.append(link)
    return tuple(steps)


def _undecided(problem: Problem, bound: Bound, core: Core, fixed: Fixed) -> tuple[int, int] | None:
    """The candidate whose opening is most in doubt, and the year by which; None if all is decided."""
    left = reduce(problem, fixed, dominated=False, merged=False)
    kept = np.isin(core.row, left.row)
    worth = np.where(left.shut, -np.inf, bound.worth[kept].astype(float))
    free = np.flatnonzero(~left.must)
    if len(free):
        return int(left.row[free[np.argmin(np.abs(worth[free].max(axis=1)))]]), len(problem.places) - 1
    several = np.flatnonzero((~left.shut).sum(axis=1) > 1)
    if len(several) == 0:
        return None
    order = np.argsort(-worth[several], axis=1, kind="stable")
    ranked = np.take_along_axis(worth[several], order, axis=1)
    closest = int(np.argmin(ranked[:, 0] - ranked[:, 1]))
    return int(left.row[several[closest]]), int(order[closest, :2].min())
