"""Known facts of real extracts: the two embedded ones, and others where they are at hand."""

from __future__ import annotations

import hashlib
import tomllib
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import osmium
import pytest
import shapely

from circle15.core.rule import FacilityType
from circle15.core.text import Text
from circle15.read import osm
from tests.unit.read.osmtext import the_finding

ROOT = Path(__file__).resolve().parents[3]
RAW = ROOT / "data" / "raw"
SAMPLES = ("karhula", "helsinki")


def sample(name: str) -> Path:
    return RAW / name / f"{name}.osm.pbf"


def network(layer) -> networkx.Graph:
    """The streets as a graph of joints."""
    sizes = shapely.get_num_coordinates(layer.frame.geometry.to_numpy())
    assert sizes.sum() == len(layer.joints)
    owners = np.repeat(np.arange(len(sizes)), sizes)
    along = owners[1:] == owners[:-1]
    graph = networkx.Graph()
    graph.add_edges_from(zip(layer.joints[:-1][along].tolist(), layer.joints[1:][along].tolist(), strict=True))
    return graph


def largest(graph: networkx.Graph) -> int:
    return max(len(part) for part in networkx.connected_components(graph))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_its_source_file_says(name) -> None:
    path = sample(name)
    source = tomllib.loads(path.with_name(f"{name}.osm.pbf.source.toml").read_text("utf-8"))
    content = path.read_bytes()
    assert source["file"] == path.name
    assert source["sha256"] == hashlib.sha256(content).hexdigest()
    assert source["bytes"] == len(content)
    assert source["licence"] == "ODbL-1.0"
    assert source["attribution"] == "© OpenStreetMap contributors"
    assert source["datum"] == "WGS84"
    layer = osm.streets(path, path.name)
    assert layer.box == tuple(source["box"])
    assert layer.data_date == source["data_date"]


def test_karhula_streets() -> None:
    # All 343 highways of the file make 1,515 joints, 1,503 of them connected. Walkers do not use the motorways,
    # their links, a road under construction and a private drive: 118 joints lie on these alone.
    every, joints = every_highway(sample("karhula"))
    assert (every, joints.number_of_nodes(), largest(joints)) == (343, 1515, 1503)
    walked = network(osm.streets(sample("karhula"), "karhula"))
    assert (walked.number_of_nodes(), largest(walked)) == (1397, 1385)
    assert set(walked) < set(joints)


def every_highway(path: Path) -> tuple[int, networkx.Graph]:
    located: set[int] = set()
    count, graph = 0, networkx.Graph()
    for each in osmium.FileProcessor(path):
        if each.is_node():
            located.add(each.id)
        elif each.is_way() and "highway" in each.tags:
            count += 1
            refs = [node.ref for node in each.nodes]
            graph.add_edges_from((a, b) for a, b in pairwise(refs) if {a, b} <= located)
    return count, graph


def test_karhula_homes() -> None:
    tagged = sum(
        each.is_way() and each.tags.get("building") == "residential" for each in osmium.FileProcessor(sample("karhula"))
    )
    assert tagged == 1157
    layer = osm.residential(sample("karhula"), "karhula")
    assumed = layer.frame["assumed"].notna()
    lost = the_finding(layer, "osm_incomplete_areas")
    # residential 1157 + terrace 10 + apartments 2 + house 1, and building=yes 988, of which some are cut by the
    # edge of the extract or say what else they are
    assert (~assumed).sum() == 1145
    assert assumed.sum() == the_finding(layer, "osm_assumed_homes").count == 968
    assert lost.count == 44
    assert layer.frame["population"].min() == 1
    assert layer.frame.geometry.is_valid.all()
    assert layer.frame["area_id"].is_unique


def test_karhula_has_care_for_children_and_none_for_the_elderly() -> None:
    with (ROOT / "src" / "circle15" / "packs" / "types.toml").open("rb") as file:
        written = tomllib.load(file)["facility"]
    types = {
        key: FacilityType(key, Text(each["zh"], each["en"]), tuple(each["osm"]), tuple(each["osm_assumed"]))
        for key, each in written.items()
    }
    layer = osm.facilities(sample("karhula"), "karhula", types)
    assert list(zip(layer.frame["facility_id"], layer.frame["type"], strict=True)) == [
        ("node/1324225776", "kindergarten_nursery_class"),
        ("way/369836420", "nursery"),
    ]
    assert layer.frame["assumed"].notna().tolist() == [True, False]


def test_karhula_hosts() -> None:
    layer = osm.candidates(sample("karhula"), "karhula")
    assert layer.frame["host"].value_counts().to_dict() == {"公共建筑": 21, "幼儿园": 2, "学校": 1}


def test_helsinki_is_a_clipped_extract() -> None:
    layer = osm.streets(sample("helsinki"), "helsinki")
    found = the_finding(layer, "osm_incomplete_ways")
    assert found.count == 172
    located = {each.id for each in osmium.FileProcessor(sample("helsinki")) if each.is_node()}
    assert set(layer.joints.tolist()) <= located
    graph = network(layer)
    assert (graph.number_of_nodes(), largest(graph)) == (5994, 5790)


def test_helsinki_homes_include_relations() -> None:
    layer = osm.residential(sample("helsinki"), "helsinki")
    kinds = layer.frame["area_id"].str.split("/").str[0].value_counts()
    assert kinds.to_dict() == {"way": 284, "relation": 53}
    order = [("way", "relation").index(each.split("/")[0]) for each in layer.frame["area_id"]]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("file", "streets", "joints", "connected"),
    [
        ("beijing-tsinghua/map.osm", 675, 2161, 2047),
        ("guixi/guixi.osm", 169, 1256, 1256),
        ("porto-alegre/poa_osm.pbf", 14348, 38096, 37556),
    ],
)
def test_other_extracts(shared, file, streets, joints, connected) -> None:
    path = shared / file
    layer = osm.streets(path, file)
    graph = network(layer)
    assert (len(layer.frame), graph.number_of_nodes(), largest(graph)) == (streets, joints, connected)
