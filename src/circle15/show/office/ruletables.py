"""Tables of rules, coverage and findings that pages and the workbook share."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.core.counting import SWITCHES
from circle15.core.exports import told
from circle15.core.results import Audit
from circle15.core.rule import METRIC_WORDS, Rule
from circle15.core.text import Language, Text
from circle15.show.families import counted_of
from circle15.show.names import SEVERITY_WORDS, layer_text
from circle15.show.office.document import NOTHING, Number, Row, Table, heads
from circle15.show.office.outlook import pending_goals
from circle15.show.office.results import Result, outcome_text, reasons, remarks
from circle15.show.outlook import courses
from circle15.show.sentences import force_text, pace_text, rule_limit_text, value_word


def rules_table(audit: Audit, results: Sequence[Result]) -> Table:
    """逐条达标表: every rule of the pack with its clause, value, limit, difference, outcome and remarks."""
    language = audit.facts.language
    columns = heads(
        language,
        ("编号", "rule", 6),
        ("条文", "clause", 20),
        ("文件", "document", 10),
        ("效力", "force", 6),
        ("年度", "year", 3),
        ("实测值", "value", 6),
        ("实测口径", "of", 8),
        ("限值", "limit", 8),
        ("差额", "difference", 6),
        ("差额单位", "unit", 6),
        ("达标", "pass", 4),
        ("不达标", "fail", 4),
        ("资料不足", "unknown", 5),
        ("结论", "outcome", 7),
        ("说明", "remarks", 20),
    )
    rows: list[Row] = [
        (
            each.rule.rule_id,
            each.rule.clause,
            each.rule.source,
            force_text(each.rule).say(language),
            Number(each.rule.year, "year"),
            each.value,
            each.of.say(language),
            each.limit.say(language),
            each.difference,
            each.difference_unit.say(language),
            *(Number(each.counts[outcome], "count") for outcome in ("pass", "fail", "unknown")),
            outcome_text(each.outcome).say(language),
            remarks(each).say(language),
        )
        for each in results
    ]
    return Table(columns, (*rows, *_not_assessed_rows(audit)))


def rules_brief(audit: Audit, results: Sequence[Result]) -> Table:
    """逐条达标表 as wide as a page: clause with its document, value with what it is of, difference with its unit."""
    language = audit.facts.language
    columns = heads(
        language,
        ("编号", "rule", 6),
        ("条文（文件）", "clause (document)", 17),
        ("效力", "force", 6),
        ("限值", "limit", 6),
        ("实测值", "value", 6),
        ("实测口径", "of", 6),
        ("差额", "difference", 6),
        ("结论", "outcome", 7),
    )
    rows = tuple(
        (
            each.rule.rule_id,
            _cited(each.rule).say(language),
            force_text(each.rule).say(language),
            each.limit.say(language),
            each.value,
            each.of.say(language),
            with_unit(each, language),
            outcome_text(each.outcome).say(language),
        )
        for each in results
    )
    return Table(columns, rows)


def _cited(rule: Rule) -> Text:
    """A clause with its document and the year it is of."""
    zh, en = (f"，{rule.year} 年", f", {rule.year}") if rule.year else ("", "")
    return Text(f"{rule.clause}（{rule.source}{zh}）", f"{rule.clause} ({rule.source}{en})")


def with_unit(result: Result, language: Language) -> str:
    """The difference and its unit in one cell."""
    return f"{result.difference.text} {result.difference_unit.say(language)}" if result.difference.known else NOTHING


def goals_table(audit: Audit, results: Sequence[Result]) -> Table:
    """Targets of the whole study and the distance to them, those of later years too."""
    language = audit.facts.language
    columns = heads(
        language,
        ("指标", "rule", 6),
        ("效力", "force", 6),
        ("年度", "year", 4),
        ("现状", "value", 7),
        ("口径", "of", 9),
        ("目标", "target", 8),
        ("差距", "difference", 8),
        ("结论", "outcome", 7),
    )
    rows = tuple(
        (
            each.rule.rule_id,
            force_text(each.rule).say(language),
            Number(each.rule.year, "year"),
            each.value,
            each.of.say(language),
            each.limit.say(language),
            with_unit(each, language),
            outcome_text(each.outcome).say(language),
        )
        for each in results
        if each.is_goal
    )
    return Table(columns, (*rows, *pending_goals(audit)))


def unknown_table(audit: Audit, results: Sequence[Result]) -> Table:
    """Rules of which something cannot be said, and why."""
    language = audit.facts.language
    columns = heads(
        language, ("指标", "rule", 6), ("资料不足", "unknown", 5), ("原因", "why", 16), ("条文", "clause", 18)
    )
    rows = tuple(
        (each.rule.rule_id, Number(each.counts["unknown"], "count"), reasons(each).say(language), each.rule.clause)
        for each in results
        if each.counts["unknown"]
    )
    return Table(columns, rows)


def _not_assessed_rows(audit: Audit) -> list[Row]:
    language = audit.facts.language
    word = Text("未评估", "not assessed").say(language)
    nothing = (NOTHING,) * 11
    return [(rule_id, clause, *nothing, word, reason) for rule_id, clause, reason in _left_out(audit)]


def _left_out(audit: Audit) -> list[tuple[str, str, str]]:
    pack, language = audit.facts.pack, audit.facts.language
    rules = [(key, pack.rule(key).clause, reason.say(language)) for key, reason in audit.not_assessed.items()]
    return [*rules, *((each.rule_id, each.clause, each.reason) for each in pack.not_assessed)]


def not_assessed_table(audit: Audit) -> Table:
    """Clauses that nothing was judged of, with the reason."""
    columns = heads(audit.facts.language, ("编号", "rule", 6), ("条文", "clause", 20), ("原因", "reason", 16))
    return Table(columns, tuple(_left_out(audit)))


def thresholds_table(audit: Audit) -> Table:
    """Limit, metric, pace and counted facilities of each rule, of those not due yet too."""
    language = audit.facts.language
    columns = heads(
        language,
        ("指标", "rule", 6),
        ("限值", "limit", 9),
        ("度量", "metric", 8),
        ("度量依据", "metric by", 5),
        ("步速", "pace", 9),
        ("计入设施", "counted", 5),
        ("未计入", "not counted", 5),
    )
    cells = []
    for rule in (*audit.rules, *(course.rule for course in courses(audit) if course.pending)):
        counted, others = counted_of(audit, rule)
        is_counted = bool(rule.targets) and rule.rule_id in audit.counted
        source = Text("条文", "clause") if rule.metric_source == "clause" else Text("解释", "interpretation")
        cells.append(
            (
                rule.rule_id,
                rule_limit_text(rule).say(language),
                METRIC_WORDS[rule.metric].say(language),
                source.say(language) if rule.is_distance else NOTHING,
                pace_text(rule).say(language) or NOTHING,
                Number(counted if is_counted else None, "count"),
                Number(others if is_counted else None, "count"),
            )
        )
    return Table(columns, tuple(cells))


def counting_table(audit: Audit) -> Table:
    """The counting rules, each with its default and what the pack or the study has instead, for which rules."""
    language, rules = audit.facts.language, audit.facts.pack.rules
    columns = heads(
        language,
        ("开关", "switch", 9),
        ("计数口径", "counting rule", 18),
        ("默认", "default", 8),
        ("本研究", "here", 12),
    )
    rows = []
    for name, switch in SWITCHES.items():
        ids: dict[str, list[str]] = {}
        for rule in rules:
            ids.setdefault(value_word(getattr(rule.counting, name)), []).append(rule.rule_id)
        default = value_word(switch.default)
        other = [_bracketed(value, who).say(language) for value, who in ids.items() if value != default]
        here = next(iter(ids)) if len(ids) == 1 else Text("；", "; ").say(language).join(other)
        rows.append((name, switch.meaning.say(language), default, here or default))
    return Table(columns, tuple(rows))


def _bracketed(value: str, rule_ids: Sequence[str]) -> Text:
    return Text(f"{value}（{'、'.join(rule_ids)}）", f"{value} ({', '.join(rule_ids)})")


def findings_table(audit: Audit) -> Table:
    """数据质检: every finding."""
    language = audit.facts.language
    columns = heads(
        language,
        ("代码", "code", 10),
        ("级别", "severity", 4),
        ("图层", "layer", 5),
        ("数量", "count", 4),
        ("编号（前若干）", "first ids", 8),
        ("说明", "message", 16),
        ("处理", "what to do", 14),
    )
    cells = [
        (
            each.code,
            SEVERITY_WORDS[each.severity].say(language),
            layer_text(each.layer).say(language),
            Number(each.count, "count"),
            "、".join(each.shown),
            each.message.say(language),
            each.fix.say(language),
        )
        for each in told(audit.findings, audit.facts.audience)
    ]
    return Table(columns, tuple(cells))
