"""How numbers are written, the same in every output."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any


def plain(value: Any, decimals: int = 6, *, keep_zeros: bool = False) -> str:
    """A number, by default without trailing zeros; nothing for null."""
    if value is None or math.isnan(value):
        return ""
    text = f"{float(value):.{decimals}f}"
    if "." in text and not keep_zeros:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(share: Any) -> str:
    """A share as a percentage with one decimal, rounded half up; a dash for null."""
    if share is None or (isinstance(share, float) and math.isnan(share)):
        return "—"
    return f"{_half_up(share * 100)}%"


def whole(value: float) -> str:
    """A count with thousands separators, with one decimal, rounded half up, only where it is no whole number."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{_half_up(value):,}"


def _half_up(value: float) -> Decimal:
    """One decimal of the fifteen digits that spreadsheets show, so that 6.25 is 6.3 here as there."""
    return Decimal(f"{value:.15g}").quantize(Decimal("0.1"), ROUND_HALF_UP)
