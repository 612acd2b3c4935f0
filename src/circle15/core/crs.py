"""The study CRS and the datums an input may declare. Neither is ever guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import pyproj
from pyproj.exceptions import CRSError as ProjError

from circle15.core.errors import CrsError
from circle15.core.text import Text

Datum = Literal["WGS84", "CGCS2000", "GCJ02", "BD09"]
DATUMS: tuple[Datum, ...] = get_args(Datum)
# What comes from these is approximate: the official algorithm of GCJ-02 is not public.
APPROXIMATE: tuple[Datum, ...] = ("GCJ02", "BD09")
DATUM_WORDS: Mapping[str, Text] = {
    "WGS84": Text("WGS 84", "WGS 84"),
    "CGCS2000": Text("CGCS2000", "CGCS2000"),
    "GCJ02": Text("GCJ-02（高德、腾讯等）", "GCJ-02 (AMap, Tencent …)"),
    "BD09": Text("BD-09（百度）", "BD-09 (Baidu)"),
}

# Ellipsoids by half axis in metres and flattening: software spells their names in many ways. Of a datum on one of the
# first kind PROJ's change to CGCS2000 is silently nothing at all; those of the second are WGS 84 for a map.
_OLD_ELLIPSOIDS: Mapping[tuple[float, float], str] = {
    (6_378_245.0, 298.3): "Beijing 54",
    (6_378_140.0, 298.257): "Xian 80",
}
_AXIS_M, _FLATTENING = 6_378_137.0, 298.2572
_SAME_AXIS_M, _SAME_FLATTENING = 0.01, 1e-3

# Towns are often worked on a little outside the area that a CRS is made for; where it names none, its meridian does.
_MARGIN_DEG, _FROM_MERIDIAN_DEG, _MOST_LATITUDE = 3.0, 6.0, 90.0


def parse_crs(text: str, where: str) -> pyproj.CRS:
    """The CRS of an EPSG code, WKT or PROJ string. Raises CrsError(kind="missing") if it is none."""
    try:
        return pyproj.CRS.from_user_input(text)
    except ProjError as error:
        raise CrsError(
            Text(
                zh=f"{where}：无法识别坐标系 {text!r}。请写 EPSG 代码（如 EPSG:4549）、WKT 或 PROJ 字符串。",
                en=f"{where}: {text!r} is no CRS. Give an EPSG code (such as EPSG:4549), WKT or a PROJ string.",
            ),
            "missing",
        ) from error


def same_ellipsoid(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Whether two CRSs are on one ellipsoid, to the millimetre of a map; False where one has none."""
    first, second = one.ellipsoid, other.ellipsoid
    if first is None or second is None:
        return False
    return _near(first.semi_major_metre, first.inverse_flattening, second.semi_major_metre, second.inverse_flattening)


def is_coincident(crs: pyproj.CRS) -> bool:
    """Whether the degrees of a CRS are taken for WGS 84 degrees: its ellipsoid and meridian are the same.

    CGCS2000, WGS 84 and other datums on GRS 80 differ by decimetres at most; a CRS that brings its own parameters to
    WGS 84 says itself that it differs.
    """
    ellipsoid, prime = crs.ellipsoid, crs.prime_meridian
    if crs.is_bound or ellipsoid is None or prime is None or prime.longitude != 0:
        return False
    return _near(ellipsoid.semi_major_metre, ellipsoid.inverse_flattening, _AXIS_M, _FLATTENING)


def own_degrees(crs: pyproj.CRS) -> pyproj.CRS:
    """The geographic CRS in which WGS 84 degrees are given to, and come from, a CRS: its own where that coincides."""
    own = crs.geodetic_crs
    return own if own is not None and is_coincident(crs) else pyproj.CRS("EPSG:4326")


def old_datum(crs: pyproj.CRS) -> str | None:
    """The old datum a CRS is on, by its ellipsoid, unless it brings parameters to WGS 84 of its own."""
    operation = crs.coordinate_operation
    if crs.ellipsoid is None or (crs.is_bound and operation is not None and any(operation.towgs84)):
        return None
    axis, flattening = crs.ellipsoid.semi_major_metre, crs.ellipsoid.inverse_flattening
    return next((name for known, name in _OLD_ELLIPSOIDS.items() if _near(axis, flattening, *known)), None)


def refuse_old_datum(crs: pyproj.CRS, where: str) -> None:
    """Raise CrsError(kind="datum") for Xi'an 80 and Beijing 54, which need parameters nobody gave."""
    old = old_datum(crs)
    if old:
        raise CrsError(
            Text(
                zh=f"{where}：{crs.name} 属 {old} 基准，没有转换参数就换算到 CGCS2000 会无声地错位几十米。"
                f"输入数据请在 transform 中写明四参数或七参数，或先用官方参数转换为 CGCS2000；"
                f"研究坐标系请用 CGCS2000。",
                en=f"{where}: {crs.name} is on the {old} datum; without parameters the change to CGCS2000 silently "
                f"does nothing and is tens of metres off. Give an input its 4 or 7 parameters under transform, or "
                f"convert it officially to CGCS2000 first; a study CRS is on CGCS2000.",
            ),
            "datum",
        )


def usual_extent(crs: pyproj.CRS) -> tuple[float, float, float, float] | None:
    """Where a CRS is used, as west, south, east, north in degrees: its area of use and 3° round it.

    Without one, the latitudes of the globe within 6° of its central meridian; None if it has no such meridian.
    """
    area = crs.area_of_use
    if area is not None:
        return area.west - _MARGIN_DEG, area.south - _MARGIN_DEG, area.east + _MARGIN_DEG, area.north + _MARGIN_DEG
    _, parameters = projection_parameters(crs)
    meridian = parameters.get("Longitude of natural origin")
    if meridian is None:
        return None
    return meridian - _FROM_MERIDIAN_DEG, -_MOST_LATITUDE, meridian + _FROM_MERIDIAN_DEG, _MOST_LATITUDE


def projection_parameters(crs: pyproj.CRS) -> tuple[str, dict[str, float]]:
    """The method of the projection of a CRS and its parameters, by the names EPSG gives them; empty if it has none."""
    plain = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    operation = plain.coordinate_operation
    if operation is None:
        return "", {}
    return str(operation.method_name), {each.name: float(each.value) for each in operation.params}


def _near(axis: float, flattening: float, other_axis: float, other_flattening: float) -> bool:
    return abs(axis - other_axis) < _SAME_AXIS_M and abs(flattening - other_flattening) < _SAME_FLATTENING


def study_crs(text: str | None, where: str = "study.toml: crs") -> pyproj.CRS:
    """The study CRS: projected, in metres, on a usable datum.

    Raises CrsError of kind missing, geographic or datum.
    """
    if not text:
        raise CrsError(
            Text(
                zh=f"{where}：没有写明研究坐标系。请写一个以米为单位的投影坐标系，如 EPSG:4549（CGCS2000 3度带）。",
                en=f"{where}: the study CRS is missing. Give a projected CRS in metres, such as EPSG:4549.",
            ),
            "missing",
        )
    return metric_crs(text, where)


def metric_crs(text: str, where: str) -> pyproj.CRS:
    """A projected CRS in metres on a usable datum. Raises CrsError of kind missing, geographic or datum."""
    crs = parse_crs(text, where)
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info[:2]):
        raise CrsError(
            Text(
                zh=f"{where}：{crs.name} 不是以米为单位的投影坐标系，距离无法计算。请改用如 EPSG:4549 的投影坐标系。",
                en=f"{where}: {crs.name} is not projected in metres, so no distance can be computed. "
                f"Use a projected CRS such as EPSG:4549.",
            ),
            "geographic",
        )
    refuse_old_datum(crs, where)
    return crs


def scale_factor(crs: pyproj.CRS, lon: float, lat: float) -> float:
    """Grid metres per metre on the ellipsoid at a place (mean of both directions)."""
    factors = pyproj.Proj(crs).get_factors(lon, lat)
    return float((factors.meridional_scale + factors.parallel_scale) / 2)
