"""Points from tables: one row a place, its coordinates in two columns or as well-known text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas
import numpy as np
import shapely

from circle15.core.errors import CrsError, SchemaError
from circle15.core.findings import Finding
from circle15.core.schema import Column
from circle15.core.tables import LAYERS
from circle15.core.text import Text, first_ids
from circle15.read.cells import as_number
from circle15.read.delimited import read_delimited
from circle15.read.grid import Grid, tabulate
from circle15.read.headings import Headed, known_headings, name_columns
from circle15.read.rows import CODES, PLACE_OPTIONAL, receive, row_names
from circle15.read.spec import InputSpec, RawLayer
from circle15.read.workbook import read_workbook

_DEGREES = (
    Column("lon", "number", Text("经度", "longitude"), required=True, nullable=False),
    Column("lat", "number", Text("纬度", "latitude"), required=True, nullable=False),
)
_METRES = (
    Column("x", "number", Text("东坐标", "easting"), required=True, nullable=False),
    Column("y", "number", Text("北坐标", "northing"), required=True, nullable=False),
)


_WKT = Column("geometry", "text", Text("几何（WKT）", "geometry as WKT"))

# What says where the rows of a table are, beside WKT.
PLACE_COLUMNS = (*_DEGREES, *_METRES)

GRIDS: Mapping[str, Callable[[InputSpec], tuple[Grid, list[Finding]]]] = {
    ".csv": lambda spec: (read_delimited(spec), []),
    ".xlsx": read_workbook,
}


def read_points(spec: InputSpec) -> RawLayer:
    """A table in a file, CSV or Excel, as places in the datum or CRS it is declared in.

    Rows are numbered as the file numbers them. Raises what the grid of the format raises, and what
    :func:`points_of` raises.
    """
    grid, findings = GRIDS[spec.path.suffix.lower()](spec)
    frame, left_out = tabulate(grid, known_headings(_columns(spec), spec), spec)
    return points_of(frame, [*findings, *left_out], spec)


def points_of(frame: Any, findings: Sequence[Finding], spec: InputSpec) -> RawLayer:
    """A frame of cells as places; ``findings`` are what was found before.

    Coordinates stand in ``lon`` and ``lat`` where a datum is declared, in ``x`` and ``y`` where a CRS is (easting and
    northing, or longitude and latitude) or where CGCS2000 eastings carry their belt number; where neither pair is
    there, in ``geometry`` as WKT. ``columns`` may name other headings. Codes stay text with their leading zeros;
    undeclared columns of plain numbers become numbers where ``where`` compares them. Raises ConfigError (headings,
    filter), SchemaError (all bad cells, or all rows without coordinates, at once) and CrsError.
    """
    headed = name_columns(frame, _columns(spec), spec)
    across, up = axes = _axes(headed.frame, spec)
    numbered = _with_plain_numbers(headed, spec)
    has_axes = bool({across.name, up.name} & set(headed.frame.columns))
    as_wkt = "geometry" in headed.frame.columns and ("geometry" in spec.columns or not has_axes)
    if spec.layer == "zone_table" or (spec.layer in PLACE_OPTIONAL and not has_axes and not as_wkt):
        return _without_places(numbered, findings, spec)
    _require_datum(spec)
    if as_wkt:
        return _from_text(numbered, findings, spec)
    _require_axes(headed.frame, axes, spec)
    received = receive(numbered, spec, axes)
    rows = received.frame
    xy = rows[[across.name, up.name]].to_numpy(dtype=float)
    _require_coordinates(rows, np.isnan(xy).any(axis=1), f"{across.name}/{up.name}", spec)
    places = np.where(np.isnan(xy).any(axis=1), None, shapely.points(xy)) if len(xy) else []
    dropped = rows.drop(columns=[each for each in (across.name, up.name, "geometry") if each in rows.columns])
    points = geopandas.GeoDataFrame(dropped, geometry=places)
    return RawLayer(points, spec.datum, spec.crs, findings=(*findings, *received.findings), dropped=received.dropped)


def _columns(spec: InputSpec) -> tuple[Column, ...]:
    """Every column that a table may have: those of its layer, and what says where its rows are."""
    declared = [each for each in LAYERS[spec.layer].columns if each.kind != "geometry"]
    return (*declared, *PLACE_COLUMNS, _WKT)


def _with_plain_numbers(headed: Headed, spec: InputSpec) -> Headed:
    """Undeclared columns that ``where`` names; the others are not kept, and may be many."""
    declared = {each.name for each in _columns(spec)}
    asked = [name for name in headed.frame.columns if name not in declared and name in (spec.where or "")]
    numbers = {name: _plain_numbers(headed.source[name]) for name in asked if name in headed.source.columns}
    return Headed(headed.frame.assign(**numbers), headed.source.assign(**numbers), headed.factors, headed.findings)


def _from_text(headed: Headed, findings: Sequence[Finding], spec: InputSpec) -> RawLayer:
    """Places from WKT. Raises SchemaError with all cells that are none."""
    received = receive(headed, spec)
    rows = received.frame
    texts = rows["geometry"].to_numpy(dtype=object)
    filled = np.array([isinstance(each, str) and bool(each.strip()) for each in texts], dtype=bool)
    shapes = np.full(len(rows), None, dtype=object)
    shapes[filled] = shapely.from_wkt(texts[filled], on_invalid="ignore")
    wrong = filled & shapely.is_missing(shapes)
    if wrong.any():
        numbers = first_ids(rows.index[wrong])
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：geometry 列有 {wrong.sum()} 个值不是 WKT（第 {numbers} 行）。"
                f"写法如 POINT (118.5 24.8)。",
                en=f"{spec.shown}: {wrong.sum()} values of geometry are no WKT (rows {numbers}). "
                f"Write them like POINT (118.5 24.8).",
            )
        )
    _require_coordinates(rows, ~filled, "geometry", spec)
    places = geopandas.GeoDataFrame(rows.drop(columns="geometry"), geometry=shapely.force_2d(shapes))
    return RawLayer(places, spec.datum, spec.crs, findings=(*findings, *received.findings), dropped=received.dropped)


def _axes(named: Any, spec: InputSpec) -> tuple[Column, Column]:
    """Eastings of CGCS2000 may carry their belt number, and then need no CRS."""
    by_number = spec.datum == "CGCS2000" and "x" in named.columns and "lon" not in named.columns
    return _METRES if spec.crs or by_number else _DEGREES


def _require_datum(spec: InputSpec) -> None:
    if spec.datum is None and spec.crs is None:
        raise CrsError(
            Text(
                f"{spec.shown}：有坐标列，但没有写明坐标基准。请写 datum 或 crs；程序不猜测。",
                f"{spec.shown}: has coordinates but no datum. Give datum or crs; it is never guessed.",
            ),
            "datum",
        )


def _without_places(headed: Headed, findings: Sequence[Finding], spec: InputSpec) -> RawLayer:
    """A table whose rows stand nowhere on the map."""
    received = receive(headed, spec)
    rows = received.frame
    _require_codes(rows, np.ones(len(rows), dtype=bool), spec)
    nowhere = geopandas.GeoDataFrame(rows, geometry=np.full(len(rows), None, dtype=object))
    return RawLayer(nowhere, spec.datum, spec.crs, findings=(*findings, *received.findings), dropped=received.dropped)


def _require_codes(rows: Any, placeless: Any, spec: InputSpec) -> None:
    """A facility without a place needs a code. Raises SchemaError."""
    if spec.layer != "facilities":
        return
    coded = np.zeros(len(rows), dtype=bool)
    for code in CODES:
        if code in rows.columns:
            coded |= rows[code].notna().to_numpy()
    lost = placeless & ~coded
    if lost.any():
        ids = first_ids(row_names(rows, spec.layer)[lost])
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：{lost.sum()} 处设施既没有坐标，也没有 {'、'.join(CODES)}（{ids}）。请至少补充一项。",
                en=f"{spec.shown}: {lost.sum()} facilities have neither coordinates nor a code ({ids}): "
                f"give one of {', '.join(CODES)}.",
            )
        )


def _plain_numbers(values: Any) -> Any:
    """Numbers, if every filled cell is one and none is a code with a leading zero."""
    numbers, bad = as_number(values)
    if bad.any() or values.isna().all():
        return values
    coded = values.astype("str").str.match(r"\s*[+-]?0\d", na=False)
    return values if coded.any() else numbers


def _require_axes(frame: Any, axes: tuple[Column, Column], spec: InputSpec) -> None:
    missing = [axis for axis in axes if axis.name not in frame.columns]
    if missing:
        names = "、".join(f"{axis.name}({axis.meaning.zh})" for axis in missing)
        names_en = ", ".join(f"{axis.name} ({axis.meaning.en})" for axis in missing)
        there = first_ids(frame.columns, 8)
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：缺少坐标列 {names}；现有列：{there}。请在 columns 中指明坐标列名。",
                en=f"{spec.shown}: the coordinate columns {names_en} are missing; present: {there}. "
                f"Name their headings under columns.",
            )
        )


def _require_coordinates(rows: Any, empty: Any, names: str, spec: InputSpec) -> None:
    """Rows without a place are an error, but where a code may stand for it. Raises SchemaError."""
    if spec.layer in PLACE_OPTIONAL:
        _require_codes(rows, empty, spec)
    elif empty.any():
        ids, lines = first_ids(row_names(rows, spec.layer)[empty]), first_ids(rows.index[empty])
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：{empty.sum()} 行的坐标 {names} 为空（第 {lines} 行；{ids}）。"
                f"请补充坐标，或用 where 排除这些行。",
                en=f"{spec.shown}: {empty.sum()} rows have empty coordinates {names} (rows {lines}; {ids}). "
                f"Fill them in, or leave the rows out by where.",
            )
        )
