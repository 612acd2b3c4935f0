"""Rule kind ``within``: a facility of the targets within a distance or a walking time.

A radius is judged by both metrics, a time on the network only. Millimetres are compared, never minutes:
what is shown as a value is computed for showing.
"""

from __future__ import annotations

import numpy as np

from circle15.core.rule import Metric, Rule
from circle15.core.tables import Access
from circle15.core.units import MM_PER_M
from circle15.judge.scope import scope
from circle15.judge.subjects import CODE, FAIL, PASS, UNKNOWN, Block, Codes, Floats, Subjects

_OUTCOME_OF_STATE = {
    "unreachable": FAIL,
    "beyond_cutoff": FAIL,
    "not_snapped": UNKNOWN,
    "not_assessed": UNKNOWN,
}


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block for each metric of the rule, headline first."""
    return [_block(rule, metric, subjects) for metric in rule.metrics]


def _block(rule: Rule, metric: Metric, subjects: Subjects) -> Block:
    mm, outcome, because = _MEASURES[metric](rule, subjects)
    applies, reason = scope(rule, subjects)
    elsewhere = applies != PASS
    outcome = np.where(elsewhere, applies, outcome)
    because = np.where(reason != CODE["measured"], reason, because)
    value = _shown(rule, np.where(elsewhere, np.nan, mm))
    return Block(rule, metric, outcome, value, rule.limit.margin(value), because)


def _on_network(rule: Rule, subjects: Subjects) -> tuple[Floats, Codes, Codes]:
    access = subjects.access_of(rule.rule_id)
    length = access["distance_mm"] if rule.pace is None else Access.timed_mm(access)
    mm, outcome, because = _compare(rule, length.to_numpy(dtype=float, na_value=np.nan))
    for state, code in _OUTCOME_OF_STATE.items():
        rows = (access["state"] == state).to_numpy()
        outcome[rows], because[rows] = code, CODE[state]
    because[_without_facility(subjects, rule)] = CODE["no_facility"]
    return mm, outcome, because


def _by_straight_line(rule: Rule, subjects: Subjects) -> tuple[Floats, Codes, Codes]:
    access = subjects.access_of(rule.rule_id)
    mm, outcome, because = _compare(rule, access["straight_mm"].to_numpy(dtype=float, na_value=np.nan))
    because[_without_facility(subjects, rule)] = CODE["no_facility"]
    return mm, outcome, because


_MEASURES = {"network": _on_network, "straight_line": _by_straight_line}


def _compare(rule: Rule, mm: Floats) -> tuple[Floats, Codes, Codes]:
    with np.errstate(invalid="ignore"):
        passes = mm <= rule.limit.most_mm(rule.pace)
    return mm, np.where(passes, PASS, FAIL), np.full(len(mm), CODE["measured"])


def _without_facility(subjects: Subjects, rule: Rule) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Only a rule without any counted facility has no straight-line neighbour."""
    missing: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        subjects.access_of(rule.rule_id)["straight_mm"].isna().to_numpy()
    )
    return missing


def _shown(rule: Rule, mm: Floats) -> Floats:
    return mm / MM_PER_M if rule.pace is None else rule.pace.minutes(mm)
