"""What happens to the rows of every input, whatever its format: headings, kinds of cells, filter, words.

A frame's index holds the numbers by which messages name its rows: lines of a text file, else 1, 2, 3 …
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.errors import ConfigError, SchemaError
from circle15.core.schema import Column, Table
from circle15.core.tables import Candidates, Facilities, Residential, Streets, Units, Zones
from circle15.core.text import Text, first_ids
from circle15.read.spec import InputSpec
from circle15.read.where import matching
from circle15.read.words import FLAGS, translate

LAYERS: Mapping[str, type[Table]] = {
    "streets": Streets,
    "residential": Residential,
    "facilities": Facilities,
    "candidates": Candidates,
    "zones": Zones,
    "zone_table": Units,
}

# A facility may lack a place if a code says where it counts; the zone table has no places at all.
PLACE_OPTIONAL = ("facilities", "zone_table")
CODES = ("community_code", "town_code", "county_code")

LEFT_BY_WHERE = Text("不符合 where 条件", "left out by where")

# Whole numbers above this are not exact in a cell that was stored as a float.
_EXACT_BELOW = 2.0**53

_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")


def receive(frame: Any, spec: InputSpec, extra: tuple[Column, ...] = ()) -> tuple[Any, dict[Text, int]]:
    """Rows with our headings, kinds, words and types, and how many rows ``where`` left out.

    ``extra`` declares columns that the format adds to those of the layer's table (the coordinates of a CSV).
    Cells are judged only in rows that pass ``where``. Raises ConfigError for a heading or filter that names a
    column which is not there, SchemaError with all cells that are not of the declared kind.
    """
    named = rename(frame, spec.columns, spec.shown)
    declared = [each for each in (*LAYERS[spec.layer].columns, *extra) if each.name in named.columns]
    bad: dict[str, Any] = {}
    cells = {}
    for column in declared:
        if column.kind != "geometry":
            cells[column.name], bad[column.name] = _as_kind(named[column.name], column.kind)
    typed = named.assign(**cells)
    kept = np.ones(len(typed), dtype=bool)
    if spec.where:
        kept = matching(_with_source_headings(typed, frame), spec.where, spec.shown)
    _refuse_bad_cells(bad, kept, typed, spec)
    rows = translate(typed[kept])
    return _with_types(rows, spec), {LEFT_BY_WHERE: int((~kept).sum())} if spec.where else {}


def rename(frame: Any, columns: Mapping[str, str], shown: str) -> Any:
    """``frame`` with our names for its headings; ``columns`` maps our name to theirs.

    Raises ConfigError with every heading that is not there, each with the nearest that is.
    """
    present = [str(each) for each in frame.columns if each != "geometry"]
    missing = [(ours, theirs) for ours, theirs in columns.items() if theirs not in present]
    if missing:
        raise ConfigError([_no_heading(ours, theirs, present, shown) for ours, theirs in missing])
    replaced = [name for name in present if name in columns or name in columns.values()]
    return frame.drop(columns=replaced).assign(**{ours: frame[theirs] for ours, theirs in columns.items()})


def row_names(frame: Any, layer: str) -> Any:
    """What messages call each row: its id where it has one, else its number."""
    key = next((each.name for each in LAYERS[layer].columns if each.name.endswith("_id")), None)
    numbers = frame.index.to_numpy().astype(object)
    if key is None or key not in frame.columns:
        return numbers
    return frame[key].astype(object).where(frame[key].notna(), numbers).to_numpy()


def _with_source_headings(typed: Any, frame: Any) -> Any:
    """``where`` may name a column by our name or by its heading in the file; ours wins."""
    return typed.assign(**{name: frame[name] for name in frame.columns if name not in typed.columns})


def _no_heading(ours: str, theirs: str, present: list[str], shown: str) -> Text:
    near = (difflib.get_close_matches(theirs, present, 1, 0.0) or ["-"])[0]
    there = first_ids(present, 8)
    return Text(
        zh=f"{shown}：columns 中 {ours} = {theirs!r}，但文件没有这一列，"
        f"最接近的是 {near!r}（现有列：{there}）。请更正列名。",
        en=f"{shown}: columns says {ours} = {theirs!r}, but the file has no such heading; the nearest is {near!r} "
        f"(present: {there}). Correct the heading.",
    )


def _as_kind(values: Any, kind: str) -> tuple[Any, Any]:
    """``values`` as the declared kind, and which cells are not of it."""
    if kind == "text":
        return as_text(values)
    if kind in ("integer", "number"):
        return _as_number(values, whole=kind == "integer")
    return _as_flag(values) if kind == "flag" else _as_date(values)


def as_text(values: Any) -> tuple[Any, Any]:
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
    text = values.astype("str").str.strip()
    return text.where(text.notna() & (text != "")), none


def as_number(values: Any) -> tuple[Any, Any]:
    """Cells as float64, empty ones NaN; and which cells hold something that is no finite number."""
    text = values if pd.api.types.is_numeric_dtype(values) else as_text(values)[0]
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    return numbers, (text.notna() & ~np.isfinite(numbers)).to_numpy(dtype=bool)


def _as_number(values: Any, whole: bool) -> tuple[Any, Any]:
    numbers, bad = as_number(values)
    if not whole:
        return numbers, bad
    bad = bad | (numbers.notna() & (numbers != np.floor(numbers))).to_numpy(dtype=bool)
    return numbers.mask(bad).astype("Int64"), bad


def _as_flag(values: Any) -> tuple[Any, Any]:
    if pd.api.types.is_bool_dtype(values):
        return values, np.zeros(len(values), dtype=bool)
    text = as_text(values)[0].str.lower()
    flags = text.map(FLAGS).astype("boolean")
    return flags, (text.notna() & flags.isna()).to_numpy(dtype=bool)


def _as_date(values: Any) -> tuple[Any, Any]:
    """Whole days only: a bare year or month does not say what was open on a given day."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_localize(None).dt.normalize(), np.zeros(len(values), dtype=bool)
    text = as_text(values)[0]
    dates = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in _DATE_FORMATS:
        dates = dates.fillna(pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]"))
    return dates, (text.notna() & dates.isna()).to_numpy(dtype=bool)


_KIND_WORDS: Mapping[str, Text] = {
    "text": Text("完整的文字（长编号被存成小数而失真，请改存为文本）", "whole text (a long code kept as a float)"),
    "number": Text("数字", "numbers"),
    "integer": Text("整数", "whole numbers"),
    "flag": Text("是/否", "yes or no"),
    "date": Text("日期（如 2024-09-30）", "dates (such as 2024-09-30)"),
}


def _refuse_bad_cells(bad: Mapping[str, Any], kept: Any, typed: Any, spec: InputSpec) -> None:
    kinds = {each.name: each.kind for each in LAYERS[spec.layer].columns}
    problems = []
    for name, cells in bad.items():
        wrong = cells & kept
        if wrong.any():
            rows = first_ids(typed.index[wrong])
            words = _KIND_WORDS[kinds.get(name, "number")]
            problems.append(
                Text(
                    zh=f"{spec.shown}：{name} 列有 {wrong.sum()} 个值不是{words.zh}（第 {rows} 行）。请更正或留空。",
                    en=f"{spec.shown}: {wrong.sum()} values of {name} are not {words.en} (rows {rows}). "
                    f"Correct them or leave them empty.",
                )
            )
    if problems:
        raise SchemaError(problems)


def _with_types(rows: Any, spec: InputSpec) -> Any:
    if spec.type is not None:
        return rows.assign(type=spec.type)
    if spec.types and "type" in rows.columns:
        return rows.assign(type=rows["type"].replace(dict(spec.types)))
    return rows
