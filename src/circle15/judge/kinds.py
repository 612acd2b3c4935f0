"""The table of rule kinds. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from circle15.core.rule import STUDY, WHOLE_STUDY, Ratio, Rule
from circle15.judge import preference, presence, ratio, schedule, standard, within
from circle15.judge.counting import lacks_status
from circle15.judge.subjects import Block, Subjects, open_block, silenced

KINDS: dict[str, Callable[[Rule, Subjects], list[Block]]] = {
    "within": within.judge,
    "presence": presence.judge,
    "ratio": ratio.judge,
    "standard": standard.judge,
    "schedule": schedule.judge,
    "preference": preference.judge,
}


def judge(rules: Sequence[Rule], subjects: Subjects, known: Sequence[Block] = ()) -> list[Block]:
    """All verdicts of all rules, in rule order; rules about rules are judged when those have been.

    ``known`` are verdicts of other rules on the same subjects, which rules about rules may name.
    """
    own = {rule.rule_id: _judge(rule, subjects) for rule in rules if not _is_share(rule)}
    judged = [*known, *(block for blocks in own.values() for block in blocks)]
    shares = {rule.rule_id: _share(rule, judged) for rule in rules if _is_share(rule)}
    found = own | shares
    return [block for rule in rules for block in found[rule.rule_id]]


def _judge(rule: Rule, subjects: Subjects) -> list[Block]:
    if _counts_facilities(rule) and not subjects.has_facilities:
        return [open_block(rule, STUDY, [WHOLE_STUDY], "no_facility_table")]
    if _counts_facilities(rule) and lacks_status(rule, subjects.facilities):
        return [open_block(rule, STUDY, [WHOLE_STUDY], "no_column")]
    return [silenced(block) for block in KINDS[rule.kind](rule, subjects)]


def _share(rule: Rule, judged: Sequence[Block]) -> list[Block]:
    return [silenced(block) for block in ratio.passing(rule, judged)]


def _counts_facilities(rule: Rule) -> bool:
    """Whether a rule speaks of facilities: where no table lists them, that there are none is not known."""
    if isinstance(rule.test, Ratio):
        return any(amount.of == "facilities" for amount in (*rule.test.numerator, *rule.test.denominator))
    return rule.test is not None


def _is_share(rule: Rule) -> bool:
    return isinstance(rule.test, Ratio) and bool(rule.test.passing)
