"""Noticing that numba compiles, which takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core.event import Event, Listener, install_listener


@contextmanager
def watching(call: Callable[[], None]) -> Iterator[None]:
    """Call once before numba begins to compile anything meanwhile; loading what it compiled before does not count."""
    with install_listener("numba:compile", _Once(call)):
        yield


class _Once(Listener):
    """Passes on the first start alone."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def on_start(self, event: Event) -> None:
        """Numba begins to compile."""
        del event
        call, self.call = self.call, None
        if call:
            call()

    def on_end(self, event: Event) -> None:
        """Nothing is told at the end."""
