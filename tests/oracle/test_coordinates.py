"""Every datum and every belt, there and back, against formulas that share nothing with the program's."""

from __future__ import annotations

import math
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from circle15.core.belts import NUMBERS, belts
from circle15.core.crs import own_degrees
from circle15.read.datum import bd09_from_wgs84, gcj02_from_wgs84
from circle15.read.layers import read_layer
from circle15.read.project import place, project
from circle15.read.spec import InputSpec, RawLayer
from tests import gauss

# West, south, east, north. Jinjiang lies on both sides of 118.5° E, where 3° belt 39 meets belt 40.
CITIES = {
    "Jinjiang": (118.40, 24.50, 118.75, 24.90),
    "Zhoukou": (114.20, 33.00, 115.70, 34.40),
    "Chang'an": (108.60, 33.78, 109.25, 34.35),
    "Wuzhong": (105.00, 36.50, 107.60, 38.40),
    "Xianyang": (107.60, 34.10, 109.20, 35.60),
}
TENTH_MM, MM = 1e-4, 1e-3
METRES_OF_DEGREE = 111_320.0
ALL_BELTS = [belt for width in NUMBERS for numbered in (True, False) for belt in belts(width=width, numbered=numbered)]
EARTH = pyproj.Geod(ellps="GRS80")


def declared(datum: Any = None, crs: str | None = None) -> RawLayer:
    return RawLayer(None, datum, crs)


def grid_of(box: tuple[float, float, float, float], steps: int = 9) -> Any:
    west, south, east, north = box
    lon, lat = np.meshgrid(np.linspace(west, east, steps), np.linspace(south, north, steps))
    return np.column_stack([lon.ravel(), lat.ravel()])


def by_definition(lonlat: Any, belt: Any) -> Any:
    east, north = gauss.forward(lonlat[:, 0], lonlat[:, 1], belt.meridian)
    return np.column_stack([east + 500_000 + belt.prefix * 1_000_000, north])


def metres_apart(one: Any, other: Any) -> float:
    """The largest distance on the ground between two lists of degrees."""
    _, _, metres = EARTH.inv(*one.T, *other.T)
    return float(np.max(metres))


@pytest.mark.parametrize("belt", ALL_BELTS, ids=lambda belt: belt.code("CGCS2000"))
def test_every_belt_is_the_projection_by_definition_and_back(belt) -> None:
    half = belt.width / 2
    lonlat = grid_of((belt.meridian - half, 3.0, belt.meridian + half, 54.0))
    code = belt.code("CGCS2000")
    there = project(lonlat, declared("CGCS2000"), pyproj.CRS(code))
    assert np.abs(there - by_definition(lonlat, belt)).max() < TENTH_MM
    back = project(there, declared(crs=code), pyproj.CRS("EPSG:4490"))
    assert metres_apart(back, lonlat) < TENTH_MM


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("width", NUMBERS)
@pytest.mark.parametrize("numbered", [True, False])
def test_the_cities_in_their_belts_and_from_the_belt_beside(city, width, numbered) -> None:
    lonlat = grid_of(CITIES[city])
    middle = lonlat[:, 0].mean()
    first, second = sorted(belts(width=width, numbered=numbered), key=lambda belt: abs(belt.meridian - middle))[:2]
    into = project(lonlat, declared("CGCS2000"), pyproj.CRS(first.code("CGCS2000")))
    assert np.abs(into - by_definition(lonlat, first)).max() < TENTH_MM
    beside = by_definition(lonlat, second)
    across = project(beside, declared(crs=second.code("CGCS2000")), pyproj.CRS(first.code("CGCS2000")))
    assert np.abs(across - into).max() < TENTH_MM


@pytest.mark.parametrize("side", [(118.40, 24.50, 118.4999, 24.90), (118.5001, 24.50, 118.75, 24.90)])
def test_both_sides_of_118_5_by_the_digits_of_their_own_belts(side) -> None:
    lonlat = grid_of(side)
    number = 39 if side[0] < 118.45 else 40
    (belt,) = (each for each in belts(width=3, numbered=True) if each.number == number)
    digits = by_definition(lonlat, belt)
    assert (digits[:, 0] // 1_000_000 == number).all()
    study = pyproj.CRS("EPSG:4549")
    straight = project(lonlat, declared("WGS84"), study)
    assert np.abs(project(digits, declared("CGCS2000"), study) - straight).max() < TENTH_MM


def test_one_layer_over_both_belts_is_read_by_the_digits_of_each_point() -> None:
    """Western homes carry 39, eastern ones 40: each is where its own belt puts it."""
    lonlat = grid_of(CITIES["Jinjiang"])
    west, east = (next(each for each in belts(width=3, numbered=True) if each.number == n) for n in (39, 40))
    digits = np.where(lonlat[:, :1] < 118.5, by_definition(lonlat, west), by_definition(lonlat, east))
    points = geopandas.GeoDataFrame({"area_id": range(len(digits))}, geometry=shapely.points(digits))
    placed = place(RawLayer(points, "CGCS2000", None), pyproj.CRS("EPSG:4549"))
    straight = project(lonlat, declared("WGS84"), pyproj.CRS("EPSG:4549"))
    assert np.abs(shapely.get_coordinates(placed.geometry.to_numpy()) - straight).max() < 0.6 * MM


# ---- GCJ-02 and BD-09, written down again as they are usually published --------------------------------------


def gcj02_by_hand(lon: float, lat: float) -> tuple[float, float]:
    a, ee = 6378245.0, 0.00669342162296594323
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    d_lat += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lon += (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    d_lon += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    magic = 1 - ee * math.sin(lat / 180 * pi) ** 2
    root = math.sqrt(magic)
    return (
        lon + d_lon * 180 / (a / root * math.cos(lat / 180 * pi) * pi),
        lat + d_lat * 180 / (a * (1 - ee) / (magic * root) * pi),
    )


def bd09_by_hand(lon: float, lat: float) -> tuple[float, float]:
    x, y = gcj02_by_hand(lon, lat)
    turn = math.pi * 3000 / 180
    z = math.sqrt(x * x + y * y) + 0.00002 * math.sin(y * turn)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * turn)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


BY_HAND = {"GCJ02": gcj02_by_hand, "BD09": bd09_by_hand}
FORWARD = {"GCJ02": gcj02_from_wgs84, "BD09": bd09_from_wgs84}


@pytest.mark.parametrize("datum", BY_HAND)
@pytest.mark.parametrize("city", CITIES)
def test_shifted_places_of_the_cities_come_back_to_the_millimetre(city, datum) -> None:
    lonlat = grid_of(CITIES[city])
    moved = np.array([BY_HAND[datum](*each) for each in lonlat])
    belt = min(belts(width=3, numbered=False), key=lambda belt: abs(belt.meridian - lonlat[:, 0].mean()))
    placed = project(moved, declared(datum), pyproj.CRS(belt.code("CGCS2000")))
    assert np.hypot(*(placed - by_definition(lonlat, belt)).T).max() < MM
    again = np.column_stack(FORWARD[datum](*lonlat.T))
    assert metres_apart(again, moved) < MM
    assert 300 < metres_apart(moved, lonlat) < 1500


# ---- a file that does not say its datum ----------------------------------------------------------------------


def test_county_boundaries_move_by_the_offset_and_say_so(shared) -> None:
    """The boundaries are GCJ-02, although their package says nothing of it."""
    path = shared / "county_boundaries_gcj02.geojson"
    spec = InputSpec(
        layer="zones",
        path=path,
        shown=path.name,
        datum="GCJ02",
        where="level == '区县'",
        columns={"zone_id": "adcode", "name": "district"},
    )
    study = pyproj.CRS("+proj=tmerc +lon_0=112 +x_0=500000 +ellps=GRS80 +units=m")
    table, findings, source = read_layer(spec, study, {})
    assert len(table) == 54
    raw = geopandas.read_file(path)
    filed = shapely.get_coordinates(raw[raw["level"] == "区县"].geometry.to_numpy())
    own = own_degrees(study)
    back = pyproj.Transformer.from_crs(study, own, always_xy=True).transform
    placed = np.column_stack(back(*shapely.get_coordinates(table.frame.geometry.to_numpy()).T))
    _, _, moved = EARTH.inv(*filed.T, *placed.T)
    # 341.6 m in the south of Wuzhong, where alone it is less than 350 m, to 598.9 m in Quanzhou.
    assert 341 < moved.min() < moved.max() < 600
    assert (moved < 350).mean() < 0.002
    again = np.column_stack(gcj02_from_wgs84(*placed.T))
    assert metres_apart(again, filed) < MM
    assert source.datum == "GCJ02"
    (label,) = (each for each in findings if each.code == "datum_approximate")
    assert label.count == len(table)
    assert "不能代替官方转换" in label.message.zh
