"""Compiling loops with numba, where it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compile_loop(function: Callable[..., Any], *parts: Callable[..., Any]) -> Any:
    """The function compiled with the ``parts`` it calls, kept on disk where there is a place; None without numba."""
    try:
        from numba import njit  # noqa: PLC0415  # absent, numpy does the same
        from numba.extending import register_jitable  # noqa: PLC0415
    except ImportError:
        return None
    for each in parts:
        register_jitable(each)
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # no folder to keep it in may be written
        return njit(function)
