"""A network as a networkx MultiDiGraph in the manner of OSMnx, and streets from such a graph.

Apart from the other modules of this room because networkx, which they do without, takes a while to import.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from circle15.core.crs import study_crs
from circle15.core.errors import NetworkError
from circle15.core.tables import Streets
from circle15.core.text import Text
from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.network import Network

_WAY = re.compile(r"way/(\d+)(#\d+)?")


def graph_of(network: Network, streets: Streets) -> Any:
    """The network as a MultiDiGraph: nodes with ``x`` and ``y``, each edge both ways, in the CRS of ``streets``.

    Edges carry ``street_id``, ``osmid`` where that is a way of OpenStreetMap, ``length`` (metres), ``mm`` (whole
    millimetres), ``geometry``, ``reversed``, and what the streets say of highway, name, layer, bridge and tunnel.
    """
    graph = nx.MultiDiGraph(crs=streets.frame.crs)
    x, y = network.node_mm.T / MM_PER_M
    graph.add_nodes_from((node, {"x": float(x[node]), "y": float(y[node])}) for node in range(network.node_count))
    said = _said(streets)
    vertices, edge_of = network.vertices
    lines = shapely.linestrings(vertices / MM_PER_M, indices=edge_of)
    for edge, line in enumerate(lines):
        u, v = int(network.edge_u[edge]), int(network.edge_v[edge])
        mm = int(network.edge_mm[edge])
        told = {**said[network.edge_street[edge]], "length": mm / MM_PER_M, "mm": mm}
        graph.add_edge(u, v, **told, geometry=line, reversed=False)
        graph.add_edge(v, u, **told, geometry=shapely.reverse(line), reversed=True)
    return graph


def streets_of(graph: Any) -> Streets:
    """The streets of a graph in a projected CRS: one for each edge, joined at its nodes and nowhere else.

    An edge without ``geometry`` runs straight; an edge and the one back along it are one street. Lengths are those of
    the lines on the millimetre grid, whatever ``length`` says. Raises CrsError for a graph whose CRS is missing or
    geographic, and NetworkError for one without edges or with nodes that have no place.
    """
    crs = study_crs(None if graph.graph.get("crs") is None else str(graph.graph["crs"]), "graph")
    number = {node: place for place, node in enumerate(graph.nodes)}
    rows = sorted(_streets(graph), key=lambda row: row[0])
    if not rows:
        raise NetworkError(Text("图中没有边", "the graph has no edge"))
    lines = shapely.linestrings(
        np.concatenate([coordinates for coordinates, *_ in rows]) / MM_PER_M,
        indices=np.repeat(np.arange(len(rows)), [len(coordinates) for coordinates, *_ in rows]),
    )
    ends = [(number[start], number[end]) for _, start, end, _ in rows]
    frame: dict[str, Any] = {"street_id": [_name(data, row) for row, (*_, data) in enumerate(rows, start=1)]}
    for name in _TAKEN:
        if any(name in data for *_, data in rows):
            frame[name] = [_text(_first(data.get(name))) for *_, data in rows]
    return Streets.join(gpd.GeoDataFrame(frame, geometry=lines, crs=crs), _joints(lines, ends, len(number)))


def _streets(graph: Any) -> Iterator[tuple[tuple[tuple[int, int], ...], Hashable, Hashable, dict[str, Any]]]:
    """Vertices in mm, first and last node, and data of each street, from its smaller end."""
    known = set()
    for u, v, data in graph.edges(data=True):
        line = data["geometry"] if "geometry" in data else _straight(graph, u, v)
        mm = round_half_up(shapely.get_coordinates(line) * MM_PER_M)
        there = tuple(map(tuple, mm.tolist()))
        back = there[::-1]
        vertices, start, end = (there, u, v) if (there, str(u)) <= (back, str(v)) else (back, v, u)
        if (vertices, start, end) not in known:
            known.add((vertices, start, end))
            yield vertices, start, end, data


def _first(value: Any) -> Any:
    """OSMnx lists the values of streets that it made one."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


# What is taken over from the edges of a graph.
_TAKEN = ("highway", "name", "layer", "bridge", "tunnel")


def _name(data: Mapping[str, Any], row: int) -> str:
    if "street_id" in data:
        return str(data["street_id"])
    way = _first(data.get("osmid"))
    return str(row) if way is None else f"way/{way}"


def _straight(graph: Any, u: Hashable, v: Hashable) -> Any:
    try:
        return shapely.LineString([(graph.nodes[each]["x"], graph.nodes[each]["y"]) for each in (u, v)])
    except KeyError as error:
        raise NetworkError(
            Text(f"图的节点 {u} 或 {v} 没有 x、y 坐标", f"node {u} or {v} of the graph has no x and y")
        ) from error


def _joints(lines: Any, ends: list[tuple[int, int]], nodes: int) -> Any:
    """The node at either end of each line, a joint of its own at every vertex between."""
    counts = shapely.get_num_coordinates(lines)
    joints = np.arange(counts.sum()) + nodes
    last = np.cumsum(counts) - 1
    joints[last - counts + 1] = [start for start, _ in ends]
    joints[last] = [end for _, end in ends]
    return joints


def _said(streets: Streets) -> list[dict[str, Any]]:
    """What the graph says of each street; nothing of empty cells."""
    cells = streets.frame[["street_id", *(name for name in _TAKEN if streets.has(name))]].astype(object)
    rows = cells.where(cells.notna(), None).to_dict("records")
    said = [{key: value for key, value in row.items() if value is not None} for row in rows]
    for row in said:
        way = _WAY.fullmatch(row["street_id"])
        row.update({"osmid": int(way[1])} if way else {})
    return said
