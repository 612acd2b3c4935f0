"""The list of projects that a bureau files (项目表): the proposed sites of all plans, in the order they open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import shapely

from circle15.core.results import Audit, Plan, Site
from circle15.core.text import Text
from circle15.show.geometry import to_wgs84
from circle15.show.joint import own_cost, shared_cost
from circle15.show.numbers import grouped
from circle15.show.sentences import joined

# Of a candidate, as its table says it; what it does not say stays blank.
_TOLD = ("name", "address", "host", "build_mode", "floor_area_m2", "seats", "beds", "cost", "responsible")
COLUMNS = [
    "project_id",
    "name",
    "facility_type",
    "town",
    "community",
    "address",
    "lon",
    "lat",
    "host",
    "build_mode",
    "floor_area_m2",
    "seats",
    "beds",
    "year",
    "cost",
    "responsible",
    "note",
]


def projects_frame(audit: Audit) -> Any:
    """projects.csv: one row for each site of each plan, by year, then plan, then order of opening.

    ``project_id`` is the plan and the place of the site in it. Cells that the candidates do not tell are null.
    """
    if audit.candidates is None or not audit.plans:
        return pd.DataFrame(columns=COLUMNS)
    hosts = audit.candidates.frame.set_index("candidate_id")
    degrees = shapely.get_coordinates(to_wgs84(hosts.geometry.to_numpy(), audit.facts.crs, 8))
    place = dict(zip(hosts.index, degrees, strict=True))
    names, levels = _zones(audit)
    pairs = [(number, plan, site) for number, plan in enumerate(audit.plans) for site in plan.sites]
    rows = []
    for _, plan, site in sorted(pairs, key=lambda each: (each[2].stage, each[0], each[2].rank)):
        host = hosts.loc[site.candidate_id]
        zones = {levels[zone_id]: names[zone_id] for zone_id in site.zone_ids if zone_id in levels}
        rows.append(
            {
                "project_id": f"{plan.plan_id}-{site.rank}",
                **{name: host.get(name) for name in _TOLD},
                "cost": own_cost(plan, site, host),
                "facility_type": plan.facility_type,
                "town": zones.get("town"),
                "community": zones.get("community", zones.get("village")),
                "lon": place[site.candidate_id][0],
                "lat": place[site.candidate_id][1],
                "year": site.stage,
                "note": joined(_notes(audit, plan, site, host)).say(audit.facts.language),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _zones(audit: Audit) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The name and the level of each zone by its id."""
    table = audit.zones if audit.zones is not None else audit.units
    if table is None:
        return {}, {}
    frame = table.frame.set_index("zone_id")
    return frame["name"].to_dict(), frame["level"].to_dict()


def _notes(audit: Audit, plan: Plan, site: Site, host: Any) -> Iterator[Text]:
    """What a reader of the list must know: two types in one place, a place the program made, an estimated area."""
    for other in audit.plans:
        if other is not plan and site.candidate_id in {each.candidate_id for each in other.sites}:
            label = audit.facts.pack.types[other.facility_type].label
            yield Text(f"与{label.zh}合设", f"shared with: {label.en}")
    together = shared_cost(site, host)
    if together is not None and audit.facts.audience == "internal":
        yield Text(f"合设投资合计 {grouped(together)}", f"cost of all types here: {grouped(together)}")
    if host.get("generated") is True:
        yield Text("程序生成的点位，未经现场核实", "a place made by the program, seen by nobody")
    if isinstance(host.get("estimated"), str) and "floor_area_m2" in host["estimated"].split("+"):
        yield Text("建筑面积为推算", "floor area estimated")


def union_text(audit: Audit) -> Text:
    """How many projects the plans come to together, and at how many places."""
    sites = [site.candidate_id for plan in audit.plans for site in plan.sites]
    shared = len(sites) - len(set(sites))
    return Text(
        f"各方案合计 {len(sites)} 个项目，位于 {len(set(sites))} 处，其中合设 {shared} 个",
        f"{len(sites)} projects of all plans at {len(set(sites))} places, {shared} of them shared",
    )
