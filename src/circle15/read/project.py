"""Into the study CRS, once, on the whole-millimetre grid."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.core.crs import parse_crs, refuse_old_datum
from circle15.core.errors import CrsError
from circle15.core.text import Text, first_ids
from circle15.core.units import MM_PER_M, round_half_up
from circle15.read.datum import to_wgs84
from circle15.read.spec import RawLayer

# Ellipsoids of the datums that coincide with WGS 84 within decimetres: a study CRS on one of them takes degrees as
# they are, and PROJ applies no shift between WGS 84 and CGCS2000.
_COINCIDENT = ("CGCS2000", "WGS 84", "GRS 1980")

_STEPS_PER_SIDE = 64


def place(raw: RawLayer, crs: pyproj.CRS, where: str = "", names: Any = None) -> Any:
    """The rows as a GeoDataFrame in the study CRS: x east, y north, Z dropped, every coordinate floor(mm + 0.5).

    ``names`` are what messages call the rows. Null geometries pass. Raises CrsError where the declared CRS is on an
    old datum or a coordinate has no place in the study CRS.
    """
    geometries = shapely.force_2d(raw.frame.geometry.to_numpy())
    placed = shapely.transform(geometries, lambda xy: to_grid(_projected(xy, raw, crs, where)))
    coordinates, owners = shapely.get_coordinates(placed, return_index=True)
    lost = np.unique(owners[~np.isfinite(coordinates).all(axis=1)])
    if len(lost):
        labels = raw.frame.index.to_numpy() if names is None else names
        raise _no_place(labels[lost], crs, where)
    return geopandas.GeoDataFrame(
        raw.frame.drop(columns="geometry"), geometry=geopandas.GeoSeries(placed, index=raw.frame.index), crs=crs
    )


def to_grid(xy: NDArray[np.float64]) -> NDArray[np.float64]:
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
    return shapely.transform(ring, lambda xy: _projected(xy, raw, crs, ""))


def _projected(xy: NDArray[np.float64], raw: RawLayer, crs: pyproj.CRS, where: str) -> NDArray[np.float64]:
    if raw.datum is not None:
        x, y = to_wgs84(xy[:, 0], xy[:, 1], raw.datum)
        source = _own_degrees(crs)
    else:
        x, y = xy[:, 0], xy[:, 1]
        source = parse_crs(raw.crs or "", where)
        refuse_old_datum(source, where)
    if source == crs:
        return np.column_stack([x, y])
    return np.column_stack(pyproj.Transformer.from_crs(source, crs, always_xy=True).transform(x, y))


def _own_degrees(crs: pyproj.CRS) -> pyproj.CRS:
    """The geographic CRS in which WGS 84 degrees are given to the study CRS."""
    own = crs.geodetic_crs
    if own is not None and crs.ellipsoid is not None and crs.ellipsoid.name in _COINCIDENT:
        return own
    return pyproj.CRS("EPSG:4326")


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
