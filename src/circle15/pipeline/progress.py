"""Telling how far a run has come."""

from __future__ import annotations

from collections.abc import Callable

from circle15.core.text import Text

Progress = Callable[[Text, int, int], None]


def silent(step: Text, done: int, total: int) -> None:
    """Progress that nobody watches."""
