"""What a ``[[site]]`` asks, told by the data: its demand, its candidates, and what each of them covers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from circle15 import judge, siting
from circle15.core.errors import ConfigError, InputError
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Residential
from circle15.core.text import Text, first_ids
from circle15.core.units import Pace, round_half_up
from circle15.pipeline.assess import subjects
from circle15.pipeline.candidates import offer
from circle15.pipeline.distances import access_to
from circle15.pipeline.ground import Ground, counted_sites, near_pairs
from circle15.pipeline.wishes import shared, tell
from circle15.read.zones import membership
from circle15.route import Places
from circle15.study import SiteSpec


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
    request = shared(ground, spec, request, demand)
    near = near_pairs(ground, offered.hosts, spec.metric, request.limit_mm, spec.rule.footing)
    sites = sites_of(ground, offered.hosts, spec)
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


def sites_of(ground: Ground, hosts: Places, spec: SiteSpec) -> siting.Sites:
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
                f"{first_ids(list(missing))}. Add them, or name their heading under columns.",
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
                f"[[site]].budget 需要备选点的投资（cost），缺 {len(missing)} 个：{first_ids(list(missing))}。"
                f"请补充；列名不同的，请在 columns 中指明。",
                f"[[site]].budget needs the cost of every candidate; {len(missing)} have none: "
                f"{first_ids(list(missing))}. Add them, or name their heading under columns.",
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
