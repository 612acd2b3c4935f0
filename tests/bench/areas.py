"""Service areas drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from circle15.core.drawing import Drawing
from circle15.route import Anchors, Network, draw_each, reached_by_each, reached_parts
from circle15.route.areas import DRAWN_WIDTH_M, Stretches
from tests.bench import networks
from tests.bench.networks import HELSINKI, PORTO, Ints
from tests.bench.registry import SEED, Case, Figure, Input, Side, timed, times

_MOST_MM = 1_000_000
_COUNT = 20
_EXACT = Drawing(method="exact")


def _places(network: Network, smoke: bool) -> tuple[Ints, Anchors]:
    """Junctions drawn by lot: what a recipe by nodes starts from is where ours starts."""
    nodes = np.random.default_rng(SEED).permutation(network.node_count)[: 3 if smoke else _COUNT]
    return nodes, networks.vertices(network).anchors(nodes)


def _alike(network: Network, anchors: Anchors, found: Any) -> str:
    """What an area has in common with the exact one, ÷ what they cover together."""
    exact = draw_each(network, anchors, _MOST_MM, _EXACT)
    shares = [
        shapely.intersection(one, other).area / shapely.union(one, other).area
        for one, other in zip(found, exact, strict=True)
    ]
    return f"IoU {np.mean(shares):.4f}, at least {min(shares):.4f}"


def _ours(folder: Path, smoke: bool, drawing: Drawing) -> Figure:
    network = networks.ready(folder)
    _, anchors = _places(network, smoke)
    draw_each(network, anchors.take([0]), _MOST_MM, drawing)  # whatever is loaded or compiled
    return timed(
        partial(draw_each, network, anchors, _MOST_MM, drawing),
        lambda found: _alike(network, anchors, found),
        len(anchors) / 1e3,
    )


def _peer(folder: Path, smoke: bool, prepare: Callable[..., Callable[[int], Any]]) -> Figure:
    network = networks.ready(folder)
    nodes, anchors = _places(network, smoke)
    draw = prepare(network, nodes, anchors)
    return timed(
        lambda: [draw(row) for row in range(len(nodes))],
        lambda found: _alike(network, anchors, found),
        len(nodes) / 1e3,
    )


def _shapely(network: Network, nodes: Ints, anchors: Anchors) -> Callable[[int], Any]:
    """The reached parts of streets as we find them, each with a buffer of its own, united."""
    del nodes

    def draw(row: int) -> Any:
        parts = reached_parts(network, reached_by_each(network, anchors.take([row]), _MOST_MM))
        return shapely.union_all(shapely.buffer(parts, DRAWN_WIDTH_M))

    return draw


def _osmnx(network: Network, nodes: Ints, anchors: Anchors) -> Callable[[int], Any]:
    """The recipe of OSMnx's examples: buffers of the edges, and of the nodes, of an ``ego_graph``, united."""
    del anchors
    import geopandas as gpd
    import networkx as nx

    graph = _graph(network)

    def draw(row: int) -> Any:
        near = nx.ego_graph(graph, int(nodes[row]), radius=_MOST_MM / 1000, distance="length")
        points = [shapely.Point(data["x"], data["y"]) for _, data in near.nodes(data=True)]
        lines = [graph.get_edge_data(one, other)[0]["geometry"] for one, other in near.edges()]
        circles = gpd.GeoSeries(points).buffer(DRAWN_WIDTH_M)
        bands = gpd.GeoSeries(lines).buffer(DRAWN_WIDTH_M)
        return gpd.GeoSeries([*circles, *bands]).union_all()

    return draw


def _graph(network: Network) -> Any:
    """Junctions and streets with their lines, in metres."""
    import networkx as nx

    edges = np.flatnonzero(network.edge_mm > 0)
    none = np.zeros(len(edges), dtype=np.int64)
    lines = reached_parts(network, Stretches(none, edges, none, network.edge_mm[edges]))
    graph = nx.MultiGraph()
    metres = networks.vertices(network).mm[: network.node_count] / 1000
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(metres.tolist()))
    for edge, line in zip(edges.tolist(), lines, strict=True):
        one, other = int(network.edge_u[edge]), int(network.edge_v[edge])
        graph.add_edge(one, other, length=int(network.edge_mm[edge]) / 1000, geometry=line)
    return graph


def _areas(name: str, on: Input) -> Case:
    return Case(
        name=name,
        what=f"The area within {DRAWN_WIDTH_M:g} m of the streets within 1,000 m, from each of {_COUNT} junctions of "
        f"{on.what}, search included; milliseconds an area. IoU is with our exact area.",
        input=on,
        unit="ms an area",
        sides=(
            Side("circle15, field of 10 m", partial(_ours, drawing=Drawing())),
            Side("circle15, field of 5 m", partial(_ours, drawing=Drawing(cell_m=5.0))),
            Side("circle15, exact", partial(_ours, drawing=_EXACT)),
            Side("shapely, our search", partial(_peer, prepare=_shapely), "shapely"),
            Side("osmnx recipe", partial(_peer, prepare=_osmnx), "osmnx", times(60), 1),
        ),
        packages=("numpy", "numba", "shapely"),
        remark="The recipe draws whole edges between reached nodes, so streets cut at the limit are missing.",
        same_answer=False,
    )


CASES = (_areas("areas-helsinki", HELSINKI), _areas("areas-porto", PORTO))
