"""Distances by scipy's Dijkstra on the uncontracted network: what stands in for numba, and what it is tested against.

Floats carry whole numbers below 2^53 here, so sums are exact.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from circle15.route.engine import Engine
from circle15.route.network import Ints, Network, refuse_inexact
from circle15.route.reach import Nearest, Pairs
from circle15.route.snap import Anchors

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EXACT = 2**53
# Cells of a dense block of distances held at once: 160 MB.
_BLOCK_CELLS = 20_000_000


def nearest(network: Network, homes: Anchors, facilities: Anchors, order: Ints) -> Nearest:
    """See :func:`circle15.route.reach.nearest`.

    One search serves all: distances are carried as mm · k + rank, so the smallest sum is the nearest facility and,
    among equals, the first id.
    """
    k = max(len(facilities), 1)
    legs = int(homes.leg_mm.max(initial=0)) + int(facilities.leg_mm.max(initial=0))
    refuse_inexact(network, legs, k, _EXACT)
    there = network.reversed
    rows = np.flatnonzero(facilities.snapped)
    settled = facilities.take(rows)
    code = _from_sources(there, settled, settled.leg_mm * k + order[rows], k)
    from_u, from_v = _way_in(there, homes)
    at_home = np.minimum(code[there.edge_u[homes.edge]] + from_u * k, code[there.edge_v[homes.edge]] + from_v * k)
    home, facility = _on_same_edge(homes, settled)
    between = _along(there, settled, facility, homes, home) + settled.leg_mm[facility]
    np.minimum.at(at_home, home, between * k + order[rows][facility])
    reached = np.isfinite(at_home) & homes.snapped
    whole = np.where(reached, at_home, 0).astype(np.int64)
    row_of_rank = np.argsort(order, kind="stable")
    facility_row = row_of_rank[whole % k] if len(facilities) else np.zeros(len(homes), dtype=np.int64)
    return Nearest(mm=whole // k + homes.leg_mm, facility=facility_row, reached=reached)


def distances(network: Network, sources: Anchors) -> Floats:
    """See :func:`circle15.route.reach.distances`."""
    refuse_inexact(network, int(sources.leg_mm.max(initial=0)), 1, _EXACT)
    settled = sources.take(np.flatnonzero(sources.snapped))
    return _from_sources(network, settled, settled.leg_mm, 1)


def pairs(network: Network, sources: Anchors, targets: Anchors, most_mm: int, engine: Engine) -> Pairs:
    """See :func:`circle15.route.reach.pairs`."""
    refuse_inexact(network, int(sources.leg_mm.max(initial=0)) + int(targets.leg_mm.max(initial=0)), 1, _EXACT)
    rows, goals = np.flatnonzero(sources.snapped), np.flatnonzero(targets.snapped)
    if len(rows) <= len(goals):
        near, far, mm = _search(network, sources.take(rows), targets.take(goals), most_mm, engine.chunk)
    else:
        far, near, mm = _search(network.reversed, targets.take(goals), sources.take(rows), most_mm, engine.chunk)
        order = np.argsort(near, kind="stable")
        near, far, mm = near[order], far[order], mm[order]
    return Pairs.from_columns(rows[near], goals[far], mm, len(sources))


def _search(network: Network, sources: Anchors, targets: Anchors, most_mm: int, chunk: int) -> tuple[Ints, Ints, Ints]:
    """Source, target and mm of every pair of these within the bound, searched from some sources at a time."""
    # Every source is a node of its own: a block has a column for each, too.
    size = chunk or max(1, min(_BLOCK_CELLS // (network.node_count + len(targets) + 1), isqrt(_BLOCK_CELLS)))
    parts = [
        _pairs_of(network, sources.take(slice(first, first + size)), targets, most_mm, first)
        for first in range(0, len(sources), size)
    ]
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    source, target, mm = (np.concatenate(column) for column in zip(*parts, strict=True))
    return source, target, mm


def _pairs_of(
    network: Network, sources: Anchors, targets: Anchors, most_mm: int, first: int
) -> tuple[Ints, Ints, Ints]:
    count = len(sources)
    starts = np.arange(count) + network.node_count
    graph = _graph(network, np.tile(starts, 2), *_ways_out(network, sources, sources.leg_mm, 1), 1, count)
    found = dijkstra(graph, directed=True, indices=starts, limit=max(most_mm, 0))
    from_u, from_v = _way_in(network, targets)
    by_u, by_v = found[:, network.edge_u[targets.edge]], found[:, network.edge_v[targets.edge]]
    through = np.minimum(by_u + from_u, by_v + from_v)
    target, source = _on_same_edge(targets, sources)
    between = _along(network, sources, source, targets, target) + sources.leg_mm[source]
    np.minimum.at(through, (source, target), between)
    through += targets.leg_mm
    near, far = np.nonzero(through <= most_mm)
    return near + first, far, through[near, far].astype(np.int64)


def _from_sources(network: Network, sources: Anchors, start: Ints, k: int) -> Floats:
    """Least ``start`` + k · millimetres from any source to each node, by one search from a source of sources."""
    hub = np.full(2 * len(sources), network.node_count)
    graph = _graph(network, hub, *_ways_out(network, sources, start, k), k, 1)
    found: Floats = dijkstra(graph, directed=True, indices=network.node_count)[: network.node_count]
    return found


def _ways_out(network: Network, points: Anchors, start: Ints, k: int) -> tuple[Ints, Floats]:
    """The two nodes each point leads to, and the cost of getting there: infinite against a street's one way."""
    nodes = np.concatenate([network.edge_u[points.edge], network.edge_v[points.edge]])
    done, rest = points.offset_mm, network.edge_mm[points.edge] - points.offset_mm
    forth, back = _open(network, points.edge)
    to_u = np.where(back | (done == 0), start + done * k, np.inf)
    to_v = np.where(forth | (rest == 0), start + rest * k, np.inf)
    return nodes, np.concatenate([to_u, to_v])


def _way_in(network: Network, points: Anchors) -> tuple[Floats, Floats]:
    """Millimetres to each point from the two ends of its edge, infinite against its one way."""
    forth, back = _open(network, points.edge)
    done, rest = points.offset_mm, network.edge_mm[points.edge] - points.offset_mm
    return np.where(forth | (done == 0), done, np.inf), np.where(back | (rest == 0), rest, np.inf)


def _along(network: Network, sources: Anchors, source: Ints, targets: Anchors, target: Ints) -> Floats:
    """Millimetres from source to target of each pair on one edge, infinite against its one way."""
    ahead = targets.offset_mm[target] - sources.offset_mm[source]
    forth, back = _open(network, targets.edge[target])
    return np.where(np.where(ahead > 0, forth, back | (ahead == 0)), np.abs(ahead), np.inf)


def _open(network: Network, edges: Ints) -> tuple[Flags, Flags]:
    """Whether each edge is walked from u to v, and whether from v to u."""
    way = network.ways[edges]
    return way >= 0, way <= 0


def _graph(network: Network, starts: Ints, ends: Ints, costs: Floats, k: int, extra: int) -> Any:
    """Streets as they are walked, and arcs from ``extra`` further nodes; of parallel arcs the shortest."""
    tail = np.concatenate([network.edge_u, network.edge_v, starts])
    head = np.concatenate([network.edge_v, network.edge_u, ends])
    street = network.edge_mm.astype(np.float64) * k
    forth, back = _open(network, np.arange(network.edge_count))
    cost = np.concatenate([np.where(forth, street, np.inf), np.where(back, street, np.inf), costs])
    size = network.node_count + extra
    order = np.lexsort((cost, head, tail))
    order = order[np.isfinite(cost[order])]
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])[: len(tail)]
    tail, head, cost = tail[first], head[first], cost[first]
    pointer = np.searchsorted(tail, np.arange(size + 1))
    return csr_matrix((cost, head, pointer), shape=(size, size))


def _on_same_edge(many: Anchors, few: Anchors) -> tuple[Ints, Ints]:
    """All pairs of rows that stand on one edge (snapped rows of both)."""
    order = np.argsort(few.edge, kind="stable")
    edges = few.edge[order]
    low, high = np.searchsorted(edges, many.edge, "left"), np.searchsorted(edges, many.edge, "right")
    count = np.where(many.snapped, high - low, 0)
    row = np.repeat(np.arange(len(many)), count)
    before = np.concatenate([[0], np.cumsum(count)])[:-1]
    at = np.arange(len(row)) - np.repeat(before, count) + np.repeat(low, count)
    return row, order[at]
