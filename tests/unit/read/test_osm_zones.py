"""Administrative boundaries of OpenStreetMap as zones."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from circle15.read import osm
from circle15.read.osmzones import OTHER_LEVEL
from tests.unit.read.osmtext import OsmText, codes

TOWN = {"type": "boundary", "boundary": "administrative", "admin_level": "8", "name": "虚构镇"}


def two_ways(text: OsmText, tags: dict[str, str], *, whole: bool = True) -> None:
    """A relation of two open ways that make a square of a thousandth of a degree."""
    for number, (lon, lat) in enumerate([(0.0, 0.0), (0.001, 0.0), (0.001, 0.001), (0.0, 0.001)], start=1):
        text.node(number, lon, lat)
    text.way(11, [1, 2, 3], {"boundary": "administrative", "admin_level": "8"})
    text.way(12, [3, 4, 1] if whole else [3, 4])
    text.relation(21, [(11, "outer"), (12, "outer")], tags)


def test_a_relation_is_a_zone_and_its_border_lines_are_none(tmp_path: Path) -> None:
    text = OsmText()
    two_ways(text, TOWN)
    layer = osm.zones(text.save(tmp_path), "town.osm")
    assert layer.frame[["zone_id", "name", "level"]].to_numpy().tolist() == [["relation/21", "虚构镇", "town"]]
    assert layer.frame.geometry[0].equals(shapely.box(0, 0, 0.001, 0.001))
    assert codes(layer) == set()


@pytest.mark.parametrize(("level", "zone"), [("6", "county"), ("8", "town"), ("10", "community")])
def test_levels_are_those_of_china(tmp_path: Path, level: str, zone: str) -> None:
    text = OsmText()
    text.rectangle(1, {"boundary": "administrative", "admin_level": level, "name": "x"})
    assert osm.zones(text.save(tmp_path), "town.osm").frame["level"].tolist() == [zone]


@pytest.mark.parametrize("tags", [{"admin_level": "4"}, {"boundary": "postal_code"}, {"admin_level": "8;9"}])
def test_other_boundaries_are_counted_and_left_out(tmp_path: Path, tags: dict[str, str]) -> None:
    text = OsmText()
    text.rectangle(1, {"boundary": "administrative", "admin_level": "8", **tags})
    layer = osm.zones(text.save(tmp_path), "town.osm")
    assert len(layer.frame) == 0
    assert layer.dropped == {OTHER_LEVEL: 1}


def test_a_zone_that_the_extract_holds_in_part_is_a_finding(tmp_path: Path) -> None:
    text = OsmText()
    two_ways(text, TOWN, whole=False)
    layer = osm.zones(text.save(tmp_path), "town.osm")
    assert len(layer.frame) == 0
    assert codes(layer) == {"osm_incomplete_areas"}
