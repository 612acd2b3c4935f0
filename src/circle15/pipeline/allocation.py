"""Who would walk to which proposed site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.core.results import Allocated, Plan
from circle15.pipeline.ground import Ground, near_pairs
from circle15.route import Places
from circle15.route.network import Ints
from circle15.study import SiteSpec


def with_allocation(plan: Plan, ground: Ground, spec: SiteSpec, hosts: Places, weight: Ints) -> Plan:
    """The plan with each home it newly covers at the nearest of its sites once all are open, by the plan's metric.

    Equally near ones: the smallest candidate_id as text. The weights of a plan's homes add up to all it covers.
    """
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
