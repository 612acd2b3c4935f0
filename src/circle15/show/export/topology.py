"""The topology report: what a bureau's check would find in the delivered geometry, counted before it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.exports import EXPORT_LAYERS
from circle15.core.text import Language, Text
from circle15.show.export.sheet import Sheet

# Areas that overlap by less are a matter of drawing; the rule zones are read by.
OVERLAP_M2 = 1.0
# A polygon this narrow, as twice its area over its perimeter, is a sliver left by drawing.
SLIVER_M = 0.5
_MOST_IDS = 10

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Check:
    """A check by its code: what it says, and the rows it finds in a sheet."""

    code: str
    says: Text
    find: Callable[[Sheet], Rows]


def topology_frame(sheets: Sequence[Sheet], language: Language) -> Any:
    """topology.csv: one row for each layer and check, those that found nothing too."""
    rows = [
        (
            sheet.name,
            check.code,
            len(sheet),
            len(found),
            "; ".join(sheet.ids[row] for row in found[:_MOST_IDS]),
            check.says.say(language),
        )
        for sheet in sheets
        for check in CHECKS
        for found in (check.find(sheet),)
    ]
    return pd.DataFrame(rows, columns=["layer", "check", "features", "count", "ids", "message"])


def _rows(flags: Any) -> Rows:
    return np.flatnonzero(np.asarray(flags, dtype=bool))


def _no_geometry(sheet: Sheet) -> Rows:
    return _rows([shape is None or shapely.is_empty(shape) for shape in sheet.placed])


def _invalid(sheet: Sheet) -> Rows:
    """Of the geometry as it is delivered, after rounding."""
    there = np.array([shape is not None for shape in sheet.placed], dtype=bool)
    return _rows(there & ~shapely.is_valid(sheet.placed))


def _multipart(sheet: Sheet) -> Rows:
    return _rows(shapely.get_num_geometries(sheet.placed) > 1)


def _slivers(sheet: Sheet) -> Rows:
    """Features one of whose parts is narrower than a sliver, measured in the study CRS."""
    parts, owner = shapely.get_parts(sheet.studied, return_index=True)
    area, around = shapely.area(parts), shapely.length(parts)
    narrow = (shapely.get_dimensions(parts) == 2) & (2 * area < SLIVER_M * around)
    return np.unique(owner[narrow]).astype(np.int64)


def _overlaps(sheet: Sheet) -> Rows:
    """Features that overlap another one of a layer, and level, whose polygons must lie apart."""
    if not EXPORT_LAYERS[sheet.key].apart or sheet.shape != "Polygon":
        return np.empty(0, dtype=np.int64)
    level = _levels(sheet)
    one, other = shapely.STRtree(sheet.studied).query(sheet.studied, predicate="intersects")
    kept = (one < other) & (level[one] == level[other])
    one, other = one[kept], other[kept]
    shared = shapely.area(shapely.intersection(sheet.studied[one], sheet.studied[other]))
    return np.unique(np.concatenate([one[shared > OVERLAP_M2], other[shared > OVERLAP_M2]])).astype(np.int64)


def _levels(sheet: Sheet) -> NDArray[Any]:
    values = next((each.values for each in sheet.fields if each.field.source == "level"), None)
    return np.array(values if values is not None else [""] * len(sheet), dtype=object)


def _same_place(sheet: Sheet) -> Rows:
    """Features with the geometry of another one. Service areas of one place may well be the same."""
    if sheet.key in ("service_areas", "covered_area"):
        return np.empty(0, dtype=np.int64)
    wkb = pd.Series([None if shape is None else shapely.to_wkb(shapely.normalize(shape)) for shape in sheet.placed])
    return _rows(wkb.notna() & wkb.duplicated(keep=False))


def _repeated(sheet: Sheet) -> Rows:
    """Values that occur twice in a field that is unique."""
    flags = np.zeros(len(sheet), dtype=bool)
    for each in sheet.fields:
        if each.field.unique:
            values = pd.Series(each.values, dtype=object)
            flags |= (values.notna() & values.duplicated(keep=False)).to_numpy()
    return _rows(flags)


CHECKS: tuple[Check, ...] = (
    Check(
        "duplicate_key",
        Text("唯一字段（如标识码）重复", "values of a unique field, such as BSM, occur twice"),
        _repeated,
    ),
    Check("no_geometry", Text("没有几何（未定位）", "no geometry"), _no_geometry),
    Check("invalid", Text("几何无效，如自相交", "invalid geometry, such as a self-intersection"), _invalid),
    Check("multipart", Text("多部件要素", "features of several parts"), _multipart),
    Check(
        "sliver",
        Text(f"狭长碎面（2×面积÷周长 < {SLIVER_M:g} 米）", f"slivers (2 × area ÷ perimeter < {SLIVER_M:g} m)"),
        _slivers,
    ),
    Check(
        "overlap",
        Text(
            f"不应重叠的面重叠超过 {OVERLAP_M2:g} 平方米（行政区划按同级）",
            f"polygons that must lie apart overlap by more than {OVERLAP_M2:g} m² (zones: of one level)",
        ),
        _overlaps,
    ),
    Check("same_place", Text("几何完全相同的要素", "features of the very same geometry"), _same_place),
)
