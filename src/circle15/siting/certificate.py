"""The certificate of a plan, checked in integers against the raw coverage, without a solver."""

from __future__ import annotations

from dataclasses import dataclass

from circle15.core.results import Multipliers
from circle15.siting.problem import Problem, choice, objections, objective
from circle15.siting.proof import check, everything, same


@dataclass(frozen=True, slots=True)
class Claim:
    """What a stored plan says of itself: its sites with their years, its value, its bounds and what proves them.

    ``years`` count from 0; a year that the study does not have is −1.
    """

    sites: tuple[str, ...]
    years: tuple[int, ...]
    objective: int
    bound: int
    proven: int
    optimal: bool
    proof: tuple[Multipliers, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim beside what the raw coverage says. ``objections`` name what no plan of the problem, or no proof, has."""

    claim: Claim
    objective: int
    proven: int
    objections: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """An allowed plan of the value stated, whose multipliers prove the bound stated; optimal if they meet."""
        return (
            not self.objections
            and self.objective == self.claim.objective
            and self.proven == self.claim.proven
            and self.objective <= self.claim.bound <= self.proven
            and self.claim.optimal == (self.objective == self.claim.bound)
        )


def certify(problem: Problem, claim: Claim) -> Certificate:
    """Recompute value, constraints and bound of a claim from raw coverage."""
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    strange = [each for each in claim.sites if each not in row_of]
    if len(claim.years) != len(claim.sites) or any(not 0 <= year < len(problem.places) for year in claim.years):
        strange.append("stage")
    if strange:
        return Certificate(claim, 0, everything(problem), tuple(dict.fromkeys(strange)))
    chosen = choice([row_of[each] for each in claim.sites], claim.years)
    broken, value = list(objections(problem, chosen)), objective(problem, chosen)
    try:
        found = check(problem, value, claim.proof)
    except ValueError:
        return Certificate(claim, value, everything(problem), (*broken, "multipliers"))
    if not same(found.links, claim.proof):
        broken.append("multipliers")
    return Certificate(claim, value, found.bound, tuple(broken))
