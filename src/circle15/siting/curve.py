"""How much each number of sites covers, and can cover at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circle15.core.results import CurveProof, Multipliers, Point
from circle15.siting.ascent import descend, start
from circle15.siting.bound import evaluate, whole
from circle15.siting.core import reduce
from circle15.siting.effort import Effort
from circle15.siting.options import unfold
from circle15.siting.problem import Choice, Ints, Problem, choice, objections
from circle15.siting.proof import laid, spread
from circle15.siting.search import prepare


@dataclass(frozen=True, slots=True)
class Curve:
    """The points, and what they are computed again from."""

    points: tuple[Point, ...]
    proof: CurveProof


def curve(problem: Problem, effort: Effort, best: Choice, most: int) -> Curve:
    """Of each number of sites, all of one year: what the better of two plans covers, and a bound that none passes.

    The plans are the beginning of the greedy order and, from its number of sites on, the ``best`` plan known.
    Numbers that no plan met is allowed to have are left out; the last is ``most``, or the one that covers all.
    """
    problem = _of_one_year(problem, most)
    order = _order(problem, effort)
    values = _values(problem, order, best.rows)
    links = _links(problem, effort, max(values, default=0), max(values.values(), default=0))
    ids = tuple(problem.candidate_ids[row] for row in order.tolist())
    proof = CurveProof(most, ids, links)
    return Curve(trace(problem, best, proof), proof)


def trace(problem: Problem, best: Choice, proof: CurveProof) -> tuple[Point, ...]:
    """The points of a curve from its proof and raw coverage, in integers.

    Raises ValueError for multipliers that are not sound and for an order of what are no candidates.
    """
    problem = _of_one_year(problem, proof.most)
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    if len({*proof.order} & row_of.keys()) < len(proof.order):
        raise ValueError("an order of what are no candidates, or of one twice")
    order = np.array([row_of[name] for name in proof.order], dtype=np.int64)
    values = _values(problem, order, best.rows)
    bounds = _ceiling(problem, max(values, default=0))
    for link in proof.links:
        bounds = np.minimum(bounds, _of_each(problem, link, len(bounds) - 1))
    reached = 0
    points = []
    for count, value in sorted(values.items()):
        reached = max(reached, value)
        points.append(Point(count, reached, max(reached, int(bounds[count]))))
    return tuple(points)


def _of_one_year(problem: Problem, most: int) -> Problem:
    """The problem with so many places in one year, and nothing that speaks of years."""
    return replace(
        problem,
        places=(min(most, len(problem.allowed)),),
        mandatory=tuple(problem.required.tolist()),
        dated={},
        only={},
        fewest=(),
    )


def _order(problem: Problem, effort: Effort) -> Ints:
    """Candidates as the greedy method opens them."""
    core = reduce(problem)
    look = prepare(unfold(core), fast=effort.compiles(problem))
    look.greedy()
    found: Ints = core.row[look.options.owner[look.state.chosen[: look.state.total[1]]]]
    return found


def _values(problem: Problem, order: Ints, best: Ints) -> dict[int, int]:
    """What each number of sites covers by the plans at hand, where one of them is allowed."""
    found: dict[int, int] = {}
    for plan in (*(order[:count] for count in range(len(order) + 1)), best):
        if len(plan) <= problem.places[0] and not objections(problem, choice(plan, np.zeros_like(plan))):
            found[len(plan)] = max(problem.covered(plan), found.get(len(plan), 0))
    return found


def _ceiling(problem: Problem, most: int) -> Ints:
    """What 0 … ``most`` sites cover at most: the largest gains alone, and all that can be covered."""
    alone = np.sort(problem.covers[problem.allowed] @ np.where(problem.depth > 0, problem.weight, 0))[::-1]
    sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(alone)])
    found: Ints = np.minimum(sums[: most + 1], problem.covered(problem.allowed))
    return found


def _links(problem: Problem, effort: Effort, most: int, value: int) -> tuple[Multipliers, ...]:
    """Multipliers found for a few numbers of sites, of which each lowers the bound of some number."""
    core = reduce(problem, dominated=False)
    at = start(core, np.zeros((len(core.weight), 1), dtype=np.int64))
    bounds, links = _ceiling(problem, most), list[Multipliers]()
    for count in _marks(most):
        core = replace(core, places=(count,))
        ascent = descend(core, at, value, effort.steps // 5, effort.stop, fast=effort.compiles(problem))
        at = ascent.demand, ascent.rows, ascent.targets
        held = whole(core, *at, np.zeros(1))
        link = spread(problem, core, replace(held, places=np.zeros(1, dtype=np.int64)))
        lower = np.minimum(bounds, _of_each(problem, link, most))
        if (lower < bounds).any():
            bounds, links = lower, [*links, link]
    return tuple(links)


def _of_each(problem: Problem, link: Multipliers, most: int) -> Ints:
    """The bound that multipliers give 0 … ``most`` sites: the candidates worth most are open."""
    core, held = laid(problem, link)
    bare = evaluate(core, held)
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
