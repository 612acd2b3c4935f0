"""Coordinates that cannot be what they are declared to be: refused, with the code or the order that fits."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.belts import NUMBERS, SERIES, Belt, belt_of, belts
from circle15.core.crs import projection_parameters
from circle15.core.errors import CrsError
from circle15.read.project import place
from circle15.read.spec import RawLayer
from circle15.read.transform import Helmert7

STUDY = pyproj.CRS("EPSG:4549")
EAST, NORTH = 356_789.0, 2_744_000.0
NUMBERED = 40_000_000 + EAST
SHIFT = Helmert7("position_vector", 15, -120, -40, 0, 0, 0, 0)


def refused(*points: tuple[float, float], study: Any = STUDY, transform: Any = None, **declared: Any) -> str:
    raw = RawLayer(
        geopandas.GeoDataFrame(
            {"area_id": [f"R-{n}" for n in range(1, len(points) + 1)]}, geometry=[shapely.Point(p) for p in points]
        ),
        declared.get("datum"),
        declared.get("crs"),
        transform,
    )
    with pytest.raises(CrsError) as caught:
        place(raw, study, "homes.csv", names=raw.frame["area_id"].to_numpy())
    assert caught.value.kind == "datum"
    assert caught.value.text.zh.startswith("homes.csv：")
    return caught.value.text.en


def accepted(*points: tuple[float, float], study: Any = STUDY, **declared: Any) -> Any:
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(p) for p in points])
    return place(RawLayer(frame, declared.get("datum"), declared.get("crs")), study).geometry


# ---- belts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("datum", SERIES)
@pytest.mark.parametrize("width", NUMBERS)
@pytest.mark.parametrize("numbered", [True, False])
def test_every_code_is_the_belt_that_it_stands_for(datum, width, numbered) -> None:
    for belt in belts(width=width, numbered=numbered):
        crs = pyproj.CRS(belt.code(datum))
        _, values = projection_parameters(crs)
        assert values["Longitude of natural origin"] == belt.meridian
        assert values["False easting"] == 500_000 + 1_000_000 * belt.prefix
        assert f"{width}-degree" in crs.name if width == 3 else "3-degree" not in crs.name
        assert crs.name.startswith(datum)
        assert belt_of(crs) == belt


@pytest.mark.parametrize("crs", ["EPSG:32650", "EPSG:3857", "EPSG:4490", "+proj=merc +lon_0=120 +x_0=500000"])
def test_other_projections_are_no_belt(crs) -> None:
    assert belt_of(pyproj.CRS(crs)) is None


@given(number=st.integers(25, 45), east=st.floats(200_000, 800_000))
def test_eastings_with_a_number_are_refused_where_none_is_declared_and_named(number, east) -> None:
    belt = Belt(3, number, numbered=True)
    bare = Belt(3, number, numbered=False).code("CGCS2000")
    said = refused((number * 1_000_000 + east, NORTH), crs=bare)
    assert f"declare crs = {belt.code('CGCS2000')}." in said
    said = refused((east, NORTH), crs=belt.code("CGCS2000"))
    assert f"if their meridian is {belt.meridian}°, declare crs = {bare}." in said


@pytest.mark.parametrize(
    ("declared", "easting", "code"),
    [
        ("EPSG:4528", 39_600_000, "EPSG:4527"),
        ("EPSG:4549", 20_456_789, "EPSG:4498"),
        ("EPSG:4498", 456_789, "EPSG:4509"),
        ("EPSG:4498", 39_600_000, "EPSG:4527"),
        ("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=m", NUMBERED, "EPSG:4528"),
    ],
)
def test_the_digits_name_the_code(declared, easting, code) -> None:
    said = refused((easting, NORTH), crs=declared)
    assert f"declare crs = {code}." in said
    assert "1 rows" in said
    assert "(R-1)" in said


@pytest.mark.parametrize(("old", "code"), [("EPSG:2384", "EPSG:2363"), ("EPSG:2437", "EPSG:2416")])
def test_the_digits_of_an_old_datum_name_its_own_code(old, code) -> None:
    belt = belt_of(pyproj.CRS(old))
    assert belt is not None
    said = refused((belt.number * 1_000_000 + EAST, NORTH), crs=old, transform=SHIFT)
    assert f"declare crs = {code}." in said


def test_several_belts_in_one_file_are_to_be_given_apart_or_by_their_digits() -> None:
    said = refused((NUMBERED, NORTH), (39_600_000.0, NORTH), crs="EPSG:4528")
    assert "(R-2)" in said
    assert "declare datum = CGCS2000" in said
    said = refused((NUMBERED, NORTH), (EAST, NORTH), crs="EPSG:4528")
    assert "give them apart" in said
    assert "datum = CGCS2000" not in said


def test_digits_alone_place_eastings_declared_as_cgcs2000() -> None:
    by_digits, by_code = accepted((NUMBERED, NORTH), datum="CGCS2000"), accepted((NUMBERED, NORTH), crs="EPSG:4528")
    assert list(by_digits) == list(by_code)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(EAST, NORTH)], ["carry no belt number", "declare crs instead of datum (such as EPSG:4549)"]),
        ([(NUMBERED, NORTH), (EAST, NORTH)], ["eastings of 1 rows", "(R-2)"]),
        ([(NORTH, NUMBERED)], ["surveyors call north X"]),
    ],
)
def test_eastings_declared_as_cgcs2000_without_a_number_are_refused(points, said) -> None:
    message = refused(*points, datum="CGCS2000")
    for fragment in said:
        assert fragment in message


def test_millions_that_are_no_number_are_no_matter_of_digits() -> None:
    assert len(accepted((1_000_500.0, NORTH), (-200.0, NORTH), crs="EPSG:4549")) == 2


# ---- degrees and metres --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "declared", "said"),
    [
        ([(EAST, NORTH)], {"datum": "GCJ02"}, ["datum = GCJ02", "out of range", "declare crs instead"]),
        ([(NUMBERED, NORTH)], {"datum": "WGS84"}, ["begin with 40", "declare crs = EPSG:4528"]),
        ([(118.5, 24.8), (EAST, NORTH)], {"datum": "CGCS2000"}, ["1 rows", "(R-2)"]),
        ([(118.5, 24.8), (118.5, 91)], {"datum": "WGS84"}, ["1 rows", "(R-2)"]),
        ([(EAST, NORTH)], {"crs": "EPSG:4490"}, ["crs = EPSG:4490", "out of range"]),
        ([(118.5, 24.8)], {"crs": "EPSG:4549"}, ["look like degrees", "declare datum"]),
        ([(118.5, 24.8), (EAST, NORTH)], {"crs": "EPSG:4549"}, ["1 rows look like degrees", "(R-1)"]),
        ([(118.5, 24.8)], {"crs": "+proj=tmerc +lon_0=118.5 +x_0=50000 +ellps=GRS80"}, ["look like degrees"]),
    ],
)
def test_degrees_and_metres_are_told_apart(points, declared, said) -> None:
    message = refused(*points, **declared)
    for fragment in said:
        assert fragment in message


def test_an_invented_town_near_the_origin_is_a_place_in_metres() -> None:
    assert len(accepted((50, 50), (0, 80), crs="EPSG:4549")) == 2
    assert len(accepted((120, 30), (900, 400), crs="EPSG:4549")) == 2


# ---- the order of the axes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "declared", "said"),
    [
        ([(24.8, 118.5)], {"datum": "WGS84"}, ["latitude before longitude", "never turned silently"]),
        ([(118.5, 24.8), (24.8, 118.5)], {"datum": "WGS84"}, ["1 rows", "latitude before longitude", "(R-2)"]),
        ([(118.5, 24.8), (70.0, 170.0)], {"datum": "WGS84"}, ["1 rows", "out of range", "may be swapped", "(R-2)"]),
        ([(NORTH, EAST)], {"crs": "EPSG:4549"}, ["northing before easting", "never turned silently"]),
        ([(EAST, NORTH), (NORTH, EAST)], {"crs": "EPSG:4549"}, ["1 rows", "(R-2)"]),
        ([(NORTH, EAST)], {"crs": "EPSG:32650"}, ["northing before easting"]),
        ([(4_423_000.0, 356_000.0)], {"crs": "+proj=utm +zone=50 +datum=WGS84"}, ["northing before easting"]),
    ],
)
def test_exchanged_axes_are_refused_and_never_turned(points, declared, said) -> None:
    message = refused(*points, **declared)
    for fragment in said:
        assert fragment in message


def test_a_numbered_easting_in_second_place_is_refused() -> None:
    assert "northing before easting" in refused((NORTH, NUMBERED), crs="EPSG:4528")


@pytest.mark.parametrize("datum", ["WGS84", "CGCS2000", "GCJ02", "BD09"])
def test_in_the_west_latitude_and_longitude_could_be_either_and_the_study_decides(datum) -> None:
    """Hotan: 80° E, 37° N. Exchanged, both numbers still are a longitude and a latitude."""
    study = pyproj.CRS("EPSG:4536")
    assert "latitude before longitude" in refused((79.9, 37.1), (37.1, 79.9), study=study, datum=datum)
    assert len(accepted((79.9, 37.1), study=study, datum=datum)) == 1


@given(lon=st.floats(117.2, 122.8), lat=st.floats(18.0, 53.0))
def test_places_of_the_belt_pass_in_every_form(lon, lat) -> None:
    placed = accepted((lon, lat), datum="WGS84").iloc[0]
    x, y = placed.x, placed.y
    for easting, declared in [
        (x, {"crs": "EPSG:4549"}),
        (x + 40e6, {"crs": "EPSG:4528"}),
        (x + 40e6, {"datum": "CGCS2000"}),
    ]:
        again = accepted((easting, y), **declared).iloc[0]
        assert np.hypot(again.x - x, again.y - y) < 1.5e-3
