"""Rule kind ``schedule``: so many a year, dated milestones, documents that are due."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from circle15.core.rule import STUDY, Amount, Milestone, Rule, Schedule
from circle15.judge.evidence import above_range, condition_columns, open_reason, qualified, without_status
from circle15.judge.subjects import CODE, FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block, Floats, Subjects, open_block

_ENDING = re.compile("(镇|乡|街道)$")


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block over the years, the milestones, or the document."""
    test = rule.test if isinstance(rule.test, Schedule) else Schedule()
    if test.due:
        return [open_block(rule, STUDY, [test.due], "no_document")]
    return [_milestones(rule, test, subjects) if test.milestones else _years(rule, test, subjects)]


def _opened(subjects: Subjects) -> Floats | None:
    """The opening year of each facility, NaN where empty; None without the column."""
    frame = subjects.facilities.frame
    if "opened" not in frame.columns:
        return None
    return np.asarray(pd.to_datetime(frame["opened"]).dt.year.to_numpy(dtype=float, na_value=np.nan))


def _years(rule: Rule, test: Schedule, subjects: Subjects) -> Block:
    years = sorted(test.per_year)
    opened = _opened(subjects)
    ids = [str(year) for year in years]
    if opened is None:
        return open_block(rule, STUDY, ids, "no_column")
    counts = qualified(rule, Amount("facilities", all_built=True), subjects)
    certain = np.array([((opened == year) & (counts == PASS)).sum() for year in years], dtype=float)
    doubtful = (np.isnan(opened) & (counts != FAIL)).sum()
    possible = certain + doubtful + np.array([((opened == year) & (counts == UNKNOWN)).sum() for year in years])
    limit = np.array([test.per_year[year] for year in years])
    outcome = np.where(certain >= limit, PASS, np.where(possible >= limit, UNKNOWN, FAIL))
    reason = open_reason(condition_columns(*rule.where), subjects.facilities.frame)
    because = np.where(outcome == UNKNOWN, CODE[reason], CODE["counted"])
    because = np.where((outcome == PASS) & above_range(rule, certain), CODE["above_range"], because)
    early = np.array([_not_due(year, subjects) for year in years]) & (outcome != PASS)
    outcome, because = np.where(early, NOT_APPLICABLE, outcome), np.where(early, CODE["not_due"], because)
    return Block(
        rule, rule.metric, outcome, certain, certain - limit, because, STUDY, np.array(ids, dtype=object), limit
    )


def _not_due(year: int, subjects: Subjects) -> bool:
    """A year that is not over at the date of the study cannot be missed yet."""
    return subjects.as_of is not None and (subjects.as_of.year, subjects.as_of.month, subjects.as_of.day) < (
        year,
        12,
        31,
    )


def _milestones(rule: Rule, test: Schedule, subjects: Subjects) -> Block:
    found = [_milestone(each, subjects) for each in test.milestones]
    ids = np.array([f"{each.zone} {each.year}" for each in test.milestones], dtype=object)
    value, outcome, because = (np.array(column) for column in zip(*found, strict=True))
    value = value.astype(float)
    return Block(
        rule, rule.metric, outcome.astype(np.int8), value, rule.limit.margin(value), because.astype(np.int8), STUDY, ids
    )


def _milestone(due: Milestone, subjects: Subjects) -> tuple[float, np.int8, np.int8]:
    """A facility of the type in the zone, open by the end of the year. Ground broken is not in any table."""
    if due.stage == "begin":
        return np.nan, UNKNOWN, CODE["no_column"]
    zones = zones_named(due.zone, subjects)
    opened = _opened(subjects)
    if not zones or opened is None or subjects.facilities_in is None:
        return np.nan, UNKNOWN, CODE["no_units" if not zones else "no_column"]
    members = subjects.facilities_in.frame
    inside = set(members.loc[members["zone_id"].isin(zones), "area_id"])
    frame = subjects.facilities.frame
    there = ((frame["type"] == due.facility_type) & frame["facility_id"].isin(inside)).to_numpy()
    count = float((there & subjects.built & (opened <= due.year)).sum())
    if count:
        return count, PASS, CODE["counted"]
    if _not_due(due.year, subjects):
        return count, NOT_APPLICABLE, CODE["not_due"]
    may_stand = subjects.built | without_status(frame)
    doubtful = bool((there & may_stand & ~(opened > due.year)).any())
    return count, UNKNOWN if doubtful else FAIL, CODE["cell_empty" if doubtful else "counted"]


def zones_named(name: str, subjects: Subjects) -> list[str]:
    """Ids of the zones of that id or name; either name may stand without its 镇，乡 or 街道."""
    if subjects.units is None:
        return []
    frame = subjects.units.frame
    bare = frame["name"].str.replace(_ENDING, "", regex=True)
    same = (frame["zone_id"] == name) | (frame["name"] == name)
    return list(frame.loc[same if same.any() else bare == _ENDING.sub("", name), "zone_id"])
