"""What zones are to get: a site of their own, in a year that is fixed maybe, or enough of their people covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from circle15.core.terms import Term
from circle15.siting.problem import Ints, Problem, Row, Target


@dataclass(frozen=True, slots=True)
class Aim:
    """Of the zones that lack a site, each with the candidates in it, ``least`` must get one. ``name`` says which."""

    name: str
    zones: Mapping[str, frozenset[str]]
    least: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """Of the weight in the zone ``zone_id`` so much, ``least``, must be newly covered at the end.

    ``areas``: its demand that nothing covers today, of the first columns of a problem. ``permille``: the share that
    this comes to, in thousandths, for words.
    """

    zone_id: str
    areas: Ints
    least: int
    permille: int


@dataclass(frozen=True, slots=True)
class Dated:
    """Of the candidates ``sites`` (ids) exactly one opens, and in no year but ``year``. ``name``: whose date it is."""

    name: str
    sites: frozenset[str]
    year: int


def aiming(problem: Problem, aims: Sequence[Aim]) -> Problem:
    """The problem with a column of no weight for each zone that a target speaks of, called after target and zone."""
    ids = np.array(problem.candidate_ids, dtype=object)
    for each in aims:
        inside = [np.isin(ids, list(candidates)).astype(np.int64) for candidates in each.zones.values()]
        covers = csr_matrix(np.array(inside, dtype=np.int64).reshape(len(inside), len(ids)).T)
        names = [f"{each.name} {zone}" for zone in each.zones]
        asked = Term("target", each.name, each.least), np.ones(len(inside), dtype=np.int64), each.least
        problem = _asking(problem, covers, names, [asked])
    return problem


def sharing(problem: Problem, quarters: Sequence[Quarter], names: Sequence[str]) -> Problem:
    """The problem with a column of no weight for each demand that a quarter speaks of.

    ``names``: of the columns that are there. An added one is called after its zone and the column it is of. It is
    covered as soon as one site covers it, however often its demand counts.
    """
    if not quarters:
        return problem
    areas = np.concatenate([each.areas for each in quarters])
    called = [f"zone_share {each.zone_id} {names[area]}" for each in quarters for area in each.areas.tolist()]
    asked = [
        (Term("zone_share", each.zone_id, each.permille), problem.weight[each.areas], each.least) for each in quarters
    ]
    return _asking(problem, csr_matrix(problem.covers[:, areas]), called, asked)


def _asking(
    problem: Problem, covers: csr_matrix, names: Sequence[str], asked: Sequence[tuple[Term, Ints, int]]
) -> Problem:
    """The problem with columns of no weight, of which each term, one after the other, asks for so much by amounts."""
    first, targets = problem.covers.shape[1], list(problem.targets)
    for term, amount, least in asked:
        targets.append(Target(term, np.arange(first, first + len(amount)), amount, least))
        first += len(amount)
    return replace(
        problem,
        covers=csr_matrix(hstack([problem.covers, covers])),
        weight=np.r_[problem.weight, np.zeros(len(names), dtype=np.int64)],
        depth=np.r_[problem.depth, np.ones(len(names), dtype=np.int64)],
        targets=tuple(targets),
        extra=(*problem.extra, *names),
    )


def dating(problem: Problem, dates: Sequence[Dated], years: Sequence[int]) -> Problem:
    """The problem in which each group of candidates gets exactly one site, in its year.

    ``years`` are those of the plan, in order. No candidate belongs to two groups.
    """
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    only, rows = dict(problem.only), list(problem.rows)
    for each in dates:
        inside = np.array(sorted(row_of[name] for name in each.sites), dtype=np.int64)
        ones = np.ones(len(inside), dtype=np.int64)
        term = Term("dated", each.name, each.year)
        rows += [Row(term, inside, ones, 1), Row(term, inside, -ones, -1)]
        only |= dict.fromkeys(inside.tolist(), years.index(each.year))
    return replace(problem, rows=tuple(rows), only=only)
