"""Into the study CRS, once, on the whole-millimetre grid."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from circle15.core.belts import belt_of_prefix, prefixes
from circle15.core.crs import Datum, is_coincident, own_degrees, parse_crs, refuse_old_datum
from circle15.core.errors import CrsError
from circle15.core.text import Text, first_ids
from circle15.core.units import MM_PER_M, round_half_up
from circle15.read.datum import from_wgs84, in_offset_box, to_wgs84
from circle15.read.plausible import Given, are_degrees, require_plausible
from circle15.read.spec import RawLayer
from circle15.read.transform import Helmert7, Plane4, no_datum

Coordinates = NDArray[np.float64]

_STEPS_PER_SIDE = 64


def place(raw: RawLayer, crs: pyproj.CRS, where: str = "", names: Any = None) -> Any:
    """The rows as a GeoDataFrame in the study CRS: x east, y north, Z dropped, every coordinate floor(mm + 0.5).

    ``names`` are what messages call the rows. Null geometries pass. Raises CrsError where the declared CRS is on an
    old datum without parameters, where coordinates cannot be what they are declared to be, and where one has no
    place in the study CRS.
    """
    labels = raw.frame.index.to_numpy() if names is None else names
    geometries = raw.frame.geometry.to_numpy()
    if shapely.has_z(geometries).any():
        geometries = shapely.force_2d(geometries)
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    require_plausible(Given(xy, np.asarray(labels, dtype=object)[owner], where), raw, crs)
    placed = shapely.set_coordinates(geometries.copy(), to_grid(project(xy, raw, crs, where)))
    lost = np.unique(owner[~np.isfinite(shapely.get_coordinates(placed)).all(axis=1)])
    if len(lost):
        raise _no_place(labels[lost], crs, where)
    return geopandas.GeoDataFrame(
        raw.frame.drop(columns="geometry"), geometry=geopandas.GeoSeries(placed, index=raw.frame.index), crs=crs
    )


def to_grid(xy: Coordinates) -> Coordinates:
    """Coordinates in metres on the whole-millimetre grid; what is not finite stays so."""
    finite = np.isfinite(xy)
    grid = np.full(xy.shape, np.nan)
    grid[finite] = round_half_up(xy[finite] * MM_PER_M) / MM_PER_M
    return grid


def box_ring(box: tuple[float, float, float, float], raw: RawLayer, crs: pyproj.CRS) -> Any:
    """The boundary of a lon/lat box as a line in the study CRS."""
    west, south, east, north = box
    step = max(east - west, north - south) / _STEPS_PER_SIDE
    ring = shapely.segmentize(shapely.box(west, south, east, north).exterior, step)
    return shapely.transform(ring, lambda xy: project(xy, raw, crs))


def project(xy: Coordinates, raw: RawLayer, study: pyproj.CRS, where: str = "") -> Coordinates:
    """Coordinates as declared by ``raw``, in the study CRS and not rounded; easting or longitude first, always.

    Raises CrsError for an old datum or a local grid without parameters, and for a CRS from which PROJ knows no way.
    """
    if raw.datum is not None:
        if raw.datum == "CGCS2000" and not are_degrees(xy).all():
            return _by_belt_number(xy, study, where)
        return _change(np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], raw.datum)), own_degrees(study), study, where)
    source = parse_crs(raw.crs or "", where)
    if isinstance(raw.transform, Helmert7):
        return _change(raw.transform.to_cgcs2000(xy, source, where), own_degrees(study), study, where)
    if isinstance(raw.transform, Plane4):
        xy, source = raw.transform.to_grid(xy), parse_crs(raw.transform.to, where)
    if source.geodetic_crs is None:
        raise no_datum(source, where)
    refuse_old_datum(source, where)
    return _change(xy, source, study, where)


def reread(shapes: Any, crs: pyproj.CRS, declared: Datum, real: Datum) -> Any:
    """Placed geometries of a file declared as one datum, where they would stand had it been declared as another."""
    own = own_degrees(crs)

    def move(xy: Coordinates) -> Coordinates:
        lonlat = _transformed(xy, crs, own, "")
        filed = from_wgs84(lonlat[:, 0], lonlat[:, 1], declared)
        return _transformed(np.column_stack(to_wgs84(*filed, real)), own, crs, "")

    return shapely.transform(shapes, move)


def has_offset(shapes: Any, crs: pyproj.CRS) -> bool:
    """Whether the offset datums are an offset where placed geometries are."""
    west, south, east, north = shapely.total_bounds(shapes)
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    lon, lat = _transformed(middle, crs, own_degrees(crs), "").T
    return bool(in_offset_box(lon, lat).all())


def _by_belt_number(xy: Coordinates, study: pyproj.CRS, where: str) -> Coordinates:
    """CGCS2000 eastings with their belt number: each point in the belt that its first two digits name."""
    found = np.full(xy.shape, np.nan)
    finite = np.isfinite(xy).all(axis=1)
    numbers = np.where(finite, prefixes(np.where(finite, xy[:, 0], 0.0)), 0)
    for number in np.unique(numbers[finite]):
        belt, rows = belt_of_prefix(int(number)), numbers == number
        if belt is not None:
            found[rows] = _change(xy[rows], pyproj.CRS(belt.code("CGCS2000")), study, where)
    return found


def _change(xy: Coordinates, source: pyproj.CRS, target: pyproj.CRS, where: str) -> Coordinates:
    """From one CRS into another. Datums that coincide are one: their degrees pass as they are."""
    if source == target:
        return xy
    own = source.geodetic_crs
    if own is not None and is_coincident(source):
        xy, source = _transformed(xy, source, own, where), own_degrees(target)
    elif is_coincident(target):
        xy, source = _transformed(xy, source, pyproj.CRS("EPSG:4326"), where), own_degrees(target)
    return _transformed(xy, source, target, where)


def _transformed(xy: Coordinates, source: pyproj.CRS, target: pyproj.CRS, where: str) -> Coordinates:
    if source == target:
        return xy
    try:
        way = pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise CrsError(
            Text(
                zh=f"{where}：不知道如何从 {source.name} 换算到 {target.name}。请在 transform 中写明转换参数，"
                f"或先转换为 CGCS2000。",
                en=f"{where}: no way is known from {source.name} to {target.name}. Give the parameters under "
                f"transform, or convert to CGCS2000 first.",
            ),
            "datum",
        ) from error
    return np.column_stack(way.transform(xy[:, 0], xy[:, 1]))


def _no_place(names: Any, crs: pyproj.CRS, where: str) -> CrsError:
    ids = first_ids(names)
    return CrsError(
        Text(
            zh=f"{where}：{len(names)} 个要素的坐标无法投影到 {crs.name}（{ids}）。请检查坐标和坐标系声明。",
            en=f"{where}: {len(names)} features have no place in {crs.name} ({ids}). "
            f"Check the coordinates and the declared datum or CRS.",
        ),
        "datum",
    )
