"""The story of every residential area, row by row: what the columns of a page must say of each."""

from __future__ import annotations

from typing import Any

from circle15.core.results import Audit
from circle15.core.tables import BASIS_WORDS
from circle15.core.units import MM_PER_M
from circle15.show.families import estimated_columns
from circle15.show.html.popup import PEOPLE, plain, sites_by_area
from circle15.show.html.words import number, pair


def home_stories(audit: Audit) -> list[dict[str, Any]]:
    """One story for each residential area, in row order.

    ``rules`` holds by rule id the verdict of each metric and the way to the nearest facility. A public page leaves out
    the head counts of single areas.
    """
    verdicts, ways, deciding = _verdicts(audit), _ways(audit), _binding(audit)
    sites = sites_by_area(audit)
    stories = []
    for row, record in enumerate(audit.residential.frame.drop(columns="geometry").to_dict("records")):
        area_id = record["area_id"]
        stories.append(
            {
                "id": area_id,
                "name": plain(record.get("name")) or area_id,
                "verdicts": verdicts.get(area_id, {}),
                "ways": ways.get(area_id, {}),
                "binding": deciding.get(area_id),
                "people": _people(audit, record),
                "assumed": plain(record.get("assumed")),
                "edge": audit.near_edge is not None and bool(audit.near_edge[row]),
                "sites": sites.get(area_id, []),
            }
        )
    return stories


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


def _people(audit: Audit, record: dict[str, Any]) -> list[list[Any]]:
    if audit.facts.audience == "public":
        return []
    estimated = frozenset(str(plain(record.get("estimated")) or "").split("+")) & estimated_columns(audit)
    return [
        [pair(BASIS_WORDS[column]), number(record[column]), column in estimated]
        for column in PEOPLE
        if plain(record.get(column)) is not None
    ]
