"""The one way back: geometry of the study CRS to longitude and latitude."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.core.crs import own_degrees, parse_crs

WGS84 = "EPSG:4326"
# So many vertices are at most worked on at a time, a shape counting for a few more than it has.
_MOST, _OF_A_SHAPE = 500_000, 20
# Coordinates as rows of x and y, to the same.
Shift = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def to_wgs84(geometries: Any, crs: str, decimals: int) -> NDArray[np.object_]:
    """Geometries of the study CRS as longitude, latitude in degrees, rounded half up to ``decimals``.

    ``geometries`` is any sequence of shapely geometries; None stays None. ``crs`` is an EPSG code, WKT or PROJ
    string. CGCS2000 counts as WGS 84, so its geometry is unprojected without a change of datum. Seven decimals
    keep 7.5 mm, eight keep 0.75 mm.
    Raises CrsError(kind="missing") for a text that is no CRS.
    """
    degrees = unprojector(crs)
    return move(geometries, lambda xy: rounded(degrees(xy), decimals))


def unprojector(crs: str) -> Shift:
    """What turns x, y of the study CRS into longitude, latitude in degrees, unrounded. Raises CrsError."""
    study = parse_crs(crs, "crs")
    transformer = pyproj.Transformer.from_crs(study, own_degrees(study), always_xy=True)
    return lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


def rounded(xy: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    """Coordinates rounded half up."""
    scale = 10.0**decimals
    return np.floor(xy * scale + 0.5) / scale


def move(geometries: Any, shift: Shift) -> NDArray[np.object_]:
    """Geometries with every coordinate moved; None stays None."""
    return np.asarray(shapely.transform(np.asarray(geometries, dtype=object), shift), dtype=object)


def portions(geometries: Any) -> Iterator[slice]:
    """The rows of geometries in runs of some half a million vertices, so that what is made of them is never whole.

    At least one run, which is empty where there is no row.
    """
    sizes = shapely.get_num_coordinates(np.asarray(geometries, dtype=object)) + _OF_A_SHAPE
    run = np.cumsum(sizes) // _MOST
    starts = np.flatnonzero(np.diff(run, prepend=-1)).tolist() or [0]
    yield from (slice(start, stop) for start, stop in pairwise([*starts, len(sizes)]))
