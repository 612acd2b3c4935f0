"""The offset datums of Chinese web maps: GCJ-02 and BD-09, to and from WGS 84.

The formulas are the widely published ones. **What they give for GCJ-02 is an approximation** (a metre or so
against the official algorithm, which is not public) and no substitute for an official conversion.
All functions take and give arrays of longitude and latitude in degrees.

Where the offset applies: GCJ-02 equals WGS 84 outside the box 72.004–137.8347° E, 0.8293–55.8271° N, the rule
that everyone uses. The offset therefore jumps by some hundred metres at the sides of that box, which lie in the
sea and in other countries: there, and only there, going back may miss by as much. BD-09 is an offset to GCJ-02
that applies everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from circle15.core.crs import Datum

Degrees = NDArray[np.float64]
Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

# The Krassowsky ellipsoid, on which the GCJ-02 offset is scaled to degrees.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323

_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271

_BAIDU_TURN = np.pi * 3000.0 / 180.0
_BAIDU_EAST, _BAIDU_NORTH = 0.0065, 0.006

_TOLERANCE_DEG = 1e-12
_MOST_ROUNDS = 30


def in_offset_box(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Where GCJ-02 differs from WGS 84."""
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def gcj02_from_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """GCJ-02 of WGS 84 degrees (approximate); the same degrees outside the box."""
    inside = in_offset_box(lon, lat)
    east, north = _gcj02_shift(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def wgs84_from_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """WGS 84 of GCJ-02 degrees, to 1e-11 degree of the inverse of :func:`gcj02_from_wgs84` (approximate like it)."""
    inside = in_offset_box(lon, lat)
    # The smooth offset without the box is inverted, so that no point near a side flips between two answers.
    back_lon, back_lat = _inverse(_gcj02_shift, lon, lat)
    return np.where(inside, back_lon, lon), np.where(inside, back_lat, lat)


def bd09_from_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """BD-09 of GCJ-02 degrees."""
    east, north = _bd09_shift(lon, lat)
    return lon + east, lat + north


def gcj02_from_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """GCJ-02 of BD-09 degrees, to 1e-11 degree of the inverse of :func:`bd09_from_gcj02`."""
    return _inverse(_bd09_shift, lon, lat)


def bd09_from_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """BD-09 of WGS 84 degrees (approximate)."""
    return bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))


def wgs84_from_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """WGS 84 of BD-09 degrees (approximate)."""
    return wgs84_from_gcj02(*gcj02_from_bd09(lon, lat))


def _same(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    return lon, lat


_TO_WGS84: dict[Datum, Shift] = {
    "WGS84": _same,
    "CGCS2000": _same,
    "GCJ02": wgs84_from_gcj02,
    "BD09": wgs84_from_bd09,
}


_FROM_WGS84: dict[Datum, Shift] = {
    "WGS84": _same,
    "CGCS2000": _same,
    "GCJ02": gcj02_from_wgs84,
    "BD09": bd09_from_wgs84,
}


def from_wgs84(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Degrees in ``datum`` of WGS 84 degrees (approximate for GCJ-02 and BD-09)."""
    return _FROM_WGS84[datum](np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))


def to_wgs84(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """WGS 84 degrees of degrees in ``datum``.

    WGS 84 and CGCS2000 are taken as coincident, which is a matter of centimetres.
    """
    return _TO_WGS84[datum](np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))


def _gcj02_shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6 * np.pi * x) + 20.0 * np.sin(2 * np.pi * x)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + _waves(x, (20.0, 1), (40.0, 3), (150.0, 12), (300.0, 30))) * 2 / 3
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + _waves(y, (20.0, 1), (40.0, 3), (160.0, 12), (320.0, 30))) * 2 / 3
    return _degrees_of(east, north, lat)


def _waves(t: Degrees, *terms: tuple[float, int]) -> Degrees:
    return np.asarray(np.sum([amplitude * np.sin(np.pi * t / period) for amplitude, period in terms], axis=0))


def _degrees_of(east_m: Degrees, north_m: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    phi = np.radians(lat)
    w2 = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (w2 * np.sqrt(w2))
    parallel_m = _AXIS_M / np.sqrt(w2) * np.cos(phi)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _bd09_shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURN)
    return radius * np.cos(angle) + _BAIDU_EAST - lon, radius * np.sin(angle) + _BAIDU_NORTH - lat


def _inverse(shift: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """The point that ``shift`` moves to (lon, lat), by iteration: both shifts change slowly, so it contracts."""
    near_lon, near_lat = lon, lat
    for _ in range(_MOST_ROUNDS):
        east, north = shift(near_lon, near_lat)
        next_lon, next_lat = lon - east, lat - north
        moving = np.maximum(np.abs(next_lon - near_lon), np.abs(next_lat - near_lat)) > _TOLERANCE_DEG
        near_lon, near_lat = next_lon, next_lat
        if not moving.any():
            break
    return near_lon, near_lat
