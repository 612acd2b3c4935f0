"""变化: what changed since the earlier run that the study names."""

from __future__ import annotations

from typing import Any

from circle15.core.changes import Changes
from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.text import Text
from circle15.show.changes import change_sections, points_moved
from circle15.show.names import named, zone_names
from circle15.show.office.document import Block, Heading, Number, Paragraph, Table, heads
from circle15.show.office.tasks import task_label, task_rules

_TO_COMPARE = Text(
    "未提供上一次评估的结果，不作比较。比较时请在 [show] compare 中写明其结果文件夹。",
    "No earlier run was given, so nothing is compared: name its results folder under [show] compare.",
)


def progress(audit: Audit, heading: Text) -> list[Block]:
    """The chapter: since when, shares of tasks, facilities, rules, who gained and lost, shares of the study."""
    language, found = audit.facts.language, audit.changes
    first = Heading(1, heading.say(language))
    if found is None:
        return [first, Paragraph(_TO_COMPARE.say(language))]
    if found.is_empty:
        return [first, Paragraph(_since(found).say(language)), Paragraph(_NOTHING.say(language))]
    blocks: list[Block] = [first, Paragraph(_since(found).say(language))]
    for rule in task_rules(audit):
        table = _tasks(audit, found, rule)
        if table.rows:
            title = Text(
                f"{task_label(rule).zh}任务完成率（{rule.rule_id}）", f"{task_label(rule).en} ({rule.rule_id})"
            )
            blocks += [Heading(2, title.say(language)), table]
    for title, sentences in change_sections(found, named=audit.facts.audience == "internal"):
        if sentences:
            blocks += [Heading(2, title.say(language)), *(Paragraph(each.say(language), "item") for each in sentences)]
    return blocks


_NOTHING = Text("与上一次没有差别。", "Nothing differs from it.")


def _since(found: Changes) -> Text:
    before = found.before
    as_of = (f"（数据时点 {before['as_of']}）", f" (as of {before['as_of']})") if before["as_of"] else ("", "")
    return Text(f"与“{before['name']}”{as_of[0]}的结果相比：", f"Against “{before['name']}”{as_of[1]}:")


def _tasks(audit: Audit, found: Changes, rule: Rule) -> Table:
    """The zones whose share of a task moved, those that gained most first."""
    language, names = audit.facts.language, zone_names(audit)
    frame = found.ratios
    of_rule = (frame["rule_id"] == rule.rule_id) & (frame["metric"] == rule.metric)
    rows = frame[of_rule & (frame["level"] != "study")]
    moved = rows.assign(moved=rows["task_share_after"] - rows["task_share_before"])
    ordered = moved.sort_values(["moved", "zone_id"], ascending=[False, True], na_position="last", kind="stable")
    columns = heads(
        language,
        ("代码", "zone id", 6),
        ("名称", "name", 10),
        ("上次实有", "value before", 6),
        ("本次实有", "value now", 6),
        ("上次完成率", "share before", 7),
        ("本次完成率", "share now", 7),
        ("变化", "moved by", 9),
    )
    return Table(columns, tuple(_task_row(audit, row, names) for row in ordered.itertuples()))


def _task_row(audit: Audit, row: Any, names: dict[str, str]) -> tuple[str | Number, ...]:
    return (
        row.zone_id,
        named(names, row.zone_id),
        *(Number(value, "count") for value in (row.value_before, row.value_after)),
        *(Number(value, "share") for value in (row.task_share_before, row.task_share_after)),
        points_moved(row.task_share_before, row.task_share_after).say(audit.facts.language),
    )
