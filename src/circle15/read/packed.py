"""Declared tables as arrays that a cache can keep, and back, cell for cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.schema import Table


def pack(table: Table) -> dict[str, NDArray[Any]]:
    """The columns of a table whose geometries, if any, are all of one simple type."""
    found: dict[str, NDArray[Any]] = {}
    for column in table.columns:
        if column.name not in table.frame:
            continue
        cells = table.frame[column.name]
        if column.kind == "geometry" and len(cells) == 0:
            continue
        if column.kind == "geometry":
            kind, xy, offsets = shapely.to_ragged_array(cells.to_numpy())
            found |= {"geometry": xy, "geometry_type": np.array([int(kind)])}
            found |= {f"geometry_{number}": each for number, each in enumerate(offsets)}
        elif column.kind == "text":
            words = json.dumps(cells.astype(object).where(cells.notna(), None).tolist(), ensure_ascii=False)
            found[column.name] = np.frombuffer(words.encode(), dtype=np.uint8)
        else:
            found[column.name] = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def unpack(kind: type[Table], arrays: Mapping[str, NDArray[Any]], crs: Any) -> Any:
    """The frame that was packed."""
    columns: dict[str, Any] = {}
    for column in kind.columns:
        if column.name not in arrays:
            continue
        cells = arrays[column.name]
        if column.kind == "geometry":
            offsets = [arrays[name] for name in sorted(arrays) if name.startswith("geometry_") and name[9:].isdigit()]
            shape = shapely.GeometryType(int(arrays["geometry_type"][0]))
            columns["geometry"] = shapely.from_ragged_array(shape, cells, tuple(offsets) or None)
        elif column.kind == "text":
            columns[column.name] = pd.array(json.loads(cells.tobytes()), dtype="str")
        else:
            columns[column.name] = pd.array(cells, dtype=_DTYPES[column.kind]) if column.kind != "date" else cells
    return geopandas.GeoDataFrame(columns, geometry=columns.get("geometry", []), crs=crs)


_DTYPES = {"integer": "Int64", "number": "float64", "flag": "boolean"}
