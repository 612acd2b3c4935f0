"""Residential land inside drawn areas, the figure of urban health checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from circle15.core.tables import Residential
from circle15.judge.subjects import Floats


def are_parcels(residential: Residential) -> bool:
    """Whether the areas are polygons of land. Points have none, and footprints of buildings are not land."""
    frame = residential.frame
    shapes = frame.geometry.to_numpy()
    if len(shapes) == 0 or not (shapely.get_dimensions(shapes) == 2).all():
        return False
    return not (residential.has("footprint") and bool(frame["footprint"].eq(other=True).any()))


def land_intersection(residential: Residential, covered: Any) -> Floats:
    """Square metres of each parcel inside ``covered`` (study CRS)."""
    shapes = residential.frame.geometry.to_numpy()
    shapely.prepare(covered)
    inside = np.zeros(len(shapes))
    touched = shapely.intersects(covered, shapes)
    inside[touched] = shapely.area(shapely.intersection(shapes[touched], covered))
    return inside
