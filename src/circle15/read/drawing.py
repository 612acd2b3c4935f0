"""CAD drawings in DXF: their text, their unit, and closed lines that mean areas."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyogrio
import shapely

from circle15.core.errors import CrsError
from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.shapes import ALLOWED
from circle15.read.spec import InputSpec

_HEADER_BYTES = 1 << 18
_UNIT = re.compile(rb"\$INSUNITS\s+70\s+(\d+)")

# $INSUNITS of a drawing whose coordinates can be metres: 6, or 0, which says nothing. What others mean:
_OTHER_UNITS = {
    1: Text("英寸", "inches"),
    2: Text("英尺", "feet"),
    4: Text("毫米", "millimetres"),
    5: Text("厘米", "centimetres"),
    7: Text("千米", "kilometres"),
}

# A coordinate in metres of any Chinese grid is below this; in millimetres it is above.
_MOST_METRES = 60_000_000.0


def prepare_drawing(spec: InputSpec) -> None:
    """Tell GDAL the encoding of the drawing's text, where the study declares one; else the drawing says."""
    pyogrio.set_gdal_config_options({"DXF_ENCODING": spec.encoding})


def from_drawing(frame: Any, spec: InputSpec) -> tuple[Any, list[Finding]]:
    """Features of a drawing for a layer: closed lines are polygons where the layer can hold no lines.

    Raises CrsError where the drawing is in another unit than metres and its coordinates cannot be metres.
    """
    _require_metres(frame, spec)
    if "LineString" in ALLOWED.get(spec.layer, ()):
        return frame, []
    shapes = frame.geometry.to_numpy()
    closed = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & shapely.is_closed(shapes)
    closed &= shapely.get_num_coordinates(shapes) > 3
    if not closed.any():
        return frame, []
    areas = shapes.copy()
    corners, rings = shapely.get_coordinates(shapes[closed], return_index=True)
    areas[closed] = shapely.polygons(shapely.linearrings(corners, indices=rings))
    return frame.set_geometry(areas, crs=frame.crs), [_closed(int(closed.sum()), np.flatnonzero(closed), spec)]


def _require_metres(frame: Any, spec: InputSpec) -> None:
    with spec.path.open("rb") as opened:
        found = _UNIT.search(opened.read(_HEADER_BYTES))
    unit = _OTHER_UNITS.get(int(found[1])) if found else None
    bounds = np.abs(frame.total_bounds)
    if unit is None or not np.isfinite(bounds).all() or bounds.max() < _MOST_METRES:
        return
    raise CrsError(
        Text(
            zh=f"{spec.shown}：图形单位是{unit.zh}，坐标（如 {bounds.max():.0f}）不是以米为单位。"
            f"请在 CAD 中缩放为米后另存。",
            en=f"{spec.shown}: the drawing is in {unit.en}, its coordinates (such as {bounds.max():.0f}) are no "
            f"metres. Scale it to metres and save again.",
        ),
        "datum",
    )


def _closed(count: int, rows: Any, spec: InputSpec) -> Finding:
    return Finding(
        code="closed_lines_as_polygons",
        severity="info",
        layer=spec.layer,
        count=count,
        ids=tuple(str(row + 1) for row in rows[:3]),
        message=Text(
            zh=f"{spec.shown}：{count} 条闭合多段线按面读取。",
            en=f"{spec.shown}: {count} closed lines were taken as polygons.",
        ),
        fix=Text("不应成面的请用 where 排除。", "Leave out by where what is no area."),
    )
