"""The audit as one JSON object, and plans as plan.json."""

from __future__ import annotations

import json
import math
from typing import Any

from circle15.core.results import Audit, Plan
from circle15.core.tables import OUTCOMES
from circle15.show.manifest import assumed_limits, counting, paces


def audit_object(audit: Audit) -> dict[str, Any]:
    """What ``audit --format json`` prints."""
    facts, language = audit.facts, audit.facts.language
    return {
        "study": facts.study_id,
        "pack": [each.pack_id for each in facts.pack.documents],
        "crs": facts.crs,
        "pace_m_s": paces(audit),
        "assumed_limits": assumed_limits(audit),
        "counting": counting(audit),
        "coverage": _records(audit.coverage.frame),
        "ratios": _records(audit.ratios.frame),
        "outlook": _records(audit.outlook.frame),
        "equity": _records(audit.equity.frame),
        "pace": _records(audit.pace_shares.frame),
        "verdict_counts": verdict_counts(audit),
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "layer": each.layer,
                "count": each.count,
                "ids": list(each.shown),
                "message": each.message.say(language),
                "fix": each.fix.say(language),
            }
            for each in audit.findings
        ],
        "not_assessed": [
            {"rule_id": rule_id, "reason": reason.say(language)} for rule_id, reason in audit.not_assessed.items()
        ]
        + [{"rule_id": each.rule_id, "reason": each.reason} for each in facts.pack.not_assessed],
    }


def verdict_counts(audit: Audit) -> dict[str, dict[str, int]]:
    """For each rule, how many subjects have each outcome by its headline metric."""
    frame = audit.verdicts.frame
    counts = {}
    for rule in audit.rules:
        rows = frame[(frame["rule_id"] == rule.rule_id) & (frame["metric"] == rule.metric)]
        found = rows["outcome"].value_counts()
        counts[rule.rule_id] = {outcome: int(found.get(outcome, 0)) for outcome in OUTCOMES}
    return counts


def plan_object(plan: Plan) -> dict[str, Any]:
    """One plan of plan.json: its certificate can be checked again from this and the raw coverage."""
    return {
        "site_plan": plan.plan_id,
        "facility_type": plan.facility_type,
        "rule_id": plan.rule_id or None,
        "assumption": plan.assumed or None,
        "metric": plan.metric,
        "limit": {"op": plan.limit.op, "value": plan.limit.value, "unit": plan.limit.unit},
        "pace": plan.pace or None,
        "weight": plan.weight,
        "weight_estimated": plan.weight_estimated,
        "stages": {str(year): places for year, places in plan.stages.items()},
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": round(plan.gap, 9),
        "bound_kind": plan.bound_kind,
        "bound_sites": list(plan.bound_sites),
        "sites": [site.candidate_id for site in plan.sites],
        "covered_before": plan.covered_before,
        "total_weight": plan.total_weight,
        "idle_stages": list(plan.idle_stages),
        "uncoverable": [{"area_id": each.area_id, "reason": each.reason} for each in plan.uncoverable],
    }


def plans_bytes(audit: Audit) -> bytes:
    """plan.json."""
    plans = [plan_object(plan) for plan in audit.plans]
    return (json.dumps(plans, ensure_ascii=False, indent=2) + "\n").encode()


def _records(frame: Any) -> list[dict[str, Any]]:
    return [{key: _json_value(value) for key, value in row.items()} for row in frame.to_dict(orient="records")]


def _json_value(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 6)
    return value
