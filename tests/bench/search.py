"""Distances: one to many, nearest of many, capacity in reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from circle15.route import Engine, Pairs, nearest, pairs
from tests.bench import networks, peers
from tests.bench.networks import COMPOSITE, HELSINKI, PORTO
from tests.bench.registry import SEED, Case, Figure, Input, Side, timed, times

MOST_MM = 1_000_000
# How many sources a slow peer searches from.
_SLOW = 100
ONE = Engine("numba", threads=1)
_PACKAGES = ("numpy", "numba")


def _few(count: int, smoke: bool) -> int:
    """How many sources a slow peer searches from: times are those of one source."""
    return 5 if smoke else count


# ---- one to many ---------------------------------------------------------------------------------------------


def _ours(folder: Path, smoke: bool, engine: Engine, count: int) -> Figure:
    network = networks.ready(folder)
    vertices = networks.vertices(network)
    rows = networks.rows(folder, "homes", _few(count, smoke))
    sources, targets = vertices.anchors(rows), vertices.anchors(np.arange(len(vertices)))
    return timed(
        lambda: pairs(network, sources, targets, MOST_MM, engine), lambda found: _pairs(len(found.mm), rows), _per(rows)
    )


def _peer(
    folder: Path, smoke: bool, count: int, build: Callable[[Any, Any], Any], search: Callable[[Any, Any], int]
) -> Figure:
    vertices = networks.vertices(networks.load(folder))
    rows = networks.rows(folder, "homes", _few(count, smoke))
    built = build(vertices, rows)
    return timed(lambda: search(built, rows), lambda found: _pairs(found, rows), _per(rows))


def _pairs(found: int, rows: Any) -> str:
    return f"{found / len(rows):,.1f} a source, {len(rows):,} sources"


def _per(rows: Any) -> float:
    """Times are microseconds a source."""
    return len(rows) / 1e6


def _tiled(tiles: Any, rows: Any) -> int:
    return len(tiles.pairs(rows, MOST_MM)[0])


def _scipy(graph: Any, rows: Any) -> int:
    return peers.scipy_pairs(graph, rows, MOST_MM)


def _pandana(network: Any, rows: Any) -> int:
    return len(network.nodes_in_range(rows.tolist(), MOST_MM / 1000))


def _networkx(graph: Any, rows: Any) -> int:
    return peers.networkx_pairs(graph, rows, MOST_MM)


def _osmnx(graph: Any, rows: Any) -> int:
    return peers.osmnx_pairs(graph, rows, MOST_MM)


def _cityseer(network: Any, rows: Any) -> int:
    most_m = MOST_MM // 1000
    found = network.centrality_shortest(distances=[most_m], closeness_exprs=[("nodes", "1")], pbar_disabled=True)
    # The nodes in range without the source itself.
    return round(float(np.nansum(found.metrics["nodes"][most_m]))) + len(rows)


def _apart(build: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """What is built of the streets alone, whatever the sources."""

    def built(vertices: Any, rows: Any) -> Any:
        del rows
        return build(vertices)

    return built


_REMARK = """\
Ours is what a call costs that finds its targets placed on the graph by the call before, as peers' graphs are built
apart; the first call costs a third more on a million vertices. The finds of each source are brought into the order of
rows, which peers leave undone; a radix sort of them was measured, and is slower than what orders them now. Peers
answer from nodes alone, ours from any place on a street. Seconds of the processor hide that ours runs on all threads:
on a machine that does nothing else the ratio of the elapsed times is the larger one."""


def _one_to_many(name: str, given: Input, count: int, pandana: float, tiled: float, others: bool = True) -> Case:
    def peer(
        title: str, package: str, build: Any, search: Any, sources: int, goal: Any = None, processes: int = 3
    ) -> Side:
        measure = partial(_peer, count=sources, build=build, search=search)
        return Side(title, measure, package, goal, processes)

    return Case(
        name=name,
        what=f"One to many within 1,000 m on {given.what}: every (source, vertex) pair with its distance, from "
        f"{count:,} vertices drawn by lot; microseconds a source, networks and graphs built apart.",
        input=given,
        unit="µs a source",
        sides=(
            Side("circle15, one thread", partial(_ours, engine=ONE, count=count)),
            Side("circle15, all threads", partial(_ours, engine=Engine("numba"), count=count)),
            peer("pandana", "pandana", _apart(peers.pandana_network), _pandana, count, times(pandana), 1),
            *(
                peer(
                    f"scipy, tiles of {side // 10**6} km",
                    "scipy",
                    _apart(partial(peers.Tiles, side=side)),
                    _tiled,
                    count,
                    goal,
                )
                for side, goal in zip(peers.TILES_MM, (times(tiled), None), strict=True)
            ),
            peer("networkx", "networkx", _apart(peers.networkx_graph), _networkx, _SLOW, None, 1),
            *(
                # On a million vertices these take minutes for a few sources.
                (
                    peer("scipy", "scipy", _apart(peers.matrix), _scipy, _SLOW, None, 1),
                    peer("osmnx recipe", "osmnx", _apart(peers.networkx_graph), _osmnx, _SLOW, None, 1),
                    peer("cityseer, counts", "cityseer", peers.cityseer_network, _cityseer, _SLOW, None, 1),
                )
                if others
                else ()
            ),
        ),
        packages=_PACKAGES,
        remark=_REMARK,
    )


# ---- nearest of many -----------------------------------------------------------------------------------------


def _nearest(folder: Path, smoke: bool) -> Figure:
    del smoke
    network = networks.ready(folder)
    vertices = networks.vertices(network)
    rows = networks.rows(folder, "facilities")
    homes, facilities = vertices.anchors(np.arange(len(vertices))), vertices.anchors(rows)
    order = np.arange(len(rows))
    work = partial(nearest, network, homes, facilities, order, ONE)
    return timed(work, lambda found: _sum_km(np.where(found.reached, found.mm, 0)), 1e-3)


def _scipy_nearest(folder: Path, smoke: bool) -> Figure:
    del smoke
    graph = peers.matrix(networks.vertices(networks.load(folder)))
    rows = networks.rows(folder, "facilities")
    work = partial(peers.scipy_nearest, graph, rows)
    return timed(work, lambda found: _sum_km(np.where(np.isfinite(found), found, 0)), 1e-3)


def _networkx_nearest(folder: Path, smoke: bool) -> Figure:
    del smoke
    import networkx as nx

    graph = peers.networkx_graph(networks.vertices(networks.load(folder)))
    rows = networks.rows(folder, "facilities").tolist()
    work = partial(nx.multi_source_dijkstra_path_length, graph, set(rows), weight="length")
    return timed(work, lambda found: _sum_km(np.array(list(found.values()))), 1e-3)


def _sum_km(mm: Any) -> str:
    return f"{mm.sum() / 1e6:,.6f} km in all"


def _nearest_of_many(name: str, given: Input) -> Case:
    return Case(
        name=name,
        what=f"Nearest of 500 facilities, and which one it is, for every vertex of {given.what}, without a cutoff; "
        "milliseconds.",
        input=given,
        unit="ms",
        sides=(
            Side("circle15", _nearest),
            Side("scipy min_only", _scipy_nearest, "scipy", times(2)),
            Side("networkx, without owner", _networkx_nearest, "networkx", None, 1),
        ),
        packages=_PACKAGES,
    )


# ---- capacity in reach ---------------------------------------------------------------------------------------


def _capacities(rows: Any) -> Any:
    return np.random.default_rng(SEED).integers(10, 200, len(rows))


def _capacity(folder: Path, smoke: bool) -> Figure:
    del smoke
    network = networks.ready(folder)
    vertices = networks.vertices(network)
    rows = networks.rows(folder, "facilities")
    everywhere, facilities = vertices.anchors(np.arange(len(vertices))), vertices.anchors(rows)
    capacity, size = _capacities(rows), len(vertices)

    def in_reach() -> Any:
        found: Pairs = pairs(network, facilities, everywhere, MOST_MM, ONE)
        return np.bincount(found.target, capacity[found.source], size)

    return timed(in_reach, lambda found: f"{found.sum():,.0f} places in all", 1e-3)


def _pandana_capacity(folder: Path, smoke: bool) -> Figure:
    del smoke
    import pandas as pd

    network = peers.pandana_network(networks.vertices(networks.load(folder)))
    rows = networks.rows(folder, "facilities")
    network.set(pd.Series(rows), variable=pd.Series(_capacities(rows).astype(float)), name="capacity")
    work = partial(network.aggregate, MOST_MM / 1000, type="sum", decay="flat", name="capacity")
    return timed(work, lambda found: f"{found.sum():,.0f} places in all", 1e-3)


CASES = (
    _one_to_many("pairs-porto", PORTO, 10_000, 30, 5),
    _one_to_many("pairs-composite", COMPOSITE, 10_000, 30, 10, others=False),
    _one_to_many("pairs-helsinki", HELSINKI, 1_000, 20, 2),
    _nearest_of_many("nearest-porto", PORTO),
    _nearest_of_many("nearest-composite", COMPOSITE),
    Case(
        name="capacity-porto",
        what="Capacity within 1,000 m of every vertex of Porto, of 500 facilities: searched from the facilities and "
        "summed; milliseconds.",
        input=PORTO,
        unit="ms",
        sides=(
            Side("circle15", _capacity),
            Side("pandana.aggregate", _pandana_capacity, "pandana", times(300), 1),
        ),
        packages=_PACKAGES,
    ),
)
