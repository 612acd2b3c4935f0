"""Coverage in its four meanings side by side, and provision by the sites that operate and by those built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circle15.core.results import Audit
from circle15.core.rule import ATTRIBUTES, ATTRIBUTES_BUILT, REPORTED, Metric, Rule
from circle15.core.tables import BASES
from circle15.show.office.document import Cell, Head, Number, Row, Table, heads
from circle15.show.office.results import measure, outcome_text
from circle15.show.sentences import WAY_WORDS, basis_text, rule_limit_text, unit_text

# (a) units, (b) provision, (c) homes and people, (d) land.
_UNITS, _LAND = ("zones",), ("land_area_m2", "land_intersection")
_WAYS: tuple[Metric, ...] = (ATTRIBUTES, ATTRIBUTES_BUILT, REPORTED)
_PEOPLE = tuple(basis for basis in BASES if basis not in (*_UNITS, *_LAND))


def meanings_table(audit: Audit) -> Table:
    """One row for each rule and metric of which there is a figure: units, provision, homes and people, land."""
    shares, ratios = _study_shares(audit), _study_ratios(audit)
    there = {basis for _, _, basis in shares}
    bases = [basis for basis in (*_UNITS, *_PEOPLE, *_LAND) if basis in there]
    rows = [
        _row(audit, rule, metric, bases, (shares, ratios))
        for rule in audit.rules
        for metric in rule.metrics
        if (rule.rule_id, metric) in ratios or any((rule.rule_id, metric, basis) in shares for basis in bases)
    ]
    return Table(_heads(audit, bases), tuple(rows))


def _heads(audit: Audit, bases: list[str]) -> tuple[Head, ...]:
    language = audit.facts.language
    named = {basis: Head(basis_text(audit, basis).say(language), 7) for basis in bases}
    provision = heads(language, ("配建指标", "provision", 8))
    return (
        *heads(language, ("指标", "rule", 8), ("度量", "metric", 8)),
        *(named[basis] for basis in bases if basis in _UNITS),
        *provision,
        *(named[basis] for basis in bases if basis not in _UNITS),
    )


def _row(audit: Audit, rule: Rule, metric: Metric, bases: list[str], known: tuple[Mapping[Any, Any], ...]) -> Row:
    language, (shares, ratios) = audit.facts.language, known
    cells = {basis: Number(shares.get((rule.rule_id, metric, basis)), "share") for basis in bases}
    value = ratios.get((rule.rule_id, metric))
    return (
        rule.rule_id,
        WAY_WORDS[metric].say(language),
        *(cells[basis] for basis in bases if basis in _UNITS),
        _with_unit(audit, rule, value),
        *(cells[basis] for basis in bases if basis not in _UNITS),
    )


def _with_unit(audit: Audit, rule: Rule, value: float | None) -> Cell:
    shown = measure(value, rule.limit.unit)
    if not shown.known or shown.form == "share":
        return shown.text
    return f"{shown.text} {unit_text(rule.limit.unit).say(audit.facts.language)}"


def _study_shares(audit: Audit) -> dict[tuple[str, str, str], float]:
    """The shares of the study, where there is anything to share."""
    frame = audit.coverage.frame
    rows = frame[(frame["level"] == "study") & frame["share"].notna() & (frame["total"] > frame["unknown"])]
    return {(row.rule_id, row.metric, row.basis): float(row.share) for row in rows.itertuples()}


def _study_ratios(audit: Audit) -> dict[tuple[str, str], float]:
    frame = audit.ratios.frame
    rows = frame[(frame["level"] == "study") & frame["value"].notna()]
    return {(row.rule_id, row.metric): float(row.value) for row in rows.itertuples()}


def provision_table(audit: Audit) -> Table:
    """Ratios and stocks of the whole study: by sites that operate, by those built, and as reported."""
    language, ratios = audit.facts.language, _study_ratios(audit)
    columns = heads(
        language,
        ("指标", "rule", 7),
        ("运营口径", "operating", 8),
        ("建成口径", "built", 8),
        ("上报数", "as reported", 8),
        ("单位", "unit", 8),
        ("限值", "limit", 9),
        ("判定口径", "headline", 9),
        ("结论", "outcome", 6),
    )
    judged = dict.fromkeys(audit.ratios.frame.loc[audit.ratios.frame["level"] == "study", "rule_id"])
    rows: list[Row] = [
        (
            rule.rule_id,
            *(measure(ratios.get((rule.rule_id, metric)), rule.limit.unit, rule.limit.value) for metric in _WAYS),
            unit_text(rule.limit.unit).say(language),
            rule_limit_text(rule).say(language),
            WAY_WORDS[rule.metric].say(language),
            outcome_text(audit.outcomes.get(rule.rule_id)).say(language),
        )
        for rule in audit.rules
        if rule.rule_id in judged and any((rule.rule_id, metric) in ratios for metric in _WAYS)
    ]
    return Table(columns, tuple(rows))
