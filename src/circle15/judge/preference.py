"""Rule kind ``preference``: sites that stand where a plan would rather have them. Never a failure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from circle15.core.rule import FACILITY, Preference, Rule
from circle15.core.units import MM_PER_M
from circle15.judge.evidence import condition_columns, meets, open_reason
from circle15.judge.subjects import CODE, FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block, Subjects


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block over the facilities of the targets that operate: pass, not applicable, or unknown."""
    test = rule.test if isinstance(rule.test, Preference) else Preference()
    frame = subjects.facilities.frame
    rows = np.flatnonzero(frame["type"].isin(rule.targets).to_numpy() & subjects.standing(rule))
    applies = meets(rule.where, frame)[rows]
    near, near_known = _near(test, subjects, rows)
    hosted, host_known = _hosted(test, subjects, rows)
    satisfied = near | hosted
    unknown = ~satisfied & ~(near_known & host_known)
    reason = "unlocated" if test.near_types else open_reason(("host",), frame)
    outcome = np.where(satisfied, PASS, np.where(unknown, UNKNOWN, NOT_APPLICABLE))
    because = np.where(satisfied, CODE["counted"], np.where(unknown, CODE[reason], CODE["not_preferred"]))
    open_where = CODE[open_reason(condition_columns(*rule.where), frame)]
    outcome = np.where(applies == PASS, outcome, np.where(applies == FAIL, NOT_APPLICABLE, UNKNOWN))
    because = np.where(applies == PASS, because, np.where(applies == FAIL, CODE["out_of_scope"], open_where))
    value = np.where(outcome == UNKNOWN, np.nan, (outcome == PASS).astype(float))
    ids = frame["facility_id"].to_numpy(dtype=object)[rows]
    return [Block(rule, rule.metric, outcome, value, rule.limit.margin(value), because, FACILITY, ids)]


Flags = NDArray[np.bool_]


def _near(test: Preference, subjects: Subjects, rows: NDArray[np.int64]) -> tuple[Flags, Flags]:
    """Which sites have a facility of the wanted types within the distance by straight line, and which could be told."""
    size = len(rows)
    if not test.near_types:
        return np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    wanted = subjects.facilities.frame["type"].isin(test.near_types).to_numpy()
    wanted = wanted & subjects.located & subjects.operating
    known = subjects.located[rows]
    near = np.zeros(size, dtype=bool)
    if wanted.any() and known.any():
        tree = cKDTree(subjects.facility_mm[wanted])
        distance, _ = tree.query(subjects.facility_mm[rows[known]])
        near[known] = distance <= test.near_m * MM_PER_M
    return near, known


def _hosted(test: Preference, subjects: Subjects, rows: NDArray[np.int64]) -> tuple[Flags, Flags]:
    size = len(rows)
    if not test.hosts:
        return np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    if not subjects.facilities.has("host"):
        return np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    hosts = subjects.facilities.frame["host"].iloc[rows]
    return hosts.isin(test.hosts).to_numpy(), hosts.notna().to_numpy()
