"""Plans of new sites, and their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from circle15 import judge, siting
from circle15.core.errors import ConfigError, InputError
from circle15.core.results import Audit, CurveProof, Multipliers, Plan, Point
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Residential
from circle15.core.terms import Term
from circle15.core.text import Text, first_ids
from circle15.core.units import Pace, round_half_up
from circle15.pipeline.allocation import with_allocation, with_catchments, with_shares
from circle15.pipeline.assess import judged, subjects
from circle15.pipeline.candidates import offer, with_screening
from circle15.pipeline.distances import access_to
from circle15.pipeline.ground import Ground, counted_sites, lay, near_pairs
from circle15.pipeline.patience import patience
from circle15.pipeline.progress import Progress, silent
from circle15.pipeline.wishes import refuse_crowded, tell
from circle15.read.zones import membership
from circle15.route import Places
from circle15.study import SiteSpec, Study


def planned(study: Study, progress: Progress = silent, *, draw: bool = False) -> Audit:
    """The audit with the plans of every ``[[site]]``. Raises ConfigError if the study asks for none."""
    _refuse_no_site(study)
    ground = lay(study, progress)
    found = judged(ground, progress, draw=draw)
    plans = []
    for number, spec in enumerate(study.sites):
        progress(Text(f"选址 {spec.plan_id}", f"siting {spec.plan_id}"), number, len(study.sites))
        plans.append(_plan(ground, spec))
    return replace(found, plans=tuple(plans))


def _refuse_no_site(study: Study) -> None:
    if not study.sites:
        raise ConfigError(
            Text(
                "研究文件没有 [[site]]，无从选址。请至少写一项。",
                "the study has no [[site]]: there is nothing to plan. Add one.",
            )
        )


def _plan(ground: Ground, spec: SiteSpec) -> Plan:
    refuse_crowded(spec)
    request, demand, problem = problem_of(ground, spec)
    with patience(spec.time_limit_s) as stop:
        plan = siting.answer(request, demand, problem, siting.Effort(gap=spec.gap, seed=spec.seed, stop=stop))
    offered = offer(ground, spec)
    plan = with_allocation(plan, ground, spec, offered.hosts, demand.weight)
    plan = with_catchments(plan, ground, spec, offered.hosts, demand.weight)
    plan = with_shares(plan, ground.residential, demand.area_ids, demand.outcome, demand.weight)
    return with_screening(plan, ground, spec, offered)


def problem_of(
    ground: Ground, spec: SiteSpec, spared: frozenset[str] = frozenset()
) -> tuple[siting.Request, siting.Demand, siting.Problem]:
    """What is asked of a plan, whom it could serve, and what each candidate covers. Those ``spared`` always may."""
    offered = offer(ground, spec, spared)
    request = replace(_request(ground, spec), forbidden=offered.still_there(spec.forbidden))
    request = tell(ground, spec, offered, dict(request.zones_of)).into(request)
    demand = siting.Demand(ground.area_ids, _weight(ground, spec.weight), _outcome(ground, spec.rule, spec.metric))
    if spec.cap_mm is not None:
        demand = replace(demand, walks=_walks(ground, offered.hosts, spec, spec.cap_mm))
    if spec.backup:
        demand = replace(demand, standing=_standing(ground, spec, request.limit_mm))
    near = near_pairs(ground, offered.hosts, spec.metric, request.limit_mm, spec.rule.footing)
    sites = _sites(ground, offered.hosts, spec)
    return request, demand, siting.frame_problem(request, demand, sites, near.source, near.target)


def _request(ground: Ground, spec: SiteSpec) -> siting.Request:
    pace: Pace | None = spec.rule.pace
    return siting.Request(
        plan_id=spec.plan_id,
        facility_type=spec.facility_type,
        rule_id=spec.rule.rule_id,
        assumed=spec.assumed,
        metric=spec.metric,
        limit=spec.rule.limit,
        limit_mm=spec.rule.limit.most_mm(pace),
        pace=pace.name if pace else "",
        weight=spec.weight,
        weight_estimated=spec.weight in estimated_columns(ground.residential),
        stages=spec.stages,
        mandatory=spec.mandatory,
        forbidden=spec.forbidden,
        zones_of=_zones_of_candidates(ground),
        terms=spec.terms,
        problem=spec.problem,
        share=spec.share,
        cap_mm=spec.cap_mm,
        fewest=spec.wishes.fewest,
        capacity=spec.capacity,
    )


def _sites(ground: Ground, hosts: Places, spec: SiteSpec) -> siting.Sites:
    """The candidates that remain with what the terms speak of. Raises ConfigError for terms the data cannot tell."""
    candidates, zones = ground.tables["candidates"], ground.tables.get("zones")
    frame, level = candidates.frame.set_index("candidate_id").loc[hosts.ids], spec.terms.quota_level
    names: tuple[str, ...] = ()
    if level:
        names = () if zones is None else tuple(zones.frame.loc[zones.frame["level"] == level, "zone_id"].astype(str))
        if not names:
            raise ConfigError(
                Text(
                    f"[[site]].quota：没有 {level} 级的单元面。请补充 [inputs.zones]，或换一级。",
                    f"[[site]].quota: there are no zones of level {level}: add [inputs.zones], or take another level.",
                )
            )
    of, known = _zones_of_candidates(ground), set(names)
    zone = [next((each for each in of.get(name, ()) if each in known), "") for name in hosts.ids.tolist()]
    costs, room = _costs(frame, spec), _room(frame, spec)
    return siting.Sites(hosts.ids, hosts.mm, np.array(zone, dtype=object), names, costs, room)


def _room(frame: Any, spec: SiteSpec) -> Any:
    """How many people each candidate holds, where sites hold no more than that. Raises InputError where cells lack."""
    if not spec.capacity:
        return None
    missing = frame.index if spec.capacity not in frame else frame.index[frame[spec.capacity].isna()]
    if len(missing):
        raise InputError(
            Text(
                f"[[site]].capacity 需要备选点的 {spec.capacity}，缺 {len(missing)} 个：{first_ids(list(missing))}。"
                "请补充。",
                f"[[site]].capacity needs {spec.capacity} of every candidate; {len(missing)} have none: "
                f"{first_ids(list(missing))}. Add them.",
            )
        )
    return frame[spec.capacity].to_numpy(dtype=np.int64)


def _costs(frame: Any, spec: SiteSpec) -> Any:
    """Whole costs, rounded half up, where there is a budget."""
    if spec.terms.budget is None:
        return np.zeros(len(frame), dtype=np.int64)
    missing = frame.index if "cost" not in frame else frame.index[frame["cost"].isna()]
    if len(missing):
        raise InputError(
            Text(
                f"[[site]].budget 需要备选点的投资（cost），缺 {len(missing)} 个：{first_ids(list(missing))}。请补充。",
                f"[[site]].budget needs the cost of every candidate; {len(missing)} have none: "
                f"{first_ids(list(missing))}. Add them.",
            )
        )
    return round_half_up(frame["cost"].to_numpy(dtype=float))


def _zones_of_candidates(ground: Ground) -> dict[str, tuple[str, ...]]:
    zones, candidates = ground.tables.get("zones"), ground.tables.get("candidates")
    if zones is None or candidates is None:
        return {}
    rows = candidates.frame.rename(columns={"candidate_id": "area_id"})
    members, _ = membership(rows, rows.geometry.to_numpy(), zones)
    return {str(name): tuple(found) for name, found in members.frame.groupby("area_id")["zone_id"]}


def estimated_columns(residential: Residential) -> set[str]:
    """The columns of which some row is an estimate."""
    if not residential.has("estimated"):
        return set()
    marks = residential.frame["estimated"].dropna().unique()
    return {column for mark in marks for column in str(mark).split("+")}


def _weight(ground: Ground, name: str) -> Any:
    """Whole-number weight of each area; people and households are counted, fractions round half up."""
    residential = ground.residential
    if name == "areas":
        return np.ones(len(residential), dtype=np.int64)
    if not residential.has(name) or residential.frame[name].isna().all():
        raise InputError(
            Text(
                f"[[site]] 的权重 {name} 在居住小区图层中没有对应的列或全为空。请补充，或换用 areas 等已有口径。",
                f"[[site]] weighs by {name}, which the residential areas lack: add it, or weigh by areas.",
            )
        )
    return round_half_up(residential.frame[name].to_numpy(dtype=float, na_value=0.0))


def _outcome(ground: Ground, rule: Rule, metric: Metric) -> Any:
    """Today's outcome of each area under a rule of the pack or an assumed one, by one metric."""
    rows = judge.counted(rule, ground.facilities, ground.study.as_of)
    access = access_to(ground, [rule], {rule.rule_id: rows}, {})
    rows_of = judge.verdicts(judge.judge([rule], subjects(ground, access)), ground.area_ids).frame
    return rows_of.loc[rows_of["metric"] == metric, "outcome"].to_numpy(dtype=object)


def _standing(ground: Ground, spec: SiteSpec, most_mm: int) -> Any:
    """How many counted facilities serve each area within the limit today."""
    sites = counted_sites(ground, judge.counted(spec.rule, ground.facilities, ground.study.as_of))
    near = near_pairs(ground, sites, spec.metric, most_mm, spec.rule.footing)
    return np.bincount(near.target, minlength=len(ground.area_ids)).astype(np.int64)


def _walks(ground: Ground, hosts: Places, spec: SiteSpec, cap_mm: int) -> siting.Walks:
    """Everyone's way in metres to each candidate, and to the nearest facility today, longer ones as the cap."""
    rule = spec.rule
    access = access_to(
        ground, [rule], {rule.rule_id: judge.counted(rule, ground.facilities, ground.study.as_of)}, {}
    ).frame
    column = "distance_mm" if spec.metric == "network" else "straight_mm"
    ways = access.set_index("area_id")[column].reindex(ground.area_ids).fillna(cap_mm).to_numpy(dtype=np.int64)
    near = near_pairs(ground, hosts, spec.metric, cap_mm)
    return siting.Walks(hosts.ids, near.source, near.target, near.mm, np.minimum(ways, cap_mm))


def covered(ground: Ground, spec: SiteSpec) -> int:
    """The weight that the facilities there are cover, as a ``[[site]]`` counts it."""
    return int(_weight(ground, spec.weight)[_outcome(ground, spec.rule, spec.metric) == "pass"].sum())


def certificates(study: Study, plans: Sequence[Mapping[str, Any]], progress: Progress = silent) -> dict[str, Any]:
    """The certificate of each stored plan with its ``proof``, from raw coverage, without a solver.

    Of an infeasible plan it is that of what clashes; none where that is the solver's word.

    Raises ConfigError if a stored plan is no longer asked for by the study.
    """
    _refuse_no_site(study)
    ground = lay(study, progress)
    specs = {spec.plan_id: spec for spec in study.sites}
    found = {}
    for plan in plans:
        if plan["site_plan"] not in specs:
            raise ConfigError(
                Text(
                    f"已存的方案 {plan['site_plan']} 在研究文件中已不存在。请重新运行 circle15 site。",
                    f"the stored plan {plan['site_plan']} is no longer in the study: run circle15 site again.",
                )
            )
        if plan["status"] == "infeasible":
            if plan.get("bound_kind") == "lagrangian":
                found[plan["site_plan"]] = _refutation(ground, specs[plan["site_plan"]], plan)
            continue
        request, demand, problem = problem_of(ground, specs[plan["site_plan"]])
        years = sorted(request.stages)
        ways, names = None, demand.area_ids
        if demand.walks is not None:
            median, problem = siting.median_of(demand, problem)
            ways, names = median.total, np.array(median.names(demand.area_ids), dtype=object)
        bare, problem = problem, siting.completed(request, demand, problem)
        names = np.concatenate([names, np.array(problem.extra, dtype=object)])
        claim = siting.Claim(
            sites=tuple(plan["sites"]),
            years=tuple(years.index(each) if each in years else -1 for each in plan["site_stages"]),
            **{name: plan[name] if ways is None else ways - plan[name] for name in ("objective", "bound", "proven")},
            optimal=plan["status"] == "optimal",
            proof=tuple(_multipliers(each, names, problem) for each in plan["proof"]),
            need=siting.needed(request, demand, problem) if request.problem == "min_sites" else None,
            ways=ways,
        )
        neutral = problem if not request.favours else siting.completed(replace(request, favours=()), demand, bare)
        checked = siting.certify_curve(neutral, siting.certify(problem, claim), *_curve(plan, names, problem))
        changed = () if plan["intact"] else ("proof.json",)
        found[plan["site_plan"]] = replace(checked, objections=(*checked.objections, *changed))
    return found


def _curve(plan: Mapping[str, Any], names: Any, problem: siting.Problem) -> tuple[tuple[Point, ...], CurveProof | None]:
    """The stored points of a curve, and what they are computed again from; its links are of one year."""
    points = tuple(Point(each["sites"], each["covered"], each["bound"]) for each in plan["curve"])
    stored = plan["curve_proof"]
    if stored is None:
        return points, None
    one_year = replace(problem, places=(1,))
    links = tuple(_multipliers(each, names, one_year) for each in stored["steps"])
    return points, CurveProof(stored["most"], tuple(stored["order"]), links)


def _refutation(ground: Ground, spec: SiteSpec, plan: Mapping[str, Any]) -> siting.Certificate:
    """Whether the proof of an infeasible plan shows that no plan keeps the constraints said to clash."""
    request, demand, problem = problem_of(ground, spec)
    if demand.walks is None:
        problem = siting.completed(request, demand, problem)
    names = np.concatenate([demand.area_ids, np.array(problem.extra, dtype=object)])
    clash = tuple(Term(each["kind"], each["zone_id"] or "", each["number"]) for each in plan["clash"])
    proof = tuple(_multipliers(each, names, problem) for each in plan["proof"])
    checked = siting.certify(problem, siting.Claim((), (), 0, 0, 0, optimal=True, proof=proof, clash=clash))
    return checked if plan["intact"] else replace(checked, objections=(*checked.objections, "proof.json"))


def _multipliers(stored: Mapping[str, Any], area_ids: Any, problem: siting.Problem) -> Multipliers:
    """Stored multipliers on the areas of the study; what belongs to no area stays out, and the bound shows it."""
    row_of = {area_id: row for row, area_id in enumerate(area_ids)}
    known = {row_of[area_id]: values for area_id, values in stored["demand"].items() if area_id in row_of}
    lists = {name: np.array(stored[name], dtype=np.int64) for name in ("rows", "places", "targets")}
    return Multipliers(
        scale=stored["scale"],
        areas=np.array(list(known), dtype=np.int64),
        demand=np.array(list(known.values()), dtype=np.int64).reshape(len(known), len(problem.places)),
        scaled=stored["scaled"],
        split=stored["split"] or "",
        split_stage=stored["split_stage"],
        **lists,
    )
