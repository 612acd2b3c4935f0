"""The outlook in words: which figures of the whole study dated facilities will change, and how far they then are."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.text import Text
from circle15.show.families import known_share
from circle15.show.numbers import percent, target_percent, whole
from circle15.show.sentences import basis_text, measured_text, paced_limit_text, unit_text

# Of several bases the first that a rule has, after that of its target.
_FIRST = ("amount", "zones", "items", "households", "population", "areas")
_ITEMS = Text("事项（项）", "items")


@dataclass(frozen=True, slots=True)
class Course:
    """The headline figure of a rule for the whole study: its row of outlook.csv for each date, the study's own first.

    ``changes`` tells whether any two dates differ, ``pending`` whether its target is of a year after the study's date,
    so that no verdict says how far it is.
    """

    rule: Rule
    basis: str
    rows: Sequence[Any]
    pending: bool

    @property
    def changes(self) -> bool:
        """Whether dated facilities change the figure."""
        return len({_figure(row, self.rule) for row in self.rows}) > 1

    @property
    def known(self) -> bool:
        """Whether anything is known of the figure on the date of the study."""
        first = self.rows[0]
        return not math.isnan(first.value if self.basis == "amount" else known_share(first))


def courses(audit: Audit) -> tuple[Course, ...]:
    """Each rule that has an outlook, in the order of the pack, by its leading basis."""
    frame = audit.outlook.frame
    study = frame[frame["level"] == "study"]
    found = []
    for rule in audit.facts.pack.rules:
        mine = study[(study["rule_id"] == rule.rule_id) & (study["metric"] == rule.metric)]
        basis = leading_basis(rule, set(mine["basis"]))
        rows = tuple(mine[mine["basis"] == basis].itertuples())
        if rows:
            found.append(Course(rule, str(basis), rows, rule.rule_id in audit.not_assessed))
    return tuple(found)


def leading_basis(rule: Rule, there: Collection[str]) -> str | None:
    """Of several bases that of the rule's target, else the first that people ask for; None where there is none."""
    wanted = (rule.target.basis, *_FIRST) if rule.target else _FIRST
    return next((each for each in wanted if each in there), None)


def outlook_lines(audit: Audit) -> list[Text]:
    """One line for each rule whose headline figure changes by a coming date, or whose target is yet to come."""
    found = courses(audit)
    still = [each for each in found if each.pending and not each.changes]
    silent = [each.rule.rule_id for each in still if not each.known]
    changing = [_line(audit, each, each.rows) for each in found if each.changes]
    pending = [_line(audit, each, each.rows[:1]) for each in still if each.known]
    if silent:
        pending.append(Text(f"  资料不足：{'、'.join(silent)}", f"  unknown: {', '.join(silent)}"))
    parts = (
        (Text("在建、规划及计划安排的设施按期启用后：", "When dated facilities open:"), changing),
        (Text("目标年度未到的指标，现状：", "Where rules stand whose target is yet to come:"), pending),
    )
    return [line for title, lines in parts if lines for line in (Text("", ""), title, *lines)]


def _line(audit: Audit, course: Course, rows: Sequence[Any]) -> Text:
    rule = course.rule
    figures = [(row.date, _figure(row, rule)) for row in rows]
    zh = " → ".join(f"{date} {figure.zh}" for date, figure in figures)
    en = " → ".join(f"{date} {figure.en}" for date, figure in figures)
    word, target = outlook_basis(audit, rule, course.basis), _target(rows[-1], rule)
    if rule.pace:
        word = Text(f"{word.zh}，{paced_limit_text(rule).zh}", f"{word.en}, {paced_limit_text(rule).en}")
    return Text(f"  {rule.rule_id} {word.zh}：{zh}{target.zh}", f"  {rule.rule_id} {word.en}: {en}{target.en}")


def outlook_basis(audit: Audit, rule: Rule, basis: str) -> Text:
    """A basis of the outlook in words: of an amount its unit."""
    if basis == "amount":
        return unit_text(rule.limit.unit)
    return _ITEMS if basis == "items" else basis_text(audit, basis)


def _figure(row: Any, rule: Rule) -> Text:
    if row.basis != "amount":
        sums, share = f"{whole(row.covered)} / {whole(row.total)}", percent(known_share(row), row.limit)
        return Text(f"{sums}（{share}）", f"{sums} ({share})")
    value = measured_text(row.value, rule)
    return Text(value, value)


def _target(row: Any, rule: Rule) -> Text:
    """The target and its year, where there is one."""
    if not isinstance(row.op, str) or math.isnan(row.limit):
        return Text("", "")
    shown = measured_text(row.limit, rule) if row.basis == "amount" else target_percent(row.limit)
    limit = f"{SYMBOLS[row.op]} {shown}"
    year = ("", "") if rule.year is None else (f"（{rule.year}年）", f" ({rule.year})")
    return Text(f"；目标 {limit}{year[0]}", f"; target {limit}{year[1]}")
