"""Export profiles: in which coordinate system the files are, and how it was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.core.crs import parse_crs
from circle15.core.errors import ConfigError
from circle15.core.formats import Profile
from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.geometry import WGS84, Shift, move, rounded, unprojector

CGCS2000 = "EPSG:4490"
GCJ02_LABEL = "GCJ02"
# No geodetic datum: software must not take it for one, and whoever opens the file must read what it is.
GCJ02_WKT = (
    'GEOGCS["GCJ-02 (offset, approximate, no geodetic datum)",DATUM["GCJ-02_offset_not_a_datum",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["degree",0.0174532925199433]]'
)

DEGREE_DECIMALS, METRE_DECIMALS = 8, 4

# CGCS2000 3-degree zones with the number before the easting: zone 25 is EPSG:4513, zone 45 EPSG:4533.
_FIRST_ZONE, _LAST_ZONE, _EPSG_OF_ZONE_0 = 25, 45, 4488
_ZONE_DEGREES = 3
_FALSE_EASTING, _PER_ZONE = 500_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the coordinates of a profile are.

    ``crs`` is what the files state, ``system`` what the metadata says of it, ``chosen`` by which rule. ``place``
    turns geometries of the study CRS into it, x east and y north, rounded to ``decimals``. ``suffix`` ends the name
    of every file and layer of a system that could be mistaken for another.
    """

    profile: Profile
    crs: str
    system: Text
    chosen: Text
    decimals: int
    place: Callable[[Any], NDArray[np.object_]]
    suffix: str = ""


def placement(audit: Audit, profile: Profile, to_gcj02: Shift) -> Placement:
    """How a profile places an audit's geometry. ``to_gcj02`` turns WGS 84 degrees into GCJ-02 ones.

    Raises ConfigError where the data lies outside the zones of ``cgcs2000-gk``.
    """
    return _PROFILES[profile](audit, to_gcj02)


def _degrees(profile: Profile, crs: str, system: Text) -> Callable[[Audit, Shift], Placement]:
    def make(audit: Audit, _: Shift) -> Placement:
        degrees = unprojector(audit.facts.crs)
        return Placement(
            profile,
            crs,
            system,
            Text("按导出方案", "by the profile"),
            DEGREE_DECIMALS,
            lambda geometries: move(geometries, lambda xy: rounded(degrees(xy), DEGREE_DECIMALS)),
        )

    return make


def _gauss_kruger(audit: Audit, _: Shift) -> Placement:
    """The zone of the study CRS where it is such a zone, else the one whose meridian is nearest to the middle."""
    degrees = unprojector(audit.facts.crs)
    zone, chosen = _zone(audit, degrees)
    code = f"EPSG:{_EPSG_OF_ZONE_0 + zone}"
    to_zone = pyproj.Transformer.from_crs(CGCS2000, code, always_xy=True)

    def project(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        lonlat = degrees(xy)
        return rounded(np.column_stack(to_zone.transform(lonlat[:, 0], lonlat[:, 1])), METRE_DECIMALS)

    meridian = zone * _ZONE_DEGREES
    system = Text(
        f"2000国家大地坐标系，高斯-克吕格投影3度带第{zone}带（中央经线{meridian}°E，东坐标含带号），{code}",
        f"CGCS2000, Gauss-Kruger 3-degree zone {zone} (meridian {meridian}° E, zone number before the easting), {code}",
    )
    return Placement("cgcs2000-gk", code, system, chosen, METRE_DECIMALS, lambda shapes: move(shapes, project))


def _zone(audit: Audit, degrees: Shift) -> tuple[int, Text]:
    crs = parse_crs(audit.facts.crs, "crs")
    own = zone_of_crs(crs)
    if own is not None:
        return own, Text(f"研究坐标系（{crs.name}）即第{own}带", f"the study CRS ({crs.name}) is zone {own}")
    lon = _middle_lon(audit, degrees)
    zone = np.floor(lon / _ZONE_DEGREES + 0.5)
    if not _FIRST_ZONE <= zone <= _LAST_ZONE:
        raise ConfigError(
            Text(
                f"导出方案 cgcs2000-gk：数据中部经度为 {lon:.4f}°，不在3度带第 {_FIRST_ZONE}—{_LAST_ZONE} 带内。"
                f"请改用 cgcs2000 或 rfc7946。",
                f"profile cgcs2000-gk: the middle of the data is at {lon:.4f}°, outside 3-degree zones "
                f"{_FIRST_ZONE}–{_LAST_ZONE}. Use cgcs2000 or rfc7946.",
            )
        )
    return int(zone), Text(
        f"数据中部经度 {lon:.4f}°，最近的中央经线为 {zone * _ZONE_DEGREES:g}°",
        f"the middle of the data is at {lon:.4f}°, the nearest central meridian {zone * _ZONE_DEGREES:g}°",
    )


def _middle_lon(audit: Audit, degrees: Shift) -> float:
    """The longitude in the middle of the extent of homes and facilities."""
    shapes = [*audit.residential.frame.geometry, *audit.facilities.frame.geometry.dropna()]
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return float(degrees(np.array([[(west + east) / 2, (south + north) / 2]]))[0, 0])


def zone_of_crs(crs: pyproj.CRS) -> int | None:
    """The number of the CGCS2000 3-degree zone that a CRS is, with or without the number before its easting."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator" or crs.ellipsoid is None:
        return None
    values = {each.name: float(each.value) for each in operation.params}
    meridian, easting = values["Longitude of natural origin"], values["False easting"]
    zone = round(meridian / _ZONE_DEGREES)
    plain = [
        values[name] for name in ("Latitude of natural origin", "False northing", "Scale factor at natural origin")
    ]
    is_zone = (
        crs.ellipsoid.name == "CGCS2000"
        and plain == [0.0, 0.0, 1.0]
        and meridian == zone * _ZONE_DEGREES
        and easting in (_FALSE_EASTING, _FALSE_EASTING + zone * _PER_ZONE)
    )
    return zone if is_zone and _FIRST_ZONE <= zone <= _LAST_ZONE else None


def _gcj02(audit: Audit, to_gcj02: Shift) -> Placement:
    degrees = unprojector(audit.facts.crs)
    return Placement(
        "gcj02",
        GCJ02_WKT,
        Text(
            "GCJ-02 偏移坐标（由公开公式近似换算，误差米级；不是大地坐标系，不得用于量算和报送）",
            "GCJ-02, offset coordinates (approximate, by the published formula; no geodetic datum: neither for "
            "measuring nor for filing)",
        ),
        Text("按名称指定", "asked for by name"),
        DEGREE_DECIMALS,
        lambda shapes: move(shapes, lambda xy: rounded(to_gcj02(degrees(xy)), DEGREE_DECIMALS)),
        suffix=f"_{GCJ02_LABEL}",
    )


_PROFILES: Mapping[Profile, Callable[[Audit, Shift], Placement]] = {
    "rfc7946": _degrees(
        "rfc7946", WGS84, Text("WGS 84 经纬度，EPSG:4326", "WGS 84, longitude and latitude, EPSG:4326")
    ),
    "cgcs2000": _degrees(
        "cgcs2000",
        CGCS2000,
        Text("2000国家大地坐标系经纬度，EPSG:4490", "CGCS2000, longitude and latitude, EPSG:4490"),
    ),
    "cgcs2000-gk": _gauss_kruger,
    "gcj02": _gcj02,
}
