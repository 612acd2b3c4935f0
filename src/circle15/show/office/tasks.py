"""Tasks of zones: what each was set, what it has, and who comes first (任务完成率)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from circle15.core.results import Audit
from circle15.core.rule import Ratio, Rule
from circle15.core.tables import OUTCOME_WORDS, Facilities, Units
from circle15.core.text import Text
from circle15.show.names import named, zone_names
from circle15.show.office.document import Number, Table, heads
from circle15.show.sentences import unit_text

UNREPORTED = Text("缺报", "not reported")


@dataclass(frozen=True, slots=True)
class Task:
    """One zone under one rule. A value that was not reported is None: it has no share and no rank, and is not 0."""

    zone_id: str
    name: str
    value: float | None
    task: float | None
    share: float | None
    rank: int | None
    outcome: str

    @property
    def missing(self) -> float:
        """How much of the task is left to do."""
        return 0.0 if self.value is None or self.task is None else max(self.task - self.value, 0.0)


def task_rules(audit: Audit) -> list[Rule]:
    """The rules under which each zone has a task of its own, where some zone has one."""
    found = audit.ratios.frame.dropna(subset=["limit"])["rule_id"].unique()
    return [rule for rule in audit.rules if _has_tasks(rule) and rule.rule_id in found]


def _has_tasks(rule: Rule) -> bool:
    return isinstance(rule.test, Ratio) and bool(rule.test.per_zone)


def tasks(audit: Audit, rule: Rule) -> list[Task]:
    """The zones by share of their task by its headline metric, best first; equal shares share a rank."""
    names = zone_names(audit)
    frame = audit.ratios.frame
    rows = frame[(frame["rule_id"] == rule.rule_id) & (frame["metric"] == rule.metric)]
    ranks = rows["task_share"].rank(method="min", ascending=False)
    found = [
        Task(
            zone_id=row.zone_id,
            name=named(names, row.zone_id),
            value=_known(row.value),
            task=_known(row.limit),
            share=_known(row.task_share),
            rank=None if math.isnan(rank) else int(rank),
            outcome=row.outcome,
        )
        for row, rank in zip(rows.itertuples(), ranks, strict=True)
    ]
    return sorted(found, key=lambda each: (math.inf if each.rank is None else each.rank, each.zone_id))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def task_table(audit: Audit, rule: Rule) -> Table:
    """The ranking of zones under one rule."""
    language, unit = audit.facts.language, unit_text(rule.limit.unit)
    columns = heads(
        language,
        ("名次", "rank", 4),
        ("代码", "zone id", 6),
        ("名称", "name", 11),
        (f"实有（{unit.zh}）", f"value ({unit.en})", 7),
        (f"任务（{unit.zh}）", f"task ({unit.en})", 7),
        (f"差额（{unit.zh}）", f"difference ({unit.en})", 7),
        ("任务完成率", "share of the task", 8),
        ("结论", "outcome", 6),
    )
    rows = tuple(
        (
            Number(each.rank, "count"),
            each.zone_id,
            each.name,
            UNREPORTED.say(language) if each.value is None else Number(each.value, "count"),
            Number(each.task, "count"),
            Number(_difference(each), "count"),
            Number(each.share, "share"),
            OUTCOME_WORDS[each.outcome].say(language),
        )
        for each in tasks(audit, rule)
    )
    return Table(columns, rows)


def _difference(task: Task) -> float | None:
    return None if task.value is None or task.task is None else task.value - task.task


def task_label(rule: Rule) -> Text:
    """What a task is about, such as 养老床位."""
    amounts = rule.test.numerator if isinstance(rule.test, Ratio) else ()
    meanings = {column.name: column.meaning for table in (Facilities, Units) for column in table.columns}
    found = [meanings[each.column] for each in amounts if each.column in meanings]
    return found[0] if found else Text(rule.rule_id, rule.rule_id)


def task_title(rule: Rule) -> Text:
    """The heading of a ranking."""
    label = task_label(rule)
    year = (f"{rule.year} 年", f" by {rule.year}") if rule.year else ("", "")
    return Text(
        f"{year[0]}{label.zh}任务完成率（{rule.rule_id}）", f"{label.en}: share of the task{year[1]} ({rule.rule_id})"
    )
