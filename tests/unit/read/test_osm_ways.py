"""The pedestrian filter, broken ways, joints, and files that cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import shapely

from circle15.core.errors import InputError
from circle15.read import osm
from circle15.read.osmways import CLOSED, WALKABLE, why_not_walked
from tests.unit.read.osmtext import OsmText, codes, the_finding


@pytest.mark.parametrize("value", [value for values in WALKABLE.values() for value in values])
def test_walkers_use_it(value) -> None:
    assert why_not_walked({"highway": value}) is None
    assert why_not_walked({"highway": value, "oneway": "yes"}) is None
    assert why_not_walked({"highway": value, "foot": "no"}) is not None


@pytest.mark.parametrize(
    "value",
    ["motorway", "motorway_link", "construction", "proposed", "planned", "raceway", "elevator", "bus_guideway",
     "busway", "abandoned", "razed", "rest_area", "services", "no", "escape", "emergency_bay", "via_ferrata"],
)  # fmt: skip
def test_walkers_do_not_use_it_even_where_foot_says_yes(value) -> None:
    assert why_not_walked({"highway": value}) is not None
    assert why_not_walked({"highway": value, "foot": "yes"}) is not None


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"foot": "no"}, False),
        ({"foot": "private"}, False),
        ({"foot": "use_sidepath"}, False),
        ({"foot": "yes"}, True),
        ({"foot": "permissive"}, True),
        ({"access": "no"}, False),
        ({"access": "private"}, False),
        ({"access": "military"}, False),
        ({"access": "permit"}, False),
        ({"access": "destination"}, True),
        ({"access": "customers"}, True),
        ({"access": "permissive"}, True),
        ({"access": "agricultural"}, True),
        ({"access": "private", "foot": "yes"}, True),
        ({"access": "private", "foot": "designated"}, True),
        ({"access": "no", "foot": "permissive"}, True),
        ({"access": "private", "foot": "private"}, False),
        ({"access": "yes", "foot": "no"}, False),
        ({"motor_vehicle": "no"}, True),
        ({"motorroad": "yes"}, False),
        ({"motorroad": "yes", "foot": "yes"}, True),
        ({"area": "yes"}, False),
        ({"area": "no"}, True),
        ({"disused": "yes"}, False),
        ({"abandoned": "yes"}, False),
        ({"sidewalk": "separate"}, True),
        ({"tunnel": "yes"}, True),
        ({"indoor": "yes"}, True),
        ({"oneway": "-1"}, True),
    ],
)
def test_tags_that_close_a_street_to_walkers(tags, walked) -> None:
    assert (why_not_walked({"highway": "residential", **tags}) is None) is walked


def test_every_reason_is_counted(tmp_path) -> None:
    town = OsmText()
    town.line(1, {"highway": "residential", "name": "中山路"})
    town.line(2, {"highway": "motorway"})
    town.line(3, {"highway": "footway", "foot": "no"})
    town.line(4, {"highway": "footway", "access": "private"})
    town.line(5, {"highway": "service", "access": "no"})
    town.line(6, {"waterway": "river"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert list(layer.frame["street_id"]) == ["way/1"]
    assert list(layer.frame["highway"]) == ["residential"]
    assert list(layer.frame["name"]) == ["中山路"]
    reasons = {why.en: count for why, count in layer.dropped.items()}
    assert reasons == {
        "not a kind of street for walkers": 1,
        "closed to walkers (foot)": 1,
        "closed to the public (access)": 2,
    }
    assert {why for _, why in CLOSED} >= {why for why in layer.dropped if "closed" in why.en}


def test_a_street_keeps_its_shape_datum_and_node_ids(tmp_path) -> None:
    town = OsmText()
    for number, (lon, lat) in enumerate([(118.5, 24.8), (118.501, 24.8), (118.501, 24.8005)], start=7):
        town.node(number, lon, lat)
    town.way(3, [7, 8, 9], {"highway": "footway"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert layer.datum == "WGS84"
    assert layer.crs is None
    assert shapely.get_coordinates(layer.frame.geometry.to_numpy()).round(9).tolist() == [
        [118.5, 24.8], [118.501, 24.8], [118.501, 24.8005],
    ]  # fmt: skip
    assert layer.joints.dtype == np.int64
    assert layer.joints.tolist() == [7, 8, 9]
    assert layer.attribution == "© OpenStreetMap contributors, ODbL 1.0"
    assert "osm_incomplete_ways" not in codes(layer)


def test_a_way_breaks_at_nodes_without_location(tmp_path) -> None:
    town = OsmText()
    for number in (1, 2, 4, 6, 7, 8):
        town.node(number, 0.001 * number, 0.0)
    town.way(20, [1, 2, 3, 4, 5, 6, 7, 8], {"highway": "path"})  # 1-2 and 6-7-8 stay, 4 alone does not
    town.way(21, [3, 5, 9], {"highway": "path"})
    town.way(22, [1, 8], {"highway": "path"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert list(layer.frame["street_id"]) == ["way/20", "way/20#2", "way/22"]
    assert layer.joints.tolist() == [1, 2, 6, 7, 8, 1, 8]
    found = the_finding(layer, "osm_incomplete_ways")
    assert (found.severity, found.layer, found.count, found.ids) == ("info", "streets", 2, ("way/20", "way/21"))
    assert "11 个节点中有 5 个" in found.message.zh
    assert {why.en: count for why, count in layer.dropped.items()} == {"no piece of it inside the extract": 1}


def test_a_node_that_follows_itself_counts_once(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0)
    town.node(2, 0.001, 0.0)
    town.way(5, [1, 1, 2, 2, 2, 1], {"highway": "path"})
    town.way(6, [2, 2], {"highway": "path"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert layer.joints.tolist() == [1, 2, 1]
    assert list(layer.frame["street_id"]) == ["way/5"]


def test_nodes_on_one_spot_do_not_join_and_a_shared_node_does(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0)
    town.node(2, 0.001, 0.0)
    town.node(3, 0.001, 0.0)  # on the spot of 2: a bridge over it
    town.node(4, 0.002, 0.0)
    town.way(10, [1, 2], {"highway": "path"})
    town.way(11, [3, 4], {"highway": "path"})
    town.way(12, [2, 4], {"highway": "path"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert layer.joints.tolist() == [1, 2, 3, 4, 2, 4]
    ends = shapely.get_coordinates(layer.frame.geometry.to_numpy())
    assert ends[1].tolist() == ends[2].tolist()


def test_rows_stand_by_way_id_whatever_the_order_of_the_file(tmp_path) -> None:
    town = OsmText()
    for number in (9, 30, 7, 100):
        town.line(number, {"highway": "path"})
    town.ways.reverse()
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert list(layer.frame["street_id"]) == ["way/7", "way/9", "way/30", "way/100"]


@pytest.mark.parametrize("reader", [osm.streets, osm.residential])
def test_a_file_with_nodes_after_ways_is_refused_not_read_as_cut_off(tmp_path, reader) -> None:
    town = OsmText()
    town.rectangle(1, {"highway": "path", "building": "house"})
    town.nodes, town.ways = town.ways, town.nodes
    with pytest.raises(InputError) as caught:
        reader(town.save(tmp_path), "town.osm")
    assert caught.value.text.zh.startswith("town.osm：OSM 文件未排序（node/10010 出现在路径之后）")
    assert "osmium sort" in caught.value.text.en


def test_extent_and_date_come_from_the_file_or_are_absent(tmp_path) -> None:
    town = OsmText()
    town.line(1, {"highway": "path"})
    bare = osm.streets(town.save(tmp_path, "bare.osm"), "bare.osm")
    assert bare.box is None
    assert bare.data_date == ""
    town.bounds = '<bounds minlat="-0.5" minlon="118.25" maxlat="1.5" maxlon="119.75"/>'
    town.node(1, 0.0, 0.0, when="2021-03-04T05:06:07Z")
    town.node(2, 0.0, 0.0, when="2020-12-31T23:59:59Z")
    full = osm.streets(town.save(tmp_path, "full.osm"), "full.osm")
    assert full.box == (118.25, -0.5, 119.75, 1.5)
    assert full.data_date == "2021-03-04"


def test_gzip_reads_like_plain_text(tmp_path) -> None:
    town = OsmText()
    town.line(1, {"highway": "path"})
    plain = osm.streets(town.save(tmp_path), "town.osm")
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(town.text().encode()))
    layer = osm.streets(packed, "town.osm.gz")
    assert layer.frame.equals(plain.frame)
    assert layer.joints.tolist() == plain.joints.tolist()


def test_a_file_without_streets_has_an_empty_layer(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, {"amenity": "bench"})
    layer = osm.streets(town.save(tmp_path), "town.osm")
    assert len(layer.frame) == 0
    assert set(layer.frame.columns) == {"street_id", "highway", "name", "layer", "bridge", "tunnel", "geometry"}
    assert len(layer.joints) == 0


KARHULA = Path(__file__).resolve().parents[3] / "data" / "raw" / "karhula" / "karhula.osm.pbf"
READERS = {
    "streets": osm.streets,
    "residential": osm.residential,
    "facilities": lambda path, shown: osm.facilities(path, shown, {}),
    "candidates": osm.candidates,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("truncated.osm.pbf", "karhula"),
        ("text.osm.pbf", b"this is no protocol buffer"),
        ("empty.osm.pbf", b""),
        ("truncated.osm", b'<osm version="0.6"><node id="1" lat="0" lon="0"'),
        ("page.osm", b"<html></html>"),
        ("plain.osm.gz", b"not gzip"),
        ("truncated.osm.gz", gzip.compress(b'<osm version="0.6"></osm>' * 50, mtime=0)[:-12]),
        ("streets.shp", b"unknown format"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, name, content, reader) -> None:
    path = tmp_path / name
    path.write_bytes(KARHULA.read_bytes()[:100_000] if content == "karhula" else content)
    with pytest.raises(InputError) as caught:
        READERS[reader](path, f"data/{name}")
    assert caught.value.text.zh.startswith(f"data/{name}：OSM 文件已损坏")
    assert caught.value.text.en.startswith(f"data/{name}: the OSM file is damaged")
    assert "Traceback" not in caught.value.text.zh
