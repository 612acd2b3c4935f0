"""What the columns say, in three values: yes, no, and the data cannot say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.limit import OPERATORS
from circle15.core.rule import Amount, Condition, Rule
from circle15.core.tables import Membership
from circle15.judge.cells import parts
from circle15.judge.subjects import FAIL, PASS, UNKNOWN, Codes, Floats, Subjects

# Floor area below ground is no 配建 area.
_BELOW_GROUND = "地下"
# Levels that share a code: a place is in a zone of one of them.
_ALIKE = (("community", "village"),)


def meets(conditions: Sequence[Condition], frame: Any) -> Codes:
    """For each row PASS if it meets all conditions, FAIL if it breaks one, else UNKNOWN."""
    found = np.full(len(frame), PASS)
    for condition in conditions:
        one = _meets(condition, frame)
        found = np.where((found == FAIL) | (one == FAIL), FAIL, np.maximum(found, one))
    return found


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


def qualified(rule: Rule, amount: Amount, subjects: Subjects) -> Codes:
    """Which facilities an amount sums: of its types, operating unless all that is built counts, meeting its tests.

    Where the status is not filled in, nobody can say.
    """
    frame = subjects.facilities.frame
    candidates = frame["type"].isin(amount.types or rule.targets).to_numpy()
    unsure = frame["status"].isna().to_numpy() if "status" in frame.columns else np.zeros(len(frame), dtype=bool)
    candidates = candidates & ((subjects.built if amount.all_built else subjects.operating) | unsure)
    if amount.column == "floor_area_m2" and "floor" in frame.columns:
        below = frame["floor"].astype("string").str.contains(_BELOW_GROUND).fillna(value=False)
        candidates = candidates & ~below.to_numpy(dtype=bool)
    tests = meets((*rule.where, *amount.where), frame)
    return np.where(candidates, np.where(unsure & (tests == PASS), UNKNOWN, tests), FAIL)


def above_range(rule: Rule, values: Floats) -> NDArray[np.bool_]:
    """Which values lie above the upper end of the range that a clause gives. That is no failure, and is noted."""
    return values > rule.at_most if rule.at_most is not None else np.zeros(len(values), dtype=bool)


def open_reason(columns: Iterable[str], frame: Any) -> str:
    """Why nobody can say: a column is absent, or else a cell is empty. Names may be empty."""
    return "no_column" if any(name and name not in frame.columns for name in columns) else "cell_empty"


def condition_columns(*conditions: Condition) -> list[str]:
    """The columns that conditions read."""
    return [each.column for each in conditions]


def facility_values(amount: Amount, subjects: Subjects) -> Floats:
    """What each facility adds: 1 where they are counted, NaN where the cell is empty or the column absent."""
    frame = subjects.facilities.frame
    if not amount.column:
        return np.ones(len(frame))
    if amount.column not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[amount.column]).to_numpy(dtype=float, na_value=np.nan))


def are_placed(membership: Membership | None, level: str) -> bool:
    """Whether the data puts anything into zones of that level. What lies in a village lies in no community."""
    if membership is None:
        return False
    alike = next((levels for levels in _ALIKE if level in levels), (level,))
    return bool(membership.frame["level"].isin(alike).any())


def zone_rows(membership: Membership | None, level: str, ids: Any) -> NDArray[np.object_]:
    """The zone of each id at a level, None where it has none."""
    if membership is None:
        return np.full(len(ids), None, dtype=object)
    rows = membership.frame[membership.frame["level"] == level]
    zone = dict(zip(rows["area_id"], rows["zone_id"], strict=True))
    return np.array([zone.get(each) for each in ids], dtype=object)
