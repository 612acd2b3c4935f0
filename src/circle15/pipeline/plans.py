"""Plans of new sites, and their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from circle15 import siting
from circle15.core.errors import ConfigError
from circle15.core.results import Audit, CurveProof, Multipliers, Plan, Point
from circle15.core.terms import Term
from circle15.core.text import Text
from circle15.pipeline.allocation import with_allocation, with_catchments, with_shares
from circle15.pipeline.assess import judged
from circle15.pipeline.candidates import Offer, offer, with_screening
from circle15.pipeline.framing import problem_of
from circle15.pipeline.ground import Ground, lay
from circle15.pipeline.joint import joint_of
from circle15.pipeline.patience import patience
from circle15.pipeline.progress import Progress, silent
from circle15.pipeline.wishes import refuse_crowded, with_zones
from circle15.study import SiteSpec, Study


def planned(study: Study, progress: Progress = silent, *, draw: bool = False) -> Audit:
    """The audit with the plans of every ``[[site]]``. Raises ConfigError if the study asks for none."""
    _refuse_no_site(study)
    ground = lay(study, progress)
    found = judged(ground, progress, draw=draw)
    plans = []
    for number, spec in enumerate(study.sites):
        progress(Text(f"选址 {spec.whole_id}", f"siting {spec.whole_id}"), number, len(study.sites))
        plans += _joint_plans(ground, spec) if spec.also else [_plan(ground, spec)]
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
    return _told(plan, ground, spec, offer(ground, spec), demand)


def _joint_plans(ground: Ground, spec: SiteSpec) -> list[Plan]:
    """The plan of each type of a ``[[site]]`` with several, solved as one."""
    framed = joint_of(ground, spec)
    with patience(spec.time_limit_s) as stop:
        plans = siting.answer_joint(framed.joint, siting.Effort(gap=spec.gap, seed=spec.seed, stop=stop))
    parts = zip(plans, framed.specs, framed.offers, framed.joint.parts, strict=True)
    return [_told(plan, ground, each, offered, part.demand) for plan, each, offered, part in parts]


def _told(plan: Plan, ground: Ground, spec: SiteSpec, offered: Offer, demand: siting.Demand) -> Plan:
    """The plan with who goes where, what is covered by every basis, and what its candidates were put to."""
    plan = with_allocation(plan, ground, spec, offered.hosts, demand.weight)
    plan = with_catchments(plan, ground, spec, offered.hosts, demand.weight)
    plan = with_shares(plan, ground.residential, demand.area_ids, demand.outcome, demand.weight)
    plan = with_zones(plan, ground, spec, demand)
    return with_screening(plan, ground, spec, offered)


def certificates(study: Study, plans: Sequence[Mapping[str, Any]], progress: Progress = silent) -> dict[str, Any]:
    """The certificate of each stored plan with its ``proof``, from raw coverage, without a solver.

    Of an infeasible plan it is that of what clashes; none where that is the solver's word.

    Raises ConfigError if a stored plan is no longer asked for by the study.
    """
    _refuse_no_site(study)
    ground = lay(study, progress)
    specs = {spec.whole_id: spec for spec in study.sites}
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
            if plan["bound_kind"] == "lagrangian":
                found[plan["site_plan"]] = _refutation(ground, specs[plan["site_plan"]], plan)
            continue
        request, demand, problem = _framed(ground, specs[plan["site_plan"]])
        years = sorted(request.stages)
        ways, names = None, demand.area_ids
        if demand.walks is not None:
            median, problem = siting.median_of(demand, problem)
            ways, names = median.total, np.array(median.names(demand.area_ids), dtype=object)
        bare, problem = problem, siting.completed(request, demand, problem)
        names = np.concatenate([names, np.array(problem.extra, dtype=object)])
        sites, stages = _opened(plan, problem)
        claim = siting.Claim(
            sites=tuple(sites),
            years=tuple(years.index(each) if each in years else -1 for each in stages),
            **{name: plan[name] if ways is None else ways - plan[name] for name in ("objective", "bound", "proven")},
            optimal=plan["status"] == "optimal",
            proof=tuple(_multipliers(each, names, problem) for each in plan["proof"]),
            need=siting.needed(request, demand, problem) if request.problem == "min_sites" else None,
            ways=ways,
            by_solver=plan["bound_kind"] == "solver",
        )
        neutral = problem if not request.favours else siting.completed(replace(request, favours=()), demand, bare)
        checked = siting.certify_curve(neutral, siting.certify(problem, claim), *_curve(plan, names, problem))
        changed = () if plan["intact"] else ("proof.json",)
        found[plan["site_plan"]] = replace(checked, objections=(*checked.objections, *changed))
    return found


def _framed(ground: Ground, spec: SiteSpec) -> tuple[siting.Request, siting.Demand, siting.Problem]:
    """What a ``[[site]]`` asks, of one type or of several at once."""
    if not spec.also:
        return problem_of(ground, spec)
    joint = joint_of(ground, spec).joint
    return joint.request, joint.demand, joint.problem


def _opened(plan: Mapping[str, Any], problem: siting.Problem) -> tuple[list[str], list[int]]:
    """What the problem calls the sites of a stored plan, and their years: of several types by what they hold.

    Where a problem has a candidate for each type of a site, a site that holds several is several of them.
    """
    if "site_types" not in plan:
        return plan["sites"], plan["site_stages"]
    found: list[siting.Held] = []
    for site, types, year in zip(plan["sites"], plan["site_types"], plan["site_stages"], strict=True):
        held = siting.Held(site, tuple(types), year)
        found += (held,) if held.name in problem.candidate_ids or not types else held.apart
    return [each.name for each in found], [each.year for each in found]


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
    request, demand, problem = _framed(ground, spec)
    if demand.walks is None:
        problem = siting.completed(request, demand, problem)
    names = np.concatenate([demand.area_ids, np.array(problem.extra, dtype=object)])
    clash = tuple(Term(each["kind"], each["zone_id"] or "", each["number"]) for each in plan["clash"])
    proof = tuple(_multipliers(each, names, problem) for each in plan["proof"])
    need = siting.needed(request, demand, problem) if request.problem == "min_sites" else None
    claim = siting.Claim((), (), 0, 0, 0, optimal=True, proof=proof, clash=clash, need=need)
    checked = siting.certify(problem, claim)
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
