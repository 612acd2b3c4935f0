"""The p-median instances of the OR-Library (Beasley 1985)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path

from circle15.siting.median import Median

# Instance and published optimum.
OPTIMA = {1: 5819, 2: 4093, 3: 4250, 5: 1355, 6: 7824, 10: 1255, 15: 1729, 25: 1828, 35: 10400}


def load(path: Path, within: int | None = None) -> tuple[Median, int, int]:
    """The instance with every way longer than ``within`` counted as that; the number of nodes and of sites."""
    numbers = np.array(path.read_text(encoding="ascii").split(), dtype=np.int64)
    nodes, sites = int(numbers[0]), int(numbers[2])
    edges = {}
    for one, other, cost in numbers[3:].reshape(-1, 3).tolist():
        edges[min(one, other) - 1, max(one, other) - 1] = cost  # a repeated edge: the last one wins
    tail, head = zip(*edges, strict=True)
    ways = shortest_path(csr_matrix((list(edges.values()), (tail, head)), shape=(nodes, nodes)), directed=False)
    ways = np.rint(ways).astype(np.int64)
    most = int(ways.max()) + 1 if within is None else within
    candidate, home = np.nonzero(ways < most)
    return (
        Median(candidate, home, ways[candidate, home], np.full(nodes, most), np.ones(nodes, dtype=np.int64)),
        nodes,
        sites,
    )
