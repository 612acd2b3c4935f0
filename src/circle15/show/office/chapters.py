"""Chapters of the assessment that say what was found: 现状评估，问题，目标差距，布局与近期建设."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from circle15.core.results import Audit, Plan
from circle15.core.rule import FORCE_WORDS
from circle15.core.tables import OUTCOME_WORDS, OUTCOMES, Coverage
from circle15.core.text import Text
from circle15.show.checks import UNCHECKED, check_notes, screening_notes
from circle15.show.names import text_or_empty
from circle15.show.numbers import whole
from circle15.show.office.beside import beside
from circle15.show.office.declared import declared_table
from circle15.show.office.document import NOTHING, Block, Heading, Number, Paragraph, Table, heads, shortened
from circle15.show.office.figures import family_figures, no_maps, plan_figure
from circle15.show.office.meanings import meanings_table, provision_table
from circle15.show.office.outlook import outlook_brief
from circle15.show.office.placetables import facilities_table, ranked_levels, ranking_table, worst_homes
from circle15.show.office.results import Result
from circle15.show.office.ruletables import (
    goals_table,
    rules_brief,
    unknown_table,
    with_unit,
)
from circle15.show.office.shares import zone_shares
from circle15.show.office.tasks import task_rules, task_table, task_title
from circle15.show.projects import union_text
from circle15.show.proposals import curve_text, idle_texts, optimality_text, plan_basis, plan_notes
from circle15.show.sentences import basis_text, force_text, unused_bases

# Columns that say nothing where every row is of the whole study, and those that chapter 4 gives.
_LEFT_OUT = ("level", "zone_id", "target_op", "target", "outcome")


def status_quo(audit: Audit, found: Sequence[Result]) -> list[Block]:
    """现状评估: facilities, coverage by every basis, zones, every rule."""
    language = audit.facts.language
    return [
        Heading(1, Text("二、现状评估", "2 Present state").say(language)),
        Paragraph(outcome_summary(found).say(language)),
        *_facilities(audit),
        *_meanings(audit),
        *_coverage(audit),
        *_zones(audit),
        *_maps(audit),
        *beside(audit),
        *_ranking(audit),
        Heading(2, Text("逐条达标表", "Every rule").say(language)),
        rules_brief(audit, found),
    ]


def outcome_summary(found: Sequence[Result]) -> Text:
    """How many rules came to which outcome, and the binding ones among those that fail."""
    tally = {key: sum((each.outcome or "not_applicable") == key for each in found) for key in OUTCOMES}
    binding = sum(each.outcome == "fail" and each.rule.force == "binding" for each in found)
    zh = "、".join(f"{OUTCOME_WORDS[key].zh} {count} 条" for key, count in tally.items())
    en = ", ".join(f"{OUTCOME_WORDS[key].en} {count}" for key, count in tally.items())
    return Text(
        f"本次逐条判定指标 {len(found)} 条：{zh}。不达标的指标中，约束性 {binding} 条。",
        f"{len(found)} rules were judged: {en}. Of those that fail, {binding} are binding.",
    )


def _facilities(audit: Audit) -> list[Block]:
    language, table = audit.facts.language, facilities_table(audit)
    heading = Heading(2, Text("设施", "Facilities").say(language))
    if table.rows:
        return [heading, table]
    return [heading, Paragraph(Text("未提供设施清单。", "No list of facilities was given.").say(language))]


def _meanings(audit: Audit) -> list[Block]:
    """The four meanings of coverage beside each other, and provision by who counts."""
    language = audit.facts.language
    parts = (
        (Text("覆盖率四种口径并列", "Coverage in its four meanings"), meanings_table(audit)),
        (Text("配建与总量：运营口径与建成口径", "Provision: sites that operate, sites built"), provision_table(audit)),
    )
    return [block for title, table in parts if table.rows for block in (Heading(2, title.say(language)), table)]


def _coverage(audit: Audit) -> list[Block]:
    """Coverage of the study by every basis and metric; rules of which nothing is known are named, not listed."""
    language, frame = audit.facts.language, audit.coverage.frame
    rows = frame[frame["level"] == "study"]
    if rows.empty:
        return []
    known = rows[rows["total"] > rows["unknown"]]
    blocks: list[Block] = [Heading(2, Text("覆盖率明细", "Coverage by every basis").say(language))]
    blocks += [declared_table(audit, Coverage, known, without=_LEFT_OUT)] if len(known) else []
    silent = [each for each in rows["rule_id"].unique() if each not in set(known["rule_id"])]
    if silent:
        note = Text(
            f"全部对象资料不足、未列入上表的指标：{'、'.join(silent)}。",
            f"Rules of which nothing is known, not listed above: {', '.join(silent)}.",
        )
        blocks.append(Paragraph(note.say(language), "note"))
    unused = unused_bases(audit)
    if unused is not None:
        blocks.append(Paragraph(Text(f"{unused.zh}。", f"{unused.en}.").say(language), "note"))
    return blocks


def _zones(audit: Audit) -> list[Block]:
    """Shares of each zone, where the study has any."""
    language, table = audit.facts.language, zone_shares(audit)
    title = Text("各级区划覆盖率", "Coverage of zones").say(language)
    return [Heading(2, title), *shortened(table, language)] if table.rows else []


def _maps(audit: Audit) -> list[Block]:
    blocks = [*family_figures(audit), *no_maps(audit)]
    return [Heading(2, Text("覆盖现状图", "Maps of coverage").say(audit.facts.language)), *blocks] if blocks else []


def _ranking(audit: Audit) -> list[Block]:
    language = audit.facts.language
    blocks: list[Block] = []
    for rule in task_rules(audit):
        blocks += [Heading(3, task_title(rule).say(language)), task_table(audit, rule)]
    for level in ranked_levels(audit):
        blocks += shortened(ranking_table(audit, [level]), language)
    return [Heading(2, Text("区划排名", "Ranking of zones").say(language)), *blocks] if blocks else []


def problems(audit: Audit, found: Sequence[Result]) -> list[Block]:
    """问题: rules that fail, homes out of reach, what the data cannot say."""
    language = audit.facts.language
    unknown = unknown_table(audit, found)
    return [
        Heading(1, Text("三、问题", "3 Problems").say(language)),
        Heading(2, Text("不达标的指标", "Rules that fail").say(language)),
        *failures(audit, found),
        *_gaps(audit, found),
        Heading(2, Text("资料不足", "What the data cannot say").say(language)),
        *([unknown] if unknown.rows else [Paragraph(Text("无。", "None.").say(language))]),
    ]


def failures(audit: Audit, found: Sequence[Result]) -> list[Block]:
    """One item for each rule that fails, binding ones first; what is advised comes last."""
    language = audit.facts.language
    order = list(FORCE_WORDS)
    failed = sorted((each for each in found if each.outcome == "fail"), key=lambda each: order.index(each.rule.force))
    items: list[Block] = [Paragraph(_failure(each).say(language), "item") for each in failed]
    return items or [Paragraph(Text("没有不达标的指标。", "No rule fails.").say(language))]


def _failure(result: Result) -> Text:
    rule, force = result.rule, force_text(result.rule)
    return Text(
        f"{rule.rule_id}（{force.zh}）：{result.reading.zh}，限值 {result.limit.zh}，"
        f"差额 {with_unit(result, 'zh')}；不达标 {whole(result.counts['fail'])}，"
        f"资料不足 {whole(result.counts['unknown'])}。「{rule.clause}」",
        f"{rule.rule_id} ({force.en}): {result.reading.en}, limit {result.limit.en}, difference "
        f"{with_unit(result, 'en')}; {whole(result.counts['fail'])} fail, {whole(result.counts['unknown'])} unknown. "
        f"“{rule.clause}”",
    )


def _gaps(audit: Audit, found: Sequence[Result]) -> list[Block]:
    """服务盲区: who lives beyond the limit of each distance rule."""
    language = audit.facts.language
    walked = [each for each in found if each.rule.is_distance]
    if not walked:
        return []
    worst = worst_homes(audit) if audit.facts.audience == "internal" else Table((), ())
    blocks: list[Block] = [Heading(2, Text("服务盲区", "Homes out of reach").say(language))]
    blocks += [Paragraph(_gap(audit, each).say(language), "item") for each in walked]
    if worst.rows:
        note = Text(
            "各指标距离最远的小区（按判定口径，至多各 10 处；全部见 report.xlsx）：",
            "The farthest homes of each rule by its headline metric (at most 10 each; all in report.xlsx):",
        )
        blocks += [Paragraph(note.say(language)), worst]
    return blocks


def _gap(audit: Audit, result: Result) -> Text:
    rule, frame = result.rule, audit.coverage.frame
    rows = frame[(frame["rule_id"] == rule.rule_id) & (frame["level"] == "study") & (frame["metric"] == rule.metric)]
    rows = rows[rows["basis"] != "land_intersection"]
    out = [(basis_text(audit, row.basis), whole(row.total - row.covered - row.unknown)) for row in rows.itertuples()]
    counted = len(audit.counted[rule.rule_id])
    return Text(
        f"{rule.rule_id}（{result.limit.zh}，计入设施 {counted} 处）未覆盖："
        + "、".join(f"{b.zh} {n}" for b, n in out)
        + "。",
        f"{rule.rule_id} ({result.limit.en}; {counted} facilities) leaves out: "
        + ", ".join(f"{b.en} {n}" for b, n in out)
        + ".",
    )


def goals(audit: Audit, found: Sequence[Result]) -> list[Block]:
    """目标差距: targets and tasks, and the distance to them."""
    language = audit.facts.language
    table = goals_table(audit, found)
    blocks: list[Block] = [Heading(1, Text("四、目标差距", "4 Distance to targets").say(language))]
    blocks += [table] if table.rows else [Paragraph(Text("没有量化目标。", "There is no target.").say(language))]
    if task_rules(audit):
        note = Text("各单元任务及完成率见第二章“区划排名”。", "For the tasks of zones see chapter 2.")
        blocks.append(Paragraph(note.say(language), "note"))
    return [*blocks, *_outlook(audit)]


def _outlook(audit: Audit) -> list[Block]:
    """逐年展望: how far from their targets figures will be when dated facilities open."""
    language, table = audit.facts.language, outlook_brief(audit)
    blocks: list[Block] = [Heading(2, Text("逐年展望", "Outlook").say(language))]
    if table.rows:
        note = Text(
            "在建、规划及计划安排的设施按期启用后的数值；没有启用日期的设施不计入。目标年度以前不作结论。",
            "When dated facilities open as planned; those without a date add nothing. No outcome before its year.",
        )
        return [*blocks, Paragraph(note.say(language)), *shortened(table, language)]
    nothing = (
        Text("按已有日期，各项数值没有变化。", "No figure changes by the dates that are known.")
        if audit.facts.as_of
        else Text("未设定数据时点（as_of），不作逐年展望。", "Without a date of the study (as_of) there is none.")
    )
    return [*blocks, Paragraph(nothing.say(language))]


def plans(audit: Audit) -> list[Block]:
    """布局与近期建设: the proposed sites of each plan with its certificate."""
    language = audit.facts.language
    blocks: list[Block] = [Heading(1, Text("五、布局与近期建设", "5 Layout and works to come").say(language))]
    if not audit.plans:
        return [*blocks, Paragraph(Text("本次评估未做选址。", "No sites were planned.").say(language))]
    for plan in audit.plans:
        blocks += _plan(audit, plan)
    note = Text("；项目表见附表4。", "; they are listed in annex 4.")
    return [*blocks, Paragraph(union_text(audit).say(language) + note.say(language), "note")]


def _plan(audit: Audit, plan: Plan) -> list[Block]:
    language, label = audit.facts.language, audit.facts.pack.types[plan.facility_type].label
    title = Text(f"规划新增设施（建议）：{label.zh}", f"Proposed sites: {label.en}")
    basis, weight = plan_basis(audit, plan), basis_text(audit, plan.weight)
    notes = (*idle_texts(plan), *screening_notes(plan), *plan_notes(plan), *curve_text(plan))
    sentences = [
        Text(f"选址依据：{basis.zh}；权重：{weight.zh}。", f"Under: {basis.en}; weight: {weight.en}."),
        Text(
            f"最优性说明：{optimality_text(plan).zh}。",
            f"Certificate: {optimality_text(plan).en}.",
        ),
        Text(
            f"任何备选点都覆盖不到的居住小区：{len(plan.uncoverable)} 处。",
            f"Residential areas no candidate can cover: {len(plan.uncoverable)}.",
        ),
        *(Text(f"{each.zh}。", f"{each.en}.") for each in notes),
    ]
    return [
        Heading(2, title.say(language)),
        _sites(audit, plan),
        *plan_figure(audit, plan.plan_id),
        *(Paragraph(each.say(language), "item") for each in sentences),
    ]


def _sites(audit: Audit, plan: Plan) -> Table:
    language = audit.facts.language
    hosts: dict[str, Any] = {}
    if audit.candidates is not None and audit.candidates.has("host"):
        hosts = audit.candidates.frame.set_index("candidate_id")["host"].to_dict()
    columns = heads(
        language,
        ("序号", "rank", 4),
        ("年度", "year", 4),
        ("备选点", "candidate", 9),
        ("依托设施", "host", 8),
        ("新增覆盖", "gain", 6),
        ("累计覆盖", "covered after", 6),
        ("累计覆盖率", "share after", 6),
        ("管控核查", "constraints", 10),
        ("理由", "reason", 12),
    )
    notes = check_notes(audit.checks)
    rows = tuple(
        (
            Number(site.rank, "count"),
            Number(site.stage, "year"),
            site.candidate_id,
            text_or_empty(hosts.get(site.candidate_id)) or NOTHING,
            Number(site.gain, "count"),
            Number(site.covered_after, "count"),
            Number(site.share_after, "share"),
            notes.get(site.candidate_id, UNCHECKED)[1].say(language),
            site.reason.say(language),
        )
        for site in plan.sites
    )
    return Table(columns, rows)
