"""逐年展望: what dated facilities will change by the end of each coming year, as tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.core.exports import rows_for
from circle15.core.limit import SYMBOLS, Limit
from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.tables import OUTCOME_WORDS
from circle15.core.text import Text
from circle15.show.families import known_share
from circle15.show.names import LEVEL_WORDS, named, zone_names
from circle15.show.numbers import target_percent
from circle15.show.office.document import NOTHING, Number, Row, Table, heads
from circle15.show.office.results import POINTS, measure
from circle15.show.outlook import courses, outlook_basis
from circle15.show.sentences import SHARE_UNIT, WAY_WORDS, force_text, limit_text, paced_limit_text, unit_text


def outlook_brief(audit: Audit) -> Table:
    """The figures of the whole study that change, one row for each date."""
    language = audit.facts.language
    columns = heads(
        language,
        ("指标", "rule", 6),
        ("口径", "of", 9),
        ("时点", "date", 8),
        ("达标（分子）", "numerator", 6),
        ("总量（分母）", "denominator", 6),
        ("数值", "value", 7),
        ("目标", "target", 7),
        ("差距", "distance", 9),
        ("结论", "outcome", 6),
        ("新计入设施", "facilities more", 5),
    )
    rows = tuple(
        (
            course.rule.rule_id,
            outlook_basis(audit, course.rule, course.basis).say(language),
            str(row.date),
            *_parts(row),
            _value(row, course.rule),
            _limit(audit, row, course.rule),
            _with_unit(audit, row, course.rule),
            _outcome(audit, row),
            Number(row.opened, "count"),
        )
        for course in courses(audit)
        if course.changes
        for row in course.rows
    )
    return Table(columns, rows)


def pending_goals(audit: Audit) -> list[Row]:
    """Rows of the table of goals for targets of later years: where they stand on the date of the study."""
    language = audit.facts.language
    word = Text("未到目标年度", "not due yet").say(language)
    return [
        (
            course.rule.rule_id,
            force_text(course.rule).say(language),
            Number(course.rule.year, "year"),
            _value(course.rows[0], course.rule),
            outlook_basis(audit, course.rule, course.basis).say(language),
            _limit(audit, course.rows[0], course.rule),
            _with_unit(audit, course.rows[0], course.rule),
            word,
        )
        for course in courses(audit)
        if course.pending
    ]


def outlook_table(audit: Audit) -> Table:
    """All of outlook.csv: every basis, metric and zone, and which facilities are new."""
    language, names = audit.facts.language, zone_names(audit)
    columns = heads(
        language,
        ("指标", "rule", 6),
        ("时点", "date", 7),
        ("级别", "level", 6),
        ("区划", "zone", 8),
        ("口径", "of", 9),
        ("度量", "metric", 8),
        ("达标（分子）", "numerator", 6),
        ("总量（分母）", "denominator", 6),
        ("资料不足", "unknown", 5),
        ("数值", "value", 6),
        ("目标", "target", 7),
        ("目标年度", "due in", 4),
        ("差距", "distance", 6),
        ("差距单位", "unit", 6),
        ("结论", "outcome", 6),
        ("新计入设施", "facilities more", 5),
        ("新计入设施编号", "their ids", 14),
    )
    rules = {rule.rule_id: rule for rule in audit.facts.pack.rules}
    rows = rows_for("outlook", audit.outlook.frame, audit.facts.audience).itertuples()
    return Table(columns, tuple(_row(audit, row, rules[row.rule_id], names) for row in rows))


def _row(audit: Audit, row: Any, rule: Rule, names: dict[str, str]) -> Row:
    language, distance = audit.facts.language, _distance(row, rule)
    return (
        row.rule_id,
        str(row.date),
        LEVEL_WORDS[row.level].say(language),
        NOTHING if row.zone_id == "*" else named(names, row.zone_id),
        outlook_basis(audit, rule, row.basis).say(language),
        WAY_WORDS[row.metric].say(language),
        *_parts(row),
        Number(row.unknown, "count"),
        _value(row, rule),
        _limit(audit, row, rule),
        Number(None if pd.isna(row.due) else float(row.due), "year"),
        distance,
        _unit(row, rule).say(language) if distance.known else NOTHING,
        _outcome(audit, row),
        Number(row.opened, "count"),
        NOTHING if pd.isna(row.facilities) else row.facilities,
    )


def _parts(row: Any) -> tuple[Number, Number]:
    return Number(row.covered, "count"), Number(row.total, "count")


def _value(row: Any, rule: Rule) -> Number:
    if row.basis == "amount":
        return measure(row.value, rule.limit.unit, row.limit)
    return Number(known_share(row), "share", row.limit)


def _limit(audit: Audit, row: Any, rule: Rule) -> str:
    """The target of a share, else the limit of the amount; tasks of zones are named as such."""
    if pd.isna(row.limit):
        return paced_limit_text(rule).say(audit.facts.language)
    if _is_share(row, rule):
        return f"{SYMBOLS[row.op]} {target_percent(row.limit)}"
    return limit_text(Limit(row.op, row.limit, rule.limit.unit)).say(audit.facts.language)


def _distance(row: Any, rule: Rule) -> Number:
    known = pd.notna(_value(row, rule).value)
    return Number(row.distance if known else None, "points" if _is_share(row, rule) else "measure")


def _with_unit(audit: Audit, row: Any, rule: Rule) -> str:
    distance = _distance(row, rule)
    return f"{distance.text} {_unit(row, rule).say(audit.facts.language)}" if distance.known else NOTHING


def _unit(row: Any, rule: Rule) -> Text:
    return POINTS if _is_share(row, rule) else unit_text(rule.limit.unit)


def _is_share(row: Any, rule: Rule) -> bool:
    return row.basis != "amount" or rule.limit.unit == SHARE_UNIT


def _outcome(audit: Audit, row: Any) -> str:
    return NOTHING if pd.isna(row.outcome) else OUTCOME_WORDS[row.outcome].say(audit.facts.language)
