"""Plans of several facility types, which are told type by type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.core.results import Audit, Plan, Site
from circle15.core.tables import Candidates
from circle15.core.text import Text


def joined(plans: Sequence[Plan]) -> list[tuple[Plan, tuple[Plan, ...]]]:
    """Each plan once as it was solved: the whole with its parts, in order, or a plan of one type without any."""
    found: dict[str, tuple[Plan, tuple[Plan, ...]]] = {}
    for plan in plans:
        if plan.whole is None:
            found[plan.plan_id] = plan, ()
        else:
            found[plan.whole.plan_id] = plan.whole, (*found.get(plan.whole.plan_id, (plan, ()))[1], plan)
    return list(found.values())


def others_at(audit: Audit, plan: Plan, site: Site) -> list[Text]:
    """The labels of the other types that a site of a plan of several types holds."""
    return [audit.facts.pack.types[each].label for each in site.types if each != plan.facility_type]


def own_cost(plan: Plan, site: Site, host: Any) -> Any:
    """What a facility costs at its site by the row of its candidate; null where that tells of all types together."""
    if not site.types:
        return host.get("cost")
    if shared_cost(site, host) is not None:
        return None
    own = _cell(host, frozenset([plan.facility_type]))
    return host.get("cost") if own is None else own


def shared_cost(site: Site, host: Any) -> Any:
    """What a site costs with all the types it holds, where the row of its candidate says it of them together."""
    return _cell(host, frozenset(site.types)) if len(site.types) > 1 else None


def _cell(host: Any, types: frozenset[str]) -> Any:
    names = Candidates.cost_columns(host.index).get(types, [])
    return None if not names or pd.isna(host[names[0]]) else host[names[0]]
