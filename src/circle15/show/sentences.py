"""Sentences that several outputs share: rules, limits, stamps, states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from circle15.core.counting import SWITCHES, departures
from circle15.core.crs import DATUM_WORDS
from circle15.core.limit import SYMBOLS, Limit
from circle15.core.results import Audit
from circle15.core.rule import (
    ATTRIBUTES,
    ATTRIBUTES_BUILT,
    FORCE_WORDS,
    LEGAL_WORDS,
    METRIC_WORDS,
    Metric,
    Ratio,
    Rule,
    Schedule,
    Standard,
)
from circle15.core.tables import BASES, BASIS_WORDS, Residential
from circle15.core.text import Text
from circle15.core.units import Pace, digits
from circle15.show.numbers import grouped, percent, target_percent

# Metrics in tables and lists, where all else is counted by attributes.
WAY_WORDS: Mapping[Metric, Text] = {
    **METRIC_WORDS,
    ATTRIBUTES: Text("运营口径", "operating"),
    ATTRIBUTES_BUILT: Text("建成口径", "built"),
}
# The unit of packs for shares, which are written as percentages.
SHARE_UNIT = "占比"
UNIT_WORDS = {"m": Text("米", "m"), "min": Text("分钟", "min")}

# Paces of the shipped packs; one of a pack of one's own goes by its name.
PACE_WORDS = {
    "elderly": Text("老年人", "elderly"),
    "elderly_slow": Text("老年人慢行", "slow elderly"),
    "elderly_frail": Text("体弱老年人", "frail elderly"),
    "adult": Text("成年人", "adult"),
}

STATE_WORDS = {
    "reached": Text("可达", "reached"),
    "beyond_cutoff": Text("超出搜索范围", "beyond the cutoff"),
    "unreachable": Text("不可达", "unreachable"),
    "not_snapped": Text("附近没有道路", "no street nearby"),
    "not_assessed": Text("未评估", "not assessed"),
}

BECAUSE_WORDS = {
    "measured": Text("按距离判定", "measured"),
    "no_facility": Text("没有计入的设施", "no counted facility"),
    "unreachable": Text("路网不连通，不可达", "unreachable on the network"),
    "beyond_cutoff": Text("超出搜索范围", "beyond the cutoff"),
    "not_snapped": Text("附近没有道路", "no street nearby"),
    "not_assessed": Text("计入的设施附近均没有道路", "no counted facility is near a street"),
    "counted": Text("按属性与数量判定", "counted"),
    "no_column": Text("数据中没有相应列", "the data lacks the column"),
    "cell_empty": Text("有空缺的单元格", "a cell is empty"),
    "no_units": Text("没有区划名单", "there is no list of zones"),
    "no_facility_table": Text("没有设施表", "there is no facility table"),
    "no_areas": Text("没有居住小区", "there are no residential areas"),
    "unlocated": Text("设施未定位", "the facility has no place"),
    "no_assignment": Text("无法确定设施归属", "nobody can say what a facility belongs to"),
    "nothing_to_share": Text("分母为零", "there is nothing to share"),
    "part_unknown": Text("部分对象资料不足", "some of those it speaks of are unknown"),
    "no_limit": Text("没有限值", "there is no limit"),
    "not_due": Text("尚未到期", "not due yet"),
    "no_document": Text("未提供文件", "no document was given"),
    "not_preferred": Text("不在优先范围内", "not in a preferred place"),
    "above_range": Text("高于条文区间上限，不算不达标", "above the clause's range, which is no failure"),
    "assumed_limit": Text("按研究假设的限值判定", "by a limit the study assumes"),
    "scope_assumed": Text("适用范围为推定", "its scope is assumed"),
    "scope_unknown": Text("适用范围资料不足", "its scope is unknown"),
    "out_of_scope": Text("不在适用范围内", "out of scope"),
}


def limit_text(limit: Limit) -> Text:
    """``< 700 米``."""
    unit = unit_text(limit.unit)
    if math.isnan(limit.value):
        return Text(
            f"{SYMBOLS[limit.op]} 条文未给出数值（{unit.zh}）", f"{SYMBOLS[limit.op]} no number in the text ({unit.en})"
        )
    if limit.unit == SHARE_UNIT:
        return Text(*(f"{SYMBOLS[limit.op]} {target_percent(limit.value)}",) * 2)
    shown = f"{SYMBOLS[limit.op]} {grouped(limit.value)}"
    return Text(f"{shown} {unit.zh}", f"{shown} {unit.en}")


def rule_limit_text(rule: Rule) -> Text:
    """The limit of a rule as its clause has it: a task, a range, 左右, or a number that only the study gives."""
    limit, unit, text = rule.limit, unit_text(rule.limit.unit), limit_text(rule.limit)
    if isinstance(rule.test, Ratio) and rule.test.per_zone:
        return Text(f"{SYMBOLS[limit.op]} 本单元任务数", f"{SYMBOLS[limit.op]} the zone's own task")
    if isinstance(rule.test, Schedule) and rule.test.per_year and math.isnan(limit.value):
        return Text(f"各年数量（{unit.zh}）", f"the number of each year ({unit.en})")
    if isinstance(rule.test, Standard) and rule.test.tolerance:
        share = target_percent(rule.test.tolerance)
        return Text(
            f"{grouped(limit.value)} {unit.zh} ± {share}（假定）",
            f"{grouped(limit.value)} {unit.en} ± {share} (assumed)",
        )
    if rule.at_most is not None:
        return Text(
            f"{grouped(limit.value)}—{grouped(rule.at_most)} {unit.zh}（高于上限不算不达标）",
            f"{grouped(limit.value)}–{grouped(rule.at_most)} {unit.en} (more is no failure)",
        )
    if rule.limit_by == "study":
        return Text(f"{text.zh}（研究假设，条文未给出数值）", f"{text.en} (assumed by the study, given by no clause)")
    return text


def joined(sentences: Iterable[Text]) -> Text:
    """Sentences in a row."""
    said = tuple(sentences)
    return Text("；".join(each.zh for each in said), "; ".join(each.en for each in said))


def because_text(code: str) -> Text:
    """A reason code in words; a code without any stands as it is."""
    return BECAUSE_WORDS.get(code, Text(code, code))


def unit_text(unit: str) -> Text:
    """A unit for people; units of ratios are the words of the pack."""
    return UNIT_WORDS.get(unit, Text(unit, unit))


def rule_text(rule: Rule) -> Text:
    """A rule with its limit, force, legal status, headline metric and pace: what every figure must state."""
    limit, force, legal = rule_limit_text(rule), FORCE_WORDS[rule.force], LEGAL_WORDS[rule.legal_status]
    metric = METRIC_WORDS[rule.metric]
    source = Text("条文", "clause") if rule.metric_source == "clause" else Text("解释", "interpretation")
    pace = f"，{pace_text(rule).zh}" if rule.pace else "", f", {pace_text(rule).en}" if rule.pace else ""
    unverified = Text("", "") if rule.verified else Text("，条文未核验", ", clause not verified")
    return Text(
        f"{rule.rule_id} {limit.zh}（{metric.zh}，度量依据：{source.zh}{pace[0]}；"
        f"{force.zh}，{legal.zh}{unverified.zh}）"
        f"「{rule.clause}」{rule.source}",
        f"{rule.rule_id} {limit.en} ({metric.en}, by {source.en}{pace[1]}; {force.en}, {legal.en}{unverified.en}) "
        f"“{rule.clause}” {rule.source}",
    )


def force_text(rule: Rule) -> Text:
    """The force of a rule, and whether its clause is yet to be read in the document: such a rule fails no run."""
    force = FORCE_WORDS[rule.force]
    return force if rule.verified else Text(f"{force.zh}，条文未核验", f"{force.en}, clause not verified")


def measured_text(value: float, rule: Rule) -> str:
    """A value in the unit of its rule: shares as percentages, told from the limit; a dash for null."""
    return percent(value, rule.limit.value) if rule.limit.unit == SHARE_UNIT else grouped(value) or "—"


def pace_text(rule: Rule) -> Text:
    """The pace of a time rule, which no plan states."""
    if rule.pace is None:
        return Text("", "")
    pace = speed_text(rule.pace)
    return Text(f"步速 {pace.zh}", f"pace {pace.en}")


def speed_text(pace: Pace) -> Text:
    """A pace by name and number, and what it makes of stairs and slope."""
    name, ground = PACE_WORDS.get(pace.name, Text(pace.name, pace.name)), footing_text(pace)
    return Text(f"{name.zh} {pace.m_s:g} 米/秒{ground.zh}", f"{name.en} {pace.m_s:g} m/s{ground.en}")


def footing_text(pace: Pace) -> Text:
    """What a pace makes of stairs and slope, in brackets; nothing of one that walks all streets alike."""
    told = []
    if pace.stairs is not None:
        told.append(Text(f"台阶按 {pace.stairs:.0%} 步速", f"{pace.stairs:.0%} of it on stairs"))
    if pace.slope == "tobler":
        told.append(Text("坡度按 Tobler 函数往返平均", "slopes by Tobler, there and back"))
    if not told:
        return Text("", "")
    zh, en = "，".join(each.zh for each in told), ", ".join(each.en for each in told)
    return Text(f"（{zh}）", f" ({en})")


def paced_limit_text(rule: Rule) -> Text:
    """The limit of a rule, with the pace where it is a time."""
    limit, pace = rule_limit_text(rule), pace_text(rule)
    return Text(f"{limit.zh}（{pace.zh}）", f"{limit.en} ({pace.en})") if rule.pace else limit


def unused_bases(audit: Audit) -> Text | None:
    """The bases by which nothing is counted, where others are: not in the data, or not used by what was judged."""
    used = set(audit.coverage.frame["basis"])
    unused = [basis_text(audit, basis) for basis in BASES if basis not in used]
    if not used or not unused:
        return None
    return Text(
        "没有用到的口径（数据中没有，或判定的指标不按其计算）：" + "、".join(each.zh for each in unused),
        "Bases not used (not in the data, or no rule that was judged counts by them): "
        + ", ".join(each.en for each in unused),
    )


def basis_text(audit: Audit, basis: str) -> Text:
    """A basis, marked 推算 where the data holds estimates of it."""
    words = BASIS_WORDS[basis]
    if basis not in estimated(audit):
        return words
    return Text(f"{words.zh}〔推算〕", f"{words.en} [estimated]")


def approximate_text(audit: Audit) -> Text | None:
    """What every document must say of places that come from an offset datum."""
    words = [DATUM_WORDS[each] for each in sorted({each.datum for each in audit.facts.sources if each.is_approximate})]
    if not words:
        return None
    return Text(
        f"坐标由 {'、'.join(each.zh for each in words)} 按公开近似公式换算，结果为近似，不能代替官方转换",
        f"places converted from {', '.join(each.en for each in words)} by published formulas: approximate, "
        f"no substitute for an official conversion",
    )


def estimated(audit: Audit) -> set[str]:
    """The columns of the residential areas that hold estimates."""
    if not audit.residential.has("estimated"):
        return set()
    marks = audit.residential.frame["estimated"].dropna().unique()
    return {column for mark in marks for column in str(mark).split("+")}


def counting_texts(audit: Audit) -> list[Text]:
    """The counting rules that are not at their default, and which rules are counted so."""
    found: dict[tuple[str, str], list[str]] = {}
    for rule in audit.facts.pack.rules:
        for name, value in departures(rule.counting).items():
            found.setdefault((name, value_word(value)), []).append(rule.rule_id)
    everything = len(audit.facts.pack.rules)
    return [
        Text(
            f"计数口径：{SWITCHES[name].meaning.zh} = {value}"
            + ("（全部指标）" if len(ids) == everything else f"（{'、'.join(ids)}）"),
            f"counted so: {SWITCHES[name].meaning.en} = {value}"
            + (" (all rules)" if len(ids) == everything else f" ({', '.join(ids)})"),
        )
        for (name, value), ids in found.items()
    ]


def value_word(value: Any) -> str:
    """The value of a switch as packs and studies write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return digits(value)
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _column_text(name: str) -> Text:
    """A column of the residential areas in words."""
    known = {column.name: column.meaning for column in Residential.columns}
    return known.get(name, Text(name, name))


def _assumed(audit: Audit) -> list[Text]:
    """How many records are what their tags merely suggest (推定)."""
    tables = (audit.residential, audit.facilities)
    counts = [int(each.frame["assumed"].notna().sum()) if each.has("assumed") else 0 for each in tables]
    told = [(table.name, count) for table, count in zip(tables, counts, strict=True) if count]
    if not told:
        return []
    zh = "、".join(f"{name.zh} {count:,} 处" for name, count in told)
    en = ", ".join(f"{name.en} ({count:,})" for name, count in told)
    return [Text(f"推定：{zh}的用途由标签推断，未经核实", f"assumed from tags, not verified: {en}")]


def stamps(audit: Audit) -> list[Text]:
    """What every page must carry: invented data, a draft, estimates, approximate places, the source of the data."""
    found = []
    if audit.facts.fictional:
        found.append(Text("虚构数据，仅供演示", "invented data, for demonstration only"))
    if any(each.legal_status == "draft" for each in audit.facts.pack.documents):
        found.append(Text("所依文件为征求意见稿，不具约束力", "the plan is a draft for comment and binds nobody"))
    for rule in audit.facts.pack.rules:
        if rule.limit_by == "study":
            text = limit_text(rule.limit)
            found.append(
                Text(
                    f"研究假设：{rule.rule_id} 的限值 {text.zh} 由本研究设定，条文未给出数值",
                    f"assumption of the study: {rule.rule_id} {text.en}, a number no clause gives",
                )
            )
    if estimated(audit):
        words = [_column_text(name) for name in sorted(estimated(audit))]
        found.append(
            Text(
                f"推算：{'、'.join(each.zh for each in words)}由程序估计，非统计数据",
                f"estimated, not surveyed: {', '.join(each.en for each in words)}",
            )
        )
    found += _assumed(audit)
    approximate = approximate_text(audit)
    found += [approximate] if approximate else []
    attributions = sorted({each.attribution for each in audit.facts.sources if each.attribution})
    return [*found, *(Text(f"数据来源：{each}", f"data: {each}") for each in attributions)]
