"""Rule kind ``ratio``: so much per household, person or bed; stocks; shares; tasks of each zone.

A sum of which some cell is empty is a lower bound: it passes a lower limit it already reaches, and says nothing
else. A ratio of nothing is null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.limit import OPERATORS, UPPER
from circle15.core.rule import AREA, ATTRIBUTES_BUILT, STUDY, WHOLE_STUDY, ZONE, Amount, Metric, Ratio, Rule, Target
from circle15.core.tables import OUTCOMES, Ratios, Units
from circle15.judge.assignment import groups, is_assigned, without_code
from circle15.judge.coverage import target_outcome
from circle15.judge.evidence import (
    above_range,
    addends,
    are_placed,
    condition_columns,
    levels_of,
    open_reason,
    qualified,
    rooms,
    zone_numbers,
)
from circle15.judge.land import CARE_LAND, land_by_zone, land_for_care
from circle15.judge.scope import scope, unit_scope
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
    open_block,
    silenced,
)
from circle15.judge.units import study_total, unit_totals, units_of

# 每百户: planned dwellings of new areas, actual households of existing ones.
_HOUSEHOLDS = ("households", "planned_dwellings")


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum for each subject: what is certain of it, and whether that is all."""

    value: Floats
    complete: NDArray[np.bool_]
    reason: str = "cell_empty"


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block over the areas, the zones of a level, or the study, for each metric of the rule."""
    test = rule.test if isinstance(rule.test, Ratio) else Ratio()
    make = _LEVELS.get(rule.level, _of_zones)
    if np.array_equal(subjects.operating, subjects.built):
        block = silenced(make(rule, test, subjects))
        return [replace(block, metric=metric) for metric in rule.metrics]
    return [replace(make(rule, _counting_by(metric, test), subjects), metric=metric) for metric in rule.metrics]


def _counting_by(metric: Metric, test: Ratio) -> Ratio:
    """The ratio of the sites that operate, or of those built; one that sets them against each other stays."""
    if not test.has_both:
        return test
    sides = [
        tuple(replace(each, all_built=metric == ATTRIBUTES_BUILT) for each in side)
        for side in (test.numerator, test.denominator)
    ]
    return replace(test, numerator=sides[0], denominator=sides[1])


def _of_areas(rule: Rule, test: Ratio, subjects: Subjects) -> Block:
    size = len(subjects.residential)
    if size == 0:
        return open_block(rule, STUDY, [WHOLE_STUDY], "no_areas")
    by = rule.counting.belongs_by
    if not is_assigned(subjects.residential, subjects.facilities, by):
        return open_block(rule, AREA, subjects.residential.frame["area_id"], "no_assignment")
    group = groups(subjects.assignment(rule), _counting(rule, test, subjects), rooms(rule, subjects), size)
    top = _add([_facilities_by_group(rule, each, subjects, group) for each in test.numerator])
    bottom = _add([_people_by_group(rule, each, subjects, group) for each in test.denominator])
    block = _ratio(rule, test, top, bottom, AREA, subjects.residential.frame["area_id"], None)
    applies, reason = scope(rule, subjects)
    because = np.where(reason != CODE["measured"], reason, block.because)
    outcome = np.where(applies != PASS, applies, block.outcome)
    lost = (applies == PASS) & (outcome == FAIL) & without_code(subjects.residential, subjects.facilities, by)
    outcome = np.where(lost, UNKNOWN, outcome).astype(np.int8)
    return replace(block, outcome=outcome, because=np.where(lost, CODE["no_assignment"], because))


def _counting(rule: Rule, test: Ratio, subjects: Subjects) -> NDArray[np.bool_]:
    """The facilities that some amount sums, or may."""
    counts = np.zeros(len(subjects.facilities), dtype=bool)
    for amount in (*test.numerator, *test.denominator):
        if amount.of == "facilities":
            counts |= qualified(rule, amount, subjects) != FAIL
    return counts


def _facilities_by_group(rule: Rule, amount: Amount, subjects: Subjects, group: NDArray[np.int64]) -> _Sum:
    """What the facilities of each area's group add up to; a facility shared by its members counts once."""
    assignment, size = subjects.assignment(rule), int(group.max(initial=-1)) + 1
    found = addends(rule, amount, subjects, assignment.counts > 0)
    at, open_at = (group[assignment.first_of(np.flatnonzero(rows))] for rows in (found.certain, found.possible))
    certain = np.bincount(at, weights=found.value[found.certain], minlength=size).astype(float)
    doubts = np.bincount(open_at, minlength=size)
    return _Sum(certain[group], (doubts == 0)[group], _facility_reason(rule, amount, subjects))


def _facility_reason(rule: Rule, amount: Amount, subjects: Subjects) -> str:
    """Why a sum over facilities may be open."""
    columns = [amount.column, *condition_columns(*rule.where, *amount.where)]
    return open_reason(columns, subjects.facilities.frame)


def _people_by_group(rule: Rule, amount: Amount, subjects: Subjects, group: NDArray[np.int64]) -> _Sum:
    frame = subjects.residential.frame
    values = _of_each_area(rule, amount.column, frame)
    size = int(group.max(initial=-1)) + 1
    sums = np.bincount(group, weights=np.nan_to_num(values), minlength=size).astype(float)
    empty = np.bincount(group, weights=np.isnan(values), minlength=size)
    reason = "cell_empty" if amount.column in frame.columns else "no_column"
    return _Sum(sums[group], (empty == 0)[group], reason)


def _of_each_area(rule: Rule, column: str, frame: pd.DataFrame) -> Floats:
    """A column of the areas; households are those planned where the area is new, unless the rule is counted else."""
    if column not in _HOUSEHOLDS or "built" not in frame.columns:
        return _numbers(frame, column)
    columns = {"new": rule.counting.households_new, "existing": rule.counting.households_existing}
    known = {built: _numbers(frame, name) for built, name in columns.items()}
    built = frame["built"].to_numpy(dtype=object)
    return np.select([built == key for key in known], list(known.values()), default=_numbers(frame, column))


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan))


def _of_zones(rule: Rule, test: Ratio, subjects: Subjects) -> Block:
    rows = units_of(subjects, levels_of(rule))
    if rows is None:
        return open_block(rule, STUDY, [WHOLE_STUDY], "no_units")
    ids = rows["zone_id"].to_numpy(dtype=object)
    top = _add([_by_zone(rule, each, subjects, rows) for each in test.numerator])
    bottom = _add([_by_zone(rule, each, subjects, rows) for each in test.denominator])
    tasks = unit_totals(rows, test.per_zone) if test.per_zone else None
    limit = np.full(len(ids), np.nan) if test.per_zone and tasks is None else tasks
    block = _ratio(rule, test, top, bottom, ZONE, ids, limit)
    applies, reason = unit_scope(rule, rows)
    because = np.where(reason != CODE["counted"], reason, block.because)
    return replace(block, outcome=np.where(applies != PASS, applies, block.outcome), because=because)


def _by_zone(rule: Rule, amount: Amount, subjects: Subjects, rows: pd.DataFrame) -> _Sum:
    if amount.of == "facilities":
        return _facilities_by_zone(rule, amount, subjects, rows)
    totals = unit_totals(rows, amount.column)
    if totals is not None and not np.isnan(totals).all() and not _by_parcels(rule, amount):
        return _Sum(np.nan_to_num(totals), ~np.isnan(totals))
    if amount.column == CARE_LAND and subjects.parcels is not None:
        return _Sum(*land_by_zone(rule, subjects, rows))
    if amount.of == "people" and subjects.residential.has(amount.column):
        return _people_by_zone(rule, amount.column, subjects, rows)
    return _Sum(np.zeros(len(rows)), np.zeros(len(rows), dtype=bool), "no_column")


def _facilities_by_zone(rule: Rule, amount: Amount, subjects: Subjects, rows: pd.DataFrame) -> _Sum:
    levels = levels_of(rule)
    at = zone_numbers(subjects.facilities_in, levels, subjects.facilities.frame["facility_id"], rows["zone_id"])
    found = addends(rule, amount, subjects, at >= 0)
    sums = np.bincount(at[found.certain], weights=found.value[found.certain], minlength=len(rows))
    doubts = np.bincount(at[found.possible], minlength=len(rows))
    reason = _facility_reason(rule, amount, subjects)
    if (qualified(rule, amount, subjects) != FAIL).any() and not are_placed(subjects.facilities_in, levels):
        return _Sum(sums.astype(float), np.zeros(len(rows), dtype=bool), "no_assignment")
    return _Sum(sums.astype(float), doubts == 0, reason)


def _people_by_zone(rule: Rule, column: str, subjects: Subjects, rows: pd.DataFrame) -> _Sum:
    frame = subjects.residential.frame
    at = zone_numbers(subjects.areas_in, levels_of(rule), frame["area_id"], rows["zone_id"])
    values, inside = _numbers(frame, column), at >= 0
    sums = np.bincount(at[inside], weights=np.nan_to_num(values[inside]), minlength=len(rows)).astype(float)
    empty = np.bincount(at[inside], weights=np.isnan(values[inside]), minlength=len(rows))
    if not are_placed(subjects.areas_in, levels_of(rule)):
        return _Sum(sums, np.zeros(len(rows), dtype=bool), "no_assignment")
    return _Sum(sums, empty == 0)


def _of_study(rule: Rule, test: Ratio, subjects: Subjects) -> Block:
    top = _add([_study_sum(rule, each, subjects) for each in test.numerator])
    bottom = _add([_study_sum(rule, each, subjects) for each in test.denominator])
    return _ratio(rule, test, top, bottom, STUDY, np.array([WHOLE_STUDY], dtype=object), None)


def _study_sum(rule: Rule, amount: Amount, subjects: Subjects) -> _Sum:
    if amount.of == "facilities":
        found = addends(rule, amount, subjects)
        reason = _facility_reason(rule, amount, subjects)
        return _single(float(found.value[found.certain].sum()), complete=not found.possible.any(), reason=reason)
    total = None if _by_parcels(rule, amount) else study_total(subjects, amount.column)
    if total is not None:
        return _single(0.0 if np.isnan(total) else total, complete=not np.isnan(total))
    if amount.column == CARE_LAND and subjects.parcels is not None:
        area = land_for_care(rule, subjects.parcels)
        return _single(float(np.nansum(area)), complete=not np.isnan(area).any())
    if amount.of == "people" and subjects.residential.has(amount.column):
        values = _numbers(subjects.residential.frame, amount.column)
        return _single(float(np.nansum(values)), complete=not np.isnan(values).any())
    return _Sum(np.zeros(1), np.zeros(1, dtype=bool), "no_column")


def _by_parcels(rule: Rule, amount: Amount) -> bool:
    """Whether land for care is told by parcels alone."""
    return amount.column == CARE_LAND and rule.counting.care_land == "parcels"


def _single(value: float, *, complete: bool, reason: str = "cell_empty") -> _Sum:
    return _Sum(np.array([value]), np.array([complete]), reason)


_LEVELS: dict[str, Callable[[Rule, Ratio, Subjects], Block]] = {AREA: _of_areas, STUDY: _of_study}


def _add(sums: Sequence[_Sum]) -> _Sum | None:
    """Amounts added up; incomplete where one of them is."""
    if not sums:
        return None
    reasons = [each.reason for each in sums if not each.complete.all()]
    return _Sum(
        np.sum([each.value for each in sums], axis=0),
        np.all([each.complete for each in sums], axis=0),
        reasons[0] if reasons else "cell_empty",
    )


def _ratio(
    rule: Rule,
    test: Ratio,
    top: _Sum | None,
    bottom: _Sum | None,
    kind: str,
    ids: Any,
    own: Floats | None,
) -> Block:
    """Value, outcome and reason of each of the subjects; ``own`` are limits of their own."""
    size = len(ids)
    if top is None:
        return open_block(rule, kind, ids, "no_column")
    below = bottom or _Sum(np.ones(size), np.ones(size, dtype=bool))
    value = np.divide(top.value * test.per, below.value, out=np.full(size, np.nan), where=below.value > 0)
    limit = np.full(size, float(rule.limit.value)) if own is None else own
    outcome, because = _decide(rule, value, limit, top, below)
    shown = np.where((top.complete & below.complete) | (outcome == PASS), value, np.nan)
    margin = limit - shown if rule.limit.op in UPPER else shown - limit
    numerator = np.where(top.complete | (outcome == PASS), top.value, np.nan)
    denominator = np.where(below.complete, below.value, np.nan) if bottom else np.full(size, np.nan)
    names = None if kind == AREA else ids
    return Block(rule, rule.metric, outcome, shown, margin, because, kind, names, own, numerator, denominator)


def _decide(rule: Rule, value: Floats, limit: Floats, top: _Sum, below: _Sum) -> tuple[Codes, Codes]:
    nothing = below.complete & np.isnan(value)
    reached = _reaches(rule, limit, top, below) & ~np.isnan(value)
    lower_bound = below.complete & reached & (rule.limit.op not in UPPER)
    known = below.complete & top.complete
    outcome = np.where(reached, PASS, FAIL)
    outcome = np.where(known | lower_bound, outcome, UNKNOWN)
    outcome = np.where(np.isnan(limit), UNKNOWN, np.where(nothing, NOT_APPLICABLE, outcome))
    missing = np.where(below.complete, CODE[top.reason], CODE[below.reason])
    because = np.where(outcome == UNKNOWN, missing, CODE["counted"])
    because = np.where((outcome == PASS) & above_range(rule, value), CODE["above_range"], because)
    if rule.limit_by == "study":
        because = np.where((outcome == PASS) | (outcome == FAIL), CODE["assumed_limit"], because)
    because = np.where(np.isnan(limit), CODE["no_limit"], np.where(nothing, CODE["nothing_to_share"], because))
    return outcome, because


def _reaches(rule: Rule, limit: Floats, top: _Sum, below: _Sum) -> NDArray[np.bool_]:
    """Compared by products, so that 400 m² for 1,000 households are exactly 40 for 100."""
    test = rule.test if isinstance(rule.test, Ratio) else Ratio()
    left, right = top.value * test.per, limit * below.value
    close = np.isclose(left, right, rtol=1e-12, atol=0)
    result: NDArray[np.bool_] = np.where(close, "=" in rule.limit.op, OPERATORS[rule.limit.op](left, right))
    return result


def passing(rule: Rule, blocks: Sequence[Block]) -> list[Block]:
    """The share of the subjects of other rules that pass: pass ÷ (pass + fail + unknown), unknowns kept open.

    By the headlines of those rules; and by the sites built where one of them is judged by those too.
    """
    test = rule.test if isinstance(rule.test, Ratio) else Ratio()
    named = [block for block in blocks if block.rule.rule_id in test.passing]
    found = [_passing(rule, rule.metric, [block.outcome for block in named if block.is_headline])]
    by_built = {block.rule.rule_id: block for block in named if block.metric == ATTRIBUTES_BUILT}
    if by_built:
        beside = {block.rule.rule_id: block for block in named if block.is_headline} | by_built
        found.append(_passing(rule, ATTRIBUTES_BUILT, [block.outcome for block in beside.values()]))
    return found


def _passing(rule: Rule, metric: Metric, rows: Sequence[Codes]) -> Block:
    outcome = np.concatenate(rows) if rows else np.empty(0, dtype=np.int8)
    passed, failed, unknown = (float((outcome == code).sum()) for code in (PASS, FAIL, UNKNOWN))
    total = passed + failed + unknown
    share = np.array([passed / total if passed + failed else np.nan])
    word = target_outcome(Target(rule.limit.op, rule.limit.value, ""), passed, unknown, total) or "not_applicable"
    because = {"not_applicable": "nothing_to_share", "unknown": "part_unknown"}.get(word, "counted")
    return Block(
        rule,
        metric,
        np.array([OUTCOMES.index(word)], dtype=np.int8),
        share,
        rule.limit.margin(share),
        np.array([CODE[because]]),
        STUDY,
        np.array([WHOLE_STUDY], dtype=object),
        numerator=np.array([passed]),
        denominator=np.array([total]),
    )


def ratios(blocks: Sequence[Block], area_ids: NDArray[np.object_], units: Units | None) -> Ratios:
    """The ratio blocks as rows of ratios.csv."""
    level_of = {} if units is None else dict(zip(units.frame["zone_id"], units.frame["level"], strict=True))
    frames = [_rows(block, area_ids, level_of) for block in blocks if block.numerator is not None]
    columns = [column.name for column in Ratios.columns]
    return Ratios.build(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns))


def _rows(block: Block, area_ids: NDArray[np.object_], level_of: dict[str, str]) -> pd.DataFrame:
    ids = area_ids if block.of_areas else block.subject_ids
    levels = level_of if block.subject_kind == ZONE else {}
    test = block.rule.test
    limit = np.full(len(ids), block.rule.limit.value) if block.limit is None else block.limit
    has_task = isinstance(test, Ratio) and bool(test.per_zone)
    task_share = np.divide(block.value, limit, out=np.full(len(ids), np.nan), where=(limit > 0) & has_task)
    return pd.DataFrame(
        {
            "rule_id": block.rule.rule_id,
            "level": [levels.get(each, block.subject_kind) for each in ids],
            "zone_id": ids,
            "metric": block.metric,
            "numerator": block.numerator,
            "denominator": block.denominator,
            "value": block.value,
            "op": block.rule.limit.op,
            "limit": limit,
            "limit_by": "task" if has_task else block.rule.limit_by,
            "task_share": task_share,
            "outcome": np.array(OUTCOMES, dtype=object)[block.outcome],
        }
    )
