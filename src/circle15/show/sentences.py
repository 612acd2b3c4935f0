"""Sentences that several outputs share: rules, limits, stamps, states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from circle15.core.counting import SWITCHES, departures
from circle15.core.crs import DATUM_WORDS
from circle15.core.limit import SYMBOLS, Limit
from circle15.core.results import Audit, Plan, Point, Preferred, Walk
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
from circle15.core.tables import BASES, BASIS_WORDS, Candidates, Residential
from circle15.core.terms import KIND_WORDS, Term
from circle15.core.text import Text, first_ids
from circle15.core.units import Pace, digits
from circle15.show.numbers import grouped, percent, whole

# So many numbers of sites of a curve are told in words.
_CURVE_POINTS = 8

# Metrics in tables and lists, where all else is counted by attributes.
WAY_WORDS: Mapping[Metric, Text] = {
    **METRIC_WORDS,
    ATTRIBUTES: Text("运营口径", "operating"),
    ATTRIBUTES_BUILT: Text("建成口径", "built"),
}
# The unit of packs for shares, which are written as percentages.
SHARE_UNIT = "占比"
UNIT_WORDS = {"m": Text("米", "m"), "min": Text("分钟", "min")}

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

# Why a plan leaves a home uncovered.
UNCOVERED_WORDS = {
    "no_candidate_within_limit": Text("限值内没有备选点", "no candidate within the limit"),
    "only_dropped_candidates": Text("限值内的备选点都已剔除", "every candidate within the limit was dropped"),
    "unknown_today": Text("现状资料不足", "unknown today"),
}

STATUS_WORDS = {
    "optimal": Text("已证明最优", "proven optimal"),
    "feasible": Text("可行（未证明最优）", "feasible"),
    "infeasible": Text("无可行方案", "infeasible"),
    "time_limit": Text("到达时间上限", "stopped by the clock"),
}


def limit_text(limit: Limit) -> Text:
    """``< 700 米``."""
    unit = unit_text(limit.unit)
    if math.isnan(limit.value):
        return Text(
            f"{SYMBOLS[limit.op]} 条文未给出数值（{unit.zh}）", f"{SYMBOLS[limit.op]} no number in the text ({unit.en})"
        )
    if limit.unit == SHARE_UNIT:
        return Text(*(f"{SYMBOLS[limit.op]} {percent(limit.value)}",) * 2)
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
        share = percent(rule.test.tolerance)
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
    """A value in the unit of its rule: shares as percentages; a dash for null."""
    return percent(value) if rule.limit.unit == SHARE_UNIT else grouped(value) or "—"


def pace_text(rule: Rule) -> Text:
    """The pace of a time rule, which no plan states."""
    if rule.pace is None:
        return Text("", "")
    pace, ground = rule.pace, footing_text(rule.pace)
    return Text(f"步速 {pace.name} {pace.m_s:g} 米/秒{ground.zh}", f"pace {pace.name} {pace.m_s:g} m/s{ground.en}")


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


def plan_basis(plan: Plan) -> Text:
    """What a plan sites under: a clause by its id, or an assumption that is never called one."""
    limit, metric = limit_text(plan.limit), METRIC_WORDS[plan.metric]
    if plan.assumed:
        return Text(
            f"{plan.assumed}（{limit.zh}，{metric.zh}；条文未规定该限值）",
            f"assumption “{plan.assumed}” ({limit.en}, {metric.en}; no clause gives this limit)",
        )
    return Text(f"{plan.rule_id}（{limit.zh}，{metric.zh}）", f"{plan.rule_id} ({limit.en}, {metric.en})")


def optimality_text(plan: Plan) -> Text:
    """How good a plan is at least: what it covers, what none can pass, the gap between. Several years are summed."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    objective, bound = weighed(plan, plan.objective), weighed(plan, plan.bound)
    if plan.problem == "min_sites":
        return Text(
            f"{status.zh}：{_share_asked(plan).zh}，需新增设施 {objective} 处，任何方案不少于 {bound} 处，差距 {gap}",
            f"{status.en}: {_share_asked(plan).en}, {objective} sites, no plan has fewer than {bound}, gap {gap}",
        )
    if plan.walk is not None or plan.capacity:
        return _seated_text(plan) if plan.walk is None else _walk_text(plan, plan.walk)
    if plan.whole is not None:
        return _part_text(plan, plan.whole)
    if plan.preferences:
        sums = Text("各年度年末计入优先系数合计", "with preferences counted, summed over year ends,")
        one = Text("计入优先系数合计", "with preferences counted")
        words = one if len(plan.stages) == 1 else sums
        return Text(
            f"{status.zh}：覆盖 {whole(plan.covered)}，{words.zh} {objective}，上界 {bound}，差距 {gap}",
            f"{status.en}: covers {whole(plan.covered)}, {words.en} {objective}, bound {bound}, gap {gap}",
        )
    if plan.backup:
        return Text(
            f"{status.zh}：覆盖 {whole(plan.covered)}，连同第二处覆盖合计 {objective}，上界 {bound}，差距 {gap}",
            f"{status.en}: covers {whole(plan.covered)}, counting second cover {objective}, bound {bound}, gap {gap}",
        )
    year_ends = Text(f" {whole(plan.covered)}，各年度年末合计", f" {whole(plan.covered)}, summed over year ends")
    before = year_ends if len(plan.stages) > 1 else Text("", "")
    return Text(
        f"{status.zh}：覆盖{before.zh} {objective}，上界 {bound}，差距 {gap}",
        f"{status.en}: covers{before.en} {objective}, bound {bound}, gap {gap}",
    )


def _part_text(plan: Plan, joint: Plan) -> Text:
    """What one type of a plan of several covers, and how good all of them together are at least."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    year_ends = "各类、各年度年末合计", "all types, summed over year ends,"
    zh, en = year_ends if len(plan.stages) > 1 else ("各类合计", "all types")
    return Text(
        f"{status.zh}：本类覆盖 {whole(plan.covered)}；多类设施合并求解（{joint.plan_id}），"
        f"{zh} {whole(joint.objective)}，上界 {whole(joint.bound)}，差距 {gap}",
        f"{status.en}: covers {whole(plan.covered)}; solved together with other types ({joint.plan_id}), "
        f"{en} {whole(joint.objective)}, bound {whole(joint.bound)}, gap {gap}",
    )


def _seated_text(plan: Plan) -> Text:
    """How many have a place, and can have at most."""
    status, gap, capacity = STATUS_WORDS[plan.status], percent(plan.gap), Candidates.column(plan.capacity).meaning
    covered, objective, bound = whole(plan.covered), whole(plan.objective), whole(plan.bound)
    sums = Text("", "") if len(plan.stages) == 1 else Text(f"，各年度年末合计 {objective}", f", summed {objective}")
    return Text(
        f"{status.zh}：按{capacity.zh}可安排 {covered}{sums.zh}，上界 {bound}，差距 {gap}",
        f"{status.en}: {capacity.en} for {covered}{sums.en}, bound {bound}, gap {gap}",
    )


def weighed(plan: Plan, value: int) -> str:
    """A sum of a plan as it is printed: where preferences count in parts of weight, with their decimals."""
    return whole(value) if plan.scale == 1 else grouped(value / plan.scale)


def preference_notes(plan: Plan) -> list[Text]:
    """How a plan takes the preferences of the pack, each an assumption, and what they cost."""
    notes = [_preference(each) for each in plan.preferences]
    if plan.preference_price is not None:
        cost = whole(plan.preference_price)
        over = Text("", "") if len(plan.stages) == 1 else Text("（各年度年末合计）", " (summed over year ends)")
        notes.append(
            Text(
                f"优先系数的代价：不加权时覆盖至少可多 {cost}{over.zh}",
                f"what preferences cost: without them at least {cost} more is covered{over.en}",
            )
        )
    return notes


def _preference(each: Preferred) -> Text:
    factor = f"{each.factor:g}"
    if each.zones:
        names = first_ids(each.zones)
        return Text(
            f"优先 {each.rule_id}：所需人口占比高于全域的镇（街道）{len(each.zones)} 个（{names}），"
            f"其需求按 {factor} 倍计；"
            f"系数与界定均为研究假设，条文未规定",
            f"preference {each.rule_id}: what is served in the {len(each.zones)} towns whose share of such people is "
            f"above that of all ({names}) counts {factor} times; factor and towns are assumptions, given by no clause",
        )
    unsure = Text(f"，资料不足 {each.unknown} 处", f", {each.unknown} unknown") if each.unknown else Text("", "")
    new = Text("，均按新建计", ", all taken for new ones") if each.assumed else Text("", "")
    return Text(
        f"优先 {each.rule_id}：符合的备选点 {each.sites} 处{unsure.zh}{new.zh}，其覆盖按 {factor} 倍计；"
        f"系数为研究假设，条文未规定",
        f"preference {each.rule_id}: what its {each.sites} candidates{unsure.en}{new.en} serve counts {factor} times; "
        f"the factor is an assumption, no clause gives it",
    )


def _walk_text(plan: Plan, walk: Walk) -> Text:
    """The mean way with the plan, today, and the least that any plan can have."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    means = (walk.mean_m(each) for each in (plan.objective, walk.today, plan.bound))
    after, before, least = ("—" if each is None else whole(each) for each in means)
    cap = f"{walk.cap_mm / 1000:g}"
    return Text(
        f"{status.zh}：人均步行 {after} 米（现状 {before} 米，超过 {cap} 米按 {cap} 米计），"
        f"任何方案不短于 {least} 米，差距 {gap}",
        f"{status.en}: a mean walk of {after} m (today {before} m, above {cap} m counts as {cap} m), "
        f"no plan is below {least} m, gap {gap}",
    )


def _share_asked(plan: Plan) -> Text:
    """What a plan of the least sites is to reach; full covering means all that candidates can cover."""
    share = percent(plan.share)
    if plan.share == 1:
        return Text("覆盖备选点能覆盖的全部", "to cover all that candidates can")
    return Text(f"覆盖率达到 {share}", f"to cover {share}")


def curve_text(plan: Plan) -> list[Text]:
    """The share that some numbers of sites reach, and can reach at most; nothing where the plan has no curve."""
    if len(plan.curve) < 2 or not plan.total_weight:
        return []
    step = -(-(len(plan.curve) - 1) // _CURVE_POINTS)
    shown = plan.curve[len(plan.curve) - 1 :: -step][::-1]
    said = [_point(plan, each) for each in shown]
    return [
        Text(
            "设施数与覆盖率：" + "、".join(each.zh for each in said),
            "share by number of sites: " + ", ".join(each.en for each in said),
        )
    ]


def _point(plan: Plan, point: Point) -> Text:
    share, most = (percent((plan.covered_before + each) / plan.total_weight) for each in (point.covered, point.bound))
    return Text(f"{point.sites} 处 {share}（至多 {most}）", f"{point.sites}: {share} (at most {most})")


def plan_notes(plan: Plan) -> list[Text]:
    """What binds a plan and what that costs; of an infeasible one, what clashes and what was given up."""
    notes = [*preference_notes(plan), *_shared_notes(plan)]
    plan = plan if plan.whole is None else replace(plan.whole, one_more=plan.one_more)
    if plan.clash:
        notes.append(_listed("互相冲突、无法同时满足：", "These clash, no plan keeps them all: ", plan.clash))
    if plan.given_up:
        notes.append(_listed("放宽后的最好方案，不再要求：", "The best plan without: ", plan.given_up))
    for kind, price in plan.prices.items():
        words = KIND_WORDS[kind]
        notes.append(
            Text(
                f"取消{words.zh}的限制，至少多覆盖 {weighed(plan, price)}",
                f"without {words.en} at least {weighed(plan, price)} more",
            )
        )
    if plan.one_more is not None:
        year, more = max(plan.stages), weighed(plan, plan.one_more)
        notes.append(
            Text(f"{year} 年度再增加 1 处，至少多覆盖 {more}", f"one site more in {year} adds at least {more}")
        )
    return notes


def _shared_notes(plan: Plan) -> list[Text]:
    """How many sites of a plan of several types this type has, and which of them hold another too."""
    if plan.whole is None or not plan.sites:
        return []
    shared = [site.candidate_id for site in plan.sites if len(site.types) > 1]
    named = f"：{first_ids(shared, 10)}" if shared else "", f": {first_ids(shared, 10)}" if shared else ""
    return [
        Text(
            f"各类设施共 {whole(sum(len(site.types) for site in plan.whole.sites))} 个，位于 "
            f"{whole(len(plan.whole.sites))} 处；本类 {whole(len(plan.sites))} 个，其中与其他类型合设 "
            f"{whole(len(shared))} 个{named[0]}",
            f"{whole(sum(len(site.types) for site in plan.whole.sites))} facilities of all types at "
            f"{whole(len(plan.whole.sites))} sites; {whole(len(plan.sites))} of this type, {whole(len(shared))} of "
            f"them shared with another{named[1]}",
        )
    ]


def _listed(zh: str, en: str, terms: Sequence[Term]) -> Text:
    words = [term.say() for term in terms]
    return Text(zh + "；".join(each.zh for each in words), en + "; ".join(each.en for each in words))


def idle_texts(plan: Plan) -> list[Text]:
    """The years with places left empty, and why: within its terms, where it has any, no candidate gains anything."""
    zh, en = ("在各项条件之内", ": within the conditions") if plan.terms else ("", ",")
    return [
        Text(
            f"{year} 年度有空余名额：{zh}没有备选点还能增加覆盖",
            f"{year}: places left empty{en} no candidate gains anything",
        )
        for year in plan.idle_stages
    ]


def uncoverable_text(plan: Plan) -> Text:
    """How many areas stay out of the plan's reach, and of how many nobody can say."""
    reasons = [each.reason for each in plan.uncoverable]
    unknown, lost = reasons.count("unknown_today"), reasons.count("only_dropped_candidates")
    beyond = len(reasons) - unknown
    barred = (
        Text(f"（其中 {lost} 处只有已剔除的备选点够得到）", f" ({lost} of them in reach of dropped ones)")
        if lost
        else Text("", "")
    )
    return Text(
        f"备选点覆盖不到的居住小区 {beyond} 处{barred.zh}，资料不足的 {unknown} 处",
        f"{beyond} residential areas out of reach of every candidate{barred.en}, {unknown} unknown",
    )


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
