"""Cells as people fill them in, made into the kind a column declares; every repair is known by row."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.findings import Code
from circle15.core.headings import NO_VALUE
from circle15.core.schema import Column
from circle15.core.text import Text
from circle15.core.words import FLAGS
from circle15.read.headings import unit_factor

Flags = NDArray[np.bool_]
# A number, and the repairs it took, by the code of their finding.
Read = tuple[float, frozenset[str]]

# What may be repaired, by the code of its finding.
REPAIRS: Mapping[Code, Text] = {
    "cells_fullwidth": Text("全角数字或字母改为半角", "written in full width, now in half width"),
    "cells_thousands": Text("去掉千位分隔符", "written with thousands separators, now without"),
    "cells_unit": Text("去掉数字后的单位", "written with their unit, now without"),
    "cells_scaled": Text("按单位换算（如 亩、公顷、万人）", "converted from their unit (亩, 公顷, 万人 …)"),
    "cells_no_value": Text("是“-”“/”“不详”一类的占位，按空值处理", "placeholders such as - or 不详, taken as empty"),
    "code_from_number": Text(
        "编号在文件里是数字，已恢复为文本；如原有前导零，则已丢失，无法恢复",
        "codes that the file holds as numbers, restored to text; leading zeros, if there were any, are lost",
    ),
}

# Repairs of cells that state their unit.
_OWN_UNIT = frozenset({"cells_unit", "cells_scaled"})

# Whole numbers above this are not exact in a cell that was stored as a float.
_EXACT_BELOW = 2.0**53

# Of a number that was multiplied by the size of its unit.
_DECIMALS = 6

# pandas takes 202411 for the first of January: a month and a day without a sign between need two figures each.
_PACKED_DATE = re.compile(r"\d{5,7}")
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d %H:%M:%S")

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(.*)", re.DOTALL)
_FLOAT_CODE = re.compile(r"\d+\.0+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_FULL_WIDTH = r"[\uff01-\uff5e]"


@dataclass(frozen=True, slots=True)
class Mended:
    """Cells of one column: their values, which are not of its kind, and which were repaired how."""

    values: Any
    bad: Flags
    repairs: Mapping[str, Flags] = field(default_factory=dict)


def mend(values: Any, column: Column, factor: float = 1.0) -> Mended:
    """``values`` as the kind of ``column``, numbers multiplied by ``factor``, the unit its heading states.

    Cells that are empty, or hold a placeholder, are null. What cannot be read as the kind without a guess is bad.
    """
    if column.kind == "text":
        return _as_code(values) if is_code(column) else Mended(*as_text(values))
    if column.kind in ("integer", "number"):
        return _as_number(values, column, factor)
    return _as_flag(values) if column.kind == "flag" else _as_date(values)


def is_code(column: Column) -> bool:
    """Whether a column holds ids or codes, which are compared letter by letter."""
    return column.kind == "text" and column.name.endswith(("_id", "_code")) and not column.choices


def as_text(values: Any) -> tuple[Any, Flags]:
    """Cells as text without surrounding blanks, empty ones null, whole numbers without a decimal point.

    Second: which cells cannot be trusted, because they are whole numbers too long for the float they came in.
    """
    none = np.zeros(len(values), dtype=bool)
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
        exact = whole & (np.abs(numbers) < _EXACT_BELOW)
        text = values.astype(object)
        text[exact] = numbers[exact].astype(np.int64).astype(str)
        return text.where(values.notna()).astype("str"), whole & ~exact
    if pd.api.types.is_object_dtype(values):
        long = np.array([isinstance(each, float) and abs(each) >= _EXACT_BELOW for each in values], dtype=bool)
        values, none = pd.Series([_cell_text(each) for each in values], index=values.index, dtype="str"), none | long
    text = values.astype("str").str.strip()
    return text.where(text.notna() & (text != "")), none


def as_number(values: Any) -> tuple[Any, Flags]:
    """Cells as float64, empty ones NaN; and which cells hold something that is no plain finite number."""
    text = values if pd.api.types.is_numeric_dtype(values) else as_text(values)[0]
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    return numbers, (text.notna() & ~np.isfinite(numbers)).to_numpy(dtype=bool)


def _cell_text(value: Any) -> str | None:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float):
        return None if np.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value)


def _as_code(values: Any) -> Mended:
    text, bad = as_text(values)
    from_number = _are_numbers(values)
    if not pd.api.types.is_numeric_dtype(values):
        floats = text.str.fullmatch(_FLOAT_CODE.pattern, na=False).to_numpy(dtype=bool)
        text = text.mask(floats, text.str.partition(".")[0]) if floats.any() else text
        bad = bad | text.str.fullmatch(_SCIENTIFIC.pattern, na=False).to_numpy(dtype=bool)
        from_number = from_number | floats
    text, wide = _half_width(text)
    return Mended(text, bad, {"code_from_number": from_number & ~bad, "cells_fullwidth": wide})


def _are_numbers(values: Any) -> Flags:
    if pd.api.types.is_float_dtype(values):
        return np.asarray(values.notna().to_numpy(dtype=bool))
    if not pd.api.types.is_object_dtype(values):
        return np.zeros(len(values), dtype=bool)
    return np.array([isinstance(each, float) and not np.isnan(each) for each in values], dtype=bool)


def _half_width(text: Any) -> tuple[Any, Flags]:
    wide = text.str.contains(_FULL_WIDTH, na=False, regex=True).to_numpy(dtype=bool)
    if wide.any():
        text = text.copy()
        text[wide] = [unicodedata.normalize("NFKC", each) for each in text[wide]]
    return text, wide


def _as_number(values: Any, column: Column, factor: float) -> Mended:
    plain, bad = as_number(values)
    numbers = plain.to_numpy(dtype=float, na_value=np.nan).copy()
    repairs = {}
    if factor != 1.0:
        repairs["cells_scaled"] = np.isfinite(numbers)
        numbers = (numbers * factor).round(_DECIMALS)
    if bad.any() and not pd.api.types.is_numeric_dtype(values):
        bad, found = _read_odd(as_text(values)[0].to_numpy(dtype=object), bad, numbers, column, factor)
        repairs = {code: found.get(code, False) | repairs.get(code, False) for code in (*found, *repairs)}
    if column.kind != "integer":
        return Mended(pd.Series(numbers, index=values.index), bad, repairs)
    bad = bad | (np.isfinite(numbers) & (numbers != np.floor(numbers)))
    return Mended(pd.Series(numbers, index=values.index).mask(bad).astype("Int64"), bad, repairs)


def _read_odd(
    text: Any, odd: Flags, numbers: NDArray[np.float64], column: Column, factor: float
) -> tuple[Flags, dict[str, Flags]]:
    """Fill ``numbers`` in where odd cells can be read: which cannot, and which were repaired how."""
    read = {cell: _scaled(read_number(cell, column), factor) for cell in dict.fromkeys(text[odd])}
    bad = odd.copy()
    repairs = {code: np.zeros(len(odd), dtype=bool) for each in read.values() if each for code in each[1]}
    for row in np.flatnonzero(odd):
        found = read[text[row]]
        if found is not None:
            numbers[row], done = found
            bad[row] = False
            for code in done:
                repairs[code][row] = True
    return bad, repairs


def _scaled(found: Read | None, factor: float) -> Read | None:
    """What was read under a heading that states a unit; one that the cell states itself goes before it."""
    if found is None or factor == 1.0 or np.isnan(found[0]) or found[1] & _OWN_UNIT:
        return found
    value, done = found
    return round(value * factor, _DECIMALS), done | {"cells_scaled"}


def read_number(cell: str, column: Column) -> Read | None:
    """The number in a cell and the repairs it took, or None where there is none; a placeholder is NaN.

    Read are full-width figures, thousands separators that stand where they should, and a unit of the column behind.
    """
    half = unicodedata.normalize("NFKC", cell).strip()
    done = {"cells_fullwidth"} if re.search(_FULL_WIDTH, cell) else set()
    if half.lower() in NO_VALUE:
        return np.nan, frozenset({"cells_no_value"})
    found = _NUMBER.fullmatch(half)
    if found is None:
        return None
    sign, whole, fraction, word = found.groups()
    factor = 1.0 if not word.strip() else unit_factor(word.strip().lower(), column)
    if factor is None:
        return None
    done |= {"cells_thousands"} if "," in whole else set()
    if word.strip():
        done.add("cells_unit" if factor == 1.0 else "cells_scaled")
    value = float(f"{sign}{whole.replace(',', '')}{fraction or ''}")
    return round(value * factor, _DECIMALS), frozenset(done)


def _as_flag(values: Any) -> Mended:
    if pd.api.types.is_bool_dtype(values):
        return Mended(values, np.zeros(len(values), dtype=bool))
    text, unknown = _without_placeholders(as_text(values)[0].str.lower())
    flags = text.map(FLAGS).astype("boolean")
    return Mended(flags, (text.notna() & flags.isna()).to_numpy(dtype=bool), {"cells_no_value": unknown})


def _as_date(values: Any) -> Mended:
    """Whole days only: a bare year or month does not say what was open on a given day."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return Mended(values.dt.tz_localize(None).dt.normalize(), np.zeros(len(values), dtype=bool))
    text, unknown = _without_placeholders(as_text(values)[0])
    text, wide = _half_width(text)
    read = _dates(text.dropna().unique())
    dates = pd.Series(read.reindex(text.to_numpy(dtype=object)).to_numpy(), index=text.index, dtype=read.dtype)
    return Mended(
        dates, (text.notna() & dates.isna()).to_numpy(dtype=bool), {"cells_no_value": unknown, "cells_fullwidth": wide}
    )


def _dates(words: Any) -> Any:
    """The day that each word names, by word, and no time where it names none."""
    dates = pd.Series(pd.NaT, index=words, dtype="datetime64[us]")
    whole = np.array([_PACKED_DATE.fullmatch(each) is None for each in words], dtype=bool)
    for form in _DATE_FORMATS:
        left = dates.isna().to_numpy() & whole
        read = pd.to_datetime(words[left], format=form, errors="coerce")
        dates[left] = pd.Series(read).astype("datetime64[us]").dt.normalize().to_numpy()
    return dates


def _without_placeholders(text: Any) -> tuple[Any, Flags]:
    unknown = text.str.lower().isin(NO_VALUE).to_numpy(dtype=bool)
    return (text.mask(unknown) if unknown.any() else text), unknown
