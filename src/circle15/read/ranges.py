"""Numbers and dates of one row that contradict each other, or are beyond reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.findings import Code, Finding
from circle15.core.tables import LAYERS, STAGES
from circle15.core.text import Text, first_ids
from circle15.core.words import LAYER_WORDS

Flags = NDArray[np.bool_]

# Pairs of columns of which the first is a part of the second, or comes no later.
_PEOPLE = (
    ("pop60", "population"),
    ("pop65", "pop60"),
    ("pop80", "pop65"),
    ("pop80", "pop60"),
    ("pop65", "population"),
    ("pop80", "population"),
    ("pop0_3", "population"),
)
_UNITS = (
    *_PEOPLE,
    ("nursing_beds", "beds"),
    ("needy_disabled_in_care", "needy_disabled"),
    ("needy_willing_in_care", "needy_willing"),
)
_STAGES = tuple(STAGES)
PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "residential": (
        *_PEOPLE,
        *((f"housing_{one}", f"housing_{other}") for one, other in pairwise(_STAGES)),
    ),
    "facilities": (("nursing_beds", "beds"), *pairwise(_STAGES)),
    "zones": _UNITS,
    "zone_table": _UNITS,
}


@dataclass(frozen=True, slots=True)
class Range:
    """What ``column``, divided by ``per`` where that is given, is between in any town."""

    column: str
    least: float
    most: float
    per: str = ""


_HOUSEHOLD = Range("population", 0.5, 10, "households")
RANGES: Mapping[str, tuple[Range, ...]] = {
    "residential": (_HOUSEHOLD, Range("floor_area_m2", 15, 500, "households")),
    "facilities": (Range("stars", 0, 5), Range("beds", 0, 5000), Range("floor_area_m2", 4, 500, "beds")),
    "zones": (_HOUSEHOLD,),
    "zone_table": (_HOUSEHOLD,),
}

# A zero in the first column is no fact where the second has at least so much.
_ZERO_PEOPLE = (("households", "population", 1.0), ("population", "households", 1.0), ("pop60", "population", 300.0))
ZEROS: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "residential": (*_ZERO_PEOPLE, ("floor_area_m2", "households", 1.0), ("households", "floor_area_m2", 100.0)),
    "facilities": (("floor_area_m2", "beds", 1.0), ("land_area_m2", "floor_area_m2", 1.0)),
    "zones": _ZERO_PEOPLE,
    "zone_table": _ZERO_PEOPLE,
}


def number_findings(frame: Any, layer: str) -> list[Finding]:
    """Contradictions, numbers beyond reason and suspicious zeros in the rows of a layer."""
    found = (_contradictions(frame, layer), _out_of_range(frame, layer), _zeros(frame, layer))
    return [finding for finding in found if finding is not None]


def _contradictions(frame: Any, layer: str) -> Finding | None:
    broken = {
        f"{part} > {whole}": _filled(frame, part, whole, lambda one, other: one > other)
        for part, whole in PARTS.get(layer, ())
    }
    return _of_conditions(frame, layer, broken, "attributes_contradict", _CONTRADICTION)


def _out_of_range(frame: Any, layer: str) -> Finding | None:
    broken = {}
    for each in RANGES.get(layer, ()):
        if each.per:
            name = f"{each.column} ÷ {each.per} ∉ {each.least:g}–{each.most:g}"
            broken[name] = _filled(frame, each.column, each.per, _outside(each))
        elif each.column in frame.columns:
            values = _numbers(frame[each.column])
            broken[f"{each.column} > {each.most:g}"] = values > each.most
    return _of_conditions(frame, layer, broken, "out_of_range", _RANGE)


def _outside(limits: Range) -> Callable[[Any, Any], Any]:
    """Whether a quotient is out of its range; a zero on either side is another finding's matter."""

    def test(one: Any, other: Any) -> Any:
        return (one > 0) & (other > 0) & ((one < limits.least * other) | (one > limits.most * other))

    return test


def _zeros(frame: Any, layer: str) -> Finding | None:
    broken = {
        f"{zero} = 0, {beside} ≥ {least:g}": _filled(frame, zero, beside, _is_zero_beside(least))
        for zero, beside, least in ZEROS.get(layer, ())
    }
    return _of_conditions(frame, layer, broken, "suspicious_zero", _ZERO)


def _is_zero_beside(least: float) -> Callable[[Any, Any], Any]:
    def test(one: Any, other: Any) -> Any:
        return (one == 0) & (other >= least)

    return test


def _filled(frame: Any, one: str, other: str, test: Callable[[Any, Any], Any]) -> Flags:
    """Which rows have both columns filled and meet the test."""
    if one not in frame.columns or other not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(test(_numbers(frame[one]), _numbers(frame[other])), dtype=bool)


def _numbers(column: Any) -> NDArray[np.float64]:
    """Cells as numbers, dates as days; empty ones are NaN, which no comparison meets."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column.to_numpy(dtype="datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan))


_CONTRADICTION = (
    Text("数值自相矛盾", "contradict themselves"),
    Text(
        "请核对这些数值；部分不会大于整体，后一阶段不会早于前一阶段。",
        "Check the numbers: no part is larger than the whole, no stage earlier than the one before.",
    ),
)
_RANGE = (
    Text("数值超出常理", "have numbers beyond reason"),
    Text("请核对数值和单位。", "Check the numbers and their units."),
)
_ZERO = (
    Text("数值为 0，疑为未填", "have zeros that look like empty cells"),
    Text("不知道的数值请留空，不要填 0。", "Leave empty what is not known: 0 is a number."),
)


def _of_conditions(
    frame: Any, layer: str, broken: Mapping[str, Flags], code: Code, words: tuple[Text, Text]
) -> Finding | None:
    """One finding of all rows that meet any of the conditions, which the message counts one by one."""
    rows = np.zeros(len(frame), dtype=bool)
    for flags in broken.values():
        rows |= flags
    if not rows.any():
        return None
    counted = first_ids((f"{name} × {int(flags.sum())}" for name, flags in broken.items() if flags.any()), 5)
    what, fix = words
    layer_words, ids = LAYER_WORDS[layer], frame[LAYERS[layer].key()].to_numpy()[rows]
    return Finding.of(
        code,
        "warning",
        layer,
        ids,
        Text(
            f"{len(ids)} 个{layer_words.zh}的{what.zh}（{counted}）：{first_ids(ids)}。",
            f"{len(ids)} {layer_words.en} {what.en} ({counted}): {first_ids(ids)}.",
        ),
        fix,
    )
