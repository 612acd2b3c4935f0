"""What the columns say, in three values: yes, no, and the data cannot say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.counting import Counting
from circle15.core.limit import OPERATORS
from circle15.core.rule import Amount, Condition, Rule
from circle15.core.tables import Membership
from circle15.judge.cells import parts
from circle15.judge.subjects import FAIL, PASS, UNKNOWN, Codes, Floats, Subjects

FLOOR_AREA = "floor_area_m2"
# Floor area below ground is no 配建 area, nor is what the developer has not handed over.
_BELOW_GROUND = "地下"
_NOT_HANDED_OVER = "not_handed_over"
# Levels that share a code: a place is in a zone of one of them.
_ALIKE = (("community", "village"),)


def meets(conditions: Sequence[Condition], frame: Any) -> Codes:
    """For each row PASS if it meets all conditions, FAIL if it breaks one, else UNKNOWN."""
    found = np.full(len(frame), PASS)
    for condition in conditions:
        one = _meets(condition, frame)
        found = _both(found, one)
    return found


def _both(one: Codes, other: Codes) -> Codes:
    """FAIL where either fails, else UNKNOWN where either is open, else PASS."""
    return np.where((one == FAIL) | (other == FAIL), FAIL, np.maximum(one, other))


def _meets(condition: Condition, frame: Any) -> Codes:
    if condition.column not in frame.columns:
        return np.full(len(frame), UNKNOWN)
    cells = frame[condition.column]
    holds = _COMPARISONS[condition.op](cells, condition.value).to_numpy(dtype=bool, na_value=False)
    return np.where(cells.isna().to_numpy(), UNKNOWN, np.where(holds, PASS, FAIL))


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    **OPERATORS,
    "==": lambda cells, value: cells == value,
    "!=": lambda cells, value: cells != value,
    "has": lambda cells, value: cells.map(lambda cell: value in parts(cell)).astype(bool),
    "in": lambda cells, value: cells.isin(value),
}


@dataclass(frozen=True, slots=True)
class Addends:
    """What each facility adds to an amount: rows that certainly count, rows that may, and the value of the former."""

    certain: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    value: Floats


def addends(rule: Rule, amount: Amount, subjects: Subjects, placed: NDArray[np.bool_] | None = None) -> Addends:
    """What the facilities add to an amount. Of those that share a room, the one with the largest area adds it.

    ``placed``: those that are somewhere, where what they add is; others add nothing, and take nobody's room.
    """
    tests, value = qualified(rule, amount, subjects), _values(amount, subjects)
    tests = tests if placed is None else np.where(placed, tests, FAIL)
    certain = (tests == PASS) & ~np.isnan(value)
    possible = (tests != FAIL) & ~certain
    room = rooms(rule, subjects)
    if amount.column != FLOOR_AREA or room is None:
        return Addends(certain, possible, value)
    order = np.lexsort((np.arange(len(room)), -np.nan_to_num(value), ~certain, room))
    leads = np.zeros(len(room), dtype=bool)
    leads[order[np.unique(room[order], return_index=True)[1]]] = True
    told = np.isin(room, room[certain])
    return Addends(certain & leads, possible & ~told, value)


def rooms(rule: Rule, subjects: Subjects) -> NDArray[np.int64] | None:
    """For each facility the row of the first one with the same ``room_id``, its own without one.

    None where no room is shared, or each facility in it counts.
    """
    frame = subjects.facilities.frame
    if "room_id" not in frame.columns or rule.counting.shared_room == "each":
        return None
    own = np.arange(len(frame), dtype=np.int64)
    first = {room: rows[0] for room, rows in frame.groupby("room_id").indices.items()}
    return np.array([first.get(room, row) for row, room in zip(own, frame["room_id"], strict=True)], dtype=np.int64)


def qualified(rule: Rule, amount: Amount, subjects: Subjects) -> Codes:
    """Which facilities an amount sums: of its types, operating unless all that is built counts, meeting its tests.

    Where the status is not filled in, nobody can say. Floor area counts above ground, and once it is handed over.
    """
    frame = subjects.facilities.frame
    candidates = frame["type"].isin(amount.types or rule.targets).to_numpy()
    unsure = without_status(frame)
    candidates = candidates & ((subjects.built if amount.all_built else subjects.operating) | unsure)
    tests = meets((*rule.where, *amount.where), frame)
    tests = np.where(unsure & (tests == PASS), UNKNOWN, tests)
    if amount.column == FLOOR_AREA:
        tests = _both(tests, _of_area(rule.counting, frame, subjects.as_of))
    return np.where(candidates, tests, FAIL)


def without_status(frame: Any) -> NDArray[np.bool_]:
    """Which facilities have an empty status, so that nobody can say whether they stand or operate."""
    return frame["status"].isna().to_numpy() if "status" in frame.columns else np.zeros(len(frame), dtype=bool)


def _of_area(counting: Counting, frame: Any, as_of: dt.date | None) -> Codes:
    """Which facilities have floor area that counts: above ground, and handed over by the date of the study."""
    found = np.full(len(frame), PASS) if counting.not_handed_over else _handed_over(frame, as_of)
    if "floor" in frame.columns and not counting.below_ground:
        below = frame["floor"].astype("string").str.contains(_BELOW_GROUND).fillna(value=False)
        found[below.to_numpy(dtype=bool)] = FAIL
    return found


def _handed_over(frame: Any, as_of: dt.date | None) -> Codes:
    """FAIL by a later date or the status. Without a date, what operates is handed over; of the rest nobody can say."""
    found = np.full(len(frame), PASS)
    status = frame["status"] if "status" in frame.columns else pd.Series(None, index=frame.index, dtype="object")
    if "handed_over" in frame.columns:
        date = pd.to_datetime(frame["handed_over"])
        found[(date.isna() & (status != "operating").fillna(value=True)).to_numpy(dtype=bool)] = UNKNOWN
        if as_of is not None:
            found[(date > pd.Timestamp(as_of)).to_numpy()] = FAIL
    found[(status == _NOT_HANDED_OVER).fillna(value=False).to_numpy(dtype=bool)] = FAIL
    return found


def above_range(rule: Rule, values: Floats) -> NDArray[np.bool_]:
    """Which values lie above the upper end of the range that a clause gives. That is no failure, and is noted."""
    return values > rule.at_most if rule.at_most is not None else np.zeros(len(values), dtype=bool)


def open_reason(columns: Iterable[str], frame: Any) -> str:
    """Why nobody can say: a column is absent, or else a cell is empty. Names may be empty."""
    return "no_column" if any(name and name not in frame.columns for name in columns) else "cell_empty"


def condition_columns(*conditions: Condition) -> list[str]:
    """The columns that conditions read."""
    return [each.column for each in conditions]


def _values(amount: Amount, subjects: Subjects) -> Floats:
    """What each facility has: 1 where they are counted, NaN where the cell is empty or the column absent."""
    frame = subjects.facilities.frame
    if not amount.column:
        return np.ones(len(frame))
    if amount.column not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[amount.column]).to_numpy(dtype=float, na_value=np.nan))


def levels_of(rule: Rule) -> tuple[str, ...]:
    """The levels of the zones a rule speaks of: villages stand apart from communities, unless counted with them."""
    with_villages = rule.level == "community" and rule.counting.villages == "with_communities"
    return ("community", "village") if with_villages else (rule.level,)


def are_placed(membership: Membership | None, levels: Sequence[str]) -> bool:
    """Whether the data puts anything into zones of those levels. What lies in a village lies in no community."""
    if membership is None:
        return False
    alike = {each for group in _ALIKE if not set(group).isdisjoint(levels) for each in group} | set(levels)
    return bool(membership.frame["level"].isin(alike).any())


def zone_numbers(
    membership: Membership | None, levels: Sequence[str], ids: Any, zone_ids: Iterable[str]
) -> NDArray[np.int64]:
    """For each id the number of its zone, at one of the levels, among ``zone_ids``; −1 where it is in none of them."""
    place = {zone_id: number for number, zone_id in enumerate(zone_ids)}
    return np.array([place.get(each, -1) for each in zone_rows(membership, levels, ids)], dtype=np.int64)


def zone_rows(membership: Membership | None, levels: Sequence[str], ids: Any) -> NDArray[np.object_]:
    """The zone of each id at one of the levels, None where it has none."""
    if membership is None:
        return np.full(len(ids), None, dtype=object)
    rows = membership.frame[membership.frame["level"].isin(levels)]
    zone = dict(zip(rows["area_id"], rows["zone_id"], strict=True))
    return np.array([zone.get(each) for each in ids], dtype=object)
