"""Findings of rows: each check by a few rows, with what it must find and what it must leave alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely

from circle15.core.results import Source
from circle15.core.tables import LAYERS, Candidates, Facilities, Residential, Units, Zones
from circle15.read.health import age_findings, date_findings, outside_findings, row_findings
from circle15.read.layers import empty_table
from circle15.read.ranges import PARTS, RANGES, ZEROS

TABLES = {"residential": Residential, "facilities": Facilities, "candidates": Candidates, "zone_table": Units}


def found(layer: str = "residential", **columns: list[Any]) -> dict[str, Any]:
    """Findings by code of a layer of these columns; rows are called 1, 2, 3 … and stand 1 km apart."""
    count = len(next(iter(columns.values())))
    given: dict[str, Any] = {LAYERS[layer].key(): [str(row) for row in range(1, count + 1)], **columns}
    if layer == "facilities":
        given = {"type": ["day_care"] * count, **given}
    if layer == "zone_table":
        given = {"level": ["town"] * count, "name": ["镇"] * count, **given}
    else:
        given = {"geometry": [shapely.Point(1000 * row, 0) for row in range(count)], **given}
    frame = geopandas.GeoDataFrame(given) if "geometry" in given else pd.DataFrame(given)
    tables = {"residential": empty_table("residential"), layer: TABLES[layer].build(frame)}
    return {each.code: each for each in row_findings(tables) if each.code != "no_households"}


@pytest.mark.parametrize("table", [PARTS, RANGES, ZEROS])
def test_the_tables_of_checks_name_columns_that_exist(table) -> None:
    for layer, entries in table.items():
        names = {column.name for column in LAYERS[layer].columns}
        for entry in entries:
            used = [entry.column, entry.per] if hasattr(entry, "column") else entry[:2]
            assert {name for name in used if name} <= names


# ---- numbers -------------------------------------------------------------------------------------------------

OLD, NEW = pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")


@pytest.mark.parametrize(
    ("layer", "columns", "said"),
    [
        ("residential", {"population": [100.0, 100, None], "pop60": [101.0, 100, 5]}, "pop60 > population × 1"),
        ("residential", {"pop60": [10.0, 10, 9], "pop80": [11.0, 3, None]}, "pop80 > pop60 × 1"),
        ("residential", {"population": [3.0, 9, 9], "pop0_3": [4.0, 9, 0]}, "pop0_3 > population × 1"),
        (
            "residential",
            {"housing_planned": [NEW, OLD], "housing_built": [OLD, NEW]},
            "housing_planned > housing_built",
        ),
        ("facilities", {"beds": [50, 50, None], "nursing_beds": [51, 50, 3]}, "nursing_beds > beds × 1"),
        ("facilities", {"built": [NEW, OLD, OLD], "accepted": [OLD, OLD, pd.NaT]}, "built > accepted × 1"),
        ("zone_table", {"beds": [9.0, 9], "nursing_beds": [10.0, 9]}, "nursing_beds > beds × 1"),
    ],
)
def test_a_part_larger_than_the_whole_contradicts_itself(layer, columns, said) -> None:
    each = found(layer, **columns)["attributes_contradict"]
    assert (each.severity, each.layer, each.count, each.ids) == ("warning", layer, 1, ("1",))
    assert said in each.message.en


@pytest.mark.parametrize(
    ("layer", "columns", "said"),
    [
        ("residential", {"population": [1001.0, 1000, 50, 49], "households": [100.0] * 4}, "population ÷ households"),
        ("residential", {"floor_area_m2": [1400.0, 1500], "households": [100.0, 100]}, "floor_area_m2 ÷ households"),
        ("facilities", {"stars": [6, 5, None]}, "stars > 5 × 1"),
        ("facilities", {"beds": [5001, 5000]}, "beds > 5000"),
        ("zone_table", {"population": [11.0, 10], "households": [1.0, 1]}, "population ÷ households"),
    ],
)
def test_numbers_beyond_reason_are_found_and_those_on_the_edge_are_not(layer, columns, said) -> None:
    each = found(layer, **columns)["out_of_range"]
    assert each.ids == (("1", "4") if len(next(iter(columns.values()))) == 4 else ("1",))
    assert said in each.message.en


@pytest.mark.parametrize(
    ("layer", "columns"),
    [
        ("residential", {"households": [0.0, 0, 5, None], "population": [3.0, 0, 9, 9]}),
        ("residential", {"population": [0.0, 6], "households": [3.0, 2]}),
        ("residential", {"pop60": [0.0, 0], "population": [300.0, 299]}),
        ("facilities", {"floor_area_m2": [0.0, 900, None], "beds": [10, 10, 10]}),
        ("zone_table", {"households": [0.0, 0], "population": [3.0, 0]}),
    ],
)
def test_zeros_that_cannot_be_are_suspicious(layer, columns) -> None:
    each = found(layer, **columns)["suspicious_zero"]
    assert each.ids == ("1",)
    assert "不要填 0" in each.fix.zh


def test_sound_rows_give_nothing() -> None:
    assert found(population=[300.0, 90], pop60=[60.0, 0], households=[100.0, 30], floor_area_m2=[9000.0, 2400]) == {}
    assert found("facilities", beds=[100], nursing_beds=[60], stars=[4], floor_area_m2=[3000.0]) == {}


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        ({}, {"no_households"}),
        ({"households": [None, None]}, {"no_households"}),
        ({"households": [4.0, None]}, set()),
        ({"planned_dwellings": [4.0, None]}, set()),
    ],
)
def test_homes_without_households_are_told_once(columns, codes) -> None:
    rows = {"area_id": ["1", "2"], **columns, "geometry": [shapely.Point(0, 0), shapely.Point(9, 9)]}
    frame = geopandas.GeoDataFrame(rows)
    if "households" in columns:
        frame["households"] = frame["households"].astype(float)
    assert {each.code for each in row_findings({"residential": Residential.build(frame)})} == codes


# ---- places and names ----------------------------------------------------------------------------------------

HERE, NEAR, FAR = shapely.Point(0, 0), shapely.Point(199, 0), shapely.Point(9000, 0)


def test_rows_on_one_spot_are_doubles() -> None:
    each = found(geometry=[HERE, HERE, NEAR])["duplicate_place"]
    assert (each.count, each.ids) == (2, ("1", "2"))
    box, other_way = shapely.box(0, 0, 9, 9), shapely.Polygon([(9, 9), (9, 0), (0, 0), (0, 9)])
    assert found(geometry=[box, other_way, FAR])["duplicate_place"].ids == ("1", "2")


def test_facilities_of_two_kinds_may_share_a_building_and_need_no_place() -> None:
    assert found("facilities", type=["day_care", "canteen", "nursery"], geometry=[HERE, HERE, None]) == {}
    assert found("facilities", type=["day_care", "day_care"], geometry=[None, None]) == {}
    assert found("facilities", type=["day_care", "day_care"], geometry=[HERE, HERE])["duplicate_place"].count == 2


@pytest.mark.parametrize(
    ("names", "places", "alike"),
    [
        (["幸福里（一期）", "幸福里(一期)", "幸福里二期"], [HERE, NEAR, NEAR], ("1", "2")),
        (["Ａ 座", "A座", None], [HERE, NEAR, HERE], ("1", "2")),
        (["幸福里", "幸福里"], [HERE, FAR], None),
        (["", "—"], [HERE, NEAR], None),
    ],
)
def test_names_that_are_all_but_the_same_nearby(names, places, alike) -> None:
    each = found(name=names, geometry=places).get("similar_name")
    assert (each.ids if each else None) == alike


def test_areas_that_overlap_are_counted_and_those_that_touch_are_not() -> None:
    boxes = [shapely.box(0, 0, 100, 100), shapely.box(90, 0, 190, 100), shapely.box(190, 0, 290, 100), FAR]
    each = found(geometry=boxes)["areas_overlap"]
    assert each.ids == ("1", "2")
    assert "1,000 m²" in each.message.en


def test_areas_of_equal_bounds_overlap_unless_they_are_one_outline() -> None:
    """The L and the square fill one box and share 7,500 m²; the second square is a duplicate, wherever it begins."""
    square = shapely.box(0, 0, 100, 100)
    corner = shapely.Polygon([(0, 0), (100, 0), (100, 50), (50, 50), (50, 100), (0, 100)])
    again = shapely.Polygon([(100, 100), (0, 100), (0, 0), (100, 0)])
    each = found(geometry=[square, corner, again])
    assert each["areas_overlap"].ids == ("1", "2")
    assert "1 pairs of residential areas overlap by 7,500 m²" in each["areas_overlap"].message.en
    assert each["duplicate_place"].ids == ("1", "3")


def test_places_outside_all_zones_are_found_whatever_the_layer() -> None:
    frame = geopandas.GeoDataFrame(
        {"zone_id": ["a", "b"], "name": ["甲", "乙"], "level": ["town", "community"]},
        geometry=[shapely.box(-10, -10, 250, 10), shapely.box(-10, -10, 10, 10)],
    )
    homes = Residential.build(geopandas.GeoDataFrame({"area_id": ["1", "2", "3"]}, geometry=[HERE, NEAR, FAR]))
    sites = Facilities.build(
        geopandas.GeoDataFrame({"facility_id": ["4", "5"], "type": ["x", "x"]}, geometry=[None, FAR])
    )
    tables = {"residential": homes, "facilities": sites}
    points = {name: table.frame.geometry.to_numpy() for name, table in tables.items()}
    outside = outside_findings(tables, Zones.build(frame), points)
    assert [(each.layer, each.ids) for each in outside] == [("residential", ("3",)), ("facilities", ("5",))]
    assert outside_findings(tables, None, points) == []


# ---- dates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data_date", "as_of", "old"),
    [
        ("2022-06-01", dt.date(2024, 6, 2), True),
        ("2022-06-01T10:00:00Z", dt.date(2024, 6, 2), True),
        ("2022-06-02", dt.date(2024, 6, 2), False),
        ("2025-01-01", dt.date(2024, 6, 2), False),
        ("", dt.date(2024, 6, 2), False),
        ("spring", dt.date(2024, 6, 2), False),
        ("2012-06-01", None, False),
    ],
)
def test_data_more_than_two_years_older_than_the_study_is_old(data_date, as_of, old) -> None:
    sources = [Source(layer, "town.osm", "0" * 64, 1, "WGS84", "", data_date) for layer in ("streets", "residential")]
    each = age_findings(sources, as_of)
    assert [(finding.code, finding.layer) for finding in each] == ([("data_old", "streets")] if old else [])


def test_dates_that_nobody_can_read_are_told_all_at_once() -> None:
    dates = {"a.csv": "2020年3月", "b.csv": "2024-09-30", "c.csv": "2019", "d.csv": "", "e.csv": "2020-13-01"}
    sources = [
        Source(layer, path, "0" * 64, 1, "WGS84", "", stated)
        for path, stated in dates.items()
        for layer in ("residential", "facilities")
    ]
    (each,) = date_findings(sources)
    assert (each.code, each.severity, each.count) == ("data_date_unread", "warning", 3)
    for sentence in (each.message.zh, each.message.en):
        assert "a.csv “2020年3月”, c.csv “2019”, e.csv “2020-13-01”" in sentence
    assert date_findings(sources[2:4]) == []
