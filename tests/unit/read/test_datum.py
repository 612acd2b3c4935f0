"""GCJ-02 and BD-09: a published pair, there and back, and where there is no offset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.crs import DATUMS
from circle15.read.datum import (
    bd09_from_wgs84,
    gcj02_from_wgs84,
    to_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)

# West, south, east, north.
TOWNS = {
    "Jinjiang": (118.4, 24.5, 118.75, 24.9),
    "Xi'an": (107.7, 33.7, 109.8, 34.75),
    "Zhoukou": (114.2, 33.0, 115.7, 34.4),
    "Wuzhong": (105.0, 36.5, 107.6, 38.4),
    "Xianyang": (107.6, 34.1, 109.2, 35.6),
}
MM_IN_DEGREES = 1e-3 / 111_320


def test_tiananmen_lies_where_published_conversions_put_it() -> None:
    lon, lat = gcj02_from_wgs84(np.array([116.39089]), np.array([39.90734]))
    assert lon[0] == pytest.approx(116.39713, abs=2e-5)
    assert lat[0] == pytest.approx(39.90874, abs=2e-5)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_the_formula_gives_the_values_that_other_programs_publish(wgs84, gcj02) -> None:
    lon, lat = gcj02_from_wgs84(np.array([wgs84[0]]), np.array([wgs84[1]]))
    assert (lon[0], lat[0]) == pytest.approx(gcj02, abs=1e-11)


def test_bd09_is_its_own_offset_further() -> None:
    # The offset of BD-09 to GCJ-02 at Tiananmen is published as about 0.0064 east and 0.0063 north.
    lon, lat = bd09_from_wgs84(np.array([116.39089]), np.array([39.90734]))
    assert lon[0] - 116.39713 == pytest.approx(0.0064, abs=3e-4)
    assert lat[0] - 39.90874 == pytest.approx(0.0063, abs=3e-4)


@pytest.mark.parametrize(("there", "back"), [(gcj02_from_wgs84, wgs84_from_gcj02), (bd09_from_wgs84, wgs84_from_bd09)])
@pytest.mark.parametrize("town", TOWNS)
@given(share=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_there_and_back_is_the_same_millimetre(town, there, back, share) -> None:
    west, south, east, north = TOWNS[town]
    lon, lat = np.array([west + share[0] * (east - west)]), np.array([south + share[1] * (north - south)])
    again = back(*there(lon, lat))
    assert abs(again[0][0] - lon[0]) < MM_IN_DEGREES
    assert abs(again[1][0] - lat[0]) < MM_IN_DEGREES


def test_the_inverse_is_exact_to_1e_11_degree() -> None:
    lon, lat = (each.ravel() for each in np.meshgrid(np.linspace(75, 134, 150), np.linspace(18, 53, 150)))
    for there, back in [(gcj02_from_wgs84, wgs84_from_gcj02), (bd09_from_wgs84, wgs84_from_bd09)]:
        again = back(*there(lon, lat))
        assert max(np.abs(again[0] - lon).max(), np.abs(again[1] - lat).max()) < 1e-11


@pytest.mark.parametrize("town", TOWNS)
def test_the_offset_is_as_large_as_the_rule_itself(town) -> None:
    west, south, east, north = TOWNS[town]
    lon, lat = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    moved = gcj02_from_wgs84(lon, lat)
    metres = np.hypot((moved[0] - lon) * np.cos(np.radians(lat)), moved[1] - lat) * 111_320
    assert 300 < metres[0] < 700


@pytest.mark.parametrize("place", [(-51.2, -30.0), (24.9, 60.2), (151.2, -33.9), (0.0, 0.0)])
def test_gcj02_is_the_identity_outside_the_box(place) -> None:
    lon, lat = np.array([place[0]]), np.array([place[1]])
    assert gcj02_from_wgs84(lon, lat) == (lon, lat)
    assert wgs84_from_gcj02(lon, lat) == (lon, lat)


def test_every_datum_converts_and_coincident_ones_do_not_move() -> None:
    lon, lat = np.array([118.6, 118.7]), np.array([24.8, 24.7])
    for datum in DATUMS:
        moved = to_wgs84(lon, lat, datum)
        if datum in ("GCJ02", "BD09"):
            assert (np.abs(moved[0] - lon) > 0.003).all()
        else:
            np.testing.assert_array_equal(moved, (lon, lat))
