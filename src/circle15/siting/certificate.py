"""The certificate of a plan, checked in integers against the raw coverage, without a solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circle15.siting.greedy import bound_after
from circle15.siting.problem import Problem


@dataclass(frozen=True, slots=True)
class Claim:
    """What a stored plan says of itself: its sites, those after which its bound was found, value, bound, optimality."""

    sites: tuple[str, ...]
    bound_sites: tuple[str, ...]
    objective: int
    bound: int
    optimal: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim beside what the raw coverage says. ``objections`` name sites that no plan of the problem may have."""

    claim: Claim
    objective: int
    bound: int
    objections: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Allowed sites, not too many; the value is what they cover; the bound is the proven one; optimal if equal."""
        return (
            not self.objections
            and self.objective == self.claim.objective
            and self.bound == self.claim.bound
            and self.claim.optimal == (self.objective == self.bound)
        )


def certify(problem: Problem, claim: Claim) -> Certificate:
    """Recompute the value of the claimed sites, and the bound after ``bound_sites``, from raw coverage."""
    row_of = {problem.candidate_ids[row]: row for row in problem.allowed}
    objections = [each for each in (*claim.sites, *claim.bound_sites) if each not in row_of]
    objections += [each for each in set(claim.sites) if claim.sites.count(each) > 1]
    objections += claim.sites[problem.site_count :]
    chosen, proven = (
        np.array([row_of[each] for each in names if each in row_of], dtype=np.int64)
        for names in (claim.sites, claim.bound_sites)
    )
    value = int(problem.weight[problem.covered_by(chosen)].sum())
    bound = bound_after(problem, problem.covered_by(proven))
    return Certificate(claim, value, bound, tuple(sorted(set(objections))))
