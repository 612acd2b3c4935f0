"""The study CRS and the datums an input may declare. Neither is ever guessed."""

from __future__ import annotations

from typing import Literal

import pyproj
from pyproj.exceptions import CRSError as ProjError

from circle15.core.errors import CrsError
from circle15.core.text import Text

Datum = Literal["WGS84", "CGCS2000", "GCJ02", "BD09"]
DATUMS: tuple[Datum, ...] = ("WGS84", "CGCS2000", "GCJ02", "BD09")

# Datums whose transformation to CGCS2000 PROJ performs silently as nothing at all.
_UNUSABLE_ELLIPSOIDS = {"Krassowsky 1940": "Beijing 54", "IAG 1975": "Xian 80"}


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


def refuse_old_datum(crs: pyproj.CRS, where: str) -> None:
    """Raise CrsError(kind="datum") for Xi'an 80 and Beijing 54, which need parameters nobody gave."""
    ellipsoid = crs.ellipsoid.name if crs.ellipsoid else ""
    old = _UNUSABLE_ELLIPSOIDS.get(ellipsoid)
    if old:
        raise CrsError(
            Text(
                zh=f"{where}：{crs.name} 属 {old} 基准，没有转换参数就换算到 CGCS2000 会无声地错位几十米。"
                f"请先用官方参数转换为 CGCS2000 再提供。",
                en=f"{where}: {crs.name} is on the {old} datum; without parameters the change to CGCS2000 silently "
                f"does nothing and is tens of metres off. Convert it officially to CGCS2000 first.",
            ),
            "datum",
        )


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
