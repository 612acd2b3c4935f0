"""Sheets as Arrow tables, which carry to GDAL what no frame can: aliases, widths, decimals and uniqueness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nanoarrow as na
import numpy as np
import shapely
from nanoarrow.c_array_stream import CArrayStream

from circle15.core.formats import Format
from circle15.core.mapping import POINT_AND_SIGN, FieldType
from circle15.show.export.sheet import Filled, Sheet

GEOMETRY = "geometry"

_EPOCH = dt.date(1970, 1, 1)
_MS_PER_DAY = 86_400_000
_MOST_INT32_DIGITS = 9


class Stream:
    """One table for one reading, by the Arrow PyCapsule protocol."""

    def __init__(self, columns: Mapping[str, tuple[Any, Any]]) -> None:
        """``columns``: a schema and an array for each name, all of one length."""
        self._schema = na.struct({name: schema for name, (schema, _) in columns.items()})
        self._arrays = [array for _, array in columns.values()]

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """The stream; there is no other schema to choose."""
        size = self._arrays[0].length
        table = na.c_array_from_buffers(self._schema, size, [None], children=self._arrays, null_count=0)
        return CArrayStream.from_c_arrays([table], na.c_schema(self._schema)).__arrow_c_stream__(requested_schema)


def stream(sheet: Sheet, form: Format) -> Stream:
    """A sheet for GDAL to write in this format. Polygons are multi-polygons where a layer has one type of geometry."""
    columns = {each.field.name: _column(each, form) for each in sheet.fields}
    shapes = sheet.placed if form == "geojson" or sheet.shape != "Polygon" else _multi(sheet.placed)
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return Stream({**columns, GEOMETRY: (na.Schema(na.binary()), na.c_array(wkb, na.binary()))})


def texts(columns: Mapping[str, Sequence[Any]]) -> Stream:
    """A table of text and whole numbers, without geometry."""
    made = {}
    for name, values in columns.items():
        kind = na.int32() if isinstance(values[0], int) else na.string()
        made[name] = na.Schema(kind), na.c_array(list(values), kind)
    return Stream(made)


def _multi(shapes: Any) -> list[Any]:
    return [shapely.multipolygons([each]) if shapely.get_type_id(each) == 3 else each for each in shapes]


def _column(each: Filled, form: Format) -> tuple[Any, Any]:
    kind, array = _MAKE[each.field.kind](each, form)
    said = {
        "alternative_name": each.field.alias,
        "unique": "true" if each.field.unique and form == "gpkg" else "",
        "width": str(each.field.length) if each.field.length and each.field.kind in ("text", "integer") else "",
    }
    metadata = {f"GDAL:OGR:{key}".encode(): value.encode() for key, value in said.items() if value}
    return na.Schema(kind, metadata=metadata), array


def _text(each: Filled, _: Format) -> tuple[Any, Any]:
    return na.string(), na.c_array(list(each.values), na.string())


def _integer(each: Filled, form: Format) -> tuple[Any, Any]:
    """32 bits, or more where the field has more digits; a file geodatabase that old software opens has doubles then."""
    if each.field.length <= _MOST_INT32_DIGITS:
        return na.int32(), na.c_array(list(each.values), na.int32())
    if form == "gdb":
        return _double(each)
    return na.int64(), na.c_array(list(each.values), na.int64())


def _number(each: Filled, form: Format) -> tuple[Any, Any]:
    """In a Shapefile a decimal of the declared length, point and sign included; elsewhere a double."""
    if form != "shp":
        return _double(each)
    digits, decimals = each.field.length - POINT_AND_SIGN, each.field.decimals
    scale = 10**decimals
    whole = np.array([0 if value is None else round(value * scale) for value in each.values], dtype="<i8")
    cells = np.column_stack([whole, np.where(whole < 0, -1, 0)]).astype("<i8")
    known = np.array([value is not None for value in each.values], dtype=bool)
    bits = np.packbits(known, bitorder="little").tobytes()
    kind = na.decimal128(digits, decimals)
    nulls = int((~known).sum())
    return kind, na.c_array_from_buffers(kind, len(known), [bits, cells.tobytes()], null_count=nulls)


def _double(each: Filled) -> tuple[Any, Any]:
    values = [None if value is None else float(value) for value in each.values]
    return na.float64(), na.c_array(values, na.float64())


def _date(each: Filled, form: Format) -> tuple[Any, Any]:
    """A day; in a file geodatabase its midnight, for want of days there; in GeoJSON its text."""
    if form == "geojson":
        return na.string(), na.c_array([value and value.isoformat() for value in each.values], na.string())
    days = [None if value is None else (value - _EPOCH).days for value in each.values]
    if form == "gdb":
        kind = na.timestamp("ms")
        return kind, na.c_array([None if day is None else day * _MS_PER_DAY for day in days], kind)
    return na.date32(), na.c_array(days, na.date32())


_MAKE: Mapping[FieldType, Callable[[Filled, Format], tuple[Any, Any]]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "date": _date,
}
