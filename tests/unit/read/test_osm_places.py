"""Facilities and hosts: their type, what is assumed, and when two objects are one place."""

from __future__ import annotations

import math

import pytest
import shapely

from circle15.core.errors import ConfigError
from circle15.core.rule import FacilityType
from circle15.core.tables import Candidates, Facilities
from circle15.core.text import Text
from circle15.read import osm
from circle15.read.osmplaces import HOSTS, distance_m
from tests.unit.read.osmtext import EAST_M, NORTH_M, OsmText, codes, the_finding

FOR = "social_facility:for"
CARE = {"amenity": "social_facility", "social_facility": "day_care"}
TYPES = {
    each.key: each
    for each in (
        FacilityType(
            "day_care",
            Text("日间照料中心", "day care"),
            ("amenity=social_facility + social_facility=day_care + social_facility:for=senior",),
            ("amenity=social_facility + social_facility=day_care + !social_facility:for",),
        ),
        FacilityType("nursery", Text("托育机构", "nursery"), ("amenity=childcare",)),
        FacilityType("any_social", Text("其他", "other"), (), ("amenity=social_facility",)),
        FacilityType("bare", Text("无标签", "no tagging")),
    )
}


def test_the_type_is_certain_assumed_or_none(tmp_path) -> None:
    town = OsmText()
    town.node(4, 0.0, 0.0, {**CARE, FOR: "senior", "name": "夕阳红"})
    town.node(3, 0.1, 0.0, CARE)
    town.node(2, 0.2, 0.0, {**CARE, FOR: "child"})  # only the least specific type matches
    town.node(1, 0.3, 0.0, {"amenity": "bench"})
    town.rectangle(1, {"amenity": "childcare", "building": "yes"}, (0.4, 0.0, 0.402, 0.001))
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    rows = layer.frame.to_dict("records")
    assert [row["facility_id"] for row in rows] == ["node/2", "node/3", "node/4", "way/1"]
    assert [row["type"] for row in rows] == ["any_social", "day_care", "day_care", "nursery"]
    assert [isinstance(row["assumed"], str) for row in rows] == [True, True, False, False]
    assert rows[1]["assumed"] == (
        "由标签 amenity=social_facility + social_facility=day_care + !social_facility:for 推定为日间照料中心"
    )
    assert rows[2]["name"] == "夕阳红"
    found = the_finding(layer, "osm_assumed_types")
    assert (found.severity, found.layer, found.count, found.ids) == ("warning", "facilities", 2, ("node/2", "node/3"))
    assert shapely.box(0.4, 0.0, 0.402, 0.001).contains(rows[3]["geometry"])
    Facilities.build(layer.frame)


def test_what_is_certain_goes_before_what_is_only_suggested_however_precisely(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, {"amenity": "childcare", "name": "苗苗"})
    guess = FacilityType("guess", Text("猜测", "guess"), (), ("amenity=childcare + name",))
    layer = osm.facilities(town.save(tmp_path), "town.osm", {"guess": guess, "nursery": TYPES["nursery"]})
    assert list(layer.frame["type"]) == ["nursery"]
    assert layer.frame["assumed"].isna().all()


def metres_east(metres: float) -> float:
    return metres / EAST_M / 1000


@pytest.mark.parametrize(("apart_m", "count"), [(0, 1), (59, 1), (61, 2)])
def test_same_name_and_type_within_sixty_metres_is_one(tmp_path, apart_m, count) -> None:
    town = OsmText()
    town.node(9, 0.0, 0.0, {"amenity": "childcare", "name": "苗苗"})
    town.node(5, metres_east(apart_m), 0.0, {"amenity": "childcare", "name": "苗苗"})
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    assert list(layer.frame["facility_id"]) == ["node/5", "node/9"][:count]
    assert ("osm_merged_facilities" in codes(layer)) is (count == 1)
    if count == 1:
        found = the_finding(layer, "osm_merged_facilities")
        assert (found.severity, found.count, found.ids) == ("info", 1, ("node/9",))


def test_another_name_another_type_or_no_name_is_another_place(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, {"amenity": "childcare", "name": "苗苗"})
    town.node(2, 0.0, 0.0, {"amenity": "childcare", "name": "苗苗二园"})
    town.node(3, 0.0, 0.0, {**CARE, FOR: "senior", "name": "苗苗"})
    town.node(4, 0.0, 0.0, {"amenity": "childcare"})
    town.node(5, 0.0, 0.0, {"amenity": "childcare", "name": " "})
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    assert len(layer.frame) == 5
    assert "osm_merged_facilities" not in codes(layer)


def test_a_point_inside_the_ground_of_the_same_name_is_that_place_however_large(tmp_path) -> None:
    town = OsmText()
    town.rectangle(1, {"amenity": "childcare", "name": "苗苗"}, (0.0, 0.0, 0.01, 0.01))
    town.node(7, 0.0001, 0.0001, {"amenity": "childcare", "name": "苗苗"})
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    assert list(layer.frame["facility_id"]) == ["node/7"]


def test_three_in_a_row_keep_the_first_and_what_is_far_from_it(tmp_path) -> None:
    town = OsmText()
    for number, metres in enumerate([0, 50, 100], start=1):
        town.node(number, metres_east(metres), 0.0, {"amenity": "childcare", "name": "苗苗"})
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    assert list(layer.frame["facility_id"]) == ["node/1", "node/3"]


def test_distances_between_shapes_are_metres_on_the_ellipsoid() -> None:
    origin = shapely.Point(0, 0)
    assert distance_m(origin, shapely.Point(0.001, 0)) == pytest.approx(EAST_M, abs=1e-3)
    assert distance_m(origin, shapely.Point(0, 0.001)) == pytest.approx(NORTH_M, abs=1e-3)
    assert distance_m(origin, origin) == 0
    assert distance_m(origin, shapely.box(-1, -1, 1, 1)) == 0
    # at 60° north a degree of longitude is half as long but for the flattening: 55.80 m a thousandth
    north = shapely.Point(25, 60)
    assert distance_m(north, shapely.box(25.001, 59.9, 25.1, 60.1)) == pytest.approx(55.80, abs=0.01)
    # the height of the right triangle with legs of 55.80 m east and 111.41 m north
    slanted = shapely.LineString([(25.001, 60), (25, 60.001)])
    assert distance_m(north, slanted) == pytest.approx(55.80 * 111.41 / math.hypot(55.80, 111.41), abs=0.05)


def test_incomplete_facilities_are_named(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0)
    town.way(4, [1, 2, 3, 1], {"amenity": "childcare"})
    layer = osm.facilities(town.save(tmp_path), "town.osm", TYPES)
    assert len(layer.frame) == 0
    assert the_finding(layer, "osm_incomplete_areas").ids == ("way/4",)


def test_types_without_tagging_find_nothing(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, {"amenity": "childcare"})
    layer = osm.facilities(town.save(tmp_path), "town.osm", {"bare": TYPES["bare"]})
    assert len(layer.frame) == 0
    assert set(layer.frame.columns) == {"facility_id", "type", "name", "assumed", "geometry"}


def test_malformed_expressions_of_all_types_are_named_at_once(tmp_path) -> None:
    town = OsmText()
    types = {
        "a": FacilityType("a", Text("甲", "a"), ("=x",)),
        "b": FacilityType("b", Text("乙", "b"), (), ("y=",)),
    }
    with pytest.raises(ConfigError) as caught:
        osm.facilities(town.save(tmp_path), "town.osm", types)
    assert [problem.zh.split(":")[0] for problem in caught.value.problems] == ["facility.a", "facility.b"]


@pytest.mark.parametrize(
    ("tags", "host"),
    [
        ({"amenity": "school"}, "学校"),
        ({"building": "school"}, "学校"),
        ({"amenity": "kindergarten", "building": "school"}, "幼儿园"),
        ({"disused:amenity": "school", "building": "school"}, "闲置用房"),
        ({"building": "public"}, "公共建筑"),
        ({"building": "civic", "amenity": "library"}, "图书馆"),
        ({"amenity": "community_centre"}, "社区服务中心"),
        ({"amenity": "townhall"}, "政府办公用房"),
        ({"amenity": "clinic"}, "医疗卫生设施"),
        ({"amenity": "social_facility", "social_facility": "nursing_home"}, "养老机构"),
        ({"amenity": "social_facility", "social_facility": "nursing_home", FOR: "homeless"}, None),
        ({"amenity": "restaurant"}, None),
        ({"building": "residential"}, None),
    ],
)
def test_hosts_are_the_kinds_the_plans_name(tmp_path, tags, host) -> None:
    town = OsmText()
    town.node(1, 0.0, 0.0, tags)
    layer = osm.candidates(town.save(tmp_path), "town.osm")
    assert list(layer.frame["host"]) == ([] if host is None else [host])
    assert host is None or host in {label.zh for label, _ in HOSTS.values()}


def test_a_host_building_has_an_estimated_floor_area_and_a_ground_or_point_has_none(tmp_path) -> None:
    town = OsmText()
    town.node(1, 0.3, 0.0, {"amenity": "school"})
    town.rectangle(2, {"amenity": "school"}, (0.0, 0.0, 0.002, 0.002))
    town.rectangle(3, {"building": "school", "building:levels": "3"}, (0.0, 0.0, 0.0004, 0.0002))
    layer = osm.candidates(town.save(tmp_path), "town.osm")
    assert list(layer.frame["candidate_id"]) == ["node/1", "way/2", "way/3"]
    assert layer.frame["floor_area_m2"].isna().tolist() == [True, True, False]
    assert layer.frame["floor_area_m2"][2] == pytest.approx(3 * 0.4 * EAST_M * 0.2 * NORTH_M, abs=0.06)
    assert the_finding(layer, "osm_estimated_floors").ids == ("way/3",)
    Candidates.build(layer.frame)


def test_a_host_mapped_twice_under_one_name_is_one(tmp_path) -> None:
    town = OsmText()
    town.rectangle(2, {"amenity": "school", "name": "一小"}, (0.0, 0.0, 0.002, 0.002))
    town.rectangle(3, {"building": "school", "name": "一小"}, (0.001, 0.001, 0.0014, 0.0012))
    town.rectangle(4, {"building": "school", "name": "一小体育馆"}, (0.001, 0.0015, 0.0014, 0.0018))
    layer = osm.candidates(town.save(tmp_path), "town.osm")
    assert list(layer.frame["candidate_id"]) == ["way/2", "way/4"]
    assert the_finding(layer, "osm_merged_candidates").ids == ("way/3",)
