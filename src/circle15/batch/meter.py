"""How much memory a study takes, looked at ten times a second, and the end of a process that takes too much."""

from __future__ import annotations

import os
import re
import threading
from types import TracebackType
from typing import Self

import psutil

from circle15.core.errors import ConfigError
from circle15.core.text import Text

# The exit code of a process that took more memory than it may.
OVER_MEMORY = 77
_SECONDS = 0.1
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG])i?B?", re.IGNORECASE)
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9}


def parse_size(text: str) -> int:
    """Bytes of a size such as ``4GB`` or ``800MB``. Raises ConfigError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise ConfigError(Text(f"{text!r} 不是内存大小，应形如 4GB。", f"{text!r} is no size of memory such as 4GB."))
    return int(float(found[1]) * _UNITS[found[2].lower()])


class Meter:
    """Watches the memory of this process. Beyond ``most_bytes`` it ends the process; 0 lets it have all there is."""

    def __init__(self, most_bytes: int = 0) -> None:
        self.peak_bytes = 0
        self._most_bytes = most_bytes
        self._process = psutil.Process()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS):
            self._look()

    def _look(self) -> None:
        used = self._process.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, used)
        if 0 < self._most_bytes < used:
            os._exit(OVER_MEMORY)
