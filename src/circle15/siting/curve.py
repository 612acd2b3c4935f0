"""How much each number of sites covers, and can cover at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circle15.core.results import Point
from circle15.siting.bound import Ascent, descend, evaluate, start, whole
from circle15.siting.core import Core, reduce
from circle15.siting.effort import Effort
from circle15.siting.kernels import WORTH_COMPILING
from circle15.siting.options import unfold
from circle15.siting.problem import Choice, Ints, Problem, choice, objections
from circle15.siting.search import prepare


def curve(problem: Problem, effort: Effort, best: Choice, most: int) -> tuple[Point, ...]:
    """Of each number of sites, all of one year: what the better of two plans covers, and a bound that none passes.

    The plans are the beginning of the greedy order and, from its number of sites on, the ``best`` plan known.
    Numbers that no plan met is allowed to have are left out; the last is ``most``, or the one that covers all.
    """
    problem = replace(
        problem,
        places=(min(most, len(problem.allowed)),),
        mandatory=tuple(problem.required.tolist()),
        dated={},
        only={},
        fewest=(),
    )
    values = _values(problem, effort, best)
    bounds = _bounds(problem, effort, max(values, default=0), max(values.values(), default=0))
    reached = 0
    points = []
    for count, value in sorted(values.items()):
        reached = max(reached, value)
        points.append(Point(count, reached, max(reached, int(bounds[count]))))
    return tuple(points)


def _values(problem: Problem, effort: Effort, best: Choice) -> dict[int, int]:
    core = reduce(problem)
    fast = problem.covers.nnz >= WORTH_COMPILING if effort.fast is None else effort.fast
    look = prepare(unfold(core), fast=fast)
    look.greedy()
    order = core.row[look.options.owner[look.state.chosen[: look.state.total[1]]]]
    found: dict[int, int] = {}
    for plan in (*(order[:count] for count in range(len(order) + 1)), best.rows):
        if len(plan) <= problem.places[0] and not objections(problem, choice(plan, np.zeros_like(plan))):
            found[len(plan)] = max(problem.covered(plan), found.get(len(plan), 0))
    return found


def _bounds(problem: Problem, effort: Effort, most: int, value: int) -> Ints:
    """For 0 … ``most`` sites the least bound of multipliers found for a few numbers among them."""
    core = reduce(problem, dominated=False)
    at = start(core, np.zeros((len(core.weight), 1), dtype=np.int64))
    alone = np.sort(problem.covers[problem.allowed] @ np.where(problem.depth > 0, problem.weight, 0))[::-1]
    sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(alone)])
    found: Ints = np.minimum(sums[: most + 1], problem.covered(problem.allowed))
    for count in _marks(most):
        ascent = descend(replace(core, places=(count,)), at, value, effort.steps // 5, effort.stop)
        at = ascent.demand, ascent.rows, ascent.targets
        found = np.minimum(found, _of_each(core, ascent, most))
    return found


def _of_each(core: Core, ascent: Ascent, most: int) -> Ints:
    """The bound that the multipliers of an ascent give 0 … ``most`` sites: the candidates worth most are open."""
    held = whole(core, ascent.demand, ascent.rows, ascent.targets, np.zeros(1))
    bare = evaluate(core, replace(held, places=np.zeros(1, dtype=np.int64)))
    worth = bare.worth[:, 0]
    free = np.sort(np.maximum(worth[~core.must], 0))[::-1]
    needed, must = int(core.must.sum()), int(worth[core.must].sum())
    rest = bare.scaled - int(free.sum()) - must
    sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(free)])
    open_ = np.clip(np.arange(most + 1) - needed, 0, len(free))
    found: Ints = (rest + must + sums[open_]) // bare.scale
    return found


def _marks(most: int) -> Sequence[int]:
    """Numbers of sites that stand ever farther apart, from the largest down."""
    found = []
    while most > 0:
        found.append(most)
        most = most * 2 // 3
    return found
