"""The outlook in words: which figures of the whole study dated facilities will change, and how far they then are."""

from __future__ import annotations

import math
from typing import Any

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.text import Text
from circle15.show.numbers import percent, plain, whole
from circle15.show.sentences import SHARE_UNIT, basis_text, unit_text

# Of several bases the first that a rule has, after that of its target.
_FIRST = ("amount", "zones", "items", "households", "population", "areas")
_ITEMS = Text("事项（项）", "items")


def outlook_lines(audit: Audit) -> list[Text]:
    """One line for each rule whose headline figure changes by a coming date; none where nothing will."""
    frame = audit.outlook.frame
    study = frame[frame["level"] == "study"]
    rules = audit.facts.pack.rules
    lines = [line for rule in rules for line in _line(audit, rule, study[study["rule_id"] == rule.rule_id])]
    if not lines:
        return []
    return [Text("", ""), Text("在建、规划及计划安排的设施按期启用后：", "When dated facilities open:"), *lines]


def _line(audit: Audit, rule: Rule, rows: Any) -> list[Text]:
    mine = rows[rows["metric"] == rule.metric]
    wanted = (rule.target.basis, *_FIRST) if rule.target else _FIRST
    basis = next((each for each in wanted if (mine["basis"] == each).any()), None)
    told = mine[mine["basis"] == basis]
    figures = [_figure(row, rule) for row in told.itertuples()]
    if len(set(figures)) < 2:
        return []
    steps = " → ".join(f"{row.date} {figure}" for row, figure in zip(told.itertuples(), figures, strict=True))
    last = told.iloc[-1]
    word, target = _word(audit, str(basis), rule), _target(last, rule)
    return [Text(f"  {rule.rule_id} {word.zh}：{steps}{target.zh}", f"  {rule.rule_id} {word.en}: {steps}{target.en}")]


def _word(audit: Audit, basis: str, rule: Rule) -> Text:
    if basis == "amount":
        return unit_text(rule.limit.unit)
    return _ITEMS if basis == "items" else basis_text(audit, basis)


def _figure(row: Any, rule: Rule) -> str:
    if row.basis != "amount":
        return f"{whole(row.covered)} / {whole(row.total)} ({percent(row.share)})"
    return "—" if math.isnan(row.value) else _value(row.value, rule)


def _value(value: float, rule: Rule) -> str:
    return percent(value) if rule.limit.unit == SHARE_UNIT else plain(value, 2)


def _target(row: Any, rule: Rule) -> Text:
    """The target and its year, where there is one."""
    if not isinstance(row.op, str) or math.isnan(row.limit):
        return Text("", "")
    limit = f"{SYMBOLS[row.op]} {_value(row.limit, rule) if row.basis == 'amount' else percent(row.limit)}"
    year = ("", "") if rule.year is None else (f"（{rule.year}年）", f" ({rule.year})")
    return Text(f"；目标 {limit}{year[0]}", f"; target {limit}{year[1]}")
