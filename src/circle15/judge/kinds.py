"""The table of rule kinds. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from circle15.core.rule import Rule
from circle15.judge import within
from circle15.judge.subjects import Block, Subjects

KINDS: dict[str, Callable[[Rule, Subjects], list[Block]]] = {
    "within": within.judge,
}


def judge(rules: Sequence[Rule], subjects: Subjects) -> list[Block]:
    """All verdicts of all rules, in rule order."""
    return [block for rule in rules for block in KINDS[rule.kind](rule, subjects)]
