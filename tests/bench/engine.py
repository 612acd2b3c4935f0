"""The engine itself: the floor its search is held against, its memory, and how long it takes to the first distance."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numba import njit

from circle15.route import kernels, pairs
from circle15.route.compiled import _ring
from tests.bench import networks
from tests.bench.networks import PORTO, ROOT
from tests.bench.registry import SEED, Case, Figure, Goal, Side, peak_mb

MOST_MM = 1_000_000
_ROUNDS = 9


def _memory(folder: Path, smoke: bool) -> Figure:
    network = networks.load(folder)
    vertices = networks.vertices(network)
    every = np.random.default_rng(SEED).permutation(len(vertices))[: 30 if smoke else 50_000]
    found = pairs(network, vertices.anchors(every), vertices.anchors(np.arange(len(vertices))), MOST_MM)
    return Figure(peak_mb(), f"{len(found.mm):,} pairs", None, peak_mb())


# ---- the floor -----------------------------------------------------------------------------------------------


@njit(nogil=True)
def _replay(start, head, mm, sources, most, order, ends, labels, met):
    """Relax the arcs of all nodes in an order known beforehand, without a queue. How many relaxations there were."""
    far = np.int64(2**62)
    relaxed = 0
    for number in range(len(sources)):
        labels[sources[number]] = 0
        met[0] = sources[number]
        count = 1
        for place in range(ends[number], ends[number + 1]):
            node = order[place]
            label = labels[node]
            for arc in range(start[node], start[node + 1]):
                further = label + mm[arc]
                if further > most:
                    break
                relaxed += 1
                other = head[arc]
                if further < labels[other]:
                    if labels[other] == far:
                        met[count] = other
                        count += 1
                    labels[other] = further
        for place in range(count):
            labels[met[place]] = far
    return relaxed


def _orders(graph: Any, sources: Any, queue: Any, shift: int) -> tuple[Any, Any]:
    """The nodes that each source meets, the nearest first, and where those of each source end."""
    labels, met, *rest = queue
    found = []
    for source in sources:
        labels[source], met[0] = 0, source
        count = kernels._settle(*graph.arcs, 0, MOST_MM, labels, met, 1, shift, *rest)
        near = met[:count].copy()
        found.append(near[np.argsort(labels[near], kind="stable")])
        labels[near] = kernels.FAR
    return np.concatenate(found), np.cumsum([0, *map(len, found)])


def _share(folder: Path, smoke: bool) -> Figure:
    graph = networks.load(folder).graph
    sources = np.sort(np.random.default_rng(SEED).integers(0, graph.node_count, 30 if smoke else 10_000))
    shift, buckets = _ring(min(MOST_MM, int(graph.length.max())), 0)
    queue = kernels.queue(graph.node_count, buckets)
    order, ends = _orders(graph, sources, queue, shift)
    replay = partial(_replay, *graph.arcs, sources, MOST_MM, order, ends, *queue[:2])
    search = partial(_search, graph, sources, queue, shift)
    relaxed = replay()
    clocks = [(_clock(replay), _clock(search)) for _ in range(_ROUNDS)]
    replayed = median(floor for floor, _ in clocks)
    answer = f"{relaxed:,} relaxations, replayed at {relaxed / replayed / 1e6:,.0f} million/s"
    return Figure(median(floor / ours for floor, ours in clocks), answer, None, peak_mb())


def _search(graph: Any, sources: Any, queue: Any, shift: int) -> None:
    """Label all that is within the bound of each source, one after another."""
    labels, met, *rest = queue
    _settle_all(*graph.arcs, sources, MOST_MM, shift, labels, met, *rest)


@njit(nogil=True)
def _settle_all(start, head, mm, sources, most, shift, labels, met, first, after, before):
    for source in sources:
        labels[source], met[0] = 0, source
        count = kernels._settle(start, head, mm, 0, most, labels, met, 1, shift, first, after, before)
        for place in range(count):
            labels[met[place]] = kernels.FAR


def _clock(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


# ---- the start -----------------------------------------------------------------------------------------------

_FIRST_DISTANCE = """
import sys, time
import numpy as np
from circle15.route import AUTO, Anchors, Network, pairs, prepare
said = []
assert prepare(lambda: said.append(1))
with np.load(sys.argv[1]) as arrays:
    network = Network(**{name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays})
rows, no = np.arange(2), np.zeros(2, dtype=bool)
ends = Anchors(rows, rows * 0, rows * 0, np.zeros((2, 2)), ~no, no)
found = pairs(network, ends, ends, 10**9)
assert not {"pandas", "geopandas"} & set(sys.modules)
print(time.process_time(), len(said), len(found.mm))
"""


def _first_distance(network: Path, cache: str | None = None) -> tuple[float, bool, str]:
    """Processor seconds of a process from its start to its first distance, whether it compiled, what it found.

    ``cache``: where compiled kernels are kept, None for the usual place.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    command = [sys.executable, "-c", _FIRST_DISTANCE, str(network)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    seconds, said, pairs_found = done.stdout.split()
    return float(seconds), said == "1", pairs_found


def _first_run(folder: Path, smoke: bool) -> Figure:
    with TemporaryDirectory() as cache:
        # To compile takes too long for something tiny.
        seconds, said, found = _first_distance(folder / "network.npz", None if smoke else cache)
        assert said or smoke
    return Figure(seconds, f"{found} pairs", None, peak_mb())


def _later_run(folder: Path, smoke: bool) -> Figure:
    del smoke
    seconds, said, found = _first_distance(folder / "network.npz")
    if said:
        seconds, said, found = _first_distance(folder / "network.npz")
    assert not said
    return Figure(seconds, f"{found} pairs", None, peak_mb())


CASES = (
    Case(
        name="floor-porto",
        what="Share of the floor: the time to relax the same arcs in an order known beforehand, without a queue, ÷ the "
        "time of the search, within 1,000 m of 10,000 junctions of Porto in spatial order.",
        input=PORTO,
        unit="share",
        sides=(Side("circle15", _share, goal=Goal(">=", 0.5)),),
        packages=("numpy", "numba"),
    ),
    Case(
        name="memory-porto",
        what="Peak memory of a process that finds all pairs within 1,000 m from 50,000 vertices of Porto to all "
        "others, network and libraries included; MB.",
        input=PORTO,
        unit="MB",
        sides=(Side("circle15", _memory, goal=Goal("<=", 800)),),
        packages=("numpy", "numba"),
    ),
    Case(
        name="start",
        what="Processor seconds from the start of Python to the first distance on the stored network of Porto, its "
        "graph made meanwhile: where the kernels were never compiled before, and where they were.",
        input=PORTO,
        sides=(
            Side("first run, compiling", _first_run, goal=Goal("<=", 15), processes=1),
            Side("later runs", _later_run, goal=Goal("<=", 1.5)),
        ),
        packages=("numpy", "numba"),
    ),
)
