"""The story of each record, as plain values: the page's script puts them in as text."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.core.results import Audit, Plan, Site
from circle15.core.tables import BASIS_WORDS
from circle15.core.units import MM_PER_M
from circle15.show.html.families import Family, classify, estimated_columns
from circle15.show.html.words import Words, number

PEOPLE = ("households", "population", "pop60", "pop0_3")


def home_stories(audit: Audit, groups: tuple[Family, ...], words: Words) -> list[dict[str, Any]]:
    """One story for each residential area, in row order.

    ``rules`` holds by rule id the verdict of each metric and the way to the nearest facility; ``classes`` the
    class under each family. A public page leaves out the head counts of single areas.
    """
    classes = [classify(audit, family) for family in groups]
    verdicts, ways, deciding = _verdicts(audit), _ways(audit), _binding(audit)
    sites = sites_by_area(audit)
    stories = []
    for row, record in enumerate(audit.residential.frame.drop(columns="geometry").to_dict("records")):
        area_id = record["area_id"]
        stories.append(
            {
                "id": area_id,
                "name": plain(record.get("name")) or area_id,
                "classes": [each[row] for each in classes],
                "verdicts": verdicts.get(area_id, {}),
                "ways": ways.get(area_id, {}),
                "binding": deciding.get(area_id),
                "people": _people(audit, record, words),
                "assumed": plain(record.get("assumed")),
                "edge": audit.near_edge is not None and bool(audit.near_edge[row]),
                "sites": sites.get(area_id, []),
            }
        )
    return stories


def facility_stories(audit: Audit, words: Words) -> list[dict[str, Any]]:
    """One story for each facility, in row order."""
    counted: dict[str, list[str]] = {}
    for rule_id, ids in audit.counted.items():
        for facility_id in ids:
            counted.setdefault(facility_id, []).append(rule_id)
    return [
        {
            "id": record["facility_id"],
            "name": plain(record.get("name")) or record["facility_id"],
            "type": type_label(audit, record["type"], words),
            "counted": counted.get(record["facility_id"], []),
            "assumed": plain(record.get("assumed")),
        }
        for record in audit.facilities.frame.drop(columns="geometry").to_dict("records")
    ]


def site_story(audit: Audit, plan: Plan, site: Site, words: Words) -> dict[str, Any]:
    """The story of one proposed site."""
    candidate = _candidate(audit, site.candidate_id)
    return {
        "id": site.candidate_id,
        "name": plain(candidate.get("name")) or site.candidate_id,
        "host": plain(candidate.get("host")),
        "type": type_label(audit, plan.facility_type, words),
        "stage": site.stage,
        "rank": site.rank,
        "shift": _shift(audit, plan, site),
        "gain": f"{number(site.gain)} · {words.basis(plan.weight, plan.weight_estimated)}",
        "reason": words.say(site.reason),
    }


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


def _verdicts(audit: Audit) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """area_id → rule_id → metric → value, outcome, reason."""
    found: dict[str, dict[str, dict[str, list[Any]]]] = {}
    rows = audit.verdicts.frame
    rows = rows[rows["subject_kind"] == "area"]
    columns = ["subject_id", "rule_id", "metric", "value", "outcome", "because"]
    for area_id, rule_id, metric, value, outcome, because in rows[columns].itertuples(index=False):
        found.setdefault(area_id, {}).setdefault(rule_id, {})[metric] = [plain(value), outcome, because]
    return found


def _ways(audit: Audit) -> dict[str, dict[str, dict[str, Any]]]:
    """area_id → rule_id → the nearest facilities, the access legs in metres and the state."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for way in audit.access.frame.to_dict("records"):
        found.setdefault(way["area_id"], {})[way["rule_id"]] = {
            "network": plain(way["facility_id"]),
            "straight": plain(way["straight_facility_id"]),
            "home_leg": _metres(way["home_leg_mm"]),
            "facility_leg": _metres(way["facility_leg_mm"]),
            "state": way["state"],
        }
    return found


def _metres(mm: Any) -> float | None:
    value = plain(mm)
    return None if value is None else value / MM_PER_M


def _binding(audit: Audit) -> dict[str, list[Any]]:
    columns = ["area_id", "rule_id", "outcome"]
    rows = audit.binding.frame[columns].itertuples(index=False)
    return {area_id: [rule_id, plain(outcome)] for area_id, rule_id, outcome in rows if plain(rule_id)}


def _people(audit: Audit, record: dict[str, Any], words: Words) -> list[list[str]]:
    if audit.facts.audience == "public":
        return []
    estimated = frozenset(str(plain(record.get("estimated")) or "").split("+")) & estimated_columns(audit)
    return [
        [words.say(BASIS_WORDS[column]), number(record[column]), words("estimated") if column in estimated else ""]
        for column in PEOPLE
        if plain(record.get(column)) is not None
    ]


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
