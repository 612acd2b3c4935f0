"""Zones that need a site of their own: so many of those that have none, or one in a year that is fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from circle15.core.terms import Term
from circle15.siting.problem import Problem, Row, Target


@dataclass(frozen=True, slots=True)
class Aim:
    """Of the zones that lack a site, each with the candidates in it, ``least`` must get one. ``name`` says which."""

    name: str
    zones: Mapping[str, frozenset[str]]
    least: int


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
        first = problem.covers.shape[1]
        columns = [np.isin(ids, list(inside)).astype(np.int64) for inside in each.zones.values()]
        block = csr_matrix(np.array(columns, dtype=np.int64).reshape(len(columns), len(ids)).T)
        count = len(columns)
        problem = replace(
            problem,
            covers=csr_matrix(hstack([problem.covers, block])),
            weight=np.r_[problem.weight, np.zeros(count, dtype=np.int64)],
            depth=np.r_[problem.depth, np.ones(count, dtype=np.int64)],
            targets=(*problem.targets, Target(each.name, np.arange(first, first + count), each.least)),
            extra=(*problem.extra, *(f"{each.name} {zone}" for zone in each.zones)),
        )
    return problem


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
