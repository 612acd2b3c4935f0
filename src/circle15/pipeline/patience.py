"""When to stop looking for a better plan: at the time asked for, or at the first Ctrl-C, with the best so far."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def patience(seconds: float | None) -> Iterator[Callable[[], bool]]:
    """Whether to stop, asked again and again. A second Ctrl-C ends the program as ever."""
    enough = threading.Event()
    alarm = None if seconds is None else threading.Timer(seconds, enough.set)
    if alarm is not None:
        alarm.daemon = True
        alarm.start()
    try:
        with _interruptible(enough):
            yield enough.is_set
    finally:
        if alarm is not None:
            alarm.cancel()


@contextmanager
def _interruptible(enough: threading.Event) -> Iterator[None]:
    """Ctrl-C says that it is enough. Only the main thread hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def press(_number: int, _frame: Any) -> None:
        enough.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
