"""A network and the anchors of homes on it, handed to those who walk without this room: a page in a browser."""

from __future__ import annotations

import numpy as np

from circle15.core.results import Walks
from circle15.route.network import Network
from circle15.route.places import Places
from circle15.route.sight import Barriers
from circle15.route.snap import MAIN_COMPONENT_MM


def walks(network: Network, homes: Places, walls: Barriers | None) -> Walks:
    """Streets and homes as ``Walks``. Invariant: snapping and walking on it gives the distances of this room."""
    vertices, edge = network.vertices
    ways = homes.anchors
    rows = np.flatnonzero(ways.snapped)
    return Walks(
        node_count=network.node_count,
        edge_u=network.edge_u,
        edge_v=network.edge_v,
        edge_start=np.searchsorted(edge, np.arange(network.edge_count + 1)),
        edge_rank=network.street_rank[network.edge_street],
        edge_main=network.component_mm[network.edge_component] >= MAIN_COMPONENT_MM,
        vertex_mm=vertices,
        home_row=homes.owner[rows],
        home_edge=ways.edge[rows],
        home_offset_mm=ways.offset_mm[rows],
        home_leg_mm=ways.leg_mm[rows],
        wall_mm=np.empty((0, 4), dtype=np.int64) if walls is None else np.hstack([walls.start, walls.end]),
    )
