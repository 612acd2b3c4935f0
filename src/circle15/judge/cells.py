"""Cells that hold lists."""

from __future__ import annotations

import re
from typing import Any

_SEPARATORS = re.compile(r"[;;,,、|]")


def parts(cell: Any) -> list[str]:
    """The entries of a cell that holds a list."""
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()] if isinstance(cell, str) else []
