"""Distances on the network, in integer millimetres, with scipy's Dijkstra.

Distance = home leg + streets + facility leg. Floats carry whole numbers below 2^53 here, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from circle15.core.errors import NetworkError
from circle15.core.text import Text
from circle15.route.network import Ints, Network
from circle15.route.snap import Anchors

Floats = NDArray[np.float64]

_EXACT = 2**53
# Cells of a dense block of distances held at once: 160 MB.
_BLOCK_CELLS = 20_000_000


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest facility of each home: ``mm`` and ``facility`` (a row) hold only where ``reached``."""

    mm: Ints
    facility: Ints
    reached: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every (source, target) at most a limit apart, sorted by source, then target, with its distance."""

    source: Ints
    target: Ints
    mm: Ints


def nearest(network: Network, homes: Anchors, facilities: Anchors, order: Ints) -> Nearest:
    """The nearest facility of each home, without a cutoff; of equally near ones the lowest ``order``.

    ``order``: the rank of each facility by its id as text. One search serves all: distances are carried as
    mm · k + rank, so the smallest sum is the nearest facility and, among equals, the first id.
    Raises NetworkError if the network is too large for exact sums.
    """
    k = max(len(facilities), 1)
    _check_exact(network, homes, facilities, k)
    rows = np.flatnonzero(facilities.snapped)
    settled = facilities.take(rows)
    code = _from_sources(network, settled, settled.leg_mm * k + order[rows], k)
    at_home = np.minimum(
        code[network.edge_u[homes.edge]] + homes.offset_mm * k,
        code[network.edge_v[homes.edge]] + (network.edge_mm[homes.edge] - homes.offset_mm) * k,
    )
    home, facility = _on_same_edge(homes, settled)
    between = np.abs(homes.offset_mm[home] - settled.offset_mm[facility]) + settled.leg_mm[facility]
    np.minimum.at(at_home, home, between * k + order[rows][facility])
    reached = np.isfinite(at_home) & homes.snapped
    whole = np.where(reached, at_home, 0).astype(np.int64)
    row_of_rank = np.argsort(order, kind="stable")
    facility_row = row_of_rank[whole % k] if len(facilities) else np.zeros(len(homes), dtype=np.int64)
    return Nearest(mm=whole // k + homes.leg_mm, facility=facility_row, reached=reached)


def distances(network: Network, sources: Anchors) -> Floats:
    """Millimetres from the nearest of the sources to every node, their legs included; inf if none reaches it."""
    settled = sources.take(np.flatnonzero(sources.snapped))
    return _from_sources(network, settled, settled.leg_mm, 1)


def pairs(network: Network, sources: Anchors, targets: Anchors, most_mm: int) -> Pairs:
    """Every pair of snapped source and target with a distance of at most ``most_mm``. Sources: the fewer side."""
    _check_exact(network, sources, targets, 1)
    rows = np.flatnonzero(sources.snapped)
    goals = np.flatnonzero(targets.snapped)
    to = targets.take(goals)
    chunk = max(1, _BLOCK_CELLS // (network.node_count + len(goals) + 1))
    parts = [
        _pairs_of(network, sources.take(rows[start : start + chunk]), to, most_mm, start)
        for start in range(0, len(rows), chunk)
    ]
    source, target, mm = (
        np.concatenate([part[column] for part in parts]) if parts else np.empty(0, dtype=np.int64)
        for column in range(3)
    )
    return Pairs(rows[source], goals[target], mm)


def _pairs_of(
    network: Network, sources: Anchors, targets: Anchors, most_mm: int, first: int
) -> tuple[Ints, Ints, Ints]:
    count = len(sources)
    starts = np.arange(count) + network.node_count
    graph = _graph(network, np.tile(starts, 2), *_edge_ends(network, sources, sources.leg_mm, 1), 1, count)
    found = dijkstra(graph, directed=True, indices=starts, limit=max(most_mm, 0))
    rest = network.edge_mm[targets.edge] - targets.offset_mm
    through = np.minimum(
        found[:, network.edge_u[targets.edge]] + targets.offset_mm, found[:, network.edge_v[targets.edge]] + rest
    )
    target, source = _on_same_edge(targets, sources)
    between = np.abs(targets.offset_mm[target] - sources.offset_mm[source]) + sources.leg_mm[source]
    np.minimum.at(through, (source, target), between)
    through += targets.leg_mm
    near, far = np.nonzero(through <= most_mm)
    return near + first, far, through[near, far].astype(np.int64)


def _from_sources(network: Network, sources: Anchors, start: Ints, k: int) -> Floats:
    """Least ``start`` + k · millimetres from any source to each node, by one search from a source of sources."""
    hub = np.full(2 * len(sources), network.node_count)
    graph = _graph(network, hub, *_edge_ends(network, sources, start, k), k, 1)
    found: Floats = dijkstra(graph, directed=True, indices=network.node_count)[: network.node_count]
    return found


def _edge_ends(network: Network, points: Anchors, start: Ints, k: int) -> tuple[Ints, Floats]:
    """The two nodes each point leads to, and the cost of getting there."""
    nodes = np.concatenate([network.edge_u[points.edge], network.edge_v[points.edge]])
    rest = network.edge_mm[points.edge] - points.offset_mm
    return nodes, np.concatenate([start + points.offset_mm * k, start + rest * k]).astype(np.float64)


def _graph(network: Network, starts: Ints, ends: Ints, costs: Floats, k: int, extra: int) -> Any:
    """Streets both ways, and arcs from ``extra`` further nodes; of parallel arcs the shortest."""
    tail = np.concatenate([network.edge_u, network.edge_v, starts])
    head = np.concatenate([network.edge_v, network.edge_u, ends])
    street = network.edge_mm.astype(np.float64) * k
    cost = np.concatenate([street, street, costs])
    size = network.node_count + extra
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])
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


def _check_exact(network: Network, homes: Anchors, facilities: Anchors, k: int) -> None:
    legs = int(homes.leg_mm.max(initial=0)) + int(facilities.leg_mm.max(initial=0))
    if (int(network.edge_mm.sum()) + legs + 1) * k >= _EXACT:
        raise NetworkError(
            Text(
                zh=f"路网过大（共 {network.edge_mm.sum() / 1e6:.0f} km、{k} 处设施），无法保证毫米精度。请分片计算。",
                en=f"the network is too large for exact sums ({network.edge_mm.sum() / 1e6:.0f} km, {k} facilities): "
                f"split the study.",
            )
        )
