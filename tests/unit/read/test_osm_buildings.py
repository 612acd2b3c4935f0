"""Homes from buildings: which count, their floor area and their estimated people."""

from __future__ import annotations

import pytest
import shapely

from circle15.core.tables import Residential
from circle15.read import osm
from circle15.read.osmbuildings import ASSUMED, HOMES, footprint_m2, is_home, levels, residents
from tests.unit.read.osmtext import EAST_M, NORTH_M, OsmText, codes, the_finding


@pytest.mark.parametrize("value", sorted(HOMES))
def test_residential_values_are_homes_whatever_else_they_house(value) -> None:
    assert is_home({"building": value})
    assert is_home({"building": value, "shop": "bakery"})


@pytest.mark.parametrize(
    "value", ["industrial", "retail", "office", "school", "kindergarten", "garage", "garages", "shed", "roof", "public",
              "church", "hotel", "construction", "no", "hospital", "farm_auxiliary"]
)  # fmt: skip
def test_other_values_are_not(value) -> None:
    assert not is_home({"building": value})


@pytest.mark.parametrize(
    ("tags", "home"),
    [
        ({}, True),
        ({"addr:street": "中山路", "building:levels": "6", "name": "1号楼"}, True),
        ({"building:use": "residential"}, True),
        ({"landuse": "residential"}, True),
        ({"amenity": "bank"}, False),
        ({"shop": "bakery"}, False),
        ({"office": "company"}, False),
        ({"tourism": "hotel"}, False),
        ({"leisure": "sports_hall"}, False),
        ({"industrial": "factory"}, False),
        ({"man_made": "works"}, False),
        ({"craft": "carpenter"}, False),
        ({"healthcare": "clinic"}, False),
        ({"military": "barracks"}, False),
        ({"religion": "buddhist"}, False),
        ({"railway": "station"}, False),
        ({"power": "substation"}, False),
        ({"building:use": "office"}, False),
        ({"landuse": "industrial"}, False),
        ({"location": "underground"}, False),
        ({"ruins": "yes"}, False),
        ({"abandoned": "yes"}, False),
    ],
)
def test_an_untyped_building_is_a_home_unless_a_tag_says_otherwise(tags, home) -> None:
    assert is_home({"building": "yes", **tags}) is home


@pytest.mark.parametrize(
    ("text", "expected"),
    [("6", 6), ("2.5", 2.5), (" 3 ", 3), ("3;5", 5), ("2-4", 4), ("3 floors", 3), ("", 1), ("many", 1), ("0", 1),
     ("0.5", 0.5), ("-1", 1)],
)  # fmt: skip
def test_levels_are_read_leniently(text, expected) -> None:
    assert levels({"building:levels": text}) == expected


def test_without_levels_there_is_one() -> None:
    assert levels({}) == 1


@pytest.mark.parametrize(
    ("floor_area", "people"), [(0.0, 1), (19.9, 1), (59.9, 1), (60.0, 2), (99.9, 2), (100.0, 3), (4000.0, 100)]
)
def test_people_are_floor_area_by_forty_rounded_half_up_and_at_least_one(floor_area, people) -> None:
    assert residents(floor_area) == people


def test_floor_area_and_people_of_a_block_at_the_equator(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {"building": "apartments", "building:levels": "6", "name": "东苑"}, (0.0, 0.0, 0.0004, 0.0002))
    layer = osm.residential(town.save(tmp_path), "town.osm")
    (row,) = layer.frame.to_dict("records")
    footprint = 0.4 * EAST_M * 0.2 * NORTH_M  # 44.53 m by 22.11 m
    assert row["floor_area_m2"] == pytest.approx(6 * footprint, abs=0.06)
    assert row["population"] == 148  # 5,908.6 m² ÷ 40 = 147.7
    assert row["area_id"] == "way/1"
    assert row["name"] == "东苑"
    assert row["footprint"] is True
    assert row["estimated"] == "population+floor_area_m2"
    assert layer.frame["assumed"].isna().all()
    assert codes(layer) == {"osm_estimated_people"}
    assert "148 人" in the_finding(layer, "osm_estimated_people").message.zh
    Residential.build(layer.frame)


def test_a_courtyard_is_no_floor(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {}, (0.0, 0.0, 0.001, 0.001))
    town.rectangle(2, {}, (0.0002, 0.0002, 0.0008, 0.0007))
    town.relation(5, [(1, "outer"), (2, "inner")], {"type": "multipolygon", "building": "residential"})
    layer = osm.residential(town.save(tmp_path), "town.osm")
    (row,) = layer.frame.to_dict("records")
    assert row["area_id"] == "relation/5"
    assert len(row["geometry"].interiors) == 1
    assert row["floor_area_m2"] == pytest.approx((1 - 0.6 * 0.5) * EAST_M * NORTH_M, abs=0.5)


def test_holes_are_taken_away_whichever_way_the_rings_turn() -> None:
    shell = [(0.0, 0.0), (0.001, 0.0), (0.001, 0.001), (0.0, 0.001)]
    hole = [(0.0002, 0.0002), (0.0008, 0.0002), (0.0008, 0.0007), (0.0002, 0.0007)]
    expected = pytest.approx((1 - 0.6 * 0.5) * EAST_M * NORTH_M, abs=0.5)
    for ring in (shell, shell[::-1]):
        assert footprint_m2(shapely.Polygon(ring, [hole])) == expected


def test_two_outer_rings_are_one_home_and_an_outline_drawn_by_its_relation_counts_once(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {"building": "apartments"}, (0.0, 0.0, 0.0001, 0.0001))
    town.rectangle(2, {}, (0.0002, 0.0, 0.0003, 0.0001))
    town.relation(5, [(1, "outer"), (2, "outer")], {"type": "multipolygon", "building": "apartments"})
    layer = osm.residential(town.save(tmp_path), "town.osm")
    (row,) = layer.frame.to_dict("records")
    assert row["area_id"] == "relation/5"
    assert row["geometry"].geom_type == "MultiPolygon"
    assert row["floor_area_m2"] == pytest.approx(2 * 0.01 * EAST_M * NORTH_M, abs=0.06)
    assert [(why.en, count) for why, count in layer.dropped.items()] == [
        ("the outline of a building that a relation draws", 1)
    ]


def test_an_untyped_building_is_marked_and_counted_apart(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {"building": "house"}, (0.0, 0.1, 0.0002, 0.1001))
    town.rectangle(2, {"building": "yes"}, (0.0, 0.2, 0.00004, 0.20005))  # 4.5 m by 5.5 m
    town.rectangle(3, {"building": "yes"}, (0.0, 0.0, 0.0004, 0.0002))
    town.rectangle(4, {"building": "yes", "shop": "kiosk"}, (0.0, 0.3, 0.0002, 0.3001))
    layer = osm.residential(town.save(tmp_path), "town.osm")
    assert list(layer.frame["area_id"]) == ["way/1", "way/2", "way/3"]
    assert [note if isinstance(note, str) else None for note in layer.frame["assumed"]] == [None, ASSUMED, ASSUMED]
    found = the_finding(layer, "osm_assumed_homes")
    assert (found.severity, found.layer, found.count, found.ids) == ("warning", "residential", 2, ("way/2", "way/3"))
    assert "其中 1 处基底不足 30 平方米" in found.message.zh
    assert {why.en: count for why, count in layer.dropped.items()} == {"not a residential building": 1}


def test_incomplete_outlines_and_bare_points_are_left_out_and_named(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, {"building": "house"})
    town.node(2, 0.001, 0.0)
    town.node(3, 0.001, 0.001)
    town.way(8, [2, 3, 99, 2], {"building": "house"})  # node 99 lies outside the extract
    town.way(9, [2, 3], {"building": "house"})
    town.relation(5, [(77, "outer")], {"type": "multipolygon", "building": "house"})
    town.relation(6, [(8, "outline")], {"type": "site", "building": "house"})
    layer = osm.residential(town.save(tmp_path), "town.osm")
    assert len(layer.frame) == 0
    found = the_finding(layer, "osm_incomplete_areas")
    assert (found.count, found.ids) == (3, ("way/8", "way/9", "relation/5"))
    assert {why.en: count for why, count in layer.dropped.items()} == {
        "a building without an outline": 1,
        "an outline that is not complete": 3,
    }
    assert codes(layer) == {"osm_incomplete_areas"}
