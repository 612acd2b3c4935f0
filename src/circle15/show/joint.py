"""Plans of several facility types, which are told type by type."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.core.results import Audit, Plan, Site
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
