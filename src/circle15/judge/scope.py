"""Whom a rule speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.rule import Rule
from circle15.judge.evidence import zone_rows
from circle15.judge.subjects import CODE, NOT_APPLICABLE, PASS, UNKNOWN, Codes, Subjects
from circle15.judge.units import told_or_coded

# Columns of areas that tell who a rule speaks of and whose absence therefore leaves its verdict open.
_DECISIVE = ("built",)
# The levels of the zones that homes lie in and that are urban or rural.
_HOME_LEVELS = ("community", "village")


def scope(rule: Rule, subjects: Subjects) -> tuple[Codes, Codes]:
    """For each area PASS where the rule applies, UNKNOWN or NOT_APPLICABLE elsewhere, with the reason code.

    A column that is absent puts all areas in scope (``scope_assumed``), but for ``built``: rules that tell new
    from existing are then unknown. A column that is present but empty leaves that area unknown. Urban or rural is
    what the area says, else its community or village. An area that one column puts out of scope is out of it.
    """
    size = len(subjects.residential)
    return _scope(rule, size, lambda column: _told(rule, subjects, column), "measured", _DECISIVE)


def unit_scope(rule: Rule, rows: Any) -> tuple[Codes, Codes]:
    """The same for each zone, by rows of the zone table; no column is missed so much that its absence is unknown."""
    return _scope(rule, len(rows), lambda column: told_or_coded(rule, rows, column), "counted", ())


def _scope(
    rule: Rule, size: int, told: Callable[[str], Any], met: str, decisive: tuple[str, ...]
) -> tuple[Codes, Codes]:
    """``told`` gives the cells of a column, None where nothing tells it; ``met`` is the reason of what is in scope."""
    outcome, because = np.full(size, PASS), np.full(size, CODE[met])
    for column, wanted in rule.scope.items():
        values = told(column)
        if values is None and column not in decisive:
            because[outcome == PASS] = CODE["scope_assumed"]
            continue
        empty = np.ones(size, dtype=bool) if values is None else values.isna().to_numpy()
        _mark(outcome, because, empty & (outcome == PASS), UNKNOWN, "scope_unknown")
        if values is not None:
            other = ~empty & (values != wanted).to_numpy(dtype=bool, na_value=True)
            _mark(outcome, because, other, NOT_APPLICABLE, "out_of_scope")
    return outcome, because


def _told(rule: Rule, subjects: Subjects, column: str) -> Any:
    """A column of the areas, filled by that of their communities; None where neither tells."""
    frame = subjects.residential.frame
    told = frame[column] if column in frame.columns else None
    if column != "urban_rural" or subjects.units is None or not rule.counting.urban_rural_code:
        return told
    units = subjects.units.frame
    of_zone = told_or_coded(rule, units, column)
    if of_zone is None or subjects.areas_in is None:
        return told
    zone = zone_rows(subjects.areas_in, _HOME_LEVELS, frame["area_id"])
    by_zone = pd.Series(zone, index=frame.index).map(dict(zip(units["zone_id"], of_zone, strict=True)))
    if by_zone.isna().all():
        return told
    return by_zone if told is None else told.where(told.notna(), by_zone)


def _mark(outcome: Codes, because: Codes, rows: NDArray[np.bool_], code: np.int8, reason: str) -> None:
    outcome[rows] = code
    because[rows] = CODE[reason]
