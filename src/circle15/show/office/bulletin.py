"""通报: how the zones of a study stand against their tasks, for those who gave them and those who have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from circle15.core.results import Audit
from circle15.core.rule import LEGAL_WORDS, Rule
from circle15.core.text import Text, first_ids
from circle15.show.numbers import percent, whole
from circle15.show.office.assessment import document
from circle15.show.office.chapters import failures, outcome_summary
from circle15.show.office.document import Block, Document, Heading, Number, Paragraph, shortened
from circle15.show.office.placetables import ranked_levels, ranking_table
from circle15.show.office.progress import progress
from circle15.show.office.results import Result, results
from circle15.show.office.shares import share_rankings
from circle15.show.office.tasks import Task, task_label, task_rules, task_table, task_title, tasks
from circle15.show.sentences import counting_texts, force_text, rule_limit_text, unit_text

_CHANGES = Text("四、变化", "4 Changes")


def bulletin(audit: Audit) -> Document:
    """总体情况，排名，问题，变化，下一步. Zones that reported nothing are named as such, never ranked last."""
    standing = {rule.rule_id: tasks(audit, rule) for rule in task_rules(audit)}
    blocks = (
        *_overview(audit),
        *_ranking(audit),
        *_problems(audit, standing),
        *progress(audit, _CHANGES),
        *_next(audit, standing),
    )
    name = audit.facts.name
    return document(audit, Text(f"{name}通报", f"Bulletin: {name}"), blocks)


def _overview(audit: Audit) -> list[Block]:
    language, facts = audit.facts.language, audit.facts
    plans = "、".join(f"《{each.title}》（{LEGAL_WORDS[each.legal_status].zh}）" for each in facts.pack.documents)
    plans_en = ", ".join(f"{each.title} ({LEGAL_WORDS[each.legal_status].en})" for each in facts.pack.documents)
    as_of = Text(f"数据时点为 {facts.as_of}。", f" as of {facts.as_of}.") if facts.as_of else Text("", ".")
    sentence = Text(f"依据{plans}，对各单元完成情况进行核查。{as_of.zh}", f"Judged by {plans_en}{as_of.en}")
    return [
        Heading(1, Text("一、总体情况", "1 Overview").say(language)),
        Paragraph(sentence.say(language)),
        Paragraph(outcome_summary(results(audit)).say(language)),
        *(Paragraph(each.say(language), "note") for each in counting_texts(audit)),
    ]


def _ranking(audit: Audit) -> list[Block]:
    """By tasks, else by scores, else by the shares of what passes."""
    language = audit.facts.language
    none = Text(
        "资料中没有区划任务、分区得分，也没有分区达标率，无法排名。",
        "There are no tasks, scores or shares of zones to rank by.",
    )
    ranked = _by_tasks(audit) or _by_scores(audit) or _by_shares(audit) or [Paragraph(none.say(language))]
    return [Heading(1, Text("二、排名", "2 Ranking").say(language)), *ranked]


def _by_tasks(audit: Audit) -> list[Block]:
    language, rules = audit.facts.language, task_rules(audit)
    tables = [
        block for rule in rules for block in (Heading(2, task_title(rule).say(language)), task_table(audit, rule))
    ]
    note = Text(
        "任务完成率 = 实有 ÷ 任务；完成率相同的名次并列。缺报的单元不参加排名。",
        "Share = value ÷ task; equal ones tie.",
    )
    return [*tables, Paragraph(note.say(language), "note")] if tables else []


def _by_scores(audit: Audit) -> list[Block]:
    zones = audit.scores.frame["level"].value_counts()
    levels = [level for level in ranked_levels(audit) if zones[level] > 1]
    return [ranking_table(audit, levels[:1])] if levels else []


def _by_shares(audit: Audit) -> list[Block]:
    language, blocks = audit.facts.language, list[Block]()
    for rule, table in share_rankings(audit):
        title = Text(f"{rule.rule_id} 达标率（{rule_limit_text(rule).zh}）", f"{rule.rule_id}: share that passes")
        blocks += [Heading(2, title.say(language)), *shortened(table, language)]
    return blocks


def _problems(audit: Audit, standing: Mapping[str, Sequence[Task]]) -> list[Block]:
    language = audit.facts.language
    items = [
        Paragraph(sentence.say(language), "item")
        for rule_id, found in standing.items()
        for sentence in _shortfalls(audit.facts.pack.rule(rule_id), found)
    ]
    rest = [each for each in results(audit) if each.rule.rule_id not in standing]
    return [Heading(1, Text("三、问题", "3 Problems").say(language)), *items, *failures(audit, rest)]


def _shortfalls(rule: Rule, found: Sequence[Task]) -> list[Text]:
    """Who has not done its task, and who has not said."""
    label, sentences = task_label(rule), []
    behind = [each for each in found if each.outcome == "fail"]
    if behind:
        who = [f"{each.name}（{percent(each.share)}）" for each in behind]
        who_en = [f"{each.name} ({percent(each.share)})" for each in behind]
        sentences.append(
            Text(
                f"{label.zh}（{rule.rule_id}）：{len(behind)} 个单元未完成任务：{'、'.join(who)}。",
                f"{label.en} ({rule.rule_id}): {len(behind)} zones have not done their task: {', '.join(who_en)}.",
            )
        )
    silent = [each.name for each in found if each.value is None]
    if silent:
        sentences.append(
            Text(
                f"{label.zh}（{rule.rule_id}）：{len(silent)} 个单元缺报：{'、'.join(silent)}。",
                f"{label.en} ({rule.rule_id}): {len(silent)} zones have not reported: {', '.join(silent)}.",
            )
        )
    return sentences


def _next(audit: Audit, standing: Mapping[str, Sequence[Task]]) -> list[Block]:
    """下一步: what each zone has left to do, what the study lacks, what a plan proposes, what must be reported."""
    language, found = audit.facts.language, results(audit)
    rest = [each for each in found if each.rule.rule_id not in standing]
    sentences = [*_zones_to_do(audit, standing), *_lacking(rest), *_proposed(audit), *_to_report(rest)]
    nothing = Text("没有需要跟进的事项。", "Nothing is left to do.")
    items: list[Block] = [Paragraph(each.say(language), "item") for each in sentences]
    return [
        Heading(1, Text("五、下一步", "5 What comes next").say(language)),
        *(items or [Paragraph(nothing.say(language))]),
    ]


def _zones_to_do(audit: Audit, standing: Mapping[str, Sequence[Task]]) -> list[Text]:
    """For each zone what is left to do or to report, in the order of the codes."""
    todo: dict[tuple[str, str], list[Text]] = {}
    for rule_id, found in standing.items():
        rule = audit.facts.pack.rule(rule_id)
        for task in sorted(found, key=lambda each: each.zone_id):
            todo.setdefault((task.zone_id, task.name), []).extend(_left_to_do(rule, task))
    return [
        Text(f"{name}：{'；'.join(each.zh for each in left)}。", f"{name}: {'; '.join(each.en for each in left)}.")
        for (_, name), left in todo.items()
        if left
    ]


def _lacking(found: Sequence[Result]) -> list[Text]:
    """Figures of the whole study that fall short, and by how much."""
    sentences = []
    for each in found:
        if each.outcome == "fail" and each.is_goal and each.difference.known:
            short = Number(abs(each.difference.value or 0.0), each.difference.form).text
            unit, rule = each.difference_unit, each.rule
            force, gap = force_text(rule), (f"{short} {unit.zh}", f"{short} {unit.en}")
            sentences.append(
                Text(
                    f"{rule.rule_id}（{force.zh}，{each.limit.zh}）：尚差 {gap[0]}。",
                    f"{rule.rule_id} ({force.en}, {each.limit.en}): {gap[1]} short.",
                )
            )
    return sentences


def _proposed(audit: Audit) -> list[Text]:
    """The sites of each plan by year."""
    sentences = []
    for plan in audit.plans:
        label = audit.facts.pack.types[plan.facility_type].label
        for year in plan.stages:
            sites = [site.candidate_id for site in plan.sites if site.stage == year]
            if sites:
                named = first_ids(sites, 10)
                sentences.append(
                    Text(
                        f"{year} 年度建议建设{label.zh} {len(sites)} 处：{named}。",
                        f"{year}: {len(sites)} proposed, {label.en}: {named}.",
                    )
                )
    return sentences


def _to_report(found: Sequence[Result]) -> list[Text]:
    """The rules that more data would decide."""
    open_ = [each.rule.rule_id for each in found if each.outcome == "unknown"]
    if not open_:
        return []
    named = first_ids(open_, 10)
    return [
        Text(
            f"补齐资料后复核：资料不足的指标 {len(open_)} 条（{named}），所缺资料见评估报告第三章。",
            f"Report and judge again: {len(open_)} rules lack data ({named}); chapter 3 of the report says what.",
        )
    ]


def _left_to_do(rule: Rule, task: Task) -> list[Text]:
    label, unit = task_label(rule), unit_text(rule.limit.unit)
    if task.value is None:
        return [Text(f"补报{label.zh}", f"report {label.en}")]
    if task.missing:
        missing = whole(task.missing)
        return [Text(f"补足{label.zh} {missing} {unit.zh}", f"add {missing} {unit.en} of {label.en}")]
    return []
