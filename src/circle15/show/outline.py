"""Where a study lies, as coarse rings of longitude and latitude for the index page of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from circle15.core.results import Audit
from circle15.core.tables import ZONE_LEVELS
from circle15.show.geometry import to_wgs84
from circle15.show.titles import REVIEW

Ring = list[list[float]]

# Of the longer side of the study: what is finer does not show on a map of many.
_COARSE = 0.01
# How far a box stays off what it holds, at least.
_ASIDE_M = 100.0
# About ten metres.
_DECIMALS = 4


def study_outline(audit: Audit) -> list[Ring]:
    """The outer edges of the zones of the highest level there is; else the box round homes and facilities.

    Empty for a study of tables alone, and for one for the public without a 审图号 or without zones.
    """
    facts = audit.facts
    is_public = facts.audience == "public"
    if not facts.crs or (is_public and not facts.title_block.get(REVIEW)):
        return []
    shape = _zones(audit) if audit.zones is not None or is_public else _box(audit)
    if shape is None:
        return []
    (degrees,) = to_wgs84([shape], facts.crs, _DECIMALS)
    return [shapely.get_coordinates(each.exterior).tolist() for each in _polygons(degrees)]


def _zones(audit: Audit) -> Any:
    if audit.zones is None:
        return None
    frame = audit.zones.frame
    level = max(frame["level"], key=ZONE_LEVELS.index)
    whole = shapely.union_all(frame.loc[frame["level"] == level, "geometry"].to_numpy())
    west, south, east, north = whole.bounds
    return whole.simplify(_COARSE * max(east - west, north - south))


def _box(audit: Audit) -> Any:
    places = np.concatenate([audit.residential.frame["geometry"], audit.facilities.frame["geometry"]])
    west, south, east, north = shapely.total_bounds([each for each in places if each is not None])
    if np.isnan(west):
        return None
    aside = max(_COARSE * max(east - west, north - south), _ASIDE_M)
    return shapely.box(west - aside, south - aside, east + aside, north + aside)


def _polygons(shape: Any) -> Iterator[Any]:
    """Its parts, but for those that are too small to be seen."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    least = max((part.area for part in parts), default=0.0) * _COARSE**2
    yield from (part for part in parts if part.area >= least)
