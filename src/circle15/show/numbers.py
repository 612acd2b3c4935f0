"""How numbers are written, the same in every output."""

from __future__ import annotations

import math
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
    """A share as a percentage with one decimal; a dash for null."""
    if share is None or (isinstance(share, float) and math.isnan(share)):
        return "—"
    return f"{share:.1%}"


def whole(value: float) -> str:
    """A count with thousands separators, with decimals only where it has them."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
