"""Old datums and local grids by stated parameters, against the formulas written down again."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.errors import CrsError
from circle15.read.project import place, project
from circle15.read.spec import RawLayer
from circle15.read.transform import Helmert7, Plane4, parse_transform, transform_problems
from tests import gauss

STUDY = pyproj.CRS("EPSG:4549")
TENTH_MM = 1e-4
HELMERT = {
    "kind": "helmert7",
    "convention": "coordinate_frame",
    "dx_m": 12.34,
    "dy_m": -113.21,
    "dz_m": -42.8,
    "rx_arcsec": 0.51,
    "ry_arcsec": -1.23,
    "rz_arcsec": 2.07,
    "scale_ppm": -1.9,
}
PLANE = {
    "kind": "plane4",
    "sense": "clockwise",
    "de_m": 356_000.0,
    "dn_m": 2_744_000.0,
    "rotation_arcsec": 1800.0,
    "scale_ppm": 12.0,
    "to": "EPSG:4549",
}


def declared(crs: str, entry: dict[str, Any]) -> RawLayer:
    return RawLayer(None, None, crs, parse_transform(entry, "here"))


# ---- geocentric coordinates by hand --------------------------------------------------------------------------


def geocentric(lon: Any, lat: Any, ellipsoid: tuple[float, float]) -> Any:
    axis, flattening = ellipsoid
    e2, phi, lam = flattening * (2 - flattening), np.radians(lat), np.radians(lon)
    n = axis / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    return np.array([n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - e2) * np.sin(phi)])


def geodetic(xyz: Any, ellipsoid: tuple[float, float]) -> tuple[Any, Any]:
    axis, flattening = ellipsoid
    e2 = flattening * (2 - flattening)
    x, y, z = xyz
    p = np.hypot(x, y)
    phi = np.arctan2(z, p * (1 - e2))
    for _ in range(30):
        n = axis / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * n * np.sin(phi), p)
    return np.degrees(np.arctan2(y, x)), np.degrees(phi)


def by_hand(lon: Any, lat: Any, ellipsoid: tuple[float, float], entry: dict[str, Any]) -> tuple[Any, Any]:
    """Seven parameters as Chinese textbooks print them: the axes turn, so the matrix has +rz above the diagonal."""
    sign = 1 if entry["convention"] == "coordinate_frame" else -1
    rx, ry, rz = (sign * entry[name] / 206_264.80624709636 for name in ("rx_arcsec", "ry_arcsec", "rz_arcsec"))
    turn = np.array([[1, rz, -ry], [-rz, 1, rx], [ry, -rx, 1]])
    moved = (1 + entry["scale_ppm"] / 1e6) * (turn @ geocentric(lon, lat, ellipsoid))
    moved += np.array([[entry["dx_m"]], [entry["dy_m"]], [entry["dz_m"]]])
    return geodetic(moved, gauss.CGCS2000)


@pytest.mark.parametrize("convention", ["coordinate_frame", "position_vector"])
@pytest.mark.parametrize(
    ("crs", "ellipsoid"), [("EPSG:2437", gauss.KRASSOWSKY), ("EPSG:2384", gauss.IAG1975), ("EPSG:2385", gauss.IAG1975)]
)
def test_seven_parameters_do_what_the_formula_says(crs, ellipsoid, convention) -> None:
    entry = {**HELMERT, "convention": convention}
    lon, lat = np.linspace(118.3, 119.0, 15), np.linspace(24.4, 25.1, 15)
    meridian = 117 if crs == "EPSG:2384" else 120
    east, north = gauss.forward(lon, lat, meridian, ellipsoid)
    placed = project(np.column_stack([east + 500_000, north]), declared(crs, entry), STUDY)
    wanted_east, wanted_north = gauss.forward(*by_hand(lon, lat, ellipsoid, entry), 120)
    assert np.abs(placed[:, 0] - 500_000 - wanted_east).max() < TENTH_MM
    assert np.abs(placed[:, 1] - wanted_north).max() < TENTH_MM


def test_the_two_conventions_differ_by_metres_and_no_rotation_by_nothing() -> None:
    xy = np.array([[356_000.0, 2_744_000.0]])
    one, other = (
        project(xy, declared("EPSG:2437", {**HELMERT, "convention": each}), STUDY)
        for each in ("coordinate_frame", "position_vector")
    )
    assert np.hypot(*(one - other)[0]) > 10
    still = {**HELMERT, "rx_arcsec": 0.0, "ry_arcsec": 0.0, "rz_arcsec": 0.0}
    one, other = (
        project(xy, declared("EPSG:2437", {**still, "convention": each}), STUDY)
        for each in ("coordinate_frame", "position_vector")
    )
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_degrees_of_an_old_datum_are_taken_too() -> None:
    lon, lat = np.array([118.57]), np.array([24.8])
    placed = project(np.column_stack([lon, lat]), declared("EPSG:4214", HELMERT), STUDY)
    east, north = gauss.forward(*by_hand(lon, lat, gauss.KRASSOWSKY, HELMERT), 120)
    np.testing.assert_allclose(placed, np.column_stack([east + 500_000, north]), atol=TENTH_MM)


@given(east=st.floats(-30_000, 30_000), north=st.floats(-30_000, 30_000), sense=st.sampled_from([1, -1]))
def test_four_parameters_are_a_similarity_of_the_plane(east, north, sense) -> None:
    """As one complex number: north is real, east imaginary, and clockwise is the way from north to east."""
    entry = {**PLANE, "sense": "clockwise" if sense == 1 else "counterclockwise"}
    turned = (north + 1j * east) * (1 + 12e-6) * np.exp(1j * sense * np.radians(0.5))
    (placed,) = project(np.array([[east, north]]), declared('LOCAL_CS["虚构坐标系",UNIT["metre",1]]', entry), STUDY)
    np.testing.assert_allclose(placed, (356_000 + turned.imag, 2_744_000 + turned.real), atol=TENTH_MM)


def test_four_parameters_serve_an_old_datum() -> None:
    entry = {**PLANE, "de_m": 21.0, "dn_m": -17.0, "rotation_arcsec": 0.0, "scale_ppm": 0.0}
    (placed,) = project(np.array([[356_000.0, 2_744_000.0]]), declared("EPSG:2437", entry), STUDY)
    np.testing.assert_allclose(placed, (356_021.0, 2_743_983.0), atol=TENTH_MM)


def test_a_place_is_rounded_only_at_the_end() -> None:
    raw = RawLayer(
        geopandas.GeoDataFrame(geometry=[shapely.Point(356_000, 2_744_000)]),
        None,
        "EPSG:2437",
        parse_transform(HELMERT, ""),
    )
    placed = shapely.get_coordinates(place(raw, STUDY).geometry.to_numpy())
    exact = project(np.array([[356_000.0, 2_744_000.0]]), raw, STUDY)
    assert (placed == np.floor(exact * 1000 + 0.5) / 1000).all()


@pytest.mark.parametrize("entry", [None, HELMERT])
def test_a_local_grid_needs_four_parameters(entry) -> None:
    raw = RawLayer(None, None, 'LOCAL_CS["虚构坐标系",UNIT["metre",1]]', entry and parse_transform(entry, ""))
    with pytest.raises(CrsError, match="plane4") as caught:
        project(np.array([[1.0, 2.0]]), raw, STUDY, "homes.shp")
    assert caught.value.kind == "datum"


# ---- what a study may write ----------------------------------------------------------------------------------


def test_both_kinds_parse_to_what_they_say() -> None:
    assert transform_problems(HELMERT, "x") == transform_problems(PLANE, "x") == []
    assert parse_transform(HELMERT, "x") == Helmert7("coordinate_frame", 12.34, -113.21, -42.8, 0.51, -1.23, 2.07, -1.9)
    assert parse_transform(PLANE, "x") == Plane4("clockwise", 356_000.0, 2_744_000.0, 1800.0, 12.0, "EPSG:4549")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, ["kind", "helmert7, plane4"]),
        ({"kind": "helmert"}, ["helmert7"]),
        ({key: value for key, value in HELMERT.items() if key != "rz_arcsec"}, ["rz_arcsec is missing"]),
        ({key: value for key, value in HELMERT.items() if key != "convention"}, ["convention is missing"]),
        ({**HELMERT, "convention": "bursa"}, ["convention"]),
        ({**HELMERT, "dx": 3.0}, ["'dx'", "Did you mean 'dx_m'"]),
        ({**HELMERT, "dx_m": "3"}, ["not a number"]),
        ({**HELMERT, "scale_ppm": 1_000_001.9}, ["scale_ppm", "parts per million"]),
        ({**HELMERT, "rz_arcsec": 99.0, "dy_m": -113_210.0}, ["rz_arcsec", "dy_m", "seconds of arc"]),
        ({key: value for key, value in PLANE.items() if key != "to"}, ["to is missing"]),
        ({**PLANE, "scale_ppm": 1_000_012.0}, ["scale_ppm"]),
    ],
)
def test_parameters_are_all_given_and_in_their_units(entry, said) -> None:
    problems = "\n".join(each.en for each in transform_problems(entry, "[inputs.residential].transform"))
    for fragment in said:
        assert fragment in problems


@pytest.mark.parametrize("to", ["EPSG:4490", "EPSG:2437", "EPSG:0"])
def test_four_parameters_lead_into_a_usable_grid(to) -> None:
    with pytest.raises(CrsError):
        parse_transform({**PLANE, "to": to}, "x")
