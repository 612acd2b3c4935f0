"""The story of each record, as plain values: the page's script puts them in as text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from circle15.core.results import Audit, Plan, Site
from circle15.core.tables import STATUS_WORDS, Candidates
from circle15.core.text import Text
from circle15.show.checks import check_notes, dropped_by_id
from circle15.show.html.words import Words, both, number, pair
from circle15.show.sentences import joined

# What is told of a candidate where its table says it.
SIZES = {column.name: column.meaning for column in Candidates.columns if column.kind in ("number", "integer")}
PEOPLE = ("households", "population", "pop60", "pop0_3")


def facility_stories(audit: Audit) -> list[dict[str, Any]]:
    """One story for each facility, in row order."""
    counted: dict[str, list[str]] = {}
    for rule_id, ids in audit.counted.items():
        for facility_id in ids:
            counted.setdefault(facility_id, []).append(rule_id)
    return [
        {
            "id": record["facility_id"],
            "name": plain(record.get("name")) or record["facility_id"],
            "type": pair(both(partial(type_label, audit, record["type"]))),
            "status": pair(STATUS_WORDS[status]) if (status := plain(record.get("status"))) else None,
            "counted": counted.get(record["facility_id"], []),
            "assumed": plain(record.get("assumed")),
        }
        for record in audit.facilities.frame.drop(columns="geometry").to_dict("records")
    ]


def candidate_stories(audit: Audit) -> list[dict[str, Any]]:
    """One story for each candidate, in row order."""
    if audit.candidates is None:
        return []
    chosen: dict[str, list[str]] = {}
    for plan in audit.plans:
        for site in plan.sites:
            chosen.setdefault(site.candidate_id, []).append(f"{plan.plan_id} · {site.stage} · {site.rank}")
    dropped, notes = _dropped(audit), check_notes(audit.checks)
    return [
        {
            "id": record["candidate_id"],
            "name": plain(record.get("name")) or record["candidate_id"],
            "host": plain(record.get("host")),
            "sizes": [[pair(label), number(size)] for key, label in SIZES.items() if (size := plain(record.get(key)))],
            "chosen": chosen.get(record["candidate_id"], []),
            "dropped": dropped.get(record["candidate_id"], []),
            "checks": _checks(notes, record["candidate_id"]),
        }
        for record in audit.candidates.frame.drop(columns="geometry").to_dict("records")
    ]


def site_story(audit: Audit, plan: Plan, site: Site) -> dict[str, Any]:
    """The story of one proposed site."""
    candidate = _candidate(audit, site.candidate_id)
    return {
        "id": site.candidate_id,
        "name": plain(candidate.get("name")) or site.candidate_id,
        "host": plain(candidate.get("host")),
        "type": pair(both(partial(type_label, audit, plan.facility_type))),
        "stage": site.stage,
        "rank": site.rank,
        "shift": _shift(audit, plan, site),
        "gain": pair(both(partial(_gain, plan, site))),
        "reason": pair(site.reason),
        "checks": _checks(check_notes(audit.checks), site.candidate_id),
    }


def _dropped(audit: Audit) -> dict[str, list[dict[str, str]]]:
    """candidate_id → for each plan that may not use it, the plan and why, in words."""
    found: dict[str, list[dict[str, str]]] = {}
    for plan in audit.plans:
        for name, reasons in dropped_by_id(plan.screening).items():
            why = joined(each.reason for each in reasons)
            found.setdefault(name, []).append(pair(Text(f"{plan.plan_id}：{why.zh}", f"{plan.plan_id}: {why.en}")))
    return found


def _checks(notes: Mapping[str, tuple[str, Text]], candidate_id: str) -> dict[str, str] | None:
    return pair(notes[candidate_id][1]) if candidate_id in notes else None


def _gain(plan: Plan, site: Site, words: Words) -> str:
    return f"{number(site.gain)} · {words.basis(plan.weight, plan.weight_estimated)}"


def _shift(audit: Audit, plan: Plan, site: Site) -> float:
    """How many widths a pin stands beside its place, so that plans with one candidate do not hide each other."""
    sharing = [each for each in audit.plans if site.candidate_id in {other.candidate_id for other in each.sites}]
    return sharing.index(plan) - (len(sharing) - 1) / 2


def type_label(audit: Audit, key: str, words: Words) -> str:
    """A facility type by its label in the pack, else by its key."""
    known = audit.facts.pack.types.get(key)
    return words.say(known.label) if known else key


def plain(value: Any) -> Any:
    """A cell as JSON knows it: empty cells are None."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def sites_by_area(audit: Audit) -> dict[str, list[str]]:
    """area_id → the proposed sites that will cover it, in words."""
    found: dict[str, list[str]] = {}
    for plan in audit.plans:
        for site in plan.sites:
            for area_id in site.area_ids:
                found.setdefault(area_id, []).append(f"{site.stage} · {site.rank} · {site.candidate_id}")
    return found


def _candidate(audit: Audit, candidate_id: str) -> dict[str, Any]:
    if audit.candidates is None:
        return {}
    rows = audit.candidates.frame
    found: list[dict[str, Any]] = rows[rows["candidate_id"] == candidate_id].to_dict("records")
    return found[0] if found else {}
