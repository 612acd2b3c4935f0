"""Constraints that no plan can keep together, and what each constraint costs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from circle15.core.results import Multipliers
from circle15.core.terms import Term
from circle15.siting.core import reduce
from circle15.siting.effort import Effort
from circle15.siting.options import unfold
from circle15.siting.problem import Choice, Problem, objections, objective
from circle15.siting.proof import check
from circle15.siting.solve import Solution, solve
from circle15.siting.solver import covering_model
from circle15.siting.terms import only, terms_of, without

# Smaller sets than the first one found are looked for among so many at most.
_MOST_SETS = 400


def clash(problem: Problem, effort: Effort) -> tuple[Term, ...]:
    """The smallest set of constraints that no plan keeps together, the softest first; empty if some plan keeps all.

    Where there are too many sets to look at, one of which no constraint can be spared.
    """
    every = terms_of(problem)
    if not _impossible(problem, every, effort):
        return ()
    return _smallest(every, lambda kept: _impossible(problem, kept, effort))


def out_of_reach(
    problem: Problem, need: int, effort: Effort
) -> tuple[tuple[Term, ...], tuple[Multipliers, ...] | None]:
    """The smallest set of constraints within which no plan covers a weight of ``need``, and what proves it, if any.

    Where bounds cannot tell it is not the smallest; all of them where they cannot tell even of these.
    """
    terms = _smallest(terms_of(problem), lambda kept: _best_within(problem, kept, need, effort).bound < need)
    links = _best_within(problem, terms, need, effort).links
    return terms, links if check(only(problem, terms), need - 1, links).bound < need else None


def _best_within(problem: Problem, kept: Sequence[Term], need: int, effort: Effort) -> Solution:
    """What is best within some constraints; where everything open does not reach the weight, that is the bound."""
    bare = only(problem, kept)
    if bare.covered(bare.allowed) < need:
        return solve(bare, replace(effort, starts=0, rounds=0, steps=0, nodes=0, cases=0))
    return solve(bare, effort)


def _smallest(every: Sequence[Term], clashes: Callable[[Sequence[Term]], bool]) -> tuple[Term, ...]:
    """The smallest set that clashes, of constraints that do together; the softest are spared last."""
    found, size = list(every), max(1, len(every) // 2)
    while size:  # many at once first: most of many constraints have no part in a clash
        for start in range(0, len(every), size):
            fewer = [each for each in found if each not in every[start : start + size]]
            if len(fewer) < len(found) and clashes(fewer):
                found = fewer
        size //= 2
    for size in range(len(found)):
        smaller = itertools.islice(itertools.combinations(every, size), _MOST_SETS)
        best = next((each for each in smaller if clashes(each)), None)
        if best is not None:
            return best
    return tuple(found)


def give_up(problem: Problem, effort: Effort, clashing: Sequence[Term]) -> tuple[Term, ...]:
    """The softest of what clashes, as few as it takes that some plan keeps all others."""
    given_up: list[Term] = []
    while clashing:
        given_up.append(min(clashing, key=lambda term: (term.softness, term)))
        clashing = clash(without(problem, given_up), effort)
    return tuple(given_up)


def free(problem: Problem, effort: Effort, clashing: Sequence[Term]) -> tuple[tuple[Term, ...], Solution]:
    """The best plan without the softest of what clashes, and what was given up for it."""
    given_up = give_up(problem, effort, clashing)
    return given_up, solve(without(problem, given_up), effort)


def prices(problem: Problem, effort: Effort, best: Solution) -> dict[str, int]:
    """What each kind of constraint costs: how much more a plan without it reaches, at least."""
    kinds: dict[str, list[Term]] = {}
    for term in terms_of(problem):
        kinds.setdefault(term.kind, []).append(term)
    return {
        kind: solve(without(problem, freed), effort, best.chosen).objective - best.objective
        for kind, freed in kinds.items()
    }


def one_more(problem: Problem, effort: Effort, best: Solution) -> int:
    """How much more a plan with one more place in the last year reaches, at least."""
    places = (*problem.places[:-1], problem.places[-1] + 1)
    return solve(replace(problem, places=places), effort, best.chosen).objective - best.objective


def losses(problem: Problem, chosen: Choice, place: int, rivals: Iterable[int]) -> dict[int, int]:
    """What the plan loses if another candidate opens in the place of one of its sites, of those that may."""
    total = objective(problem, chosen)
    found = {}
    for rival in rivals:
        rows = chosen.rows.copy()
        rows[place] = rival
        swapped = Choice(rows, chosen.stages)
        if rival not in chosen.rows and not objections(problem, swapped):
            found[int(rival)] = total - objective(problem, swapped)
    return found


def _impossible(problem: Problem, kept: Sequence[Term], effort: Effort) -> bool:
    """Whether the solver finds no plan that keeps these constraints, whatever it covers."""
    bare = replace(only(problem, kept), weight=np.zeros_like(problem.weight))
    options = unfold(reduce(bare))
    missing = np.setdiff1d(bare.required, options.core.row)
    if len(missing) or len(bare.required) > bare.site_count:
        return True
    return effort.solver(covering_model(options), (effort.nodes, 0.0), effort.stop).outcome == "infeasible"
