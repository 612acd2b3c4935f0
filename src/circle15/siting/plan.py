"""From a solved problem to the plan that is printed, mapped and filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circle15.core.errors import ConfigError
from circle15.core.limit import Limit
from circle15.core.results import Plan, Site, Uncovered
from circle15.core.rule import Metric
from circle15.core.tables import BASIS_WORDS
from circle15.core.text import Text, first_ids
from circle15.siting.greedy import Pick, Solution
from circle15.siting.problem import Ints, Problem

BOUND_KIND = "submodular"

_MANDATORY = Text("研究中指定的设点", "prescribed by the study")
_LARGEST_GAIN = Text("选点时为各备选点中最多", "the most of all candidates at that step")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the facility type, the limit it serves under, the weight to cover and the years.

    ``zones_of``: the zones each candidate lies in, by its id.
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


@dataclass(frozen=True, slots=True)
class Demand:
    """The residential areas as demand: ``outcome`` under the request's limit today (pass, fail, unknown …)."""

    area_ids: NDArray[np.object_]
    weight: Ints
    outcome: NDArray[np.object_]

    def weight_of(self, *outcomes: str) -> int:
        """The weight of the areas with one of these outcomes."""
        return int(self.weight[np.isin(self.outcome, outcomes)].sum())


def frame_problem(request: Request, demand: Demand, candidate_ids: Any, candidate: Ints, area: Ints) -> Problem:
    """The covering problem of the pairs (candidate row, area row) that lie within the limit.

    Candidates are put in order of their id as text, so that row order decides nothing. Raises ConfigError for
    mandatory or forbidden ids that are no candidates.
    """
    order = np.argsort(np.asarray(candidate_ids).astype(str), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ids = tuple(str(each) for each in np.asarray(candidate_ids)[order])
    shape = (len(ids), len(demand.area_ids))
    covers = csr_matrix((np.ones(len(candidate), dtype=np.int64), (place[candidate], area)), shape=shape)
    return Problem(
        candidate_ids=ids,
        covers=covers,
        weight=demand.weight,
        open_demand=demand.outcome == "fail",
        stages=request.stages,
        mandatory=_rows(request.mandatory, ids, "mandatory"),
        forbidden=_rows(request.forbidden, ids, "forbidden"),
    )


def _rows(names: Sequence[str], ids: tuple[str, ...], key: str) -> tuple[int, ...]:
    missing = [name for name in names if name not in ids]
    if missing:
        raise ConfigError(
            Text(
                f"[[site]].{key}：备选点中没有 {first_ids(missing)}（共 {len(missing)} 个）。",
                f"[[site]].{key}: no candidate is called {first_ids(missing)} ({len(missing)} in all).",
            )
        )
    return tuple(ids.index(name) for name in names)


def describe(request: Request, demand: Demand, problem: Problem, solution: Solution) -> Plan:
    """The plan with its value, bound, gap, sites in order of opening, and who cannot be covered and why."""
    gap = (solution.bound - solution.objective) / solution.bound if solution.bound else 0.0
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
        stages=request.stages,
        status="optimal" if solution.objective == solution.bound else "feasible",
        objective=solution.objective,
        bound=solution.bound,
        gap=gap,
        bound_kind=BOUND_KIND,
        bound_sites=tuple(problem.candidate_ids[pick.row] for pick in solution.picks[: solution.prefix]),
        total_weight=demand.weight_of("pass", "fail", "unknown"),
        covered_before=demand.weight_of("pass"),
        sites=_sites(request, demand, problem, solution.picks),
        uncoverable=_uncoverable(demand, problem),
        idle_stages=solution.idle_stages,
    )


def _sites(request: Request, demand: Demand, problem: Problem, picks: Sequence[Pick]) -> tuple[Site, ...]:
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
            )
        )
    return tuple(sites)


def _reason(request: Request, problem: Problem, pick: Pick) -> Text:
    basis = BASIS_WORDS[request.weight]
    why = _MANDATORY if pick.row in problem.mandatory else _LARGEST_GAIN
    mark = Text("（推算）", " (estimated)") if request.weight_estimated else Text("", "")
    limit = _assumption(request)
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
    coverable = problem.covered_by(problem.allowed)
    beyond = demand.area_ids[(demand.outcome == "fail") & ~coverable]
    unknown = demand.area_ids[demand.outcome == "unknown"]
    return (
        *(Uncovered(area_id, "no_candidate_within_limit") for area_id in beyond),
        *(Uncovered(area_id, "unknown_today") for area_id in unknown),
    )
