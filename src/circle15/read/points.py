"""Points from text tables: one row a place, its coordinates in two columns."""

from __future__ import annotations

import csv
import io
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from circle15.core.errors import ConfigError, CrsError, EncodingError, SchemaError
from circle15.core.schema import Column
from circle15.core.text import Text, first_ids
from circle15.read.rows import CODES, LAYERS, PLACE_OPTIONAL, as_number, receive, rename, row_names
from circle15.read.spec import InputSpec, RawLayer

_DELIMITERS = ",;\t"
_LIKELY_ENCODINGS = ("utf-8", "GB18030", "Big5", "utf-16")

_DEGREES = (
    Column("lon", "number", Text("经度", "longitude"), required=True, nullable=False),
    Column("lat", "number", Text("纬度", "latitude"), required=True, nullable=False),
)
_METRES = (
    Column("x", "number", Text("东坐标", "easting"), required=True, nullable=False),
    Column("y", "number", Text("北坐标", "northing"), required=True, nullable=False),
)


def read_points(spec: InputSpec) -> RawLayer:
    """A CSV table as points in the datum or CRS it is declared in.

    Coordinates stand in ``lon`` and ``lat`` where a datum is declared, in ``x`` and ``y`` where a CRS is (easting and
    northing, or longitude and latitude) or where CGCS2000 eastings carry their belt number; ``columns`` may name other
    headings. Codes stay text with their leading zeros; undeclared columns of plain numbers become numbers, so that
    ``where`` can compare them. Rows are numbered by the line they end on. Raises EncodingError, ConfigError (headings,
    filter), SchemaError (all bad cells, or all rows without coordinates, at once) and CrsError (coordinates of which
    nothing is declared).
    """
    frame = _table(_decoded(spec), spec)
    named = rename(frame, spec.columns, spec.shown)
    across, up = axes = _axes(named, spec)
    if spec.layer in PLACE_OPTIONAL and not {across.name, up.name} & set(named.columns):
        return _without_places(frame, spec)
    _require_datum(spec)
    _require_axes(named, axes, spec)
    for name in frame.columns.difference([*spec.columns.values(), *_declared(spec)]):
        frame[name] = _plain_numbers(frame[name])
    rows, dropped = receive(frame, spec, axes)
    xy = rows[[across.name, up.name]].to_numpy(dtype=float)
    _require_coordinates(rows, xy, axes, spec)
    places = np.where(np.isnan(xy).any(axis=1), None, shapely.points(xy)) if len(xy) else []
    points = geopandas.GeoDataFrame(rows.drop(columns=[across.name, up.name]), geometry=places)
    return RawLayer(points, spec.datum, spec.crs, dropped=dropped)


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


def _without_places(frame: Any, spec: InputSpec) -> RawLayer:
    """A table whose rows stand nowhere on the map."""
    for name in frame.columns.difference([*spec.columns.values(), *_declared(spec)]):
        frame[name] = _plain_numbers(frame[name])
    rows, dropped = receive(frame, spec)
    _require_codes(rows, np.ones(len(rows), dtype=bool), spec)
    nowhere = geopandas.GeoDataFrame(rows, geometry=np.full(len(rows), None, dtype=object))
    return RawLayer(nowhere, spec.datum, spec.crs, dropped=dropped)


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


def _declared(spec: InputSpec) -> list[str]:
    return [column.name for column in LAYERS[spec.layer].columns]


def _decoded(spec: InputSpec) -> str:
    received = spec.path.read_bytes()
    # utf-8-sig drops the mark that spreadsheets put in front, and is UTF-8 where there is none.
    encoding = "utf-8-sig" if spec.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else spec.encoding
    try:
        return received.decode(encoding)
    except LookupError as error:
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：不认识编码 {spec.encoding!r}。常用的是 utf-8 和 GB18030。",
                en=f"{spec.shown}: {spec.encoding!r} is no encoding known here. Usual ones are utf-8 and GB18030.",
            )
        ) from error
    except UnicodeDecodeError as error:
        fits = next((each for each in _LIKELY_ENCODINGS if _decodes(received, each)), None)
        zh = f"文件可按 {fits} 读取，请写 encoding = {fits!r} 并核对文字" if fits else "请查明文件的真实编码"
        en = f"It reads as {fits}: write encoding = {fits!r} and check the words" if fits else "Find its true encoding"
        raise EncodingError(
            Text(
                zh=f"{spec.shown}：第 {error.start} 字节处不是 {spec.encoding} 编码。{zh}。",
                en=f"{spec.shown}: not {spec.encoding} at byte {error.start}. {en}.",
            )
        ) from error


def _decodes(received: bytes, encoding: str) -> bool:
    try:
        received.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _table(text: str, spec: InputSpec) -> Any:
    """All cells as text, indexed by line number; empty lines are skipped."""
    first_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first_line.count))
    headings = [heading.strip() for heading in next(reader, [])]
    while headings and not headings[-1]:
        headings.pop()
    width = len(headings)
    rows, lines, ragged = [], [], []
    for row in reader:
        if not any(row):
            continue
        if len(row) < width or any(row[width:]):
            ragged.append(reader.line_num)
        rows.append(row[:width])
        lines.append(reader.line_num)
    _require_regular(headings, ragged, spec)
    frame = pd.DataFrame(rows, index=lines, columns=headings, dtype="str")
    return frame.mask(frame == "")


def _require_regular(headings: list[str], ragged: list[int], spec: InputSpec) -> None:
    problems = []
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    if twice:
        names = first_ids(twice)
        problems.append(
            Text(
                zh=f"{spec.shown}：{len(twice)} 个列名重复（{names}）。列名须唯一。",
                en=f"{spec.shown}: {len(twice)} headings occur more than once ({names}): headings must be unique.",
            )
        )
    if ragged:
        rows = first_ids(ragged)
        problems.append(
            Text(
                zh=f"{spec.shown}：{len(ragged)} 行的列数与表头的 {len(headings)} 列不符（第 {rows} 行）。"
                f"请检查分隔符和引号。",
                en=f"{spec.shown}: {len(ragged)} rows do not have the {len(headings)} columns of the headings "
                f"(rows {rows}). Check delimiters and quotes.",
            )
        )
    if problems:
        raise SchemaError(problems)


def _plain_numbers(values: Any) -> Any:
    """Numbers, if every filled cell is one and none is a code with a leading zero."""
    numbers, bad = as_number(values)
    coded = values.str.match(r"\s*[+-]?0\d", na=False)
    return values if bad.any() or coded.any() or values.isna().all() else numbers


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


def _require_coordinates(rows: Any, xy: Any, axes: tuple[Column, Column], spec: InputSpec) -> None:
    empty = np.isnan(xy).any(axis=1)
    if spec.layer in PLACE_OPTIONAL:
        _require_codes(rows, empty, spec)
        empty &= False
    if empty.any():
        ids, lines = first_ids(row_names(rows, spec.layer)[empty]), first_ids(rows.index[empty])
        names = "/".join(axis.name for axis in axes)
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：{empty.sum()} 行的坐标 {names} 为空（第 {lines} 行；{ids}）。"
                f"请补充坐标，或用 where 排除这些行。",
                en=f"{spec.shown}: {empty.sum()} rows have empty coordinates {names} (rows {lines}; {ids}). "
                f"Fill them in, or leave the rows out by where.",
            )
        )
