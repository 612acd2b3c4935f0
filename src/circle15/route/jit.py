"""Compiling loops with numba. Only modules of compiled loops import this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(*signature: Any) -> Callable[[Any], Any]:
    """Compile for one signature, and keep the result on disk where there is a place to keep it."""

    def made(function: Any) -> Any:
        try:
            return njit([signature], nogil=True, cache=True)(function)
        except RuntimeError:  # no folder to keep it in may be written
            return njit([signature], nogil=True)(function)

    return made
