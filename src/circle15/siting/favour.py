"""Preferences: demand that a preferred site serves counts more, as demand of its own that only such sites cover.

So a plan with preferences is a covering problem like any other, and search, bound, proof and certificate are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix, hstack

from circle15.siting.problem import Flags, Problem


@dataclass(frozen=True, slots=True)
class Favour:
    """Demand counts ``extra`` of its weight more while a site of ``sites`` (ids) serves it.

    ``areas``: whose demand, of the first columns of a problem.
    """

    rule_id: str
    extra: Fraction
    sites: frozenset[str]
    areas: Flags


def scale_of(favours: Sequence[Favour]) -> int:
    """What weights are multiplied by, so that all that is added to them is whole."""
    return math.lcm(*(each.extra.denominator for each in favours))


def preferring(problem: Problem, favours: Sequence[Favour], names: Sequence[str]) -> Problem:
    """The problem with weights in units of 1 ÷ ``scale_of`` and the columns that preferences add.

    ``names``: of the columns that are there. An added one is called after its preference and the column it is of.
    """
    scale = scale_of(favours)
    blocks, weights, depths, added = [problem.covers], [problem.weight * scale], [problem.depth], []
    for each in favours:
        mine = np.isin(np.array(problem.candidate_ids, dtype=object), list(each.sites)).astype(np.int64)
        covers = csr_matrix(problem.covers.multiply(mine[:, None]))
        counts = np.bincount(covers.indices, weights=covers.data, minlength=covers.shape[1])
        areas = np.zeros(len(counts), dtype=bool)
        areas[: len(each.areas)] = each.areas
        columns = np.flatnonzero(areas & (counts > 0) & (problem.depth > 0) & (problem.weight > 0))
        blocks.append(covers[:, columns])
        weights.append(problem.weight[columns] * int(each.extra * scale))
        depths.append(problem.depth[columns])
        added += [f"{each.rule_id} {names[column]}" for column in columns.tolist()]
    covers = csr_matrix(hstack(blocks))
    covers.eliminate_zeros()
    return replace(
        problem,
        covers=covers,
        weight=np.concatenate(weights),
        depth=np.concatenate(depths),
        extra=(*problem.extra, *added),
    )
