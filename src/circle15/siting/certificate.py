"""The certificate of a plan, checked in integers against the raw coverage, without a solver."""

from __future__ import annotations

from dataclasses import dataclass, replace

from circle15.core.results import CurveProof, Multipliers, Point
from circle15.core.terms import Term
from circle15.siting.curve import trace
from circle15.siting.least import fewest, floor
from circle15.siting.problem import Choice, Problem, choice, objections, objective
from circle15.siting.proof import check, everything, same
from circle15.siting.refutation import refuted
from circle15.siting.terms import only, terms_of


@dataclass(frozen=True, slots=True)
class Claim:
    """What a stored plan says of itself: its sites with their years, its value, its bounds and what proves them.

    ``years`` count from 0; a year that the study does not have is −1. With ``ways``, those of all people today added
    up, value and bounds are what plans save of them. With a ``need``, the weight to be covered, the value is the number
    of sites, and no plan is claimed to have fewer than the bounds. With a ``clash`` it is claimed that no
    plan keeps these constraints, the ``need`` among them where a share is. ``by_solver``: whether the plan says that
    it is the solver's word that its bound is better than what is proven.
    """

    sites: tuple[str, ...]
    years: tuple[int, ...]
    objective: int
    bound: int
    proven: int
    optimal: bool
    proof: tuple[Multipliers, ...]
    need: int | None = None
    ways: int | None = None
    clash: tuple[Term, ...] = ()
    by_solver: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim beside what the raw coverage says. ``objections`` name what no plan of the problem, or no proof, has.

    ``points``: how many of the curve were computed again and found as they are stated.
    """

    claim: Claim
    objective: int
    proven: int
    objections: tuple[str, ...]
    points: int = 0

    @property
    def holds(self) -> bool:
        """An allowed plan of the value stated, whose multipliers prove the bound stated; optimal if they meet.

        A bound that they do not prove says that it is the solver's.
        """
        return (
            not self.objections
            and self.objective == self.claim.objective
            and self.proven == self.claim.proven
            and _in_order(self.objective, self.claim.bound, self.proven, least=self.claim.need is not None)
            and self.claim.optimal == (self.objective == self.claim.bound)
            and self.claim.by_solver == (self.claim.bound != self.proven)
        )


def _in_order(objective: int, bound: int, proven: int, *, least: bool) -> bool:
    return proven <= bound <= objective if least else objective <= bound <= proven


def certify(problem: Problem, claim: Claim) -> Certificate:
    """Recompute value, constraints and bound of a claim from raw coverage."""
    if claim.clash:
        return _certify_clash(problem, claim)
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    strange = [each for each in claim.sites if each not in row_of]
    if len(claim.years) != len(claim.sites) or any(not 0 <= year < len(problem.places) for year in claim.years):
        strange.append("stage")
    if strange:
        return Certificate(claim, 0, everything(problem), tuple(dict.fromkeys(strange)))
    chosen = choice([row_of[each] for each in claim.sites], claim.years)
    if claim.need is not None:
        return _certify_least(problem, chosen, claim, claim.need)
    broken, value = list(objections(problem, chosen)), objective(problem, chosen)
    try:
        found = check(problem, value, claim.proof)
    except ValueError:
        return Certificate(claim, value, everything(problem), (*broken, "multipliers"))
    if not same(found.links, claim.proof):
        broken.append("multipliers")
    return Certificate(claim, value, found.bound, tuple(broken))


def _certify_clash(problem: Problem, claim: Claim) -> Certificate:
    """Recompute whether the proof shows that no plan keeps the constraints that clash, all others left out."""
    of_share = [each for each in claim.clash if each.kind == "share"]
    kept = [each for each in claim.clash if each not in of_share]
    is_known = all(each in terms_of(problem) for each in kept) and (not of_share or claim.need is not None)
    bare, need = only(problem, kept), claim.need or 0
    try:
        is_shown = is_known and (
            check(bare, need - 1, claim.proof).bound < need if of_share else refuted(bare, claim.proof)
        )
    except ValueError:
        is_shown = False
    return Certificate(claim, 0, 0, () if is_shown else ("multipliers",))


def _certify_least(problem: Problem, chosen: Choice, claim: Claim, need: int) -> Certificate:
    """Recompute whether so many sites reach the weight, and that fewer than proven do not."""
    broken = list(objections(problem, chosen))
    if problem.covered(chosen.rows) < need:
        broken.append("share")
    try:
        proven = fewest(problem, need, claim.proof, claim.proven)
    except ValueError:
        return Certificate(claim, len(chosen.rows), floor(problem, need), (*broken, "multipliers"))
    return Certificate(claim, len(chosen.rows), proven, tuple(broken))


def certify_curve(
    problem: Problem, found: Certificate, stated: tuple[Point, ...], proof: CurveProof | None
) -> Certificate:
    """The certificate with the curve computed again, of the problem that its points are of; without preferences."""
    if proof is None:
        return replace(found, objections=(*found.objections, "curve")) if stated else found
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    rows = [row_of[name] for name in found.claim.sites if name in row_of]
    try:
        points = trace(problem, choice(rows, [0] * len(rows)), proof)
    except ValueError:
        points = ()
    if points != stated:
        return replace(found, objections=(*found.objections, "curve"))
    return replace(found, points=len(points))
