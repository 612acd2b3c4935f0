"""PBF read as arrays: the same as osmium reads, whatever is unusual left to it, and the same network as from XML."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import osmium
import pyproj
import pytest

from circle15.core.errors import InputError
from circle15.read import osm, osmfile
from circle15.read.layers import read_layer
from circle15.read.osmlines import Ways
from circle15.read.osmpbf import Unusual, read_ways
from circle15.read.spec import InputSpec
from circle15.route import Network, build
from tests.unit.read.osmtext import OsmText

_ROOT = Path(__file__).resolve().parents[3]
_SAMPLES = [_ROOT / "data/raw/karhula/karhula.osm.pbf", _ROOT / "data/raw/helsinki/helsinki.osm.pbf"]
_KEYS = ("highway", "name", "layer", "foot")


def _town() -> OsmText:
    """Ways that share nodes, miss some, and lie on all sides of 0° N 0° E."""
    town = OsmText()
    places = [(-70.1234567, -33.7654321), (-0.0000001, 0.0000001), (0.0, 0.0), (179.9999999, -89.9999999), (120.5, 31)]
    for number, (lon, lat) in enumerate(places, start=3):
        town.node(number * 1_000_000_007, lon, lat)
    town.way(5, [3_000_000_021, 4_000_000_028, 4_000_000_028, 99], {"highway": "path", "name": "中山路"})
    town.way(6, [5_000_000_035, 99, 6_000_000_042, 7_000_000_049], {"highway": "steps", "layer": "-1", "foot": "yes"})
    town.way(70_000_000_000, [4_000_000_028, 7_000_000_049], {"highway": "motorway", "": "ä"})
    town.way(70_000_000_001, [4_000_000_028, 7_000_000_049], {"waterway": "river"})
    return town


def _pbf(source: Path, options: str = "pbf") -> Path:
    """The same objects in the same order, written by osmium."""
    place = source.with_suffix(f".{len(options)}.pbf")
    with osmium.SimpleWriter(osmium.io.File(str(place), options)) as writer:
        for each in osmium.FileProcessor(str(source)):
            writer.add(each)
    return place


def _same(one: Ways, other: Ways) -> bool:
    arrays = ("number", "start", "node", "xy")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name), name == "xy") for name in arrays)
    return equal and all((one.tags[key] == other.tags[key]).all() for key in _KEYS)


@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: path.stem)
def test_real_files_read_as_osmium_reads_them(path) -> None:
    for key in ("highway", "barrier", "no such key"):
        assert _same(read_ways(path, key, _KEYS), osmfile._ways(path, key, _KEYS))


@pytest.mark.parametrize("options", ["pbf", "pbf,pbf_compression=none"])
def test_numbers_of_any_length_and_sign(tmp_path, options) -> None:
    xml = _town().save(tmp_path)
    found = read_ways(_pbf(xml, options), "highway", _KEYS)
    assert _same(found, osmfile._ways(xml, "highway", _KEYS))
    assert found.number.tolist() == [5, 6, 70_000_000_000]
    assert found.missing.tolist() == [1, 1, 0]
    assert found.xy[0].tolist() == [-70.1234567, -33.7654321]
    assert found.tags["name"].tolist() == ["中山路", None, None]


def _network(path: Path) -> Network:
    streets, _, _ = read_layer(InputSpec("streets", path, path.name), pyproj.CRS.from_epsg(32635), {})
    return build(streets)  # type: ignore[arg-type]  # the layer of streets


@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: path.stem)
def test_the_network_is_the_same_from_pbf_and_from_xml(tmp_path, path) -> None:
    xml = tmp_path / "town.osm"
    with osmium.SimpleWriter(str(xml)) as writer:
        for each in osmium.FileProcessor(str(path)):
            writer.add(each)
    one, other = _network(path), _network(xml)
    assert one.edge_count > 100
    for field in dataclasses.fields(Network):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


@pytest.mark.parametrize("options", ["pbf,pbf_dense_nodes=false", "pbf,locations_on_ways=true"])
def test_what_is_unusual_is_left_to_osmium(tmp_path, options) -> None:
    xml = _town().save(tmp_path)
    path = _pbf(xml, options)
    if "locations" in options:
        with osmium.SimpleWriter(osmium.io.File(str(path), options), overwrite=True) as writer:
            for each in osmium.FileProcessor(str(xml)).with_locations():
                writer.add(each)
    with pytest.raises(Unusual):
        read_ways(path, "highway", _KEYS)
    assert _same(osmfile.ways(path, "town", "highway", _KEYS), osmfile._ways(xml, "highway", _KEYS))


def test_a_file_that_is_not_sorted_is_refused_like_xml(tmp_path) -> None:
    town = _town()
    town.nodes, town.ways = town.ways, town.nodes
    path = _pbf(town.save(tmp_path))
    with pytest.raises(Unusual):
        read_ways(path, "highway", _KEYS)
    with pytest.raises(InputError, match="未排序"):
        osm.streets(path, "town.osm.pbf")


def test_nothing_but_unusual_comes_of_a_broken_file(tmp_path) -> None:
    """Bytes turned and files cut short, of a file that is not packed: there each byte means something."""
    path = _pbf(_town().save(tmp_path), "pbf,pbf_compression=none")
    whole, right = path.read_bytes(), read_ways(path, "highway", _KEYS)
    random, refused = np.random.default_rng(7), 0
    cuts = [whole[:size] for size in range(0, len(whole), 7)]
    turned = [bytearray(whole) for _ in range(400)]
    for damaged in turned:
        damaged[random.integers(len(whole))] = random.integers(256)
    for data in (*cuts, *map(bytes, turned)):
        path.write_bytes(data)
        try:
            found = read_ways(path, "highway", _KEYS)
        except Unusual:
            refused += 1
        else:
            assert len(found) <= len(right)
    assert refused > len(cuts) - 3
