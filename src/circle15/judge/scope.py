"""Whom a rule speaks of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.core.rule import Rule
from circle15.core.tables import Residential
from circle15.judge.subjects import CODE, NOT_APPLICABLE, PASS, UNKNOWN, Codes

# Columns that tell who a rule speaks of and whose absence therefore leaves its verdict open.
_DECISIVE = ("built",)


def scope(rule: Rule, residential: Residential) -> tuple[Codes, Codes]:
    """For each area PASS where the rule applies, UNKNOWN or NOT_APPLICABLE elsewhere, with the reason code.

    A column that is absent puts all areas in scope (``scope_assumed``), but for ``built``: rules that tell new
    from existing are then unknown. A column that is present but empty leaves that area unknown.
    """
    size = len(residential)
    outcome = np.full(size, PASS)
    because = np.full(size, CODE["measured"])
    for column, wanted in rule.scope.items():
        if not residential.has(column):
            decisive = column in _DECISIVE
            _mark(
                outcome,
                because,
                np.ones(size, dtype=bool),
                UNKNOWN if decisive else PASS,
                "scope_unknown" if decisive else "scope_assumed",
            )
            continue
        values = residential.frame[column]
        _mark(outcome, because, values.isna().to_numpy(), UNKNOWN, "scope_unknown")
        _mark(outcome, because, (values.notna() & (values != wanted)).to_numpy(), NOT_APPLICABLE, "out_of_scope")
    return outcome, because


def _mark(outcome: Codes, because: Codes, rows: NDArray[np.bool_], code: np.int8, reason: str) -> None:
    outcome[rows] = code
    because[rows] = CODE[reason]
