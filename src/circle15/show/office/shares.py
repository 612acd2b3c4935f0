"""Shares of the zones of every level, beside each other."""

from __future__ import annotations

from typing import Any

from circle15.core.results import Audit
from circle15.core.rule import Metric, Rule
from circle15.core.tables import OUTCOME_WORDS
from circle15.show.names import LEVEL_WORDS, ZONE_LEVEL_ORDER, named, zone_names
from circle15.show.office.document import NOTHING, Number, Row, Table, heads
from circle15.show.outlook import leading_basis
from circle15.show.sentences import WAY_WORDS, basis_text


def share_rankings(audit: Audit) -> list[tuple[Rule, Table]]:
    """For each rule the zones of the highest level that has several of them, by the share that passes.

    Equal shares share a rank. By the headline metric and the leading basis; zones of which nothing is known are not
    ranked.
    """
    parts = _known(audit)
    for level in ZONE_LEVEL_ORDER:
        of_level = [(rule, parts.get((level, rule.rule_id, rule.metric))) for rule in audit.rules]
        ranked = [(rule, _ranking(audit, rule, rows)) for rule, rows in of_level if rows is not None]
        ranked = [(rule, table) for rule, table in ranked if len(table.rows) > 1]
        if ranked:
            return ranked
    return []


def _ranking(audit: Audit, rule: Rule, rows: Any) -> Table:
    language, names = audit.facts.language, zone_names(audit)
    mine = rows[rows["basis"] == leading_basis(rule, set(rows["basis"]))]
    mine = mine.assign(rank=mine["share"].rank(method="min", ascending=False))
    columns = heads(
        language,
        ("名次", "rank", 4),
        ("代码", "zone id", 8),
        ("名称", "name", 10),
        ("口径", "basis", 9),
        ("达标", "covered", 6),
        ("总量", "total", 6),
        ("资料不足", "unknown", 6),
        ("达标率", "share", 6),
    )
    cells = tuple(
        (
            Number(row.rank, "count"),
            row.zone_id,
            named(names, row.zone_id),
            basis_text(audit, row.basis).say(language),
            *(Number(figure, "count") for figure in (row.covered, row.total, row.unknown)),
            Number(row.share, "share", row.target),
        )
        for row in mine.sort_values(["rank", "zone_id"], kind="stable").itertuples()
    )
    return Table(columns, cells)


def zone_shares(audit: Audit) -> Table:
    """What of each zone passes, from counties down: rules by every metric and their leading basis.

    Rules on zones have the shares of the zones that lie in it. Zones of which nothing is known are left out.
    """
    language = audit.facts.language
    columns = heads(
        language,
        ("级别", "level", 7),
        ("区划", "zone", 9),
        ("指标", "rule", 7),
        ("度量", "metric", 7),
        ("口径", "basis", 9),
        ("达标", "covered", 6),
        ("总量", "total", 6),
        ("资料不足", "unknown", 5),
        ("达标率", "share", 6),
        ("结论", "outcome", 6),
    )
    parts = _known(audit)
    found = [
        row
        for level in ZONE_LEVEL_ORDER
        for rule in audit.rules
        for metric in rule.metrics
        if (level, rule.rule_id, metric) in parts
        for row in _zones(audit, rule, metric, parts[level, rule.rule_id, metric])
    ]
    return Table(columns, tuple(found))


def _known(audit: Audit) -> dict[Any, Any]:
    """Coverage rows of zones of which something is known, by level, rule and metric."""
    frame = audit.coverage.frame
    known = frame[(frame["level"] != "study") & (frame["total"] > frame["unknown"])]
    return dict(tuple(known.groupby(["level", "rule_id", "metric"], sort=False, observed=True)))


def _zones(audit: Audit, rule: Rule, metric: Metric, rows: Any) -> list[Row]:
    language, names = audit.facts.language, zone_names(audit)
    basis = leading_basis(rule, set(rows["basis"]))
    mine = rows[rows["basis"] == basis].sort_values("zone_id", kind="stable")
    return [
        (
            LEVEL_WORDS[row.level].say(language),
            named(names, row.zone_id),
            rule.rule_id,
            WAY_WORDS[metric].say(language),
            basis_text(audit, row.basis).say(language),
            *(Number(figure, "count") for figure in (row.covered, row.total, row.unknown)),
            Number(row.share, "share", row.target),
            OUTCOME_WORDS[row.outcome].say(language) if row.outcome in OUTCOME_WORDS else NOTHING,
        )
        for row in mine.itertuples()
    ]
