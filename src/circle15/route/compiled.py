"""Distances by the compiled kernels: the fast path behind :mod:`circle15.route.reach`.

What comes out depends neither on chunks nor threads nor on how nodes are numbered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from circle15.route import kernels
from circle15.route.engine import Engine
from circle15.route.graph import Graph, Spots
from circle15.route.network import Ints, Network, refuse_inexact
from circle15.route.reach import Nearest, Pairs
from circle15.route.snap import Anchors

Floats = NDArray[np.float64]

_FAR = int(kernels.FAR)
# A bucket of the queue is 2^13 mm wide, and wider where the ring would have more than 2^16 of them.
_SHIFT, _MOST_BUCKETS = 13, 2**16
# A thread takes so few sources at a time that threads are evenly busy and what it finds stays in its cache, but so
# many that handing them over costs nothing.
_CHUNKS_A_THREAD, _SMALLEST_CHUNK, _LARGEST_CHUNK = 4, 16, 512
# Sources that are searched in the order of their places, so that each finds in the cache what the one before it met;
# their finds wait to be laid in the order of rows.
_BLOCK = 8192
_ROOM_FOR_FINDS = 2**19


def nearest(network: Network, homes: Anchors, facilities: Anchors, order: Ints) -> Nearest:
    """See :func:`circle15.route.reach.nearest`. One search from all facilities together serves all homes."""
    there = network.reversed
    (sources, from_points), (rows, to_points) = facilities.present(), homes.present()
    bits = int(order.max(initial=0)).bit_length()
    labels = np.full(len(homes), _FAR)
    labels[rows] = _sweep(there, from_points, order[sources], bits, there.graph.spots(there, to_points))
    reached = labels < _FAR
    row_of_rank = np.zeros(len(order) + 1, dtype=np.int64)
    row_of_rank[order] = np.arange(len(order))
    return Nearest(labels >> bits, row_of_rank[np.where(reached, labels & ((1 << bits) - 1), 0)], reached)


def distances(network: Network, sources: Anchors) -> Floats:
    """See :func:`circle15.route.reach.distances`."""
    _, settled = sources.present()
    labels = _sweep(network, settled, np.zeros(len(settled), dtype=np.int64), 0, network.graph.nodes(network))
    return np.where(labels < _FAR, labels.astype(np.float64), np.inf)


def pairs(network: Network, sources: Anchors, targets: Anchors, most_mm: int, engine: Engine) -> Pairs:
    """See :func:`circle15.route.reach.pairs`."""
    if sources.snapped.sum() <= targets.snapped.sum():
        return _search(network, sources, targets, most_mm, engine)
    back = _search(network.reversed, targets, sources, most_mm, engine)
    return Pairs(*kernels.turn(back.start, back.target, back.mm, len(sources)))


def _among_all(found: Pairs, rows: Ints, count: int, goals: Ints) -> Pairs:
    """Pairs of snapped points by the rows that these have among all points."""
    counts = np.zeros(count + 1, dtype=np.int64)
    counts[rows + 1] = np.diff(found.start)
    every = len(goals) == 0 or goals[-1] == len(goals) - 1
    return Pairs(np.cumsum(counts), found.target if every else goals.astype(np.int32)[found.target], found.mm)


# ---- one to many ---------------------------------------------------------------------------------------------


def _search(network: Network, sources: Anchors, targets: Anchors, most_mm: int, engine: Engine) -> Pairs:
    """Every pair of these within the bound, searched from the sources."""
    rows, snapped = sources.present()
    if most_mm < 0 or len(rows) == 0 or not targets.snapped.any():
        return Pairs.none(len(sources))
    graph, most = network.graph, min(most_mm, _FAR - 1)
    seekers, sought = graph.spots(network, snapped), graph.placed(network, targets)
    fixed = (*graph.arcs, *graph.chains, *sought.spots.arrays, *sought.hung, *seekers.arrays)
    shift, buckets = _ring(min(most, int(graph.length.max())), 0)
    threads = engine.threads or numba.config.NUMBA_NUM_THREADS
    kernel = partial(kernels.reach, *fixed, most, shift)
    chunks = _chunks(graph, seekers, threads, engine.chunk)
    # One more desk than threads: it is being read meanwhile.
    desks = [_Desk(kernel, graph.node_count, buckets, len(sought.rows)) for _ in range(min(threads + 1, len(chunks)))]
    found = _Table(len(seekers))
    for desk in _side_by_side(desks, chunks, threads):
        found.add(desk)
    return _among_all(found.pairs(), rows, len(sources), sought.rows)


def _chunks(graph: Graph, seekers: Spots, threads: int, size: int) -> list[Ints]:
    """The rows of the seekers, cut into chunks, those of a block ordered so that neighbours follow each other."""
    size = size or min(max(-(-len(seekers) // (_CHUNKS_A_THREAD * threads)), _SMALLEST_CHUNK), _LARGEST_CHUNK)
    where = graph.tail[seekers.chain]
    blocks = [
        first + np.argsort(where[first : first + _BLOCK], kind="stable") for first in range(0, len(where), _BLOCK)
    ]
    return [block[first : first + size] for block in blocks for first in range(0, len(block), size)]


class _Desk:
    """Where one thread works: scratch that it finds clean and leaves clean, and what it found last."""

    def __init__(self, kernel: Callable[..., Any], nodes: int, buckets: int, goals: int) -> None:
        self.kernel = kernel
        self.queue = kernels.queue(nodes, buckets)
        *self.marks, self.goals, self.mm = kernels.finds(goals, _ROOM_FOR_FINDS)
        self.rows = self.ends = np.empty(0, dtype=np.int64)

    def search(self, rows: Ints) -> _Desk:
        """Find the goals of these rows; those up to and with row number *i* lie before ``ends[i + 1]``."""
        self.rows = rows
        self.ends, self.goals, self.mm = self.kernel(rows, *self.queue, *self.marks, self.goals, self.mm)
        return self


def _side_by_side(desks: Sequence[_Desk], chunks: Sequence[Ints], threads: int) -> Iterator[_Desk]:
    """The desk where each chunk was searched, in order."""
    waiting: deque[Any] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for number, rows in enumerate(chunks):
            if number >= len(desks):
                yield waiting.popleft().result()
            waiting.append(pool.submit(desks[number % len(desks)].search, rows))
        while waiting:
            yield waiting.popleft().result()


class _Table:
    """Pairs as they come in, chunk after chunk, laid block after block into room for as many as these promise."""

    def __init__(self, count: int) -> None:
        self.start = np.zeros(count + 1, dtype=np.int64)
        self.target, self.mm = _columns(0)
        self.laid = 0
        self._rows: list[Ints] = []
        self._ends = np.zeros(1, dtype=np.int64)
        self._goals, self._ways = _columns(0)

    def add(self, desk: _Desk) -> None:
        """Take over what a desk has found; the chunks of a block come one after another."""
        before, found = int(self._ends[-1]), int(desk.ends[-1])
        if before + found > len(self._goals):
            room = max(2 * len(self._goals), before + found)
            self._goals, self._ways = _with_room(self._goals, room), _with_room(self._ways, room)
        self._goals[before : before + found] = desk.goals[:found]
        self._ways[before : before + found] = desk.mm[:found]
        self._rows.append(desk.rows)
        self._ends = np.concatenate([self._ends, before + desk.ends[1:]])
        if len(self._ends) > min(_BLOCK, len(self.start) - 1 - self.laid):
            self._lay()

    def _lay(self) -> None:
        """Bring the finds of a whole block into the order of rows."""
        rows, ends, first = np.concatenate(self._rows), self._ends, self.laid
        behind = first + len(rows)
        counts = np.empty(len(rows), dtype=np.int64)
        counts[rows - first] = np.diff(ends)
        self.start[first + 1 : behind + 1] = self.start[first] + np.cumsum(counts)
        needed = int(self.start[behind])
        if needed > len(self.target):
            promised = needed * (len(self.start) - 1) // behind
            room = promised + (promised // 16 if behind < len(self.start) - 1 else 0)
            self.target, self.mm = _with_room(self.target, room), _with_room(self.mm, room)
        kernels.lay(ends, self._goals, self._ways, rows, self.start, self.target, self.mm)
        self.laid, self._rows, self._ends = behind, [], np.zeros(1, dtype=np.int64)

    def pairs(self) -> Pairs:
        """All that came in."""
        total = self.start[-1]
        return Pairs(self.start, self.target[:total], self.mm[:total])


def _columns(room: int) -> tuple[Any, Any]:
    return np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)


def _with_room(column: Any, room: int) -> Any:
    larger = np.empty(room, dtype=column.dtype)
    larger[: len(column)] = column
    return larger


# ---- many to one ---------------------------------------------------------------------------------------------


def _sweep(network: Network, sources: Anchors, rank: Ints, bits: int, points: Spots) -> Ints:
    """The label of each point: the least way from a source, both legs counted, · 2^bits + its rank; 2^62 for none."""
    if len(sources) == 0 or len(points) == 0:
        return np.full(len(points), _FAR)
    refuse_inexact(network, int(sources.leg_mm.max()) + int(points.leg.max()), 1 << bits, _FAR)
    graph = network.graph
    spots = graph.spots(network, sources)
    # Labels that wait together: those of the sources, or those one chain apart.
    span = int(graph.length.max()) + int(np.ptp(spots.leg))
    shift, buckets = _ring(span, bits)
    queue = kernels.queue(graph.node_count, buckets)
    kernels.claim(*graph.arcs, *graph.chains, *spots.arrays, rank, bits, shift, *queue)
    labels = queue[0]
    hung = graph.hang(spots)[:2]
    found: Ints = kernels.meet(labels, *graph.chains, *hung, *spots.arrays, rank, *points.arrays, bits)
    return found


def _ring(span: int, bits: int) -> tuple[int, int]:
    """How far to shift a label to its bucket, and how many buckets tell labels apart that lie within ``span`` mm."""
    shift = _SHIFT
    while (span >> shift) + 2 > _MOST_BUCKETS:
        shift += 1
    return shift + bits, 1 << ((span >> shift) + 1).bit_length()
