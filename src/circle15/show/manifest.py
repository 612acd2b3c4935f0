"""The manifest beside every artefact: what was computed from what, by which program."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from circle15.core.changes import PROGRAM
from circle15.core.counting import SWITCHES, departures
from circle15.core.results import Audit

_LIBRARIES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "osmium", "networkx", "folium")


def manifest(audit: Audit, times: Mapping[str, str | float]) -> dict[str, Any]:
    """The manifest of a run; ``publish`` adds the outputs. ``times`` is all that may differ between equal runs."""
    facts = audit.facts
    body = {
        "study": {
            "id": facts.study_id,
            "name": facts.name,
            "sha256": facts.study_sha256,
            "as_of": facts.as_of,
            "audience": facts.audience,
            "fictional": facts.fictional,
        },
        "pack": {
            "sha256": facts.pack_sha256,
            "documents": [
                {"id": each.pack_id, "title": each.title, "source": each.source, "legal_status": each.legal_status}
                for each in facts.pack.documents
            ],
        },
        "mapping": None
        if facts.mapping is None
        else {"title": facts.mapping.title, "sha256": facts.mapping.sha256, "sample": facts.mapping.sample},
        "crs": facts.crs,
        "scale_factor": None if facts.scale_factor is None else round(facts.scale_factor, 9),
        "pace_m_s": paces(audit),
        **({"pace_ground": grounds} if (grounds := footings(audit)) else {}),
        "thresholds": {rule.rule_id: str(rule.limit) for rule in audit.rules},
        "assumed_limits": assumed_limits(audit),
        "counting": counting(audit),
        "outcomes": dict(audit.outcomes),
        "can_fail_a_run": [rule.rule_id for rule in audit.rules if rule.can_fail_a_run],
        "headline_metric": {rule.rule_id: rule.metric for rule in audit.rules},
        "max_access_leg_m": facts.max_access_leg_m,
        "inputs": [
            {
                "layer": each.layer,
                "path": each.path,
                "sha256": each.sha256,
                "rows": each.rows,
                "datum": each.datum,
                "transform": each.transform or None,
                "approximate": each.is_approximate,
                "data_date": each.data_date,
                "attribution": each.attribution,
            }
            for each in facts.sources
        ],
        "counts": {
            "residential": len(audit.residential),
            "facilities": len(audit.facilities),
            "counted": {rule_id: len(ids) for rule_id, ids in audit.counted.items()},
            "streets": len(audit.streets),
        },
        "versions": _versions(),
    }
    key = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    machine = {"python": platform.python_version(), "system": platform.system()}
    return {"program": PROGRAM, "run_key": key, **body, "machine": machine, "times": dict(times)}


@cache
def _versions() -> Mapping[str, str]:
    """Of the program and the libraries that decide its numbers; looked up once, for a batch has many studies."""
    return {name: version(name) for name in (PROGRAM, *_LIBRARIES)}


def assumed_limits(audit: Audit) -> dict[str, float]:
    """The numbers that the study puts where a clause gives none."""
    return {rule.rule_id: rule.limit.value for rule in audit.facts.pack.rules if rule.limit_by == "study"}


def counting(audit: Audit) -> list[dict[str, Any]]:
    """The counting rules that are not at their default, each value with the rules that are counted so."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for rule in audit.facts.pack.rules:
        for name, value in departures(rule.counting).items():
            default = SWITCHES[name].default
            row = {"switch": name, "value": value, "default": default, "rules": []}
            found.setdefault((name, str(value)), row)["rules"].append(rule.rule_id)
    return list(found.values())


def footings(audit: Audit) -> dict[str, dict[str, Any]]:
    """What the pace of each time rule makes of stairs and slope, of those that make anything of them."""
    paces_by_rule = {rule.rule_id: rule.pace for rule in audit.rules if rule.pace and not rule.pace.is_even}
    return {rule_id: {"stairs": pace.stairs, "slope": pace.slope} for rule_id, pace in paces_by_rule.items()}


def paces(audit: Audit) -> dict[str, float]:
    """The walking speed of each time rule, in m/s."""
    return {rule.rule_id: rule.pace.m_s for rule in audit.rules if rule.pace}
