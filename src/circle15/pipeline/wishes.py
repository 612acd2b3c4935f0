"""What a ``[[site]]`` asks beside its limits, told by the data: who is preferred, what zones lack, when."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from circle15 import judge, siting
from circle15.core.errors import ConfigError, InputError
from circle15.core.results import Plan, Preferred, ZoneCovered
from circle15.core.rule import Rule
from circle15.core.tables import Access
from circle15.core.text import Text, first_ids
from circle15.core.wishes import ZoneShare
from circle15.pipeline.assess import subjects
from circle15.pipeline.candidates import Offer
from circle15.pipeline.ground import Ground
from circle15.route.network import Ints
from circle15.study import SiteSpec

# A clause that prefers ageing or young quarters speaks of 街道.
_LEVEL = "town"


@dataclass(frozen=True)
class Told:
    """What goes into the request of a plan, and how each preference was taken."""

    favours: tuple[siting.Favour, ...] = ()
    preferences: tuple[Preferred, ...] = ()
    aims: tuple[siting.Aim, ...] = ()
    dates: tuple[siting.Dated, ...] = ()

    def into(self, request: siting.Request) -> siting.Request:
        """The request with all that was told."""
        return replace(request, favours=self.favours, preferences=self.preferences, aims=self.aims, dates=self.dates)


def tell(ground: Ground, spec: SiteSpec, offered: Offer, zones_of: dict[str, tuple[str, ...]]) -> Told:
    """The wishes of a ``[[site]]``; ``zones_of``: the zones each candidate lies in.

    Raises ConfigError or InputError for wishes that the data cannot tell.
    """
    wishes = spec.wishes
    if not (wishes.prefer or wishes.aim or wishes.dates):  # the share of each zone waits for its demand: ``shared``
        return Told()
    judged_on = subjects(ground, Access.empty())
    found = [_favour(ground, spec, offered, judged_on, *each) for each in wishes.prefer.items()]
    inside = {str(name): zones_of.get(str(name), ()) for name in offered.hosts.ids}
    return Told(
        favours=tuple(favour for favour, _ in found),
        preferences=tuple(preferred for _, preferred in found),
        aims=() if wishes.aim is None else (_aim(ground, wishes.aim, spec, judged_on, inside),),
        dates=_dates(spec, judged_on, inside),
    )


def _rows(ground: Ground, offered: Offer) -> Any:
    """The table rows of the candidates that remain."""
    return ground.tables["candidates"].frame.set_index("candidate_id", drop=False).loc[offered.hosts.ids]


def _favour(
    ground: Ground, spec: SiteSpec, offered: Offer, judged_on: judge.Subjects, rule_id: str, factor: Fraction
) -> tuple[siting.Favour, Preferred]:
    rule = ground.study.pack.rule(rule_id)
    ids, everywhere = offered.hosts.ids.astype(str), np.ones(len(ground.area_ids), dtype=bool)
    said = Preferred(rule_id, float(factor), len(ids), 0)
    if judge.is_of_zones(rule):
        zones = _leaning(spec, rule_id, judged_on)
        areas = np.logical_or.reduce([~everywhere, *zones.values()])
        return siting.Favour(rule_id, factor - 1, frozenset(ids), areas), replace(said, zones=tuple(zones))
    found = judge.favoured(rule, _rows(ground, offered), offered.hosts.mm, judged_on)
    sites = frozenset(ids[found.sites])
    said = replace(said, sites=len(sites), unknown=int(found.unknown.sum()), assumed=found.assumed)
    return siting.Favour(rule_id, factor - 1, sites, everywhere), said


def _leaning(spec: SiteSpec, rule_id: str, judged_on: judge.Subjects) -> Any:
    basis = judge.basis_of(spec.facility_type)
    found = judge.leaning(judged_on, basis, _LEVEL)
    if found is None:
        raise InputError(
            Text(
                f"[[site]].prefer：{rule_id} 按镇（街道）的人口结构加权，需要居住小区的 {basis} 和 population，"
                f"以及 {_LEVEL} 级单元。请补充。",
                f"[[site]].prefer: {rule_id} goes by the people of towns: it needs {basis} and population of the "
                f"residential areas, and zones of level {_LEVEL}. Add them.",
            )
        )
    return found


def _aim(
    ground: Ground, rule: Rule, spec: SiteSpec, judged_on: judge.Subjects, inside: dict[str, tuple[str, ...]]
) -> siting.Aim:
    """The zones that do not pass the rule today, and how many of them must get a site for its target.

    Of those that may be out of its scope no site can make sure.
    """
    (block, *_) = judge.judge([rule], judged_on)
    frame = judge.verdicts([block], ground.area_ids).frame
    outcome = dict(zip(frame["subject_id"].astype(str), frame["outcome"], strict=True))
    counts = [name for name, each in outcome.items() if each in ("pass", "fail", "unknown")]
    if rule.target is None or not counts or frame["subject_kind"].iloc[0] != "zone":
        raise InputError(
            Text(
                f"[[site]].target：没有 {rule.level} 级的单元可数。请补充 [inputs.zone_table] 或 [inputs.zones]。",
                f"[[site]].target: there are no zones of level {rule.level} to count: add [inputs.zone_table] or "
                f"[inputs.zones].",
            )
        )
    doubtful = set(frame.loc[frame["because"] == "scope_unknown", "subject_id"].astype(str))
    lacking = [name for name in counts if outcome[name] != "pass" and name not in doubtful]
    served = sum(outcome[name] == "pass" for name in counts)
    wanted = Fraction(str(rule.target.value)) * len(counts)
    least = math.floor(wanted) + 1 if rule.target.op == ">" else math.ceil(wanted)
    able = _able(ground, rule, inside)
    zones = {name: frozenset(each for each, zones in able.items() if name in zones) for name in lacking}
    return siting.Aim(rule.rule_id or spec.wishes.aim_label, zones, max(0, least - served))


def shared(ground: Ground, spec: SiteSpec, request: siting.Request, demand: siting.Demand) -> siting.Request:
    """The request with what must be newly covered of each zone of which a share is asked, as far as it is not today.

    Raises InputError where there are no such zones, or where it is not known which they are.
    """
    asked = spec.wishes.zone_share
    if asked is None:
        return request
    quarters = []
    for zone_id, rows in _homes_in(ground, asked, demand).items():
        zone = _covered(zone_id, rows, demand)
        least = math.ceil(asked.share * zone.total) - zone.today
        if least > 0:
            open_ = rows[demand.outcome[rows] == "fail"]
            quarters.append(siting.Quarter(zone_id, open_, least, round(1000 * asked.share)))
    return replace(request, quarters=tuple(quarters))


def with_zones(plan: Plan, ground: Ground, spec: SiteSpec, demand: siting.Demand) -> Plan:
    """The plan with what it covers of each zone of which a share is asked."""
    asked = spec.wishes.zone_share
    if asked is None:
        return plan
    met = np.isin(demand.area_ids, [area_id for site in plan.sites for area_id in site.area_ids])
    zones = []
    for zone_id, rows in _homes_in(ground, asked, demand).items():
        zone = _covered(zone_id, rows, demand)
        zones.append(replace(zone, planned=zone.today + int(demand.weight[rows[met[rows]]].sum())))
    return replace(plan, zone_share=asked, zones=tuple(zones))


def _covered(zone_id: str, rows: Ints, demand: siting.Demand) -> ZoneCovered:
    """The weight of these homes that counts, and what is covered today."""
    weight, outcome = demand.weight[rows], demand.outcome[rows]
    today = int(weight[outcome == "pass"].sum())
    return ZoneCovered(zone_id, int(weight[np.isin(outcome, ("pass", "fail", "unknown"))].sum()), today, today)


def _homes_in(ground: Ground, asked: ZoneShare, demand: siting.Demand) -> dict[str, Ints]:
    """The rows of the homes in each zone that is asked of, in the order of the table. Raises InputError without any."""
    units, inside = ground.units, ground.areas_in
    frame = None if units is None else units.frame[units.frame["level"] == asked.level]
    if frame is not None and asked.urban_rural:
        frame = _of_kind(frame, asked)
    if frame is None or inside is None or not len(frame):
        raise InputError(
            Text(
                f"[[site]].target：没有 {asked.level} 级的单元可数。请补充 [inputs.zone_table] 或 [inputs.zones]。",
                f"[[site]].target: there are no zones of level {asked.level} to count: add [inputs.zone_table] or "
                f"[inputs.zones].",
            )
        )
    row_of = {str(area_id): row for row, area_id in enumerate(demand.area_ids)}
    homes: dict[str, list[int]] = {str(name): [] for name in frame["zone_id"].astype(str)}
    mine = inside.frame[inside.frame["zone_id"].astype(str).isin(homes)]
    for area_id, zone_id in zip(mine["area_id"].astype(str), mine["zone_id"].astype(str), strict=True):
        homes[zone_id].append(row_of[area_id])
    return {name: np.array(sorted(rows), dtype=np.int64) for name, rows in homes.items()}


def _of_kind(frame: Any, asked: ZoneShare) -> Any:
    """The urban or rural zones. Raises InputError for zones that do not say which they are."""
    kinds = frame["urban_rural"] if "urban_rural" in frame else pd.Series(None, index=frame.index, dtype=object)
    untold = frame.loc[kinds.isna(), "zone_id"].astype(str).tolist()
    if untold:
        raise InputError(
            Text(
                f"[[site]].target：{asked.level} 级单元的 urban_rural 缺 {len(untold)} 个：{first_ids(untold)}。"
                f"请补充。",
                f"[[site]].target: {len(untold)} zones of level {asked.level} lack urban_rural: {first_ids(untold)}. "
                f"Add it.",
            )
        )
    return frame[kinds == asked.urban_rural]


def _able(ground: Ground, rule: Rule, inside: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The candidates without those known to break what the rule asks of a facility that counts."""
    frame = ground.tables["candidates"].frame.set_index("candidate_id", drop=False).loc[list(inside)]
    return {name: inside[name] for name in judge.may_count(rule, frame)}


def _dates(spec: SiteSpec, judged_on: judge.Subjects, inside: dict[str, tuple[str, ...]]) -> tuple[siting.Dated, ...]:
    """The candidates of each dated zone, or the dated candidate. Raises ConfigError for names and years that fail."""
    found = [siting.Dated(name, _members(name, judged_on, inside), year) for name, year in spec.wishes.dates.items()]
    _refuse_twice(found)
    return tuple(found)


def refuse_crowded(spec: SiteSpec) -> None:
    """Raises ConfigError for a year with more dated sites than places."""
    for year, places in spec.stages.items():
        names = [name for name, dated in spec.wishes.dates.items() if dated == year]
        if len(names) > places:
            raise ConfigError(
                Text(
                    f"[[site]]：{year} 年度定年设点 {len(names)} 处（{first_ids(names)}），per_stage 只有 {places} 处。"
                    f"请加大 per_stage。",
                    f"[[site]]: {len(names)} sites are dated {year} ({first_ids(names)}), but per_stage has {places}: "
                    f"raise it.",
                )
            )


def _members(name: str, judged_on: judge.Subjects, inside: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The candidates of a zone by its id or name, or the candidate of that id."""
    if name in inside:
        return frozenset({name})
    zones = set(judge.zones_named(name, judged_on))
    if not zones:
        raise ConfigError(
            Text(
                f"[[site]].dated：没有叫 {name} 的单元或备选点（已剔除的不算）。请写单元代码、名称或备选点编号。",
                f"[[site]].dated: no zone or candidate is called {name} (dropped candidates do not count): give the id "
                f"or name of a zone, or the id of a candidate.",
            )
        )
    return frozenset(each for each, mine in inside.items() if zones & set(mine))


def _refuse_twice(dates: list[siting.Dated]) -> None:
    """No candidate may have two dates: it could keep neither."""
    seen: dict[str, str] = {}
    for each in dates:
        for name in sorted(each.sites):
            if name in seen:
                raise ConfigError(
                    Text(
                        f"[[site]].dated：备选点 {name} 同时属于 {seen[name]} 和 {each.name}。请删去其一。",
                        f"[[site]].dated: candidate {name} belongs to {seen[name]} and to {each.name}: remove one.",
                    )
                )
            seen[name] = each.name
