"""Cells that hold lists."""

from __future__ import annotations

import re
from typing import Any

# Semicolons and commas in half and in full width, the enumeration comma, and the bar.
_SEPARATORS = re.compile("[;\uff1b,\uff0c\u3001|]")


def parts(cell: Any) -> list[str]:
    """The entries of a cell that holds a list.

    >>> parts("会客厅；起居室, 洗衣室")
    ['会客厅', '起居室', '洗衣室']
    """
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()] if isinstance(cell, str) else []
