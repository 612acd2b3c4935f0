"""The terms of a plan as rows of its problem, and a problem freed of some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rtree.index import Index

from circle15.core.terms import KINDS, Term, Terms
from circle15.siting.problem import Choice, Ints, Problem, Row, objections


@dataclass(frozen=True, slots=True)
class Standing:
    """Where candidates stand, in the order of a problem.

    ``mm`` (x, y); ``zone`` of the quota's level, "" in none; ``cost`` in whole units; ``zones``: all of that level.
    """

    mm: Ints
    zone: NDArray[np.object_]
    zones: tuple[str, ...]
    cost: Ints


def rows(terms: Terms, standing: Standing) -> tuple[Row, ...]:
    """The linear constraints that the terms amount to. Costs are counted in their greatest common divisor."""
    return (*_quotas(terms, standing), *_budget(terms, standing), *_apart(terms, standing))


def _quotas(terms: Terms, standing: Standing) -> Iterator[Row]:
    for zone in standing.zones if terms.quota_level else ():
        inside = np.flatnonzero(standing.zone == zone).astype(np.int64)
        ones = np.ones(len(inside), dtype=np.int64)
        if terms.quota_max is not None:
            yield Row(Term("quota_max", zone, terms.quota_max), inside, ones, terms.quota_max)
        if terms.quota_min:
            yield Row(Term("quota_min", zone, terms.quota_min), inside, -ones, -terms.quota_min)


def _budget(terms: Terms, standing: Standing) -> Iterator[Row]:
    if terms.budget is not None:
        costly = np.flatnonzero(standing.cost > 0).astype(np.int64)
        unit = int(np.gcd.reduce(standing.cost[costly])) if len(costly) else 1
        yield Row(Term("budget", "", terms.budget), costly, standing.cost[costly] // unit, terms.budget // unit)


def _apart(terms: Terms, standing: Standing) -> Iterator[Row]:
    """Groups of candidates that are all too near each other: one site of each at most, and every pair is in a group.

    A candidate joins the pairs it is the later one of; the index holds those that came before it.
    """
    if terms.min_separation_mm is None:
        return
    most, index, term = terms.min_separation_mm, Index(), Term("separation", "", terms.min_separation_mm)
    near: list[list[int]] = []
    for row, (x, y) in enumerate(standing.mm.tolist()):
        around = index.intersection((x - most, y - most, x + most, y + most))
        near.append([each for each in around if _too_near(standing.mm, row, each, most)])
        index.insert(row, (x, y, x, y))
    for group in _groups(near):
        members = np.array(group, dtype=np.int64)
        yield Row(term, members, np.ones(len(members), dtype=np.int64), 1)


def _too_near(mm: Ints, one: int, other: int, most: int) -> bool:
    dx, dy = (mm[one] - mm[other]).tolist()
    return bool(dx * dx + dy * dy < most * most)


def _groups(near: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Cliques that hold every pair (row, each of ``near[row]``) at least once."""
    neighbours = [set(each) for each in near]
    for row, others in enumerate(near):
        left = sorted(others, reverse=True)
        while left:
            group: list[int] = []
            for each in left:
                if all(_linked(neighbours, each, member) for member in group):
                    group.append(each)
            left = [each for each in left if each not in group]
            yield sorted([row, *group])


def _linked(neighbours: Sequence[set[int]], one: int, other: int) -> bool:
    return min(one, other) in neighbours[max(one, other)]


def terms_of(problem: Problem) -> tuple[Term, ...]:
    """The constraints of a problem, each once, the softest first; a row that nobody can break is none."""
    found = {row.term for row in problem.rows if row.term.kind in KINDS}
    found |= {each.term for each in problem.targets}
    found |= {Term("year_min", _by_year(problem), sum(problem.fewest))} if any(problem.fewest) else set()
    found |= {Term("mandatory")} if problem.mandatory else set()
    found |= {Term("forbidden")} if problem.forbidden else set()
    return tuple(sorted(found, key=lambda term: (term.softness, term)))


def broken_by(problem: Problem, chosen: Choice) -> tuple[Term, ...]:
    """The constraints of a problem that a choice breaks, the softest first."""
    every = terms_of(problem)
    bare = objections(without(problem, every), chosen)
    alone = {term: without(problem, [each for each in every if each != term]) for term in every}
    return tuple(term for term, left in alone.items() if set(objections(left, chosen)) - set(bare))


def _by_year(problem: Problem) -> str:
    return "/".join(str(each) for each in problem.fewest)


def only(problem: Problem, kept: Sequence[Term]) -> Problem:
    """The same problem freed of all constraints but these."""
    return without(problem, [each for each in terms_of(problem) if each not in kept])


def without(problem: Problem, freed: Sequence[Term]) -> Problem:
    """The same problem freed of some constraints."""
    undated = {
        row
        for each in problem.rows
        if each.term.kind == "dated" and each.term in freed
        for row in each.candidates.tolist()
    }
    return replace(
        problem,
        rows=tuple(row for row in problem.rows if row.term not in freed),
        targets=tuple(each for each in problem.targets if each.term not in freed),
        only={row: year for row, year in problem.only.items() if row not in undated},
        fewest=() if any(term.kind == "year_min" for term in freed) else problem.fewest,
        mandatory=() if Term("mandatory") in freed else problem.mandatory,
        forbidden=() if Term("forbidden") in freed else problem.forbidden,
    )
