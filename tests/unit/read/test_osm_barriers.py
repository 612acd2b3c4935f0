"""Water, railways and walls of an OpenStreetMap file."""

from __future__ import annotations

from circle15.read import osm
from tests.unit.read.osmtext import OsmText, codes


def test_what_lies_on_the_ground_is_a_barrier_with_its_kind(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {"natural": "water", "name": "南湖"})
    town.rectangle(2, {"natural": "wood"})
    town.node(3, 0.5, 0.5, {"natural": "water"})
    lines = [
        {"waterway": "river"},
        {"waterway": "stream"},
        {"waterway": "canal", "tunnel": "culvert"},
        {"railway": "rail"},
        {"railway": "rail", "bridge": "yes"},
        {"railway": "rail", "bridge": "no"},
        {"railway": "subway", "tunnel": "yes"},
        {"barrier": "wall"},
        {"barrier": "gate"},
    ]
    for number, tags in enumerate(lines, start=10):
        town.line(number, tags)
    frame = osm.barriers(town.save(tmp_path), "town.osm").frame
    found = dict(zip(frame["barrier_id"], frame["kind"], strict=True))
    assert found == {
        "way/1": "water",
        "way/10": "water",
        "way/13": "railway",
        "way/15": "railway",
        "way/17": "wall",
    }
    assert frame["name"].iloc[0] == "南湖"
    assert frame.geometry.geom_type.tolist()[:2] == ["Polygon", "MultiLineString"]


def test_a_lake_cut_off_by_the_extract_is_reported(tmp_path) -> None:
    town = OsmText()
    town.line(1, {"waterway": "river"})
    town.relation(5, [(1, "outer"), (99, "outer")], {"type": "multipolygon", "natural": "water"})
    layer = osm.barriers(town.save(tmp_path), "town.osm")
    assert list(layer.frame["barrier_id"]) == ["way/1"]
    assert codes(layer) == {"osm_incomplete_areas"}
