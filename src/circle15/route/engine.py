"""Which engine computes distances, and on how many threads. The answers are the same whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from circle15.core.errors import ConfigError
from circle15.core.text import Text

Kernel = Literal["auto", "numba", "scipy"]

# Imported when asked for: numba and scipy take half a second each, and numba may be missing.
_COMPILED, _FALLBACK, _WATCHING = "circle15.route.compiled", "circle15.route.fallback", "circle15.route.watching"


@dataclass(frozen=True, slots=True)
class Engine:
    """How to compute: by kernels that ``numba`` compiles, by ``scipy``, or by the one that is there (``auto``).

    ``threads``: 0 means as many as numba would use itself, the processors of this process unless it was told
    otherwise. ``chunk``: how many points one thread takes at a time; 0 leaves it to the engine.
    """

    kernel: Kernel = "auto"
    threads: int = 0
    chunk: int = 0

    def load(self) -> Any:
        """The module that computes. Raises ConfigError where numba is asked for by name and cannot be had."""
        if self.kernel == "scipy":
            return import_module(_FALLBACK)
        try:
            return import_module(_COMPILED)
        except (ImportError, OSError) as error:  # absent, or its compiler does not load
            if self.kernel == "auto":
                return import_module(_FALLBACK)
            raise ConfigError(
                Text(
                    f"无法载入 numba（{error}）。请安装 numba，或改用 scipy 计算距离。",
                    f"numba cannot be loaded ({error}): install it, or compute distances with scipy.",
                )
            ) from error


AUTO = Engine()


def prepare(compiling: Callable[[], None]) -> bool:
    """Load the engine of :data:`AUTO` and tell whether it is the compiled one.

    ``compiling`` is called once before kernels are compiled, which happens once on a machine, unless the program may
    nowhere keep what was compiled.
    """
    try:
        watching = import_module(_WATCHING).watching
    except (ImportError, OSError):
        return False
    with watching(compiling):
        return bool(AUTO.load().__name__ == _COMPILED)
