"""Who would walk to which proposed site, and what is covered by every basis when it opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from circle15 import judge
from circle15.core.results import Allocated, Catchment, Plan, Shared
from circle15.core.tables import BASES, Residential
from circle15.pipeline.ground import Ground, counted_sites, near_pairs
from circle15.route import Places
from circle15.route.network import Ints
from circle15.study import SiteSpec


def with_allocation(plan: Plan, ground: Ground, spec: SiteSpec, hosts: Places, weight: Ints) -> Plan:
    """The plan with each home it newly covers at the nearest of its sites once all are open, by the plan's metric.

    Equally near ones: the smallest candidate_id as text. The weights of a plan's homes add up to all it covers.
    """
    if plan.capacity:
        return replace(plan, allocation=_seated(plan, ground, spec, hosts))
    covered = {area_id for site in plan.sites for area_id in site.area_ids}
    chosen = np.isin(hosts.ids.astype(str), [site.candidate_id for site in plan.sites])
    sites = hosts.take(np.flatnonzero(chosen))
    near = near_pairs(ground, sites, spec.metric, plan.limit_mm, spec.rule.footing)
    order = np.lexsort((sites.order()[near.source], near.mm, near.target))
    areas, first = np.unique(near.target[order], return_index=True)
    pairs = order[first]
    allocated = tuple(
        Allocated(str(area_id), str(site), int(mm), int(counted))
        for area_id, site, mm, counted in zip(
            ground.area_ids[areas], sites.ids[near.source[pairs]], near.mm[pairs], weight[areas], strict=True
        )
        if area_id in covered
    )
    return replace(plan, allocation=allocated)


def with_catchments(plan: Plan, ground: Ground, spec: SiteSpec, hosts: Places, weight: Ints) -> Plan:
    """The plan with every home within the limit at the nearest facility today, and at that or a site once all are open.

    Of equally near ones what stands today, then the smallest id as text.
    """
    standing = counted_sites(ground, judge.counted(spec.rule, ground.facilities, ground.study.as_of))
    chosen = np.isin(hosts.ids.astype(str), [site.candidate_id for site in plan.sites])
    pairs = [
        _near(ground, spec, plan, places, kind)
        for kind, places in (("facility", standing), ("site", hosts.take(np.flatnonzero(chosen))))
    ]
    planned = pd.concat(pairs, ignore_index=True)
    found = (*_caught(ground, pairs[0], "today", weight), *_caught(ground, planned, "planned", weight))
    return replace(plan, catchments=found)


def _near(ground: Ground, spec: SiteSpec, plan: Plan, places: Places, kind: str) -> Any:
    near = near_pairs(ground, places, spec.metric, plan.limit_mm, spec.rule.footing)
    ids = places.ids.astype(str)[near.source]
    return pd.DataFrame({"kind": kind, "place_id": ids, "area": near.target, "mm": near.mm})


def _caught(ground: Ground, pairs: Any, moment: str, weight: Ints) -> Iterator[Catchment]:
    """The catchments of each place that has any home, facilities first."""
    nearest = pairs.sort_values(["area", "mm", "kind", "place_id"], kind="stable").drop_duplicates("area")
    for (kind, place_id), rows in nearest.groupby(["kind", "place_id"], sort=True):
        areas = rows["area"].to_numpy()
        ids = tuple(str(each) for each in ground.area_ids[areas])
        yield Catchment(moment, kind, place_id, ids, int(weight[areas].sum()), int(rows["mm"].max()))


def _seated(plan: Plan, ground: Ground, spec: SiteSpec, hosts: Places) -> tuple[Allocated, ...]:
    """Who has a place at which site, home by home: a home may be at several."""
    near = near_pairs(ground, hosts, spec.metric, plan.limit_mm, spec.rule.footing)
    sites, areas = hosts.ids[near.source].astype(str), ground.area_ids[near.target].astype(str)
    mm_of = dict(zip(zip(areas, sites, strict=True), near.mm.tolist(), strict=True))
    rows = [
        Allocated(area_id, site.candidate_id, int(mm_of[area_id, site.candidate_id]), taken)
        for site in plan.sites
        for area_id, taken in zip(site.area_ids, site.taken, strict=True)
    ]
    place = {str(area_id): row for row, area_id in enumerate(ground.area_ids)}
    return tuple(sorted(rows, key=lambda each: (place[each.area_id], each.candidate_id)))


def with_shares(plan: Plan, residential: Residential, area_ids: Any, outcome: Any, counted: Ints) -> Plan:
    """The plan with what is covered today and after each of its sites, by every basis that the homes carry.

    ``outcome``: today's of each home, by the plan's limit and metric; all but those it does not apply to are in the
    total. An empty cell weighs nothing. Where sites hold no more than so many, a home counts by the part of its
    ``counted`` weight that has a place.
    """
    counts = dict(zip(area_ids, counted.tolist(), strict=True))
    within = np.isin(outcome, ("pass", "fail", "unknown"))
    shares = []
    for basis, weight in _weights(residential).items():
        total = float(weight[within].sum())
        covered = float(weight[outcome == "pass"].sum())
        shares.append(Shared(0, basis, covered, total))
        of = dict(zip(area_ids, weight.tolist(), strict=True))
        for site in plan.sites:
            taken = site.taken or [counts[area_id] for area_id in site.area_ids]
            covered += sum(
                of[area_id] * (part / counts[area_id] if site.taken else 1)
                for area_id, part in zip(site.area_ids, taken, strict=True)
            )
            shares.append(Shared(site.rank, basis, covered, total))
    return replace(plan, shares=tuple(shares))


def _weights(residential: Residential) -> dict[str, Any]:
    """What each home weighs by each basis of its own columns that is not wholly empty."""
    frame = residential.frame
    found = {basis: frame[basis] for basis in BASES if residential.has(basis) and frame[basis].notna().any()}
    counted = {basis: np.nan_to_num(cells.to_numpy(dtype=float, na_value=0.0)) for basis, cells in found.items()}
    return {"areas": np.ones(len(frame)), **counted}
