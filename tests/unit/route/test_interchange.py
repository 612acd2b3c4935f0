"""Networks as graphs of networkx and OSMnx, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmnx
import pyproj
import pytest
import shapely

import circle15
from circle15.core.errors import Circle15Error, CrsError, NetworkError
from circle15.core.tables import Streets
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from circle15.route import Network, build, pairs, snap
from circle15.route.interchange import graph_of, streets_of
from tests.towns import write_town

RAW = Path(__file__).resolve().parents[3] / "data" / "raw"


@pytest.fixture(scope="module")
def karhula() -> tuple[Network, Streets]:
    path = RAW / "karhula" / "karhula.osm.pbf"
    table, _, _ = read_layer(InputSpec("streets", path, path.name), pyproj.CRS(32635), {})
    assert isinstance(table, Streets)
    return build(table), table


def walks(network: Network) -> list[int]:
    random = np.random.default_rng(1)
    spots = random.integers(0, 1_500_000, (60, 2)) + network.piece_a.min(axis=0)
    anchors = snap(network, spots, 300_000)
    found = pairs(network, anchors.take(np.arange(10)), anchors, 10**9)
    return [*found.source.tolist(), *found.target.tolist(), *found.mm.tolist()]


def test_there_and_back_is_the_same_network(karhula: tuple[Network, Streets]) -> None:
    network, streets = karhula
    back = streets_of(graph_of(network, streets))
    again = build(back)
    assert sorted(again.edge_mm.tolist()) == sorted(network.edge_mm.tolist())
    assert sorted(again.component_mm.tolist()) == sorted(network.component_mm.tolist())
    assert again.node_count == network.node_count
    assert set(back.frame["highway"]) == set(streets.frame["highway"])
    # Streets turned round move an anchor by a millimetre at most, at either end.
    assert np.abs(np.subtract(walks(again), walks(network))).max() <= 2


def test_shortest_paths_of_networkx_are_ours(karhula: tuple[Network, Streets]) -> None:
    network, streets = karhula
    graph = graph_of(network, streets)
    node = int(network.edge_u[0])
    found = nx.single_source_dijkstra_path_length(graph, node, weight="mm")
    from circle15.route import distances

    at_node = snap(network, network.piece_a[network.edge_pieces[:-1]][:1], 0)
    ours = distances(network, at_node)
    assert {each: int(mm) for each, mm in enumerate(ours) if np.isfinite(mm)} == found


def test_osmnx_takes_the_graph_writes_it_and_what_it_reads_is_the_network(
    karhula: tuple[Network, Streets], tmp_path: Path
) -> None:
    network, streets = karhula
    graph = graph_of(network, streets)
    nodes, edges = osmnx.convert.graph_to_gdfs(graph)
    assert len(nodes) == network.node_count
    assert len(edges) == 2 * network.edge_count
    assert edges["length"].sum() == pytest.approx(2 * network.edge_mm.sum() / 1000)
    osmnx.io.save_graphml(graph, tmp_path / "town.graphml")
    read = osmnx.io.load_graphml(tmp_path / "town.graphml")
    assert sorted(build(streets_of(read)).edge_mm.tolist()) == sorted(network.edge_mm.tolist())


def town(**told: Any) -> Any:
    graph = nx.MultiDiGraph(**{"crs": "EPSG:4549", **told})
    graph.add_node("a", x=500_000.0, y=2_700_000.0)
    graph.add_node("b", x=500_300.0, y=2_700_400.0)
    return graph


def test_tags_as_osmnx_has_them_become_columns() -> None:
    graph = town()
    graph.add_edge("a", "b", osmid=[7, 8], highway=["primary", "trunk"], bridge="viaduct", layer="1", name=None)
    frame = streets_of(graph).frame
    assert frame[["street_id", "highway", "bridge", "layer"]].to_numpy().tolist() == [
        ["way/7", "primary", "viaduct", "1"]
    ]


def test_an_edge_without_geometry_is_straight_and_its_length_is_measured() -> None:
    graph = town()
    graph.add_edge("a", "b", length=1.0)
    graph.add_edge("b", "a", length=1.0)
    assert build(streets_of(graph)).edge_mm.tolist() == [500_000]


def test_parallel_edges_of_other_geometry_are_streets_of_their_own() -> None:
    graph = town()
    graph.add_edge("a", "b")
    detour = shapely.LineString([(500_000, 2_700_000), (500_300, 2_700_000), (500_300, 2_700_400)])
    graph.add_edge("a", "b", geometry=detour)
    graph.add_edge("b", "a", geometry=detour.reverse())
    assert sorted(build(streets_of(graph)).edge_mm.tolist()) == [500_000, 700_000]


def test_streets_join_at_nodes_and_nowhere_else() -> None:
    graph = town()
    graph.add_node("c", x=500_300.0, y=2_700_000.0)
    graph.add_node("d", x=500_000.0, y=2_700_400.0)
    graph.add_node("over a", x=500_000.0, y=2_700_000.0)
    graph.add_edge("a", "b")
    graph.add_edge("c", "d")
    graph.add_edge("over a", "c")
    assert sorted(build(streets_of(graph)).component_mm.tolist()) == [500_000, 800_000]


@pytest.mark.parametrize(
    ("graph", "error"),
    [
        (town(crs=None), CrsError),
        (town(crs="EPSG:4326"), CrsError),
        (town(), NetworkError),
    ],
)
def test_graphs_that_are_no_network_are_refused(graph: Any, error: type[Circle15Error]) -> None:
    with pytest.raises(error):
        streets_of(graph)
    graph.graph["crs"] = "EPSG:4549"
    graph.add_edge("a", "nowhere")
    with pytest.raises(NetworkError, match="nowhere"):
        streets_of(graph)


def test_a_study_gives_its_graph(tmp_path: Path) -> None:
    study = write_town(tmp_path, streets=[[(0, 0), (500, 0)], [(500, 0), (500, 300)]])
    graph = circle15.graph(study)
    assert sorted(data["mm"] for *_, data in graph.edges(data=True)) == [300_000, 300_000, 500_000, 500_000]
    assert str(graph.graph["crs"]) == "EPSG:4549"
    study.write_text(study.read_text(encoding="utf-8").replace("[inputs.streets]", "[inputs.zones]"), encoding="utf-8")
    with pytest.raises(Circle15Error, match=r"inputs\.streets"):
        circle15.graph(study)
