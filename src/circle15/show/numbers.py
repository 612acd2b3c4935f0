"""How numbers are written, the same in every output."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# No share needs more decimals to be told from all or nothing.
_MOST_PLACES = 6


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


def percent(share: Any) -> str:
    """A share as a percentage with one decimal, rounded half up; a dash for null.

    Less than all is never 100.0%, more than nothing never 0.0%: then it has as many more decimals as it takes.
    """
    if share is None or (isinstance(share, float) and math.isnan(share)):
        return "—"
    places = (place for place in range(1, _MOST_PLACES) if not _misleads(_half_up(share * 100, place), share))
    return f"{_half_up(share * 100, next(places, _MOST_PLACES))}%"


def _misleads(shown: Decimal, share: float) -> bool:
    """Whether rounding makes all or nothing of what is neither."""
    return (shown == 0 and share != 0) or (shown == 100 and share != 1)


def whole(value: float) -> str:
    """A count with thousands separators, with one decimal, rounded half up, only where it is no whole number."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{_half_up(value):,}"


def minutes(value: float) -> str:
    """Minutes to the hundredth; a difference too small for that keeps its six decimals and is never 0.00."""
    text = plain(value, 2, keep_zeros=True)
    return text if float(text) or not value else plain(value)


def _half_up(value: float, places: int = 1) -> Decimal:
    """A few decimals of the fifteen digits that spreadsheets show, so that 6.25 is 6.3 here as there."""
    return Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
