"""From a solved problem to the plan that is printed, mapped and filed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circle15.core.errors import ConfigError, InternalError
from circle15.core.limit import Limit
from circle15.core.results import Alternative, Multipliers, Plan, PlanProblem, Preferred, Site, Uncovered, Walk
from circle15.core.rule import Metric
from circle15.core.tables import BASIS_WORDS
from circle15.core.terms import Term, Terms
from circle15.core.text import Text, first_ids
from circle15.siting.aims import Aim, Dated, Quarter, aiming, dating, sharing
from circle15.siting.clash import clash, free, give_up, losses, one_more, out_of_reach, prices
from circle15.siting.curve import curve
from circle15.siting.effort import Effort
from circle15.siting.favour import Favour, preferring, scale_of
from circle15.siting.least import Least, least
from circle15.siting.median import Median, as_covering, solve_median
from circle15.siting.problem import Ints, Problem, choice, objective
from circle15.siting.refutation import refute
from circle15.siting.solve import Solution, solve
from circle15.siting.terms import Standing, only, rows, terms_of, without

# Twice as many sites as the plan has are on its curve.
_BEYOND = 2
_MANDATORY = Text("研究中指定的设点", "prescribed by the study")
# Candidates that may stand in for a site: so many, that lose at most this part of its gain.
_MOST_RIVALS = 3
_NEAR = 0.1
_NEAREST = Text("与方案其他设点合计步行距离最短", "the plan as a whole makes the ways shortest")
_CHOSEN = Text("与方案其他设点合计覆盖最多", "the plan as a whole covers most")
_PREFERRED = Text("计入优先系数后，与方案其他设点合计最多", "the plan as a whole covers most, preferences counted")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the facility type, the limit it serves under, the weight to cover and the years.

    ``zones_of``: the zones each candidate lies in, by its id. ``fewest``: how many sites each year has at least.
    """

    plan_id: str
    facility_type: str
    rule_id: str
    assumed: str
    metric: Metric
    limit: Limit
    limit_mm: int
    pace: str
    weight: str
    weight_estimated: bool
    stages: Mapping[int, int]
    mandatory: tuple[str, ...]
    forbidden: tuple[str, ...]
    zones_of: Mapping[str, tuple[str, ...]]
    terms: Terms = field(default_factory=Terms)
    problem: PlanProblem = "max_coverage"
    share: float | None = None
    cap_mm: int | None = None
    favours: tuple[Favour, ...] = ()
    preferences: tuple[Preferred, ...] = ()
    aims: tuple[Aim, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    dates: tuple[Dated, ...] = ()
    fewest: tuple[int, ...] = ()
    capacity: str = ""


@dataclass(frozen=True, slots=True)
class Walks:
    """Ways in mm of the pairs (candidate of ``ids``, area), and of each area to what stands today."""

    ids: NDArray[np.object_]
    candidate: Ints
    area: Ints
    mm: Ints
    today: Ints


@dataclass(frozen=True, slots=True)
class Demand:
    """The residential areas as demand: ``outcome`` under the request's limit today (pass, fail, unknown …).

    ``walks``: their ways, where it is these that are to be short. ``standing``: how many facilities serve each area
    today, where a second one counts too.
    """

    area_ids: NDArray[np.object_]
    weight: Ints
    outcome: NDArray[np.object_]
    walks: Walks | None = None
    standing: Ints | None = None

    def weight_of(self, *outcomes: str) -> int:
        """The weight of the areas with one of these outcomes."""
        return int(self.weight[np.isin(self.outcome, outcomes)].sum())


@dataclass(frozen=True, slots=True)
class Sites:
    """The candidates: their ids, their places (x, y in mm), by which ties are broken, and what terms speak of.

    ``zone``: of the quota's level, "" in none; ``zones``: all zones of that level; ``cost`` in whole units.
    ``room``: how many each holds, None where each serves all within reach.
    """

    ids: NDArray[np.object_]
    mm: Ints
    zone: NDArray[np.object_]
    zones: tuple[str, ...]
    cost: Ints
    room: Ints | None = None


def frame_problem(request: Request, demand: Demand, sites: Sites, candidate: Ints, area: Ints) -> Problem:
    """The covering problem of the pairs (candidate row, area row) that lie within the limit.

    Candidates are put in order of their place, those of one spot by id, so that neither row order nor ids decide.
    Raises ConfigError for mandatory or forbidden ids that are no candidates.
    """
    names = np.asarray(sites.ids).astype(str)
    order = np.lexsort((names, sites.mm[:, 1], sites.mm[:, 0]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ids = tuple(names[order].tolist())
    shape = (len(ids), len(demand.area_ids))
    places = tuple(count for _, count in sorted(request.stages.items()))
    found = Problem(
        candidate_ids=ids,
        covers=csr_matrix((np.ones(len(candidate), dtype=np.int64), (place[candidate], area)), shape=shape),
        weight=demand.weight,
        depth=(demand.outcome == "fail").astype(np.int64),
        places=(len(ids),) if request.problem == "min_sites" else places,
        mandatory=rows_of(request.mandatory, ids, "mandatory"),
        forbidden=rows_of(request.forbidden, ids, "forbidden"),
        rows=rows(request.terms, Standing(sites.mm[order], sites.zone[order], sites.zones, sites.cost[order])),
        fewest=request.fewest,
        capacity=None if sites.room is None else sites.room[order],
    )
    return dating(found, request.dates, sorted(request.stages))


def answer(request: Request, demand: Demand, problem: Problem, effort: Effort) -> Plan:
    """Solve the problem and describe the plan, with what each constraint costs and what one more site would add.

    Where no plan keeps all constraints: what clashes, and the best plan without the softest of them.
    """
    if request.problem == "min_sites":
        return _least(request, demand, problem, effort)
    if demand.walks is not None:
        return _nearest(request, demand, problem, effort)
    full = completed(request, demand, problem)
    solution = solve(full, effort)
    plan = describe(request, demand, problem, solution, full)
    if solution.status == "infeasible":
        return clashed(request, demand, (problem, full), plan, effort)
    neutral = completed(replace(request, favours=()), demand, problem)
    return _weighed(plan, (full, neutral), effort, solution) if len(solution.chosen.rows) else plan


def clashed(request: Request, demand: Demand, problems: tuple[Problem, Problem], plan: Plan, effort: Effort) -> Plan:
    """The infeasible plan with what clashes, and the best plan without the softest of it.

    ``problems``: as it was framed, and as it was solved.
    """
    problem, full = problems
    clashing = clash(full, effort)
    if not clashing:
        return plan
    given_up, best = free(full, effort, clashing)
    relaxed = describe(request, demand, without(problem, given_up), best, without(full, given_up))
    plan = replace(plan, clash=clashing, given_up=given_up, relaxed=relaxed)
    return _refuted(plan, full, effort)


def _refuted(plan: Plan, problem: Problem, effort: Effort) -> Plan:
    """The infeasible plan with what proves, without a solver, that no plan keeps the constraints that clash."""
    return _proven_by(refute(only(problem, plan.clash), effort), plan)


def _proven_by(proof: tuple[Multipliers, ...] | None, plan: Plan) -> Plan:
    """The infeasible plan with its proof; without one it rests on the solver's word."""
    if proof is None:
        return replace(plan, bound_kind="solver")
    return replace(plan, proof=proof, bound_kind="lagrangian")


def completed(request: Request, demand: Demand, problem: Problem) -> Problem:
    """The problem that is solved: with second cover, targets and preferences where they are asked for.

    The columns of preferences stand behind all others.
    """
    found = aiming(deepened(demand, problem), request.aims)
    found = sharing(found, request.quarters, demand.area_ids.tolist())
    if not request.favours:
        return found
    return preferring(found, request.favours, (*demand.area_ids.tolist(), *found.extra))


def _weighed(plan: Plan, problems: tuple[Problem, Problem], effort: Effort, solution: Solution) -> Plan:
    """The plan with what its constraints and preferences cost, what one more site adds, and its curve.

    ``problems``: with preferences and without; what they cost, and the curve, are told in weight that counts alike.
    There is no curve where cover counts twice.
    """
    problem, neutral = problems
    if not plan.backup:
        found = curve(neutral, effort, solution.chosen, _BEYOND * len(solution.chosen.rows))
        plan = replace(plan, curve=found.points, curve_proof=found.proof)
    return replace(
        plan,
        prices=prices(problem, effort, solution),
        one_more=one_more(problem, effort, solution),
        preference_price=_price(neutral, effort, solution) if problem.extra != neutral.extra else None,
    )


def _price(neutral: Problem, effort: Effort, solution: Solution) -> int:
    """How much more weight a plan without preferences covers, at least."""
    best = solve(neutral, effort, solution.chosen)
    return best.objective - objective(neutral, solution.chosen)


def deepened(demand: Demand, problem: Problem) -> Problem:
    """The problem in which demand counts up to twice, what stands today included, where a second facility counts.

    After the backup coverage of Hogan & ReVelle (1986).
    """
    if demand.standing is None:
        return problem
    served = np.isin(demand.outcome, ("pass", "fail"))
    depth = np.where(served, np.clip(2 - demand.standing, 0, 2), 0)
    return replace(problem, depth=np.maximum(depth, problem.depth))


def median_of(demand: Demand, problem: Problem) -> tuple[Median, Problem]:
    """The ways of the areas whose outcome is known, and the covering problem they amount to.

    Raises InternalError for demand without ways.
    """
    walks = demand.walks
    if walks is None:
        raise InternalError(Text("没有步行距离。", "there are no walks."))
    row_of = {name: row for row, name in enumerate(problem.candidate_ids)}
    rows = np.array([row_of[str(name)] for name in walks.ids], dtype=np.int64)
    people = np.where(demand.outcome == "unknown", 0, demand.weight)
    median = Median(rows[walks.candidate], walks.area, walks.mm, walks.today, people)
    covering = as_covering(median, problem.candidate_ids, problem.places)
    kept = {name: getattr(problem, name) for name in ("rows", "mandatory", "forbidden", "dated")}
    return median, replace(covering, **kept)


def _nearest(request: Request, demand: Demand, problem: Problem, effort: Effort) -> Plan:
    """The sites that make people's ways the shortest; who is served is told by the limit all the same."""
    median, covering = median_of(demand, problem)
    solution = solve_median(median, covering, effort)
    plan = describe(request, demand, problem, solution)
    value, bound = median.cost(solution.chosen), median.total - solution.bound
    if solution.status == "infeasible":
        clashing = clash(problem, effort)
        plan = replace(plan, clash=clashing)
        plan = _refuted(plan, problem, effort) if clashing else plan
    return replace(
        plan,
        objective=value,
        bound=bound,
        gap=(value - bound) / value if value else 0.0,
        proven=median.total - solution.proven,
        walk=Walk(request.cap_mm or 0, int(median.weight.sum()), median.total, median.names(demand.area_ids)),
        sites=tuple(replace(site, alternatives=()) for site in plan.sites),
        idle_stages=(),
    )


def needed(request: Request, demand: Demand, problem: Problem) -> int:
    """The weight that sites have to cover newly for the share asked; for full covering, all that can be covered."""
    total, today = demand.weight_of("pass", "fail", "unknown"), demand.weight_of("pass")
    need = max(0, math.ceil(Fraction(str(request.share)) * total) - today)
    return min(need, problem.covered(problem.allowed)) if request.share == 1 else need


def _least(request: Request, demand: Demand, problem: Problem, effort: Effort) -> Plan:
    """The least sites for a share; where none reach it, the least that cover as much as can be covered."""
    need, full = needed(request, demand, problem), completed(request, demand, problem)
    solution = least(full, need, effort)
    plan = replace(describe(request, demand, problem, solution, full), need=need)
    if solution.status == "infeasible":
        return _unreachable(request, demand, (problem, full), effort, plan)
    count = len(solution.chosen.rows)
    found = curve(full, effort, solution.chosen, count + max(1, count // 4))
    return replace(plan, curve=found.points, curve_proof=found.proof)


def _unreachable(
    request: Request, demand: Demand, problems: tuple[Problem, Problem], effort: Effort, plan: Plan
) -> Plan:
    """What is said where no plan reaches the share within the constraints, or none keeps these at all."""
    problem, full = problems
    clashing = clash(full, effort)
    if clashing:
        return _refuted(
            _without_softest(request, demand, problems, effort, replace(plan, clash=clashing)), full, effort
        )
    asked = Term("share", "", round(1000 * (request.share or 0)))
    terms, proof = out_of_reach(full, plan.need or 0, effort)
    best = least(full, _within(full, effort), effort)
    plan = replace(
        plan,
        clash=(asked, *terms),
        given_up=(asked,),
        relaxed=describe(request, demand, problem, best, full),
    )
    return _proven_by(proof, plan)


def _without_softest(
    request: Request, demand: Demand, problems: tuple[Problem, Problem], effort: Effort, plan: Plan
) -> Plan:
    """The infeasible plan with the least sites without the softest of what clashes, where some reach the share."""
    problem, full = problems
    given_up = give_up(full, effort, plan.clash)
    freed = without(full, given_up)
    best = least(freed, plan.need or 0, effort)
    if best.status == "infeasible":
        return plan
    relaxed = replace(describe(request, demand, problem, best, freed), need=plan.need)
    return replace(plan, given_up=given_up, relaxed=relaxed)


def _within(problem: Problem, effort: Effort) -> int:
    """The most that can be covered within the constraints, as far as is known."""
    limited = problem.rows or problem.targets
    return solve(problem, effort).objective if limited else problem.covered(problem.allowed)


def rows_of(names: Sequence[str], ids: Sequence[str], key: str) -> tuple[int, ...]:
    """The rows of prescribed sites among the candidates. Raises ConfigError, naming the key, for what is none."""
    missing = [name for name in names if name not in ids]
    if missing:
        raise ConfigError(
            Text(
                f"[[site]].{key}：备选点中没有 {first_ids(missing)}（共 {len(missing)} 个）。请核对编号。",
                f"[[site]].{key}: no candidate is called {first_ids(missing)} ({len(missing)} in all). Check the ids.",
            )
        )
    return tuple(ids.index(name) for name in names)


def describe(
    request: Request, demand: Demand, problem: Problem, solution: Solution | Least, full: Problem | None = None
) -> Plan:
    """The plan with its value, bound, gap, sites in order of opening, and who cannot be covered and why.

    ``problem``: of the homes alone; ``full``: the one that was solved, where it is another.
    """
    full = problem if full is None else full
    picks = _picks(request, problem, solution)
    opened = [pick.stage for pick in picks]
    return Plan(
        plan_id=request.plan_id,
        facility_type=request.facility_type,
        rule_id=request.rule_id,
        assumed=request.assumed,
        metric=request.metric,
        limit=request.limit,
        limit_mm=request.limit_mm,
        pace=request.pace,
        weight=request.weight,
        weight_estimated=request.weight_estimated,
        stages=_stages(request, solution),
        status=solution.status,
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        bound_kind=solution.kind,
        proven=solution.proven,
        proof=solution.links,
        total_weight=demand.weight_of("pass", "fail", "unknown"),
        covered_before=demand.weight_of("pass"),
        sites=_sites(request, demand, (problem, full), picks),
        uncoverable=_uncoverable(demand, problem),
        terms=terms_of(full),
        idle_stages=tuple(
            year for year, places in sorted(request.stages.items()) if opened and opened.count(year) < places
        ),
        problem=request.problem,
        share=request.share,
        backup=demand.standing is not None,
        scale=scale_of(request.favours),
        preferences=request.preferences,
        extra=full.extra,
        capacity=request.capacity,
    )


def _stages(request: Request, solution: Solution | Least) -> Mapping[int, int]:
    """The places of each year: as many as are asked for, or as many as it takes."""
    if request.problem == "min_sites":
        return {max(request.stages): len(solution.chosen.rows)}
    return request.stages


@dataclass(frozen=True, slots=True)
class _Pick:
    """One site in the order it opens, with the open demand it newly covers (columns of the problem).

    ``taken``: how much of each, where sites hold no more than so many.
    """

    stage: int
    row: int
    gain: int
    newly: Ints
    taken: Ints


def _picks(request: Request, problem: Problem, solution: Solution | Least) -> list[_Pick]:
    """The sites year by year, within a year by the largest gain; ties to the first of the problem's order."""
    if problem.capacity is not None:
        return _seated(request, problem, problem.capacity, solution)
    picks: list[_Pick] = []
    open_ = problem.depth > 0
    for number, year in enumerate(sorted(request.stages)):
        waiting = np.sort(solution.chosen.rows[solution.chosen.stages == number])
        while len(waiting):
            gains = problem.covers[waiting] @ (problem.weight * open_)
            row = int(waiting[np.argmax(gains)])
            newly = (problem.counts(np.array([row])) > 0) & open_
            picks.append(_Pick(year, row, int(problem.weight[newly].sum()), np.flatnonzero(newly), problem.weight[:0]))
            open_ = open_ & ~newly
            waiting = waiting[waiting != row]
    return picks


def _seated(request: Request, problem: Problem, capacity: Ints, solution: Solution | Least) -> list[_Pick]:
    """The sites year by year, within a year by the largest gain, each with the people who have a place there.

    A gain is how many more have a place when the site opens; people can be given places so that each site takes
    exactly its gain (what sites hold together is the rank function of a polymatroid, Edmonds 1970).
    """
    order: list[tuple[int, int, int]] = []
    held = 0
    for number, year in enumerate(sorted(request.stages)):
        waiting = np.sort(solution.chosen.rows[solution.chosen.stages == number]).tolist()
        while waiting:
            opened = [row for _, row, _ in order]
            totals = [problem.covered(np.array([*opened, row], dtype=np.int64)) for row in waiting]
            best = int(np.argmax(totals))
            order.append((year, waiting.pop(best), totals[best] - held))
            held = totals[best]
    rows, gains = (np.array([each[side] for each in order], dtype=np.int64) for side in (1, 2))
    given = problem.seated(rows, np.minimum(gains, capacity[rows]))
    found = []
    for number, (year, row, gain) in enumerate(order):
        mine = given.site == number
        found.append(_Pick(year, row, gain, given.column[mine], given.taken[mine]))
    return found


def _sites(
    request: Request, demand: Demand, problems: tuple[Problem, Problem], picks: Sequence[_Pick]
) -> tuple[Site, ...]:
    problem, full = problems
    covered = demand.weight_of("pass")
    total = demand.weight_of("pass", "fail", "unknown")
    sites = []
    for rank, pick in enumerate(picks, start=1):
        covered += pick.gain
        sites.append(
            Site(
                stage=pick.stage,
                rank=rank,
                candidate_id=problem.candidate_ids[pick.row],
                gain=pick.gain,
                covered_after=covered,
                share_after=covered / total if total else None,
                reason=_reason(request, problem, pick),
                area_ids=tuple(demand.area_ids[pick.newly]),
                zone_ids=request.zones_of.get(problem.candidate_ids[pick.row], ()),
                alternatives=_alternatives(request, full, picks, rank - 1),
                taken=tuple(pick.taken.tolist()),
            )
        )
    return tuple(sites)


def _alternatives(request: Request, problem: Problem, picks: Sequence[_Pick], place: int) -> tuple[Alternative, ...]:
    """The candidates that could stand in for a site at the least loss of the objective, the best first."""
    years = sorted(request.stages)
    chosen = choice([pick.row for pick in picks], [years.index(pick.stage) for pick in picks])
    open_ = problem.depth > 0
    for other in np.delete(chosen.rows, place).tolist():
        open_ &= problem.counts(np.array([other])) == 0
    gains = problem.covers @ (problem.weight * open_)
    rivals = np.lexsort((np.arange(len(gains)), -gains))[: _MOST_RIVALS + len(picks)]
    found = losses(problem, chosen, place, rivals.tolist())
    near = sorted(found.items(), key=lambda each: each[1])[:_MOST_RIVALS]
    most = _NEAR * picks[place].gain * scale_of(request.favours)
    return tuple(Alternative(problem.candidate_ids[row], loss) for row, loss in near if loss <= most)


def _reason(request: Request, problem: Problem, pick: _Pick) -> Text:
    basis = BASIS_WORDS[request.weight]
    chosen = _NEAREST if request.problem == "p_median" else _CHOSEN
    chosen = _PREFERRED if request.favours else chosen
    why = _MANDATORY if pick.row in problem.mandatory else chosen
    mark = Text("（推算）", " (estimated)") if request.weight_estimated else Text("", "")
    limit = _assumption(request)
    if problem.capacity is not None:
        room = int(problem.capacity[pick.row])
        return Text(
            f"开设后新增安排 {pick.gain:,} {basis.zh}{mark.zh}（容量 {room:,}），来自居住小区 {len(pick.newly)} 处；"
            f"{why.zh}{limit.zh}。",
            f"newly has places for {pick.gain:,} {basis.en}{mark.en} (of {room:,}) from {len(pick.newly)} residential "
            f"areas; {why.en}{limit.en}.",
        )
    return Text(
        f"开设后新增覆盖 {pick.gain:,} {basis.zh}{mark.zh}，涉及居住小区 {len(pick.newly)} 处；{why.zh}{limit.zh}。",
        f"newly covers {pick.gain:,} {basis.en}{mark.en} in {len(pick.newly)} residential areas; {why.en}{limit.en}.",
    )


def _assumption(request: Request) -> Text:
    """A limit that no clause gives says so wherever a site is shown."""
    if not request.assumed:
        return Text("", "")
    return Text(
        f"；限值为{request.assumed}，条文未规定该限值", f"; assumed limit “{request.assumed}”, given by no clause"
    )


def _uncoverable(demand: Demand, problem: Problem) -> tuple[Uncovered, ...]:
    coverable = problem.coverable()
    beyond = demand.area_ids[(demand.outcome == "fail") & ~coverable]
    unknown = demand.area_ids[demand.outcome == "unknown"]
    return (
        *(Uncovered(area_id, "no_candidate_within_limit") for area_id in beyond),
        *(Uncovered(area_id, "unknown_today") for area_id in unknown),
    )
