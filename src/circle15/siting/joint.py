"""Several facility types in one plan: a candidate is a site with the types it holds, and demand is that of each type.

So a plan of several types is a covering problem like any other, and search, bound, proof and certificate are the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from circle15.core.results import Plan, Site
from circle15.core.terms import ONE_OF_SITE, PLACES_OF_TYPE, Term
from circle15.siting.clash import prices
from circle15.siting.effort import Effort
from circle15.siting.plan import Demand, Request, Sites, clashed, describe, frame_problem
from circle15.siting.problem import Ints, Problem, Row, choice, objections, objective
from circle15.siting.solve import Solution, solve


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """What a candidate of a joint problem is: a site that opens in a year with these types."""

    site: str
    types: tuple[str, ...]
    year: int

    @property
    def name(self) -> str:
        """What the candidate is called."""
        return f"{self.site} {'+'.join(self.types)} {self.year}"

    @property
    def apart(self) -> tuple[Held, ...]:
        """Its types one by one."""
        return tuple(replace(self, types=(each,)) for each in self.types)


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked of one facility type alone, under no terms, and what the candidates that may hold it cover."""

    request: Request
    demand: Demand
    problem: Problem


@dataclass(frozen=True, slots=True)
class Joint:
    """Several types as one problem. ``holds``: what its candidates are, by their names.

    Its columns of demand are those of the types, one type after the other, called after type and area.
    """

    request: Request
    demand: Demand
    problem: Problem
    parts: tuple[Part, ...]
    holds: Mapping[str, Held]


def join(
    request: Request, parts: Sequence[Part], holds: Sequence[Held], sites: Sites, free: Set[str] = frozenset()
) -> Joint:
    """The problem of several types at once: a site opens once, and of each type in each year no more than its places.

    ``request``: what is asked of the plan as a whole, its terms, and its mandatory and forbidden sites. ``sites``: the
    ``holds`` as candidates, in that order, each where its site stands and at the cost of its types together. At sites
    that are ``free`` each type is a candidate of its own and any of them open together: where there is one year,
    no term counts sites, and types together cost what they cost apart, that is the same.
    """
    demand = Demand(
        area_ids=np.concatenate([_names(part) for part in parts]),
        weight=np.concatenate([part.demand.weight for part in parts]),
        outcome=np.concatenate([part.demand.outcome for part in parts]),
    )
    covers = csr_matrix(hstack([_covers(part, holds) for part in parts])).tocoo()
    forbidden = tuple(each.name for each in holds if each.site in request.forbidden)
    bare = replace(request, mandatory=(), forbidden=forbidden)
    found = frame_problem(bare, demand, sites, covers.row.astype(np.int64), covers.col.astype(np.int64))
    by_name, years = {each.name: each for each in holds}, sorted(request.stages)
    held = [by_name[name] for name in found.candidate_ids]
    rows = (*found.rows, *_mandatory(request, held), *_once(held, free), *_numbers(parts, held))
    only = {row: years.index(each.year) for row, each in enumerate(held)} if len(years) > 1 else {}
    return Joint(request, demand, replace(found, rows=rows, only=only), tuple(parts), by_name)


def _names(part: Part) -> Ints:
    return np.array([f"{part.request.facility_type} {area_id}" for area_id in part.demand.area_ids], dtype=object)


def _covers(part: Part, holds: Sequence[Held]) -> csr_matrix:
    """What each of ``holds`` covers of one type's demand: what its site covers, if it opens the type there."""
    row_of = {name: row for row, name in enumerate(part.problem.candidate_ids)}
    kind = part.request.facility_type
    mine = [(at, row_of[each.site]) for at, each in enumerate(holds) if kind in each.types]
    at, row = np.array(mine, dtype=np.int64).reshape(len(mine), 2).T
    picked = csr_matrix((np.ones(len(mine), dtype=np.int64), (at, row)), shape=(len(holds), len(row_of)))
    return csr_matrix(picked @ part.problem.covers)


def _mandatory(request: Request, held: Sequence[Held]) -> Iterator[Row]:
    """A mandatory site opens, whatever it holds."""
    for name in request.mandatory:
        inside = np.array([row for row, each in enumerate(held) if each.site == name], dtype=np.int64)
        yield Row(Term("mandatory"), inside, -np.ones(len(inside), dtype=np.int64), -1)


def _once(held: Sequence[Held], free: Set[str]) -> Iterator[Row]:
    """A site opens once, with all that it holds."""
    rows: dict[str, list[int]] = {}
    for row, each in enumerate(held):
        rows.setdefault(each.site, []).append(row)
    for site, mine in rows.items():
        if len(mine) > 1 and site not in free:
            ones = np.ones(len(mine), dtype=np.int64)
            yield Row(Term(ONE_OF_SITE, site, 1), np.array(mine, dtype=np.int64), ones, 1)


def _numbers(parts: Sequence[Part], held: Sequence[Held]) -> Iterator[Row]:
    """Of each type in each year there are no more than its places."""
    for part in parts:
        kind = part.request.facility_type
        for year, most in sorted(part.request.stages.items()):
            inside = [row for row, each in enumerate(held) if kind in each.types and each.year == year]
            ones = np.ones(len(inside), dtype=np.int64)
            yield Row(_places(kind, year, most), np.array(inside, dtype=np.int64), ones, most)


def _places(kind: str, year: int, most: int) -> Term:
    return Term(PLACES_OF_TYPE, f"{kind} {year}", most)


def answer_joint(joint: Joint, effort: Effort) -> tuple[Plan, ...]:
    """Solve the problem: the plan of each type, each with the ``whole`` that it is a part of."""
    request, demand, problem = joint.request, joint.demand, joint.problem
    solution = _spared(joint, solve(problem, effort))
    plan = describe(request, demand, problem, solution)
    if solution.status == "infeasible":
        plan = clashed(request, demand, (problem, problem), plan, effort)
    elif len(solution.chosen.rows):
        plan = replace(plan, prices=prices(problem, effort, solution))
    more = [_one_more(joint, part, effort, solution) if plan.sites else None for part in joint.parts]
    return _split(joint, plan, more)


def _spared(joint: Joint, solution: Solution) -> Solution:
    """The same solution without sites, or types of sites, that gain nothing, as far as the terms let them go."""
    problem, chosen = joint.problem, solution.chosen
    for row, stage in zip(chosen.rows.tolist(), chosen.stages.tolist(), strict=True):
        rest = chosen.rows != row
        for fewer in ([], *([each] for each in _fewer(joint, row))):
            tried = choice([*chosen.rows[rest], *fewer], [*chosen.stages[rest], *[stage] * len(fewer)])
            if objective(problem, tried) == solution.objective and not objections(problem, tried):
                chosen = tried
                break
    return replace(solution, chosen=chosen)


def _fewer(joint: Joint, row: int) -> Iterator[int]:
    """The candidates that open at the same site some of the types only, the fewest first."""
    ids = joint.problem.candidate_ids
    held = joint.holds[ids[row]]
    for size in range(1, len(held.types)):
        for some in itertools.combinations(held.types, size):
            name = replace(held, types=some).name
            if name in joint.holds:
                yield ids.index(name)


def _types(joint: Joint) -> tuple[str, ...]:
    return tuple(part.request.facility_type for part in joint.parts)


def _one_more(joint: Joint, part: Part, effort: Effort, best: Solution) -> int:
    """How much more a plan with one more of a type in the last year reaches, at least."""
    problem, (year, most) = joint.problem, max(part.request.stages.items())
    term = _places(part.request.facility_type, year, most)
    rows = tuple(replace(row, most=most + 1) if row.term == term else row for row in problem.rows)
    places = (*problem.places[:-1], problem.places[-1] + 1)
    return solve(replace(problem, rows=rows, places=places), effort, best.chosen).objective - best.objective


def _split(joint: Joint, plan: Plan, more: Sequence[int | None]) -> tuple[Plan, ...]:
    """The part of each type, with its own sites, gains, and homes out of reach."""
    whole = _whole(joint, plan)
    relaxed = None if plan.relaxed is None else _split(joint, plan.relaxed, [None] * len(joint.parts))
    whole = replace(whole, relaxed=None if relaxed is None else relaxed[0].whole)
    return tuple(
        replace(
            _of_type(joint, part, plan, whole),
            whole=whole,
            one_more=more[number],
            relaxed=None if relaxed is None else relaxed[number],
        )
        for number, part in enumerate(joint.parts)
    )


def _whole(joint: Joint, plan: Plan) -> Plan:
    """The plan as one, its sites called by their own ids. Homes that nothing reaches are told by the parts."""
    return replace(
        plan,
        types=_types(joint),
        sites=tuple(replace(site, rank=rank) for rank, site in enumerate(_sites(joint, plan), start=1)),
        uncoverable=(),
        extra=tuple(str(name) for name in joint.demand.area_ids),
    )


def _sites(joint: Joint, plan: Plan) -> list[Site]:
    """The sites of the whole, each once with all that it holds."""
    found: dict[str, Site] = {}
    for site in plan.sites:
        told = _site(joint, site)
        before = found.get(told.candidate_id, replace(told, gain=0, types=()))
        types = tuple(each for each in _types(joint) if each in (*before.types, *told.types))
        rivals = () if before.types else told.alternatives
        found[told.candidate_id] = replace(before, gain=before.gain + told.gain, types=types, alternatives=rivals)
    return list(found.values())


def _site(joint: Joint, site: Site) -> Site:
    """A site of the whole. What could stand in for it holds the same types."""
    held = joint.holds[site.candidate_id]
    rivals = [(each, joint.holds[each.candidate_id]) for each in site.alternatives]
    alike = tuple(replace(each, candidate_id=other.site) for each, other in rivals if other.types == held.types)
    return replace(site, candidate_id=held.site, types=held.types, alternatives=alike)


def _of_type(joint: Joint, part: Part, plan: Plan, whole: Plan) -> Plan:
    """The plan of one type: its sites are those that hold it; status and bounds stay those of the whole."""
    kind, years, ids = part.request.facility_type, sorted(joint.request.stages), part.problem.candidate_ids
    held = [site for site in whole.sites if kind in site.types]
    chosen = choice([ids.index(site.candidate_id) for site in held], [years.index(site.stage) for site in held])
    mine = Solution(plan.status, chosen, plan.objective, plan.bound, "lagrangian", plan.proven, ())
    asked = tuple(ids.index(name) for name in joint.request.mandatory if name in ids)
    found = describe(part.request, part.demand, replace(part.problem, mandatory=asked), mine)
    types = {site.candidate_id: site.types for site in held}
    sites = tuple(replace(site, types=types[site.candidate_id], alternatives=()) for site in found.sites)
    return replace(found, sites=sites, bound_kind=plan.bound_kind, terms=plan.terms)
