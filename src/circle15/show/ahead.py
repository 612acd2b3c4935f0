"""Work that is done a little ahead of whoever asks for it, in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

# So many pieces are in the making at once: each takes its memory.
AT_ONCE = 2


def ahead(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """What ``work`` makes of each item, in their order. Of those not yet asked for, ``AT_ONCE`` are in the making.

    It is worth while for work that is mostly done outside of Python. What it raises is raised here.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for item in items:
            if len(waiting) == AT_ONCE:
                yield waiting.popleft().result()
            waiting.append(pool.submit(work, item))
        while waiting:
            yield waiting.popleft().result()
