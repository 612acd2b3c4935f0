"""From a file of OpenStreetMap to a network that can be walked on, and from the cache."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from circle15.pipeline.progress import silent
from circle15.pipeline.streets import pave
from circle15.read import cache
from circle15.route import Network, build, network_from
from circle15.study import load_study
from tests.bench.networks import ROOT, SHARED, read_streets
from tests.bench.registry import Case, Figure, Goal, Input, Side, timed, times

_EPSG = 32629
_STUDY = f"""
schema = 1
id = "streets"
name = "streets"
pack = "jinjiang-2022"
crs = "EPSG:{_EPSG}"
[inputs.streets]
path = "town.osm.pbf"
[inputs.residential]
path = "town.osm.pbf"
[route]
cache = "cache"
"""


def _make(folder: Path, smoke: bool) -> None:
    """A town as PBF and, for those who read no other, as XML; a study of it; its streets in the cache."""
    source = ROOT / "data/raw/karhula/karhula.osm.pbf" if smoke else SHARED / "porto/porto.osm.pbf"
    if not source.is_file():
        raise FileNotFoundError(source.name)
    shutil.copyfile(source, folder / "town.osm.pbf")
    _write_xml(source, folder / "town.osm")
    (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
    _pave(folder)


def _write_xml(source: Path, place: Path) -> None:
    """The streets alone, without the ends that the file does not hold: all that OSMnx can make a network of."""
    import osmium

    held = {each.id for each in osmium.FileProcessor(str(source), osmium.osm.NODE)}
    ways = {}
    for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
        nodes = [each.ref for each in way.nodes if each.ref in held]
        if "highway" in way.tags and len(nodes) > 1:
            ways[way.id] = nodes
    used = {node for nodes in ways.values() for node in nodes}
    with osmium.SimpleWriter(str(place)) as writer:
        for node in osmium.FileProcessor(str(source), osmium.osm.NODE):
            if node.id in used:
                writer.add(node)
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
            if way.id in ways:
                writer.add(way.replace(nodes=ways[way.id]))


def _pave(folder: Path) -> Network:
    study = load_study(folder / "study.toml")
    return pave(study, study.inputs["streets"], silent).network


def _said(network: Network) -> str:
    return f"{network.edge_mm.sum() / 1e6:,.0f} km, {network.node_count:,} nodes"


def _ours(folder: Path, smoke: bool) -> Figure:
    del smoke
    return timed(lambda: build(read_streets(folder / "town.osm.pbf", _EPSG)), _said)


def _kept(folder: Path, smoke: bool) -> Figure:
    """The network alone; every array is read once, for what is mapped and never touched is never read."""
    del smoke
    (entry,) = (folder / "cache").iterdir()

    def load() -> Network:
        found = cache.load(entry.parent, entry.name) or {}
        arrays = {name.removeprefix("network."): found[name] for name in found if name.startswith("network.")}
        _ = [array.max() for array in arrays.values()]
        return network_from(arrays)

    return timed(load, _said, 1e-3)


def _kept_with_streets(folder: Path, smoke: bool) -> Figure:
    """All that a run takes from the cache: the file's content hashed, the network, the streets, the findings."""
    del smoke
    study = load_study(folder / "study.toml")
    return timed(partial(pave, study, study.inputs["streets"], silent), lambda found: _said(found.network), 1e-3)


def _pyrosm(folder: Path, smoke: bool, engine: str) -> Figure:
    """What it kept of an earlier reading is cleared before; its class, not the package, loads what it is made with."""
    del smoke
    from pyrosm import OSM

    file = str(folder / "town.osm.pbf")
    OSM.clear_cache(file)

    def work() -> str:
        nodes, edges = OSM(file, engine=engine).get_network("walking", nodes=True)
        return f"{edges['length'].sum() / 1e3:,.0f} km, {len(nodes):,} nodes"

    return timed(work, str)


def _osmnx(folder: Path, smoke: bool) -> Figure:
    del smoke
    import osmnx

    def work() -> str:
        graph = osmnx.graph_from_xml(folder / "town.osm", bidirectional=True, retain_all=True)
        km = sum(metres for *_, metres in graph.edges(data="length")) / 2e3
        return f"{km:,.0f} km, {len(graph):,} nodes"

    return timed(work, str)


TOWN = Input("town", "Porto", _make)

CASES = (
    Case(
        name="network-porto",
        what="From the 3 MB PBF of Porto to a walking network in memory; seconds. OSMnx reads the streets alone, as "
        "XML; pyrosm stops at tables of nodes and edges.",
        input=TOWN,
        sides=(
            Side("circle15", _ours),
            Side("pyrosm", partial(_pyrosm, engine="out_of_core"), "pyrosm", times(5), 1),
            Side("pyrosm, in memory", partial(_pyrosm, engine="in_memory"), "pyrosm", None, 1),
            Side("osmnx, from XML", _osmnx, "osmnx", times(15), 1),
        ),
        packages=("numpy", "osmium", "geopandas"),
        remark="Ours checks the table of streets and projects it, too. Other OSM files than PBF are read by osmium. "
        "Pyrosm is asked as it comes, out of core, without what it keeps of an earlier reading, and in memory.",
        same_answer=False,
    ),
    Case(
        name="cached-porto",
        what="The network of Porto from the cache of a study; milliseconds.",
        input=TOWN,
        unit="ms",
        sides=(
            Side("circle15", _kept, goal=Goal("<=", 20)),
            Side("circle15, with the table of streets", _kept_with_streets),
        ),
        packages=("numpy", "geopandas"),
    ),
)
