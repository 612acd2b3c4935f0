"""From the tables of a checked pack to rules."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from circle15.core.limit import Limit
from circle15.core.rule import (
    AREA,
    ATTRIBUTES,
    ATTRIBUTES_BUILT,
    FACILITY,
    STUDY,
    Amount,
    Condition,
    Metric,
    Milestone,
    Preference,
    Presence,
    Ratio,
    Rule,
    Schedule,
    Standard,
    Target,
    Test,
)
from circle15.core.tables import STAGES
from circle15.core.units import Pace


def build_rule(entry: Mapping[str, Any], table: Mapping[str, Any], paces: Mapping[str, Pace]) -> Rule:
    """The rule of one ``[[rule]]`` of a checked pack; ``table`` is the whole file."""
    target = entry.get("target")
    limit, level, test = _KIND_BUILDERS[entry["kind"]](entry)
    return Rule(
        rule_id=entry["id"],
        kind=entry["kind"],
        targets=tuple(entry["targets"]),
        limit=limit,
        force=entry["force"],
        verified=entry["verified"],
        clause=entry["clause"],
        source=table["source"],
        legal_status=table["legal_status"],
        metric=entry.get("metric", _headline(test)),
        metric_source=entry.get("metric_source", "clause"),
        pace=paces[entry["pace"]] if "pace" in entry else None,
        year=entry.get("year"),
        scope=dict(entry.get("scope", {})),
        target=Target(target["op"], float(target["value"]), target["basis"]) if target else None,
        note=entry.get("note", ""),
        level=level,
        where=_conditions(entry.get("where", ())),
        test=test,
        at_most=entry.get("at_most"),
    )


def _headline(test: Test | None) -> Metric:
    """Which sites decide a rule that names no metric. What was opened counts as built, whether it operates or not."""
    if isinstance(test, Ratio):
        return test.headline
    return ATTRIBUTES_BUILT if isinstance(test, Schedule) else ATTRIBUTES


_Built = tuple[Limit, str, Test | None]


def _within(entry: Mapping[str, Any]) -> _Built:
    return _limit(entry["limit"]), AREA, None


def _presence(entry: Mapping[str, Any]) -> _Built:
    spokes = tuple(entry.get("spokes", ()))
    return Limit(">=", entry["at_least"], "处"), entry["level"], Presence(spokes)


def _ratio(entry: Mapping[str, Any]) -> _Built:
    limit = entry.get("limit", {"op": ">=", "unit": ""})
    test = Ratio(
        numerator=_amounts(entry.get("numerator", ())),
        denominator=_amounts(entry.get("denominator", ())),
        per=float(entry.get("per", 1)),
        per_zone=entry.get("per_zone", ""),
        passing=tuple(entry.get("passing", ())),
    )
    return _limit(limit), entry["level"], test


def _standard(entry: Mapping[str, Any]) -> _Built:
    require = _conditions(entry.get("require", ()))
    steps = len(STAGES) if entry.get("same_stage") else len(require)
    limit = _limit(entry["limit"]) if "limit" in entry else Limit(">=", steps, "项")
    test = Standard(
        column=entry.get("column", ""),
        over=entry.get("over", ""),
        tolerance=float(entry.get("tolerance", 0)),
        require=require,
        same_stage=entry.get("same_stage", False),
    )
    return limit, FACILITY, test


def _schedule(entry: Mapping[str, Any]) -> _Built:
    test = Schedule(
        per_year={int(year): float(count) for year, count in entry.get("per_year", {}).items()},
        milestones=tuple(
            Milestone(each["zone"], each["type"], each["year"], each["stage"]) for each in entry.get("milestones", ())
        ),
        due=entry.get("due", ""),
    )
    return _schedule_limit(test), STUDY, test


def _schedule_limit(test: Schedule) -> Limit:
    """So many each year; without a value where the years differ."""
    if not test.per_year:
        return Limit(">=", 1, "项" if test.due else "处")
    counts = set(test.per_year.values())
    return Limit(">=", counts.pop() if len(counts) == 1 else math.nan, "处/年")


def _preference(entry: Mapping[str, Any]) -> _Built:
    test = Preference(tuple(entry.get("near_types", ())), float(entry.get("near_m", 0)), tuple(entry.get("hosts", ())))
    return Limit(">=", 1, "项"), FACILITY, test


_KIND_BUILDERS: Mapping[str, Callable[[Mapping[str, Any]], _Built]] = {
    "within": _within,
    "presence": _presence,
    "ratio": _ratio,
    "standard": _standard,
    "schedule": _schedule,
    "preference": _preference,
}


def _limit(entry: Mapping[str, Any]) -> Limit:
    return Limit(entry["op"], entry.get("value", math.nan), entry["unit"])


def _conditions(entries: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(each["column"], each["op"], _moment(each["value"])) for each in entries)


def _moment(value: Any) -> Any:
    """A day as its first moment, as columns of dates hold it."""
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dt.datetime.combine(value, dt.time.min) if is_day else value


def _amounts(entries: Sequence[Mapping[str, Any]]) -> tuple[Amount, ...]:
    return tuple(
        Amount(
            of=each["of"],
            column=each.get("column", ""),
            types=tuple(each.get("types", ())),
            where=_conditions(each.get("where", ())),
            all_built=each.get("all_built", False),
        )
        for each in entries
    )
