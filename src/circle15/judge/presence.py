"""Rule kind ``presence``: zones that have at least so many facilities of a kind.

Two small sites do not add up: each facility is tested by itself, unless the rule is counted so that they do. A
facility whose own test is open leaves its zone open, unless enough others are certain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.core.limit import OPERATORS
from circle15.core.rule import ATTRIBUTES_BUILT, FACILITY, STUDY, WHOLE_STUDY, ZONE, Amount, Metric, Presence, Rule
from circle15.judge.evidence import (
    FLOOR_AREA,
    addends,
    are_placed,
    condition_columns,
    levels_of,
    meets,
    open_reason,
    qualified,
    zone_numbers,
    zone_rows,
)
from circle15.judge.scope import unit_scope
from circle15.judge.subjects import CODE, FAIL, PASS, UNKNOWN, Block, Codes, Floats, Subjects, open_block
from circle15.judge.units import units_of


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """Over the zones of the rule's level, one block for sites that operate and one for those built; or the spokes."""
    rows = units_of(subjects, levels_of(rule))
    if rows is None:
        return [open_block(rule, STUDY, [WHOLE_STUDY], "no_units")]
    ids = rows["zone_id"].to_numpy(dtype=object)
    if isinstance(rule.test, Presence) and rule.test.spokes:
        certain, possible, reason = _counts(rule, Amount("facilities"), subjects, ids)
        hubs = dict(zip(ids, zip(certain, possible, strict=True), strict=True))
        return [_spokes(rule, rule.test, subjects, hubs, reason)]
    return [_zones(rule, metric, subjects, rows) for metric in rule.metrics]


def may_count(rule: Rule, frame: Any) -> list[str]:
    """Ids of the candidates that are not known to break what the rule asks of a facility that counts."""
    tests = meets(rule.where, frame)
    return [str(name) for name in frame["candidate_id"].to_numpy(dtype=object)[tests != FAIL]]


def _zones(rule: Rule, metric: Metric, subjects: Subjects, rows: Any) -> Block:
    ids = rows["zone_id"].to_numpy(dtype=object)
    amount = Amount("facilities", all_built=metric == ATTRIBUTES_BUILT)
    certain, possible, reason = _counts(rule, amount, subjects, ids)
    if rule.counting.sites_add_up:
        certain, possible = _added_up(rule, amount, subjects, ids, certain, possible)
    outcome = _decide(rule, certain, possible)
    applies, because = unit_scope(rule, rows)
    because = np.where((applies == PASS) & (outcome == UNKNOWN), CODE[reason], because)
    outcome = np.where(applies == PASS, outcome, applies)
    return Block(rule, metric, outcome, certain, rule.limit.margin(certain), because, ZONE, ids)


def _counts(rule: Rule, amount: Amount, subjects: Subjects, ids: NDArray[np.object_]) -> tuple[Floats, Floats, str]:
    """For each zone, the facilities that certainly count and those that may, and what leaves the latter open.

    Where no facility at all can be placed at the level, each that counts may stand in any zone.
    """
    frame = subjects.facilities.frame
    tests = qualified(rule, amount, subjects)
    if (tests != FAIL).any() and not are_placed(subjects.facilities_in, levels_of(rule)):
        everywhere = np.full(len(ids), float((tests != FAIL).sum()))
        return np.zeros(len(ids)), everywhere, "no_assignment"
    at = _zone_of(rule, subjects, ids)
    known = at >= 0
    certain = np.bincount(at[known & (tests == PASS)], minlength=len(ids)).astype(float)
    doubtful = np.bincount(at[known & (tests == UNKNOWN)], minlength=len(ids))
    return certain, certain + doubtful, open_reason(condition_columns(*rule.where), frame)


def _zone_of(rule: Rule, subjects: Subjects, ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """For each facility the number of its zone, −1 where it is in none of them."""
    return zone_numbers(subjects.facilities_in, levels_of(rule), subjects.facilities.frame["facility_id"], ids)


def _added_up(
    rule: Rule, amount: Amount, subjects: Subjects, ids: NDArray[np.object_], certain: Floats, possible: Floats
) -> tuple[Floats, Floats]:
    """One site more, made of several, where those that meet the other conditions are together as large as one must be.

    Sites that are large enough by themselves are counted already.
    """
    size = next((each for each in rule.where if each.column == FLOOR_AREA and each.op in (">", ">=")), None)
    if size is None:
        return certain, possible
    others = replace(rule, where=tuple(each for each in rule.where if each is not size))
    at = _zone_of(rule, subjects, ids)
    found = addends(others, replace(amount, column=FLOOR_AREA), subjects, at >= 0)
    sums = np.bincount(at[found.certain], weights=found.value[found.certain], minlength=len(ids)).astype(float)
    enough = OPERATORS[size.op](sums, size.value)
    open_zones = np.bincount(at[found.possible], minlength=len(ids)) > 0
    return np.maximum(certain, enough), np.maximum(possible, np.maximum(enough, open_zones))


def _decide(rule: Rule, certain: Floats, possible: Floats) -> Codes:
    return np.where(rule.limit.holds(certain), PASS, np.where(rule.limit.holds(possible), UNKNOWN, FAIL))


def _spokes(rule: Rule, test: Presence, subjects: Subjects, hubs: dict[str, tuple[float, float]], reason: str) -> Block:
    """Each spoke passes if its zone has a hub; without a zone nobody can say."""
    frame = subjects.facilities.frame
    rows = frame["type"].isin(test.spokes).to_numpy() & subjects.standing(rule)
    ids = frame.loc[rows, "facility_id"].to_numpy(dtype=object)
    zone = zone_rows(subjects.facilities_in, levels_of(rule), ids)
    pairs = [hubs.get(each, (np.nan, np.nan)) for each in zone]
    certain, possible = np.array(pairs, dtype=float).reshape(-1, 2).T
    outcome = np.where(np.isnan(certain), UNKNOWN, _decide(rule, certain, possible))
    because = np.where(np.isnan(certain), CODE["no_assignment"], CODE["counted"])
    because = np.where(~np.isnan(certain) & (outcome == UNKNOWN), CODE[reason], because)
    return Block(rule, rule.metric, outcome, certain, rule.limit.margin(certain), because, FACILITY, ids)
