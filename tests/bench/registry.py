"""What a benchmark is: a case measures one figure on several sides, ours first, each side in processes of its own.

A case module holds a tuple ``CASES``; :mod:`tests.bench.cases` names the modules. To add a case, write what each side
does and measure it with :func:`timed`; :mod:`tests.bench.runner` does the rest.
"""

from __future__ import annotations

import operator
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

SEED = 7
# What takes less than this was not worth measuring once: it is repeated, and the median counts.
_SHORT_S = 1.0
_REPEATS = 5
_HOLDS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Figure:
    """What one process measured.

    ``value`` is in the unit of the case; ``answer`` is what came out, the same on every side that computes the same
    thing; ``wall`` is the seconds that passed where ``value`` counts those of the processor.
    """

    value: float
    answer: str
    wall: float | None = None
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Input:
    """What cases are measured on: ``make(folder, smoke)`` writes it into an empty folder, once for all that share it.

    It raises FileNotFoundError where the data is not there. ``smoke`` asks for something tiny that needs no data.
    """

    name: str
    what: str
    make: Callable[[Path, bool], None]


def _make_nothing(folder: Path, smoke: bool) -> None:
    del folder, smoke


NOTHING = Input("nothing", "made by the case itself", _make_nothing)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked: of a figure itself, or of how many times the figure of a peer is ours (``ratio``)."""

    op: str
    number: float
    ratio: bool = False

    def holds(self, value: float) -> bool:
        """Whether a figure, or a ratio, is what was asked for."""
        return bool(_HOLDS[self.op](value, self.number))


def times(number: float) -> Goal:
    """A peer needs at least so many times what we need."""
    return Goal(">=", number, ratio=True)


@dataclass(frozen=True, slots=True)
class Side:
    """One way to get the figure. ``measure(folder, smoke)`` is called in a fresh process, with the input's folder.

    ``package`` is the distribution of a peer, None of ours: a side whose package is not installed is left out.
    ``processes``: how many are started for a median.
    """

    name: str
    measure: Callable[[Path, bool], Figure]
    package: str | None = None
    goal: Goal | None = None
    processes: int = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One figure. The first side is ours, and ratios of peers are to it.

    ``what`` and ``remark`` are sentences of docs/benchmarks.md: what is measured on what, and what limits it.
    ``packages`` are what our side stands on. ``same_answer``: all sides answer one question, each in the same words.
    """

    name: str
    what: str
    sides: tuple[Side, ...]
    input: Input = NOTHING
    unit: str = "s"
    remark: str = ""
    packages: tuple[str, ...] = ("numpy",)
    same_answer: bool = True


def timed(work: Callable[[], Any], answer: Callable[[Any], str], per: float = 1.0) -> Figure:
    """Processor seconds of ``work``, ÷ ``per``. What is short is done once to warm up, then several times."""
    clocks, found = _clocked(work)
    if clocks[0] < _SHORT_S:
        rounds = [_clocked(work)[0] for _ in range(_REPEATS)]
        clocks = (median(each[0] for each in rounds), median(each[1] for each in rounds))
    return Figure(clocks[0] / per, answer(found), clocks[1] / per, peak_mb())


def peak_mb() -> float:
    """The most memory this process has held so far. On Linux ``getrusage`` begins at the parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _clocked(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    found = work()
    return (time.process_time() - cpu, time.perf_counter() - wall), found
