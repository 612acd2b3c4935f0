"""What each rule came to: value, limit, difference, outcome and reasons, each taken from the tables as it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit
from circle15.core.rule import STUDY, Rule
from circle15.core.tables import OUTCOME_WORDS, OUTCOMES
from circle15.core.text import Text
from circle15.show.numbers import target_percent, whole
from circle15.show.office.document import Form, Number
from circle15.show.sentences import SHARE_UNIT, basis_text, because_text, joined, pace_text, rule_limit_text, unit_text

SUBJECT_WORDS = {
    "area": Text("居住小区", "residential areas"),
    "facility": Text("设施", "facilities"),
    "zone": Text("区划单元", "zones"),
    "study": Text("事项", "items"),
}
_FORMS: Mapping[str, Form] = {"m": "metres", "min": "minutes", SHARE_UNIT: "share"}
POINTS = Text("个百分点", "percentage points")


@dataclass(frozen=True, slots=True)
class Result:
    """One rule of the whole study, by its headline metric.

    ``value`` is what is compared: the share that a target asks for, the one value of the study, or else the share
    of subjects that pass; ``of`` says which. ``difference`` is value against limit, positive where there is room:
    where many subjects are judged it is the worst of them. Where all subjects are unknown there is neither: nothing
    that is not known reads as zero. ``reasons`` counts why subjects are unknown, or else not applicable.
    """

    rule: Rule
    counts: Mapping[str, int]
    value: Number
    of: Text
    limit: Text
    difference: Number
    difference_unit: Text
    outcome: str | None
    reasons: Mapping[str, int]

    @property
    def is_goal(self) -> bool:
        """Whether one figure of the whole study is compared with one number."""
        return self.rule.target is not None or self.rule.level == STUDY

    @property
    def reading(self) -> Text:
        """The value and what it is of."""
        if self.value.form == "share":
            return Text(f"{self.of.zh} {self.value.text}", f"{self.of.en} {self.value.text}")
        return Text(f"实测 {self.value.text} {self.of.zh}", f"{self.value.text} {self.of.en}")


def results(audit: Audit) -> tuple[Result, ...]:
    """The result of each rule that was judged, in the order of the pack."""
    verdicts = audit.verdicts.frame
    mine = dict(tuple(verdicts.groupby("rule_id", sort=False)))
    nobody = verdicts.iloc[:0]
    return tuple(_result(audit, rule, mine.get(rule.rule_id, nobody)) for rule in audit.rules)


def _result(audit: Audit, rule: Rule, verdicts: Any) -> Result:
    rows = verdicts[verdicts["metric"] == rule.metric]
    found = rows["outcome"].value_counts()
    counts = {outcome: int(found.get(outcome, 0)) for outcome in OUTCOMES}
    idle = rows[rows["outcome"] == ("unknown" if counts["unknown"] else "not_applicable")]
    value, of, limit, difference, unit = _measured(audit, rule, rows, counts)
    why = {str(code): int(count) for code, count in idle["because"].value_counts().sort_index().items() if count}
    return Result(rule, counts, value, of, limit, difference, unit, audit.outcomes.get(rule.rule_id), why)


_Measured = tuple[Number, Text, Text, Number, Text]


def _measured(audit: Audit, rule: Rule, rows: Any, counts: Mapping[str, int]) -> _Measured:
    if rule.target is not None:
        return _against_target(audit, rule)
    if len(rows) == 1 and rows["subject_kind"].iloc[0] == "study":
        return _of_the_study(rule, rows.iloc[0])
    return _of_many(rule, rows, counts)


def _against_target(audit: Audit, rule: Rule) -> _Measured:
    target = rule.target
    if target is None:
        raise ValueError(rule.rule_id)
    frame = audit.coverage.frame
    row = frame[
        (frame["rule_id"] == rule.rule_id)
        & (frame["level"] == "study")
        & (frame["basis"] == target.basis)
        & (frame["metric"] == rule.metric)
    ]
    known = row[row["total"] > row["unknown"]]
    share = float(known["share"].iloc[0]) if len(known) else math.nan
    basis = basis_text(audit, target.basis)
    limit = f"{SYMBOLS[target.op]} {target_percent(target.value)}"
    return (
        Number(share, "share", target.value),
        Text(f"占比·{basis.zh}", f"share of {basis.en}"),
        Text(limit, limit),
        Number(share - target.value, "points"),
        POINTS,
    )


def _of_the_study(rule: Rule, row: Any) -> _Measured:
    unit = unit_text(row["unit"])
    value, limit, margin = measure(row["value"], row["unit"], row["limit"]), rule_limit_text(rule), float(row["margin"])
    if value.form == "share":
        return value, unit, limit, Number(margin, "points"), POINTS
    return value, unit, limit, measure(margin, row["unit"]), unit


def _of_many(rule: Rule, rows: Any, counts: Mapping[str, int]) -> _Measured:
    total = counts["pass"] + counts["fail"] + counts["unknown"]
    share = counts["pass"] / total if total > counts["unknown"] else math.nan
    kind = SUBJECT_WORDS[rows["subject_kind"].iloc[0] if len(rows) else "study"]
    worst = rows["margin"].astype(float).min() if len(rows) else math.nan
    is_share = rule.limit.unit == SHARE_UNIT
    unit = POINTS if is_share else unit_text(rule.limit.unit)
    return (
        Number(share, "share"),
        Text(f"达标{kind.zh}占比", f"share of {kind.en} that pass"),
        rule_limit_text(rule),
        Number(worst, "points") if is_share else measure(worst, rule.limit.unit),
        Text(f"{unit.zh}（最不利）", f"{unit.en} (worst)"),
    )


def measure(value: Any, unit: str, limit: Any = None) -> Number:
    """A value of verdicts.csv; metres to the millimetre, minutes to the hundredth, shares as percentages.

    Beside its limit it has as many decimals as tell it from that.
    """
    number, beside = (None if each is None else float(each) for each in (value, limit))
    return Number(number, _FORMS.get(unit, "measure"), beside)


def outcome_text(outcome: str | None) -> Text:
    """The outcome of a rule in words; nothing to judge is not applicable."""
    return OUTCOME_WORDS[outcome or "not_applicable"]


def remarks(result: Result) -> Text:
    """What a reader must know of a result: open reasons, pace, interpretation, verification, note."""
    rule = result.rule
    found = [reasons(result)] if result.reasons else []
    if not sum(result.counts.values()):
        found.append(Text("没有判定对象", "nothing to judge"))
    if rule.pace:
        found.append(pace_text(rule))
    if rule.is_distance and rule.metric_source == "interpretation":
        found.append(Text("条文未写明度量，按解释", "the clause names no metric: an interpretation"))
    if not rule.verified:
        found.append(Text("条文未核验", "clause not verified"))
    if rule.note:
        found.append(Text(rule.note.rstrip("。"), rule.note))
    return joined(found)


def reasons(result: Result) -> Text:
    """Why subjects are not judged, and how many."""
    words = [(because_text(code), count) for code, count in result.reasons.items()]
    return Text(
        "、".join(f"{each.zh}（{whole(count)}）" for each, count in words),
        ", ".join(f"{each.en} ({whole(count)})" for each, count in words),
    )
