"""The one way back: geometry of the study CRS to longitude and latitude."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.core.crs import parse_crs

WGS84 = "EPSG:4326"

# Ellipsoids of datums that coincide with WGS 84 at the accuracy of a map: their own degrees are WGS 84 degrees.
_COINCIDENT = {"WGS 84", "CGCS2000", "GRS 1980"}


def to_wgs84(geometries: Any, crs: str, decimals: int) -> NDArray[np.object_]:
    """Geometries of the study CRS as longitude, latitude in degrees, rounded half up to ``decimals``.

    ``geometries`` is any sequence of shapely geometries; None stays None. ``crs`` is an EPSG code, WKT or PROJ
    string. CGCS2000 counts as WGS 84, so its geometry is unprojected without a change of datum. Seven decimals
    keep 7.5 mm, eight keep 0.75 mm.
    Raises CrsError(kind="missing") for a text that is no CRS.
    """
    study = parse_crs(crs, "crs")
    transformer = pyproj.Transformer.from_crs(study, _own_degrees(study), always_xy=True)
    scale = 10.0**decimals

    def unproject(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        lonlat = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        return np.floor(lonlat * scale + 0.5) / scale

    return np.asarray(shapely.transform(np.asarray(geometries, dtype=object), unproject), dtype=object)


def _own_degrees(study: pyproj.CRS) -> pyproj.CRS:
    """The geographic CRS whose degrees stand for WGS 84: reading goes into the study CRS from the same one."""
    own = study.geodetic_crs
    if own is not None and study.ellipsoid is not None and study.ellipsoid.name in _COINCIDENT:
        return own
    return pyproj.CRS(WGS84)
