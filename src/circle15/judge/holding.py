"""Whether a candidate can hold what the standards of a pack ask of each new facility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.core.limit import UPPER, Limit
from circle15.core.rule import Rule, Standard
from circle15.core.tables import Candidates
from circle15.core.units import exact

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Holding:
    """One standard against every candidate, in row order: ``value`` is NaN where it is not known.

    ``limit`` is the least that is enough: of a clause that says 左右 the lower end of its tolerance.
    """

    rule: Rule
    column: str
    limit: Limit
    value: Floats

    @property
    def short(self) -> NDArray[np.bool_]:
        """Which candidates are known to be too small."""
        found: NDArray[np.bool_] = ~np.isnan(self.value) & ~self.limit.holds(self.value)
        return found

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Of which candidates nobody knows: the cell is empty, its column absent, or the number an estimate."""
        return np.isnan(self.value)


def holdings(rules: Sequence[Rule], facility_type: str, candidates: Candidates) -> list[Holding]:
    """The standards that a new facility of a type must meet and that a column of the candidates can tell of.

    Only those that can fail a run, ask for at least so much, and speak of every facility or of new ones.
    """
    return [
        Holding(rule, rule.test.column, _least(rule, rule.test), _known(candidates, rule.test.column))
        for rule in rules
        if isinstance(rule.test, Standard) and facility_type in rule.targets and _asks(rule, rule.test)
    ]


def _asks(rule: Rule, test: Standard) -> bool:
    told = test.column in {column.name for column in Candidates.columns if column.kind in ("number", "integer")}
    alone = not test.over and not rule.where and rule.limit.op not in UPPER and not math.isnan(rule.limit.value)
    return told and alone and rule.can_fail_a_run and rule.scope.get("built", "new") == "new"


def _least(rule: Rule, test: Standard) -> Limit:
    if not test.tolerance:
        return rule.limit
    return Limit(">=", float(exact(rule.limit.value) * (1 - exact(test.tolerance))), rule.limit.unit)


def _known(candidates: Candidates, column: str) -> Floats:
    """The cells of a column, without those that are estimates."""
    frame = candidates.frame
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan))
    if not candidates.has("estimated"):
        return values
    estimated = frame["estimated"].fillna("").map(lambda mark: column in mark.split("+")).to_numpy(dtype=bool)
    return np.where(estimated, np.nan, values)
