"""Whether coordinates can be what they are declared to be. What cannot is refused; nothing is turned or shifted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from circle15.core.belts import NUMBER_UNIT_M, Belt, belt_of, belt_of_prefix, prefixes
from circle15.core.crs import old_datum, own_degrees, parse_crs, usual_extent
from circle15.core.errors import CrsError
from circle15.core.text import Text, first_ids
from circle15.read.spec import RawLayer
from circle15.read.transform import Plane4

_MOST_CHARACTERS = 60

_HALF_ROUND_DEG = 180

Flags = NDArray[np.bool_]

# The datum whose series of codes a CRS belongs to, by what its ellipsoid says.
_SERIES_OF = {"Xian 80": "Xian 1980", "Beijing 54": "Beijing 1954", None: "CGCS2000"}


@dataclass(frozen=True, slots=True)
class Given:
    """Coordinates as they stand in a file, what messages call the row of each, and where they come from."""

    xy: NDArray[np.float64]
    names: Any
    where: str

    @property
    def finite(self) -> Given:
        """Without those that are no numbers, which are refused by name elsewhere."""
        kept = np.isfinite(self.xy).all(axis=1)
        return Given(self.xy[kept], self.names[kept], self.where)

    def rows(self, wrong: Flags) -> tuple[int, str]:
        """How many rows have such coordinates, and the first of them."""
        names = dict.fromkeys(self.names[wrong])
        return len(names), first_ids(names)


def are_degrees(xy: NDArray[np.float64]) -> Flags:
    """Which pairs can be longitude and latitude; what is no number can."""
    return ~((np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90))


def require_plausible(given: Given, raw: RawLayer, study: pyproj.CRS) -> None:
    """Raise CrsError(kind="datum") for coordinates that contradict their declaration.

    Degrees declared as metres and metres as degrees; a belt number where the declared CRS has none, or another one,
    or none where it has one, with the code that fits; northing before easting and latitude before longitude, where
    the declared order leads out of the area of the CRS and the other one into it; longitudes on both sides of 180°.
    """
    given = given.finite
    if not len(given.xy):
        return
    if raw.datum is not None:
        if raw.datum == "CGCS2000" and not are_degrees(given.xy).any():
            _require_belt_numbers(given, study)
        else:
            _refuse_swapped_degrees(given, study)
            _require_degrees(given, f"datum = {raw.datum}")
            _refuse_wrap(given)
        return
    crs = parse_crs(raw.crs or "", given.where)
    if crs.is_geographic:
        _refuse_swapped_degrees(given, study)
        _require_degrees(given, f"crs = {_said(raw)}")
        _refuse_wrap(given)
    elif crs.is_projected:
        _refuse_degrees(given, crs, raw)
        _refuse_belt(given, crs, raw)
        if not isinstance(raw.transform, Plane4):
            _refuse_swapped_metres(given, crs)


def _require_degrees(given: Given, declared: str) -> None:
    outside = ~are_degrees(given.xy)
    if not outside.any():
        return
    x, y = given.xy[outside][0]
    count, ids = given.rows(outside)
    swapped = are_degrees(given.xy[outside][:, ::-1]).all()
    belt = belt_of_prefix(int(x // NUMBER_UNIT_M))
    fix = Text("若为投影坐标，请删去 datum 而写明 crs", "If they are projected, declare crs instead of datum")
    if swapped:
        fix = Text(
            "经度和纬度可能颠倒了：请更正数据，CSV 可在 columns 中把两列对换",
            "Longitude and latitude may be swapped: correct the data, or exchange the headings of a CSV under columns",
        )
    elif belt is not None:
        code = belt.code("CGCS2000")
        fix = Text(
            f"东坐标以 {belt.prefix} 开头，像是带号：若为 CGCS2000 投影坐标，请删去 datum 而写明 crs = {code}",
            f"Eastings begin with {belt.prefix}, like a belt number: if they are projected on CGCS2000, declare "
            f"crs = {code} instead of datum",
        )
    raise CrsError(
        Text(
            zh=f"{given.where}：声明 {declared}，坐标应为经纬度（度），但 {count} 行超出范围，"
            f"如 ({x:.10g}，{y:.10g})（{ids}）。{fix.zh}。",
            en=f"{given.where}: {declared} means longitude and latitude in degrees, but {count} rows are out of range, "
            f"such as ({x:.10g}, {y:.10g}) ({ids}). {fix.en}.",
        ),
        "datum",
    )


def _refuse_degrees(given: Given, crs: pyproj.CRS, raw: RawLayer) -> None:
    """Coordinates declared as metres that are degrees inside the area the CRS is made for.

    All of them, or some among others that lie there as metres: an invented town round the origin is no mistake.
    """
    extent = usual_extent(crs)
    if extent is None:
        return
    degrees = are_degrees(given.xy) & _inside(given.xy, extent)
    if not degrees.any() or not (degrees.all() or _inside(_degrees_of(given.xy[~degrees], crs), extent).any()):
        return
    x, y = given.xy[degrees][0]
    count, ids = given.rows(degrees)
    raise CrsError(
        Text(
            zh=f"{given.where}：声明 crs = {_said(raw)}（投影坐标），{count} 行的坐标却像经纬度，"
            f"如 ({x:.6g}，{y:.6g})（{ids}）。若是经纬度，请改为声明 datum。",
            en=f"{given.where}: crs = {_said(raw)} is projected, but the coordinates of {count} rows look like "
            f"degrees, such as ({x:.6g}, {y:.6g}) ({ids}). If they are, declare datum instead.",
        ),
        "datum",
    )


def _refuse_belt(given: Given, crs: pyproj.CRS, raw: RawLayer) -> None:
    """Eastings whose belt number is not that of the declared CRS; names the code that has it."""
    declared = belt_of(crs)
    if declared is None:
        return
    numbers = prefixes(given.xy[:, 0])
    # Millions that are no belt number are no matter of digits: such a place is only far away.
    foreign = [
        number
        for number in map(int, np.unique(numbers))
        if number != declared.prefix and (number == 0 or belt_of_prefix(number) is not None)
    ]
    if foreign:
        fix = _fix_of_belt(foreign, declared, numbers, _SERIES_OF[old_datum(crs)])
        raise _belt_error(given, np.isin(numbers, foreign), (_said(raw), declared), fix)


def _fix_of_belt(foreign: list[int], declared: Belt, numbers: NDArray[np.int64], series: str) -> Text:
    """What to declare instead, where the eastings can only mean one belt."""
    if len(foreign) > 1 or not np.isin(numbers, foreign).all():
        return _FIX_OF_SEVERAL[series == "CGCS2000" and 0 not in numbers]
    belt = belt_of_prefix(foreign[0])
    if belt is None:
        code = Belt(declared.width, declared.number, numbered=False).code(series)
        return Text(
            f"东坐标没有带号；若中央经线确为 {declared.meridian}°，请声明 crs = {code}",
            f"The eastings carry no belt number: if their meridian is {declared.meridian}°, declare crs = {code}",
        )
    code = belt.code(series)
    return Text(
        f"带号 {belt.prefix} 是 {belt.width}° 带、中央经线 {belt.meridian}°，请声明 crs = {code}",
        f"Belt {belt.prefix} is {belt.width}° wide on the meridian {belt.meridian}°: declare crs = {code}",
    )


# By whether each easting names its own belt of CGCS2000.
_FIX_OF_SEVERAL = {
    False: Text("一个文件只能有一个带，请分开提供", "One file has one belt: give them apart"),
    True: Text(
        "一个文件只能有一个带：请分开提供，或声明 datum = CGCS2000，各点按自己的带号读取",
        "One file has one belt: give them apart, or declare datum = CGCS2000, and each point is read in the belt of "
        "its own number",
    ),
}


def _belt_error(given: Given, wrong: Flags, declared: tuple[str, Belt], fix: Text) -> CrsError:
    text, belt = declared
    count, ids = given.rows(wrong)
    x = given.xy[wrong][0, 0]
    has = Text(
        f"带号 {belt.prefix}" if belt.numbered else "不带带号",
        f"eastings that begin with {belt.prefix}" if belt.numbered else "eastings without a belt number",
    )
    return CrsError(
        Text(
            zh=f"{given.where}：声明 crs = {text}（{has.zh}），但 {count} 行的东坐标不符，如 {x:.10g}（{ids}）。"
            f"{fix.zh}。",
            en=f"{given.where}: crs = {text} has {has.en}, but {count} rows have others, such as {x:.10g} ({ids}). "
            f"{fix.en}.",
        ),
        "datum",
    )


def _require_belt_numbers(given: Given, study: pyproj.CRS) -> None:
    """Eastings declared as CGCS2000 without a CRS must each carry a belt number."""
    numbers = prefixes(given.xy[:, 0])
    known = np.isin(numbers, [each for each in np.unique(numbers) if belt_of_prefix(int(each)) is not None])
    if known.all():
        return
    x, y = given.xy[~known][0]
    count, ids = given.rows(~known)
    near = belt_of(study)
    code = (near if near is not None and not near.numbered else Belt(3, 40, numbered=False)).code("CGCS2000")
    swapped = belt_of_prefix(int(y // NUMBER_UNIT_M)) is not None
    fix = Text(
        f"没有带号就不知道是哪个投影带：请删去 datum 而写明 crs（如 {code}）",
        f"Without one nobody can say which belt it is: declare crs instead of datum (such as {code})",
    )
    if swapped:
        fix = Text(
            "带号在第二个坐标上：测量坐标 X 为北、Y 为东，请把东坐标放在前面（CSV 用 columns 指明）",
            "The belt number stands in the second coordinate: surveyors call north X. Give the easting first "
            "(name the headings of a CSV under columns)",
        )
    raise CrsError(
        Text(
            zh=f"{given.where}：声明 datum = CGCS2000，坐标不是经纬度，{count} 行的东坐标也没有带号，"
            f"如 ({x:.10g}，{y:.10g})（{ids}）。{fix.zh}。",
            en=f"{given.where}: datum = CGCS2000, but the coordinates are no degrees and the eastings of {count} rows "
            f"carry no belt number, such as ({x:.10g}, {y:.10g}) ({ids}). {fix.en}.",
        ),
        "datum",
    )


def _refuse_swapped_degrees(given: Given, study: pyproj.CRS) -> None:
    """Rows that lie outside the area of the study CRS, and would lie inside with latitude and longitude exchanged."""
    extent = usual_extent(study)
    if extent is None:
        return
    swapped = ~_inside(given.xy, extent) & _inside(given.xy[:, ::-1], extent)
    if swapped.any():
        raise _swapped_error(given, swapped, Text("纬度在前、经度在后", "latitude before longitude"))


def _refuse_wrap(given: Given) -> None:
    """A layer that goes more than half round the earth: no plane holds it, and a line at 180° would cross it whole."""
    x = given.xy[:, 0]
    if np.ptp(x) <= _HALF_ROUND_DEG:
        return
    west = x < 0
    far = west if west.sum() <= len(x) / 2 else ~west
    count, ids = given.rows(far)
    raise CrsError(
        Text(
            zh=f"{given.where}：经度从 {x.min():.6g} 到 {x.max():.6g}，跨过 180° 或绕地球半圈以上，{count} 行在另一侧"
            f"（{ids}）。请改正这些坐标，或用 where 排除。",
            en=f"{given.where}: longitudes from {x.min():.6g} to {x.max():.6g} cross 180° or go half round the earth; "
            f"{count} rows lie on the other side ({ids}). Correct them, or leave them out by where.",
        ),
        "datum",
    )


def _refuse_swapped_metres(given: Given, crs: pyproj.CRS) -> None:
    """Rows that lie outside the area of the declared CRS, and would lie inside with northing and easting exchanged."""
    extent = usual_extent(crs)
    if extent is None or _inside(_degrees_of(_corners(given.xy), crs), extent).all():
        return
    outside = ~_inside(_degrees_of(given.xy, crs), extent)
    swapped = outside & _inside(_degrees_of(given.xy[:, ::-1], crs), extent)
    if swapped.any():
        raise _swapped_error(given, swapped, Text("北坐标在前、东坐标在后", "northing before easting"))


def _corners(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of the box round coordinates: inside the area of a CRS, they vouch for all."""
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return np.array([(west, south), (west, north), (east, south), (east, north)])


def _swapped_error(given: Given, swapped: Flags, order: Text) -> CrsError:
    x, y = given.xy[swapped][0]
    count, ids = given.rows(swapped)
    return CrsError(
        Text(
            zh=f"{given.where}：{count} 行的坐标像是{order.zh}，如 ({x:.10g}，{y:.10g})（{ids}）；程序不会自行对调。"
            f"请更正数据，CSV 可在 columns 中把两列对换。",
            en=f"{given.where}: the coordinates of {count} rows look like {order.en}, such as ({x:.10g}, {y:.10g}) "
            f"({ids}); they are never turned silently. Correct the data, or exchange the two headings of a CSV under "
            f"columns.",
        ),
        "datum",
    )


def _said(raw: RawLayer) -> str:
    """The declared CRS as messages name it: a long definition by its name."""
    text = raw.crs or ""
    return text if len(text) <= _MOST_CHARACTERS else str(parse_crs(text, "").name)


def _degrees_of(xy: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.float64]:
    """Roughly where coordinates of a CRS lie; what has no place is NaN, which is inside nothing."""
    own = crs.geodetic_crs
    try:
        way = pyproj.Transformer.from_crs(crs, own if own is not None else own_degrees(crs), always_xy=True)
    except ProjError:
        return np.full(xy.shape, np.nan)
    return np.column_stack(way.transform(xy[:, 0], xy[:, 1]))


def _inside(lonlat: NDArray[np.float64], extent: tuple[float, float, float, float]) -> Flags:
    west, south, east, north = extent
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
