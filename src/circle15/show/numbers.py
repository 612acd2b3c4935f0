"""How numbers are written, the same in every output. The map page's script has the same in ``assets/numbers.js``."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# No share or minute needs more decimals to be told from another; of a count what is less is noise of adding up.
_MOST_PLACES = 6
# What is nearer to nothing is what adding up left over.
_NOISE = 1e-9


def plain(value: Any, decimals: int = 6, *, keep_zeros: bool = False) -> str:
    """A number, by default without trailing zeros; nothing for null."""
    if value is None or math.isnan(value):
        return ""
    text = f"{float(value):.{decimals}f}"
    if "." in text and not keep_zeros:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def grouped(value: Any) -> str:
    """A number for people: thousands separators, up to six decimals, nothing for null."""
    text = plain(value)
    digits, point, rest = text.partition(".")
    return f"{int(digits):,}{point}{rest}" if digits not in ("", "-0") else text


def percent(share: Any, *marks: float | None) -> str:
    """A share as a percentage with one decimal, rounded half up; a dash for null.

    Less than all is never 100.0%, more than nothing never 0.0%, and a share beside its target, or whatever else it is
    compared with (``marks``), reads like it only where it is the same: else it has as many more decimals as it takes.
    """
    if share is None or (isinstance(share, float) and math.isnan(share)):
        return "—"
    return f"{_apart(share * 100, (0.0, 100.0, *(mark * 100 for mark in marks if mark is not None)), 1)}%"


def target_percent(share: float) -> str:
    """A share that is asked for as a percentage: one decimal, and all further ones that it has."""
    return f"{_half_up(share * 100, max(1, len(f'{share * 100:.12g}'.partition('.')[2])))}%"


def whole(value: float, *marks: float) -> str:
    """A count with thousands separators, with decimals, rounded half up, only where it is no whole number.

    There is one decimal, or more where it would read like nothing or like one of the ``marks`` it is compared with.
    """
    if float(round(value, _MOST_PLACES)).is_integer():
        return f"{round(value):,}"
    return f"{_apart(value, (0.0, *marks), 1):,}"


def minutes(value: float, *marks: float) -> str:
    """Minutes to the hundredth, or with more decimals where they would read like nothing or like one of the marks."""
    return f"{_apart(value, (0.0, *marks), 2)}"


def _apart(value: float, marks: tuple[float, ...], least: int) -> Decimal:
    """A value to ``least`` decimals or to as many more as tell it from every mark that it is not."""
    value = 0.0 if abs(value) < _NOISE else value
    others = [mark for mark in marks if not math.isnan(mark) and f"{mark:.15g}" != f"{value:.15g}"]
    places = (
        each for each in range(least, _MOST_PLACES) if _half_up(value, each) not in {_half_up(m, each) for m in others}
    )
    return _half_up(value, next(places, _MOST_PLACES))


def _half_up(value: float, places: int) -> Decimal:
    """A few decimals of the fifteen digits that spreadsheets show, so that 6.25 is 6.3 here as there."""
    return Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
