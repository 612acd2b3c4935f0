"""Into the study CRS: datums coincide exactly, the grid is whole millimetres, nothing gets lost quietly."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from circle15.core.errors import CrsError
from circle15.read.datum import gcj02_from_wgs84
from circle15.read.project import box_ring, place, to_grid
from circle15.read.spec import RawLayer

JINJIANG = pyproj.CRS("EPSG:4549")
HOME = (118.57, 24.80)


def raw(*geometries: Any, datum: Any = "WGS84", crs: str | None = None) -> RawLayer:
    return RawLayer(
        geopandas.GeoDataFrame({"area_id": list("abcd")[: len(geometries)]}, geometry=list(geometries)), datum, crs
    )


def where(point: Any) -> Any:
    return shapely.get_coordinates(point)[0]


def test_a_place_is_where_the_transverse_mercator_of_its_own_ellipsoid_puts_it() -> None:
    expected = pyproj.Proj("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80")(*HOME)
    placed = place(raw(shapely.Point(HOME)), JINJIANG)
    assert placed.crs == JINJIANG
    np.testing.assert_allclose(where(placed.geometry.iloc[0]), expected, atol=6e-4)


def test_easting_comes_first() -> None:
    x, y = where(place(raw(shapely.Point(HOME)), JINJIANG).geometry.iloc[0])
    assert x < 1_000_000 < y


@pytest.mark.parametrize("study", ["EPSG:4549", "EPSG:32650"])
def test_wgs84_and_cgcs2000_are_one_place(study) -> None:
    placed = [
        place(raw(shapely.Point(HOME), datum=datum), pyproj.CRS(study)).geometry.iloc[0]
        for datum in ("WGS84", "CGCS2000")
    ]
    assert placed[0] == placed[1]


def test_gcj02_comes_back_to_the_same_millimetre() -> None:
    lon, lat = gcj02_from_wgs84(np.array([HOME[0]]), np.array([HOME[1]]))
    moved = place(raw(shapely.Point(lon[0], lat[0]), datum="GCJ02"), JINJIANG).geometry.iloc[0]
    straight = place(raw(shapely.Point(HOME)), JINJIANG).geometry.iloc[0]
    np.testing.assert_allclose(where(moved), where(straight), atol=1.1e-3)
    read_as_wgs84 = place(raw(shapely.Point(lon[0], lat[0])), JINJIANG).geometry.iloc[0]
    assert 300 < read_as_wgs84.distance(straight) < 700


def test_a_study_crs_on_another_ellipsoid_takes_degrees_by_a_transformation() -> None:
    # Greenwich: the prime meridian of OSGB36 lies about 100 m from that of WGS 84.
    placed = place(raw(shapely.Point(0.0, 51.4778)), pyproj.CRS("EPSG:27700")).geometry.iloc[0]
    expected = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True).transform(0.0, 51.4778)
    np.testing.assert_allclose(where(placed), expected, atol=1e-3)


def test_projected_input_in_the_study_crs_is_only_rounded() -> None:
    line = shapely.LineString([(400_000.0004, 2_700_000.0005, 9), (400_000.12345, 2_700_001, 9)])
    placed = place(raw(line, None, datum=None, crs="EPSG:4549"), JINJIANG)
    assert placed.geometry.iloc[0] == shapely.LineString([(400_000, 2_700_000.001), (400_000.123, 2_700_001)])
    assert placed.geometry.iloc[1] is None


def test_the_neighbouring_zone_is_transformed() -> None:
    there = pyproj.Transformer.from_crs("EPSG:4549", "EPSG:4548", always_xy=True).transform(400_000, 2_700_000)
    placed = place(raw(shapely.Point(there), datum=None, crs="EPSG:4548"), JINJIANG).geometry.iloc[0]
    np.testing.assert_allclose(where(placed), (400_000, 2_700_000), atol=2e-3)


@pytest.mark.parametrize(
    ("metres", "grid"),
    [(0.0005, 0.001), (0.00049, 0.0), (-0.0005, 0.0), (-0.0006, -0.001), (700_000.0004999, 700_000.0), (2.5e-3, 0.003)],
)
def test_the_grid_is_floor_of_millimetres_plus_a_half(metres, grid) -> None:
    assert to_grid(np.array([[metres, 0.0]]))[0, 0] == grid


XIAN_BY_ESRI = (
    'PROJCS["Xian_1980_3_Degree_GK_CM_120E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",'
    'SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
BEIJING = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +units=m"


@pytest.mark.parametrize(
    "old",
    [
        "EPSG:2437",
        "EPSG:2363",
        "EPSG:4214",
        "EPSG:4610",
        XIAN_BY_ESRI,
        BEIJING,
        f"{BEIJING} +towgs84=0,0,0,0,0,0,0",
    ],
)
def test_old_datums_are_refused(old) -> None:
    in_it = HOME if pyproj.CRS(old).is_geographic else (39_356_000 if old == "EPSG:2363" else 356_000, 2_744_000)
    with pytest.raises(CrsError) as caught:
        place(raw(shapely.Point(in_it), datum=None, crs=old), JINJIANG, "homes.shp")
    assert caught.value.kind == "datum"
    assert "homes.shp" in caught.value.text.zh
    assert "transform" in caught.value.text.zh


def test_parameters_that_a_proj_string_brings_are_used() -> None:
    place_of = [
        where(place(raw(shapely.Point(356_000, 2_744_000), datum=None, crs=crs), JINJIANG).geometry.iloc[0])
        for crs in (f"{BEIJING} +towgs84=15,-120,-40,0,0,0,0", "EPSG:4549")
    ]
    assert 20 < np.hypot(*(place_of[0] - place_of[1])) < 200


def test_a_crs_from_which_no_way_is_known_is_refused_and_not_taken_for_another() -> None:
    # Clarke 1880 and no datum: PROJ would change nothing and call it a ballpark.
    nowhere = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=clrk80 +units=m"
    with pytest.raises(CrsError, match="transform") as caught:
        place(raw(shapely.Point(356_000, 2_744_000), datum=None, crs=nowhere), JINJIANG, "homes.shp")
    assert caught.value.kind == "datum"


def test_a_datum_with_published_parameters_is_transformed() -> None:
    """Hong Kong 1980, at the origin of its grid: Lands Department prints 5.5" less and 8.8" more on WGS 84."""
    placed = where(place(raw(shapely.Point(836_694.05, 819_069.8), datum=None, crs="EPSG:2326"), JINJIANG).geometry[0])
    lon, lat = pyproj.Transformer.from_crs(JINJIANG, JINJIANG.geodetic_crs, always_xy=True).transform(*placed)
    assert (lon * 3600 - (114 * 3600 + 10 * 60 + 42.80)) == pytest.approx(8.8, abs=0.3)
    assert (lat * 3600 - (22 * 3600 + 18 * 60 + 43.68)) == pytest.approx(-5.5, abs=0.3)


def test_places_without_a_place_in_the_study_crs_are_named() -> None:
    points = [shapely.Point(HOME), shapely.Point(28.5, 0), shapely.Point(float("inf"), 24)]
    with pytest.raises(CrsError, match=r"2 个要素.*b, c"):
        place(raw(*points), JINJIANG, "homes.csv", names=np.array(["a", "b", "c"]))


def test_the_edge_of_an_extract_follows_its_parallels() -> None:
    ring = box_ring((118.5, 24.7, 118.7, 24.9), raw(shapely.Point(HOME)), JINJIANG)
    placed = place(raw(shapely.Point(118.6, 24.7)), JINJIANG).geometry.iloc[0]
    # A straight chord between the corners would be 3 m off here.
    assert ring.distance(placed) < 0.01
