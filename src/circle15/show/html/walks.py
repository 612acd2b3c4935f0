"""What the page walks on: streets and homes in whole millimetres, and the projection that takes a place there.

The table is streams of variable-length integers after a line of JSON: see ``assets/walk.js``, which reads it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.core.crs import parse_crs
from circle15.core.results import Audit, Walks
from circle15.core.units import MM_PER_M, round_half_up
from circle15.show.html.packing import compressed, varints, zigzag

_METHOD = "Transverse Mercator"
# EPSG names of its parameters, and what the page calls them.
_PARAMETERS = {
    "Latitude of natural origin": "lat0",
    "Longitude of natural origin": "lon0",
    "Scale factor at natural origin": "k0",
    "False easting": "east",
    "False northing": "north",
}


def projection(crs: str) -> dict[str, float] | None:
    """The parameters of a transverse Mercator CRS in degrees and metres; None of any other projection.

    CGCS2000 zones and UTM are transverse Mercator; in another CRS the page walks nowhere.
    """
    study = pyproj.CRS(parse_crs(crs, "crs"))
    operation = study.coordinate_operation
    if operation is None or operation.method_name != _METHOD or study.ellipsoid is None:
        return None
    found = {_PARAMETERS[each.name]: float(each.value) for each in operation.params if each.name in _PARAMETERS}
    return found | {"a": study.ellipsoid.semi_major_metre, "f": 1 / study.ellipsoid.inverse_flattening}


def can_walk(audit: Audit) -> bool:
    """Whether the page may and can walk: not a public one, and not without streets or in another projection."""
    return audit.walks is not None and audit.facts.audience != "public" and projection(audit.facts.crs) is not None


def pack_walks(audit: Audit) -> str | None:
    """Streets and homes for the page, or None where it does not walk."""
    given = projection(audit.facts.crs)
    if audit.walks is None or given is None or not can_walk(audit):
        return None
    points = round_half_up(shapely.get_coordinates(audit.points) * MM_PER_M)
    return compressed(_table(audit.walks, points, given, audit.facts.max_access_leg_m))


def _table(walks: Walks, points: NDArray[np.int64], given: dict[str, float], max_leg_m: float) -> bytes:
    places = np.concatenate([walks.vertex_mm, points])
    origin = places.min(axis=0) if len(places) else np.zeros(2, dtype=np.int64)
    head = {
        "projection": given,
        "max_leg_mm": round(max_leg_m * MM_PER_M),
        "origin": origin.tolist(),
        "nodes": walks.node_count,
        "edges": len(walks.edge_u),
        "vertices": len(walks.vertex_mm),
        "homes": len(points),
        "anchors": len(walks.home_row),
        "walls": len(walks.wall_mm),
    }
    streams = (
        _steps(walks.edge_u),
        _steps(walks.edge_v),
        np.diff(walks.edge_start),
        _steps(walks.edge_rank),
        walks.edge_main.astype(np.int64),
        *(_steps(column) for column in (walks.vertex_mm - origin).T),
        *(_steps(column) for column in (points - origin).T),
        _steps(walks.home_row),
        _steps(walks.home_edge),
        walks.home_offset_mm,
        walks.home_leg_mm,
        *(_steps(column) for column in (walks.wall_mm - np.tile(origin, 2)).T),
    )
    line = json.dumps(head, separators=(",", ":")).encode() + b"\n"
    return line + b"".join(varints(np.asarray(stream, dtype=np.int64)) for stream in streams)


def _steps(values: Any) -> NDArray[np.int64]:
    """Differences from one value to the next, the first from 0."""
    whole = np.asarray(values, dtype=np.int64)
    return zigzag(whole - np.concatenate([[0], whole[:-1]]))
