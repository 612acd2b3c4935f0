"""Workers on this machine: seats, each with a process of its own, so that it is known who died of which study."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from typing import Protocol

from circle15.batch.meter import OVER_MEMORY
from circle15.batch.work import Record, Task, attend
from circle15.core.text import Text

# How long a wait is deaf to Ctrl-C where the system does not wake it.
_SECONDS = 0.5
_GIGABYTE = 1e9
# Read by numba when it is loaded, which is when the first distances are asked for.
THREADS = "NUMBA_NUM_THREADS"


@dataclass(frozen=True, slots=True)
class Lost:
    """A study whose worker died of it."""

    reason: Text


class Crew(Protocol):
    """Those who attend to studies: processes here, or a Dask cluster."""

    @property
    def free(self) -> int:
        """How many more studies it takes now."""

    @property
    def busy(self) -> int:
        """How many it is attending to."""

    def give(self, task: Task) -> None:
        """Have a study attended to."""

    def take(self) -> tuple[Task, Record | Lost]:
        """Wait until a study is done, and take it. At least one must be under way."""

    def close(self) -> None:
        """Send everybody home, whatever they are doing."""


class Seats:
    """So many processes on this machine, one study at a time in each. A process that dies is replaced."""

    def __init__(self, count: int) -> None:
        self._threads = threads_of_each(count)
        self._idle = [_Seat(self._threads) for _ in range(count)]
        self._working: dict[Future[Record], tuple[_Seat, Task]] = {}

    @property
    def free(self) -> int:
        """Seats nobody sits in."""
        return len(self._idle)

    @property
    def busy(self) -> int:
        """Studies under way."""
        return len(self._working)

    def give(self, task: Task) -> None:
        """Have a study attended to."""
        seat = self._idle.pop()
        self._working[seat.give(task)] = seat, task

    def take(self) -> tuple[Task, Record | Lost]:
        """Wait until a study is done, or its process has died of it."""
        done: set[Future[Record]] = set()
        while not done:
            done, _ = wait(self._working, timeout=_SECONDS, return_when=FIRST_COMPLETED)
        future = next(each for each in self._working if each in done)
        seat, task = self._working.pop(future)
        try:
            answer: Record | Lost = future.result()
        except BrokenProcessPool:
            seat.close()
            answer, seat = Lost(seat.epitaph(task)), _Seat(self._threads)
        self._idle.append(seat)
        return task, answer

    def close(self) -> None:
        """End every process, also those that are working."""
        for seat in (*self._idle, *(seat for seat, _ in self._working.values())):
            seat.close()


class _Seat:
    """One process, started when it gets its first study, whose kernels take so many threads."""

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_sit_down, initargs=(threads,))
        self._process: BaseProcess | None = None

    def give(self, task: Task) -> Future[Record]:
        """Have a study attended to."""
        before = multiprocessing.active_children()
        future = self._pool.submit(attend, task)
        started = [each for each in multiprocessing.active_children() if each not in before]
        self._process = started[0] if started else self._process
        return future

    def epitaph(self, task: Task) -> Text:
        """What the process died of."""
        if self._process is not None and self._process.exitcode == OVER_MEMORY:
            most = task.most_bytes / _GIGABYTE
            return Text(
                f"占用内存超过 --max-memory 的 {most:g} GB，已停止。",
                f"stopped: it took more memory than the {most:g} GB of --max-memory.",
            )
        return Text(
            "计算进程意外终止（可能是内存不足）。请减少 --workers，或单独运行该研究。",
            "its process died, perhaps for want of memory: use fewer --workers, or run the study alone.",
        )

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


def threads_of_each(processes: int) -> int:
    """How many threads each of so many processes has, so that together they have as many as there are processors."""
    return max((os.cpu_count() or 1) // processes, 1)


def _sit_down(threads: int) -> None:
    """Begin in a new process: Ctrl-C is for the driver, and nobody works on when the driver is gone."""
    os.environ[THREADS] = str(threads)  # noqa: TID251  # told to numba in this process, not read
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """Die when the driver dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
