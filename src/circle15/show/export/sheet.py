"""Sheets: the layers of an audit as the mapping file wants them, every value checked before a byte is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.errors import ConfigError
from circle15.core.exports import EXPORT_LAYERS, Shape
from circle15.core.mapping import POINT_AND_SIGN, Code, ExportField, ExportMapping, LayerMapping
from circle15.core.results import Audit
from circle15.core.schema import Column
from circle15.core.text import Text, first_ids
from circle15.show.export.profile import Placement
from circle15.show.numbers import plain

# A layer of points and polygons becomes two, for no format but GeoJSON holds both in one.
POINTS_SUFFIX = "_PT"
_MOST_INT32_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Filled:
    """A field with its values: text, int, float, date or None. ``column`` declares what it was filled from."""

    field: ExportField
    column: Column | None
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layer ready to be written: its ids in our words, its fields in order, its geometry in study and file CRS."""

    key: str
    name: str
    alias: str
    code: str
    ids: tuple[str, ...]
    fields: tuple[Filled, ...]
    studied: NDArray[np.object_]
    placed: NDArray[np.object_]
    shape: Shape

    def __len__(self) -> int:
        return len(self.ids)

    def field_from(self, source: str) -> str | None:
        """The name of the field that holds a column of ours, if any does."""
        return next((each.field.name for each in self.fields if each.field.source == source), None)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A frame of ours on its way into a layer of the bureau's."""

    layer: LayerMapping
    frame: Any
    ids: tuple[str, ...]
    columns: Mapping[str, Column]
    domains: Mapping[str, Mapping[str, Code]]


def sheets(audit: Audit, frames: Mapping[str, Any], mapping: ExportMapping, place: Placement) -> list[Sheet]:
    """Every layer that the mapping names and the audit has, in the order of the mapping.

    Raises ConfigError with every value that has no code, does not fit its field, is missing or occurs twice.
    """
    found, problems = [], list[Text]()
    for layer in mapping.layers:
        if layer.key in frames:
            rows = _rows(audit, layer, frames[layer.key], mapping)
            fields = tuple(_filled(rows, field, problems) for field in layer.fields)
            found += _by_shape(rows, fields, place)
    if problems:
        raise ConfigError(problems)
    return found


def _rows(audit: Audit, layer: LayerMapping, frame: Any, mapping: ExportMapping) -> _Rows:
    declared = EXPORT_LAYERS[layer.key]
    columns = {column.name: column for column in declared.columns_for(audit.facts.pack.rules)}
    keys = [frame[name].astype(str) for name in declared.key_columns]
    ids = tuple("/".join(parts) for parts in zip(*keys, strict=True))
    return _Rows(layer, frame, ids, columns, mapping.domains)


def _by_shape(rows: _Rows, fields: tuple[Filled, ...], place: Placement) -> list[Sheet]:
    """One sheet, or two where polygons and points stand in one layer."""
    studied = np.asarray(rows.frame.geometry.to_numpy(), dtype=object)
    placed = place.place(studied)
    is_polygon = shapely.get_dimensions(studied) == 2
    shape: Shape = "Polygon" if is_polygon.any() else "Point"
    if not len(studied) or EXPORT_LAYERS[rows.layer.key].shape == "LineString":
        shape = EXPORT_LAYERS[rows.layer.key].shape
    name = rows.layer.name + place.suffix
    layer = rows.layer
    whole = Sheet(layer.key, name, layer.alias, layer.code, rows.ids, fields, studied, placed, shape)
    if is_polygon.all() or not is_polygon.any():
        return [whole]
    points = replace(_kept(whole, ~is_polygon), name=layer.name + POINTS_SUFFIX + place.suffix, shape="Point")
    return [_kept(whole, is_polygon), points]


def _kept(sheet: Sheet, keep: NDArray[np.bool_]) -> Sheet:
    at = np.flatnonzero(keep)
    return replace(
        sheet,
        ids=tuple(sheet.ids[row] for row in at),
        fields=tuple(replace(each, values=tuple(each.values[row] for row in at)) for each in sheet.fields),
        studied=sheet.studied[at],
        placed=sheet.placed[at],
    )


# ---- values --------------------------------------------------------------------------------------------------


def _filled(rows: _Rows, field: ExportField, problems: list[Text]) -> Filled:
    """A field with its values; what is wrong with them is added to ``problems``."""
    column = rows.columns.get(field.source)
    values = _values(rows, field, column, problems)
    where = Text(f"图层 {rows.layer.name} 字段 {field.name}", f"layer {rows.layer.name}, field {field.name}")
    empty = [name for name, value in zip(rows.ids, values, strict=True) if value is None]
    if field.required and empty:
        problems.append(_problem(where, empty, Text("为空，而字段不得为空", "are empty, and the field is required")))
    if field.unique:
        problems += _repeated(rows, values, where)
    problems += _misfits(rows, field, values, where)
    return Filled(field, column, values)


def _values(rows: _Rows, field: ExportField, column: Column | None, problems: list[Text]) -> tuple[Any, ...]:
    if field.serial is not None:
        return _serials(rows, field, problems)
    if field.value:
        return (field.value,) * len(rows.ids)
    if column is None or field.source not in rows.frame:
        return (None,) * len(rows.ids)
    cells = rows.frame[field.source].astype(object).to_numpy()
    raw = [None if pd.isna(cell) or cell == "" else cell for cell in cells]
    if field.domain:
        return _coded(rows, field, raw, problems)
    convert = _CONVERT[field.kind]
    return tuple(None if cell is None else convert(cell, field) for cell in raw)


def _serials(rows: _Rows, field: ExportField, problems: list[Text]) -> tuple[str, ...]:
    """1, 2, 3 … in the order of the ids as text, so that the order of rows changes nothing."""
    assert field.serial is not None  # noqa: S101  # asked for serials only
    if len(str(len(rows.ids))) > field.serial.digits:
        text = f"{rows.layer.name}.{field.name}", field.serial.digits
        problems.append(
            Text(
                f"{text[0]}：{len(rows.ids)} 个要素，顺序码只有 {text[1]} 位。请加大 digits。",
                f"{text[0]}: {len(rows.ids)} features, but serial numbers of {text[1]} digits. Give more digits.",
            )
        )
    place = {row: number for number, row in enumerate(sorted(range(len(rows.ids)), key=lambda row: rows.ids[row]), 1)}
    return tuple(f"{field.serial.prefix}{place[row]:0{field.serial.digits}d}" for row in range(len(rows.ids)))


def _coded(rows: _Rows, field: ExportField, raw: Sequence[Any], problems: list[Text]) -> tuple[Any, ...]:
    codes = rows.domains[field.domain]
    words = [None if cell is None else _word(cell) for cell in raw]
    unknown = sorted({word for word in words if word is not None and word not in codes})
    if unknown:
        problems.append(
            Text(
                f"图层 {rows.layer.name} 字段 {field.name}：值 {first_ids(unknown)} 在值域 {field.domain} 中没有代码"
                f"（共 {len(unknown)} 个）。请在对照表中补充。",
                f"layer {rows.layer.name}, field {field.name}: {first_ids(unknown)} ({len(unknown)} in all) have no "
                f"code in the domain {field.domain}. Add them to the mapping file.",
            )
        )
        return (None,) * len(rows.ids)
    return tuple(None if word is None else _typed(codes[word].code, field) for word in words)


def _typed(code: str, field: ExportField) -> Any:
    return int(code) if field.kind == "integer" and code.lstrip("-").isdigit() else code


def _word(cell: Any) -> str:
    """A cell as domains write it."""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    return plain(cell) if isinstance(cell, int | float) else str(cell)


def _text(cell: Any, _: ExportField) -> str:
    if isinstance(cell, bool | np.bool_):
        return str(int(cell))
    if hasattr(cell, "strftime"):
        return str(cell.strftime("%Y-%m-%d"))
    return _word(cell)


def _whole(cell: Any, _: ExportField) -> Any:
    """A whole number; what is none stays as it is, to be refused."""
    return int(cell) if float(cell).is_integer() else float(cell)


def _decimal(cell: Any, field: ExportField) -> float:
    """Rounded half away from zero to the field's decimals."""
    scale = 10.0**field.decimals
    value = float(np.floor(abs(float(cell)) * scale + 0.5) / scale)
    return -value if float(cell) < 0 and value else value


_CONVERT: Mapping[str, Callable[[Any, ExportField], Any]] = {
    "text": _text,
    "integer": _whole,
    "number": _decimal,
    "date": lambda cell, _: pd.Timestamp(cell).date(),
}


# ---- problems ------------------------------------------------------------------------------------------------


def _misfits(rows: _Rows, field: ExportField, values: Sequence[Any], where: Text) -> list[Text]:
    """Values that are longer than their field, or no whole numbers where those are asked for."""
    known = [(name, value) for name, value in zip(rows.ids, values, strict=True) if value is not None]
    if field.kind == "text":
        wrong = [name for name, value in known if len(value) > field.length]
    elif field.kind == "integer":
        most = 10 ** (field.length or _MOST_INT32_DIGITS)
        wrong = [name for name, value in known if not isinstance(value, int) or abs(value) >= most]
    elif field.kind == "number":
        most = 10 ** (field.length - field.decimals - POINT_AND_SIGN)
        wrong = [name for name, value in known if abs(value) >= most]
    else:
        wrong = []
    if not wrong:
        return []
    what = f"{field.kind}({field.length}{f',{field.decimals}' if field.decimals else ''})"
    return [_problem(where, wrong, Text(f"写不进 {what}", f"do not fit {what}"))]


def _repeated(rows: _Rows, values: Sequence[Any], where: Text) -> list[Text]:
    twice = pd.Series(values, dtype=object).duplicated(keep=False).to_numpy()
    names = [name for name, value, again in zip(rows.ids, values, twice, strict=True) if again and value is not None]
    return [_problem(where, names, Text("重复，而字段须唯一", "occur twice, and must be unique"))] if names else []


def _problem(where: Text, names: Sequence[str], what: Text) -> Text:
    return Text(
        f"{where.zh}：{len(names)} 个值{what.zh}（{first_ids(names)}）。请修改数据或对照表。",
        f"{where.en}: {len(names)} values {what.en} ({first_ids(names)}). Change the data or the mapping file.",
    )
