"""The audit as one JSON object."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from circle15.core.exports import rows_for, told
from circle15.core.league import Figures, League
from circle15.core.results import Audit
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
        "coverage": records(audit.coverage.frame),
        "ratios": records(rows_for("ratios", audit.ratios.frame, facts.audience)),
        "outlook": records(rows_for("outlook", audit.outlook.frame, facts.audience)),
        "equity": records(audit.equity.frame),
        "pace": records(audit.pace_shares.frame),
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
            for each in told(audit.findings, facts.audience)
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


def league_object(league: League, figures: Figures) -> dict[str, Any]:
    """batch.json: the rows of both tables of a batch."""
    return {"studies": records(league.frame), "figures": records(figures.frame)}


def records(frame: Any) -> list[dict[str, Any]]:
    """The rows of a frame as JSON has them: whole numbers without a point, others to six decimals, null for none."""
    return [{key: _json_value(value) for key, value in row.items()} for row in frame.to_dict(orient="records")]


def _json_value(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 6)
    return value
