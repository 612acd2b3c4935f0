"""Land: of homes inside drawn areas, the figure of urban health checks; and for care, by the use of parcels."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.rule import Rule
from circle15.core.tables import Parcels, Residential
from circle15.judge.evidence import levels_of, zone_numbers
from circle15.judge.subjects import Floats, Subjects

# The column of the zone table that holds what parcels tell as well.
CARE_LAND = "care_land_m2"


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


def land_for_care(rule: Rule, parcels: Parcels) -> Floats:
    """Square metres of land for care of each parcel: 0 for other uses, NaN where its use or its area is not known."""
    frame = parcels.frame
    area = shapely.area(frame.geometry.to_numpy())
    area[shapely.get_dimensions(frame.geometry.to_numpy()) != 2] = np.nan
    if "land_area_m2" in frame.columns:
        told = frame["land_area_m2"].to_numpy(dtype=float, na_value=np.nan)
        area = np.where(np.isnan(told), area, told)
    code = frame["use_code"]
    for_care = code.str.startswith(rule.counting.care_land_codes).fillna(value=False).to_numpy(dtype=bool)
    return np.where(code.isna().to_numpy(), np.nan, np.where(for_care, area, 0.0))


def land_by_zone(rule: Rule, subjects: Subjects, rows: Any) -> tuple[Floats, NDArray[np.bool_]]:
    """Land for care in each of the zones, and whether that is all of it."""
    parcels = subjects.parcels
    if parcels is None:
        raise ValueError("a study without parcels")
    area = land_for_care(rule, parcels)
    at = zone_numbers(subjects.parcels_in, levels_of(rule), parcels.frame["parcel_id"], rows["zone_id"])
    known, lost = ~np.isnan(area) & (at >= 0), np.isnan(area) & (at >= 0)
    sums = np.bincount(at[known], weights=area[known], minlength=len(rows)).astype(float)
    nowhere = bool((area[at < 0] != 0).any())
    return sums, (np.bincount(at[lost], minlength=len(rows)) == 0) & (not nowhere)
