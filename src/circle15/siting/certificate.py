"""The certificate of a plan, checked in integers against the raw coverage, without a solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circle15.siting.greedy import bound_after
from circle15.siting.problem import Problem


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the plan says of itself and what the raw coverage says."""

    objective: int
    bound: int
    claimed_objective: int
    claimed_bound: int
    unknown_sites: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """The sites exist, the value is what they cover, and the bound is no smaller than what is proven."""
        return (
            not self.unknown_sites
            and self.objective == self.claimed_objective
            and self.bound <= self.claimed_bound
            and self.objective <= self.claimed_bound
        )


def certify(problem: Problem, sites: Sequence[str], prefix: Sequence[str], objective: int, bound: int) -> Certificate:
    """Recompute the value of ``sites`` and the bound after ``prefix`` (candidate ids) from raw coverage."""
    row_of = {candidate_id: row for row, candidate_id in enumerate(problem.candidate_ids)}
    unknown = tuple(each for each in (*sites, *prefix) if each not in row_of)
    chosen = np.array([row_of[each] for each in sites if each in row_of], dtype=np.int64)
    proven = np.array([row_of[each] for each in prefix if each in row_of], dtype=np.int64)
    value = int(problem.weight[problem.covered_by(chosen)].sum())
    return Certificate(value, bound_after(problem, problem.covered_by(proven)), objective, bound, unknown)
