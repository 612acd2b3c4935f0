"""Rule kind ``standard``: what each facility must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from circle15.core.rule import FACILITY, Condition, Rule, Standard
from circle15.core.tables import STAGES
from circle15.core.units import exact
from circle15.judge.evidence import condition_columns, meets, open_reason
from circle15.judge.subjects import (
    CODE,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Block,
    Codes,
    Floats,
    Subjects,
)


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block over the facilities of the targets that operate."""
    frame = subjects.facilities.frame
    rows = np.flatnonzero(frame["type"].isin(rule.targets).to_numpy() & subjects.standing(rule))
    some = frame.iloc[rows].reset_index(drop=True)
    test = rule.test if isinstance(rule.test, Standard) else Standard()
    serves = [subjects.assignment(rule).of(int(row)) for row in rows]
    value, outcome, because = _measure(rule, test, some, subjects, serves)
    applies = meets(rule.where, some)
    scope = _scope(rule, subjects, serves)
    because = np.where(applies == UNKNOWN, CODE[open_reason(condition_columns(*rule.where), some)], because)
    outcome = np.where(applies == FAIL, NOT_APPLICABLE, np.where(applies == UNKNOWN, UNKNOWN, outcome))
    because = np.where(applies == FAIL, CODE["out_of_scope"], because)
    because = np.where((scope == UNKNOWN) & (outcome != NOT_APPLICABLE), CODE["scope_unknown"], because)
    because = np.where(scope == FAIL, CODE["out_of_scope"], because)
    outcome = np.where((scope == UNKNOWN) & (outcome != NOT_APPLICABLE), UNKNOWN, outcome)
    outcome = np.where(scope == FAIL, NOT_APPLICABLE, outcome)
    margin = _margin(rule, test, value)
    return [Block(rule, rule.metric, outcome, value, margin, because, FACILITY, some["facility_id"].to_numpy(object))]


def _measure(
    rule: Rule, test: Standard, frame: Any, subjects: Subjects, serves: list[Any]
) -> tuple[Floats, Codes, Codes]:
    if test.same_stage:
        return _stages(subjects, frame, _spoken_of(rule, subjects, serves))
    if test.require:
        return _requirements(test.require, frame)
    return _column(rule, test, frame)


def _column(rule: Rule, test: Standard, frame: Any) -> tuple[Floats, Codes, Codes]:
    absent = [column for column in (test.column, test.over) if column and column not in frame.columns]
    if absent:
        nothing = np.full(len(frame), np.nan)
        return nothing, np.full(len(frame), UNKNOWN), np.full(len(frame), CODE["no_column"])
    value = np.asarray(frame[test.column].to_numpy(dtype=float, na_value=np.nan))
    over = np.ones(len(frame))
    if test.over:
        over = np.asarray(frame[test.over].to_numpy(dtype=float, na_value=np.nan))
    value = np.divide(value, over, out=np.full(len(over), np.nan), where=over > 0)
    empty, nothing = np.isnan(value), over == 0
    outcome = np.where(empty, UNKNOWN, np.where(_fits(rule, test, value), PASS, FAIL))
    because = np.where(empty, CODE["cell_empty"], CODE["counted"])
    return value, np.where(nothing, NOT_APPLICABLE, outcome), np.where(nothing, CODE["nothing_to_share"], because)


def _fits(rule: Rule, test: Standard, value: Floats) -> Any:
    """Against the limit; where the clause says 左右, within the tolerance on both sides, its ends included."""
    if not test.tolerance:
        return rule.limit.holds(value)
    limit, share = exact(rule.limit.value), exact(test.tolerance)
    low, high = float(limit * (1 - share)), float(limit * (1 + share))
    return (value >= low) & (value <= high)


def _margin(rule: Rule, test: Standard, value: Floats) -> Floats:
    """How far inside the limit; where the clause says 左右, inside the nearer end of the tolerance."""
    inside: Floats = rule.limit.margin(value)
    return rule.limit.value * test.tolerance - np.abs(inside) if test.tolerance else inside


def _requirements(require: tuple[Condition, ...], frame: Any) -> tuple[Floats, Codes, Codes]:
    met = np.sum([meets((each,), frame) == PASS for each in require], axis=0).astype(float)
    outcome = meets(require, frame)
    reason = open_reason(condition_columns(*require), frame)
    return met, outcome, np.where(outcome == UNKNOWN, CODE[reason], CODE["counted"])


def _stages(subjects: Subjects, frame: Any, serves: list[Any]) -> tuple[Floats, Codes, Codes]:
    """四同步: each date of the facility no later than the same date of every area of the rule that it serves."""
    checks = [_stage(stage, subjects, frame, serves) for stage in STAGES]
    kept = np.sum([check == PASS for check in checks], axis=0).astype(float)
    broken, unknown = np.any([check == FAIL for check in checks], axis=0), kept < len(STAGES)
    outcome = np.where(broken, FAIL, np.where(unknown, UNKNOWN, PASS))
    reason = open_reason(STAGES, frame)
    if reason == "cell_empty":
        reason = open_reason((f"housing_{stage}" for stage in STAGES), subjects.residential.frame)
    return kept, outcome, np.where(outcome == UNKNOWN, CODE[reason], CODE["counted"])


def _stage(stage: str, subjects: Subjects, frame: Any, areas: list[Any]) -> Codes:
    homes = subjects.residential.frame
    column = f"housing_{stage}"
    if stage not in frame.columns or column not in homes.columns:
        return np.full(len(frame), UNKNOWN)
    dates, housing = pd.to_datetime(frame[stage]), pd.to_datetime(homes[column])
    found = []
    for date, members in zip(dates, areas, strict=True):
        due = housing.iloc[list(members)]
        known = due.dropna()
        if not pd.isna(date) and (date > known).any():
            found.append(FAIL)
        elif pd.isna(date) or len(known) < len(due) or len(due) == 0:
            found.append(UNKNOWN)
        else:
            found.append(PASS)
    return np.array(found, dtype=np.int8)


def _scope(rule: Rule, subjects: Subjects, serves: list[Any]) -> Codes:
    """The scope of a facility is that of the areas it serves: PASS if one is in it, UNKNOWN if nobody can say."""
    found = np.full(len(serves), PASS)
    if not rule.scope:
        return found
    of_area = _scope_of_areas(rule, subjects)
    for number, areas in enumerate(serves):
        states = of_area[areas]
        found[number] = PASS if (states == PASS).any() else FAIL if len(states) and (states == FAIL).all() else UNKNOWN
    return found


def _spoken_of(rule: Rule, subjects: Subjects, serves: list[Any]) -> list[Any]:
    """Of the areas that each facility serves those that are not out of the rule's scope."""
    of_area = _scope_of_areas(rule, subjects)
    return [areas[of_area[areas] != FAIL] for areas in serves]


def _scope_of_areas(rule: Rule, subjects: Subjects) -> Codes:
    conditions = tuple(Condition(column, "==", value) for column, value in rule.scope.items())
    return meets(conditions, subjects.residential.frame)
