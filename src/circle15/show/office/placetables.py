"""Tables of zones, homes and facilities that pages and the workbook share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit
from circle15.core.rule import METRIC_WORDS
from circle15.core.tables import BASES, OUTCOME_WORDS, STATUS_WORDS, STATUSES
from circle15.show.families import known
from circle15.show.names import LEVEL_WORDS, ZONE_LEVEL_ORDER, named, text_or_empty, zone_names
from circle15.show.numbers import grouped
from circle15.show.office.document import NOTHING, Number, Row, Table, heads
from circle15.show.office.results import measure
from circle15.show.sentences import basis_text, because_text, unit_text

# No workbook needs more of them to be read by people; verdicts.csv has every row.
MOST_ROWS = 50_000


def ranking_table(audit: Audit, levels: Sequence[str]) -> Table:
    """Zones by score, best first within their level; those without a score come last and have no rank."""
    language = audit.facts.language
    rules = [rule.rule_id for rule in audit.walked]
    basis = _first_basis(audit, levels)
    words = basis_text(audit, basis)
    columns = heads(
        language,
        ("级别", "level", 6),
        ("名次", "rank", 4),
        ("区划代码", "zone id", 8),
        ("名称", "name", 9),
        ("得分率", "share", 5),
        ("得分", "points", 6),
        ("满分", "possible", 6),
        ("资料不足", "unknown", 6),
        *((f"{rule_id} 覆盖率·{words.zh}", f"{rule_id} share ({words.en})", 7) for rule_id in rules),
    )
    return Table(columns, tuple(row for level in levels for row in _ranked(audit, level, rules, basis)))


def _ranked(audit: Audit, level: str, rules: Sequence[str], basis: str) -> list[Row]:
    names, shares = zone_names(audit), _headline_shares(audit, level, basis)
    frame = audit.scores.frame
    rows = frame[frame["level"] == level].sort_values(["rank", "zone_id"], na_position="last", kind="stable")
    return [
        (
            LEVEL_WORDS[level].say(audit.facts.language),
            Number(None if pd.isna(row.rank) else float(row.rank), "count"),
            row.zone_id,
            named(names, row.zone_id),
            Number(row.share, "share"),
            *(Number(value, "count") for value in (row.points, row.possible, row.rules_unknown)),
            *(Number(shares.get(rule_id, {}).get(row.zone_id), "share") for rule_id in rules),
        )
        for row in rows.itertuples()
    ]


def ranked_levels(audit: Audit) -> list[str]:
    """The levels of zones that have scores, highest first."""
    there = set(audit.scores.frame["level"])
    return [level for level in ZONE_LEVEL_ORDER if level in there]


def _first_basis(audit: Audit, levels: Sequence[str]) -> str:
    """The basis of the shares beside the scores: of people the first that the zones have, else areas."""
    frame = audit.coverage.frame
    there = set(frame.loc[frame["level"].isin(levels), "basis"])
    return next((each for each in ("households", "population") if each in there), "areas")


def _headline_shares(audit: Audit, level: str, basis: str) -> dict[str, dict[str, float]]:
    """For each distance rule, the share of each zone by its headline metric; of what is not known there is none."""
    frame = known(audit.coverage.frame)
    mine = frame[frame["level"] == level]
    found = {}
    for rule in audit.walked:
        rows = mine[(mine["rule_id"] == rule.rule_id) & (mine["metric"] == rule.metric) & (mine["basis"] == basis)]
        if len(rows):
            found[rule.rule_id] = dict(zip(rows["zone_id"], rows["share"], strict=True))
    return found


def failing_homes(audit: Audit) -> tuple[Table, int]:
    """不达标小区: one row for each home, rule and metric that fails, worst first, and how many there are in all."""
    language = audit.facts.language
    verdicts = audit.verdicts.frame
    failed = verdicts[(verdicts["subject_kind"] == "area") & (verdicts["outcome"] == "fail")]
    rows = failed.sort_values(["rule_id", "metric", "margin", "subject_id"], na_position="first", kind="stable")
    shown = rows.head(MOST_ROWS)
    homes = audit.residential.frame.drop_duplicates("area_id").set_index("area_id")
    near = audit.access.frame.set_index(["rule_id", "area_id"])
    near = near.loc[near.index.isin(list(zip(shown["rule_id"], shown["subject_id"], strict=True)))].to_dict("index")
    weights = [basis for basis in BASES if basis in homes.columns]
    columns = heads(
        language,
        ("小区编号", "area id", 8),
        ("名称", "name", 9),
        ("镇（街道）", "town", 8),
        ("指标", "rule", 5),
        ("度量", "metric", 6),
        ("实测值", "value", 6),
        ("单位", "unit", 4),
        ("限值", "limit", 7),
        ("差额", "difference", 6),
        ("原因", "because", 8),
        ("最近设施（路网）", "nearest on the network", 8),
        ("路网距离（米）", "network distance (m)", 7),
        ("出入口至道路距离（米）", "access leg (m)", 7),
        ("最近设施（直线）", "nearest by straight line", 8),
        ("直线距离（米）", "straight line (m)", 7),
        *((basis_text(audit, each).zh, basis_text(audit, each).en, 7) for each in weights),
    )
    records = {"name": homes["name"].to_dict() if "name" in homes.columns else {}, "town": _towns(audit)}
    records |= {basis: homes[basis].to_dict() for basis in weights}
    cells = [
        _failing_home(audit, row, near.get((row.rule_id, row.subject_id), {}), records) for row in shown.itertuples()
    ]
    return Table(columns, tuple(cells)), len(rows)


def worst_homes(audit: Audit, most: int = 10) -> Table:
    """For each distance rule, the homes farthest beyond its limit by the headline metric."""
    language, towns = audit.facts.language, _towns(audit)
    verdicts, homes = audit.verdicts.frame, audit.residential.frame.set_index("area_id")
    names = homes["name"].to_dict() if "name" in homes.columns else {}
    columns = heads(
        language,
        ("指标", "rule", 5),
        ("小区编号", "area id", 8),
        ("名称", "name", 10),
        ("镇（街道）", "town", 8),
        ("实测值", "value", 7),
        ("差额", "difference", 7),
        ("单位", "unit", 4),
    )
    cells: list[Row] = []
    for rule in audit.walked:
        mine = verdicts[(verdicts["rule_id"] == rule.rule_id) & (verdicts["metric"] == rule.metric)]
        failed = mine[(mine["outcome"] == "fail") & mine["margin"].notna()]
        cells += [
            (
                row.rule_id,
                row.subject_id,
                *(text_or_empty(of.get(row.subject_id)) for of in (names, towns)),
                measure(row.value, row.unit, row.limit),
                measure(row.margin, row.unit),
                unit_text(row.unit).say(language),
            )
            for row in failed.sort_values(["margin", "subject_id"], kind="stable").head(most).itertuples()
        ]
    return Table(columns, tuple(cells))


def _failing_home(audit: Audit, row: Any, near: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]]) -> Row:
    """``records`` holds the names, towns and weights of the homes; the weights come last."""
    language = audit.facts.language
    legs = [near[key] for key in ("home_leg_mm", "facility_leg_mm") if pd.notna(near.get(key))]
    leg = sum(legs) if len(legs) == 2 else None
    return (
        row.subject_id,
        *(text_or_empty(records[key].get(row.subject_id)) for key in ("name", "town")),
        row.rule_id,
        METRIC_WORDS[row.metric].say(language),
        measure(row.value, row.unit, row.limit),
        unit_text(row.unit).say(language),
        limit_cell(row),
        measure(row.margin, row.unit),
        because_text(row.because).say(language),
        text_or_empty(near.get("facility_id")),
        _metres(near.get("distance_mm")),
        _metres(leg),
        text_or_empty(near.get("straight_facility_id")),
        _metres(near.get("straight_mm")),
        *(Number(of.get(row.subject_id), "count") for key, of in records.items() if key in BASES),
    )


def _towns(audit: Audit) -> dict[str, str]:
    """The name of the town each home lies in."""
    if audit.membership is None:
        return {}
    names, frame = zone_names(audit), audit.membership.frame
    rows = frame[frame["level"] == "town"]
    return {area: named(names, zone) for area, zone in zip(rows["area_id"], rows["zone_id"], strict=True)}


def limit_cell(row: Any) -> str:
    """The limit of a verdict row: its own where each zone has a task."""
    return f"{SYMBOLS[row.op]} {grouped(row.limit) or NOTHING}"


def _metres(mm: Any) -> Number:
    return Number(None if mm is None or pd.isna(mm) else float(mm) / 1000, "metres")


def standards_table(audit: Audit) -> Table:
    """设施达标: one row for each facility and rule that judges it."""
    language, types = audit.facts.language, audit.facts.pack.types
    verdicts = audit.verdicts.frame
    rows = verdicts[(verdicts["subject_kind"] == "facility") & (verdicts["outcome"] != "not_applicable")]
    rows = rows.sort_values(["subject_id", "rule_id"], kind="stable")
    records = audit.facilities.frame.set_index("facility_id")
    kind = records["type"].to_dict()
    names = records["name"].to_dict() if "name" in records.columns else {}
    columns = heads(
        language,
        ("设施编号", "facility id", 8),
        ("名称", "name", 10),
        ("类型", "type", 9),
        ("指标", "rule", 5),
        ("实测值", "value", 6),
        ("单位", "unit", 5),
        ("限值", "limit", 7),
        ("差额", "difference", 6),
        ("结论", "outcome", 6),
        ("原因", "because", 10),
    )
    cells = [
        (
            row.subject_id,
            text_or_empty(names.get(row.subject_id)),
            types[kind[row.subject_id]].label.say(language) if kind.get(row.subject_id) in types else "",
            row.rule_id,
            measure(row.value, row.unit, row.limit),
            unit_text(row.unit).say(language),
            limit_cell(row),
            measure(row.margin, row.unit),
            OUTCOME_WORDS[row.outcome].say(language),
            because_text(row.because).say(language),
        )
        for row in rows.itertuples()
    ]
    return Table(columns, tuple(cells))


def facilities_table(audit: Audit) -> Table:
    """Facilities by type and status, and how many have no place."""
    language, types = audit.facts.language, audit.facts.pack.types
    frame = audit.facilities.frame
    statuses = [each for each in STATUSES if audit.facilities.has("status") and (frame["status"] == each).any()]
    columns = heads(
        language,
        ("设施类型", "type", 12),
        ("数量", "count", 5),
        *((STATUS_WORDS[each].zh, STATUS_WORDS[each].en, 5) for each in statuses),
        ("未定位", "without a place", 5),
    )
    cells: list[Row] = []
    for key, label in types.items():
        rows = frame[frame["type"] == key]
        if len(rows):
            tally = [int((rows["status"] == each).sum()) for each in statuses]
            numbers = [len(rows), *tally, int(rows.geometry.isna().sum())]
            cells.append((label.label.say(language), *(Number(each, "count") for each in numbers)))
    return Table(columns, tuple(cells))


def unlocated_table(audit: Audit) -> Table:
    """未定位设施: facilities that count by code alone."""
    language, types = audit.facts.language, audit.facts.pack.types
    frame = audit.facilities.frame
    rows = frame[frame.geometry.isna()]
    columns = heads(
        language,
        ("设施编号", "facility id", 8),
        ("名称", "name", 12),
        ("类型", "type", 10),
        ("镇（街道）代码", "town code", 9),
        ("社区（村）代码", "community code", 9),
    )
    cells = [
        (
            row["facility_id"],
            text_or_empty(row.get("name")),
            types[row["type"]].label.say(language),
            text_or_empty(row.get("town_code")),
            text_or_empty(row.get("community_code")),
        )
        for row in rows.to_dict("records")
    ]
    return Table(columns, tuple(cells))
