"""Sheets of Excel workbooks."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from circle15.core.errors import ConfigError, InputError
from circle15.core.findings import Finding
from circle15.core.tables import LAYERS
from circle15.core.text import Text, first_ids
from circle15.read.grid import Grid
from circle15.read.guard import open_archive
from circle15.read.spec import InputSpec

# A cell whose formula has no stored result, or whose result is an error: both arrive as nothing.
_NO_RESULT = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?:[^>]*\bt="e"[^>]*>|[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>)'
)

_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET_KEY = re.compile(rb'<(?:\w+:)?sheet\s[^>]*?\br:id="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ID, _TARGET = re.compile(rb'\bId="([^"]+)"'), re.compile(rb'\bTarget="([^"]+)"')

# Where cells say they are: a sheet is laid out whole between its first and its last one, however few lie between.
_ROW = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']\s*\$?[A-Za-z]{1,9}\$?([0-9]{1,10})")
_COLUMN = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']\s*\$?([A-Za-z]{1,9})\$?[0-9]")
_MOST_CELLS = 20_000_000

# What hides a place from that look: another encoding, or references in its stead. No program writes such sheets.
_HIDDEN = re.compile(rb"\x00|<!DOCTYPE|<!ENTITY|<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"'][^\"']*&")


def read_workbook(spec: InputSpec) -> tuple[Grid, list[Finding]]:
    """The cells of one sheet of an ``.xlsx`` file: text, numbers, dates, True or False; empty ones None.

    The sheet is the one that the study names as ``layer``; else the only one that is not empty; else the one called
    like the input, in either language. A cell that was merged stands in each of its rows, but not in each of its
    columns. Raises InputError for a file that is damaged, protected by a password, or a zip bomb, and ConfigError
    where it is not clear which sheet is meant.
    """
    content = spec.path.read_bytes()
    book, parts = _opened(content, spec.shown)
    try:
        sheets = {name: _Sheet(book, name) for name in _sheet_names(book)}
    except (CalamineError, ValueError, OverflowError) as error:
        raise _damaged(spec.shown, error) from error
    name = _chosen(sheets, spec)
    sheet = sheets[name]
    part = _part_of(parts, list(book.sheet_names).index(name))
    grid = Grid(sheet.rows, range(1, len(sheet.rows) + 1), merged=sheet.merged)
    return grid, _without_result(_no_results(parts, part), spec)


def sheet_names(content: bytes, shown: str) -> list[str]:
    """The names of the sheets of a workbook. Raises InputError as :func:`read_workbook` does."""
    book, _ = _opened(content, shown)
    return _sheet_names(book)


def _opened(content: bytes, shown: str) -> tuple[CalamineWorkbook, zipfile.ZipFile]:
    parts = open_archive(content, shown)
    _refuse_vast(parts, shown)
    try:
        return CalamineWorkbook.from_object(io.BytesIO(content)), parts
    except (CalamineError, ValueError, OverflowError) as error:
        raise _damaged(shown, error) from error


def _damaged(shown: str, error: Exception | str) -> InputError:
    return InputError(
        Text(
            zh=f"{shown}：无法作为 Excel 工作簿读取，可能已损坏、加了密码或不是 .xlsx（{error}）。"
            f"请用 Excel 打开后另存为 .xlsx。",
            en=f"{shown}: cannot be read as an Excel workbook; it may be damaged, protected or no .xlsx "
            f"({error}). Open it and save it again as .xlsx.",
        )
    )


class _Sheet:
    """One sheet: its rows, and the row of every cell in which a merged value was repeated downwards."""

    def __init__(self, book: CalamineWorkbook, name: str) -> None:
        sheet = book.get_sheet_by_name(name)
        rows = [[_cell(each) for each in row] for row in sheet.to_python(skip_empty_area=False)]
        self.rows: list[list[Any]] = rows
        self.merged: list[int] = []
        # Merged cells do not overlap, so that together they are no more than there are; more are no work of people.
        left_over = sum(map(len, rows))
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
            value = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
            below = range(top + 1, min(bottom + 1, len(rows))) if value is not None else ()
            left_over -= len(below)
            if left_over < 0:
                break
            for row in below:
                if rows[row][left] is None:
                    rows[row][left] = value
                    self.merged.append(row)

    @property
    def is_empty(self) -> bool:
        return all(cell is None for row in self.rows for cell in row)


def _sheet_names(book: CalamineWorkbook) -> list[str]:
    return [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _chosen(sheets: dict[str, _Sheet], spec: InputSpec) -> str:
    if spec.source_layer is not None and spec.source_layer in sheets:
        return spec.source_layer
    filled = [name for name, sheet in sheets.items() if not sheet.is_empty] or list(sheets)
    if spec.source_layer is None and len(filled) == 1:
        return filled[0]
    own = LAYERS[spec.layer].name
    named = [name for name in filled if name in (spec.layer, own.zh, own.en)]
    if spec.source_layer is None and len(named) == 1:
        return named[0]
    there = first_ids(sheets, 8)
    wanted = spec.source_layer or f"{spec.layer} / {own.zh}"
    raise ConfigError(
        Text(
            zh=f"{spec.shown}：工作簿有 {len(sheets)} 张工作表（{there}），没有名为 {wanted} 的。"
            f"请用 layer 写明要读哪一张。",
            en=f"{spec.shown}: the workbook has {len(sheets)} sheets ({there}) and none is called {wanted}. "
            f"Name the sheet to read under layer.",
        )
    )


def _part_of(parts: zipfile.ZipFile, number: int) -> str:
    """The part of the file that holds the sheet of this number, "" where its index does not say."""
    names = set(parts.namelist())
    if not {_BOOK, _RELATIONS} <= names:
        return ""
    keys = _SHEET_KEY.findall(parts.read(_BOOK))
    targets = {
        key[1]: target[1].decode(errors="replace").removeprefix("/xl/")
        for tag in _RELATION.findall(parts.read(_RELATIONS))
        if (key := _ID.search(tag)) and (target := _TARGET.search(tag))
    }
    name = f"xl/{targets.get(keys[number], '')}" if number < len(keys) else ""
    return name if name in names else ""


def _no_results(parts: zipfile.ZipFile, part: str) -> list[str]:
    """The cells of a sheet that show nothing although they hold something."""
    return [each.decode() for each in _NO_RESULT.findall(parts.read(part))] if part else []


def _refuse_vast(parts: zipfile.ZipFile, shown: str) -> None:
    """Raise InputError for sheets whose used range is far larger than their cells, and for what is no workbook."""
    if _BOOK not in parts.namelist():
        raise _damaged(shown, _BOOK)
    for name in parts.namelist():
        if not name.endswith(".xml"):
            continue
        try:
            xml = parts.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, KeyError) as error:
            raise _damaged(shown, error) from error
        if _HIDDEN.search(xml):
            raise _damaged(shown, name)
        try:
            expat.ParserCreate().Parse(xml, True)  # the last piece; a sheet cut short would pass else
        except (expat.ExpatError, LookupError, ValueError) as error:  # the last two of encodings
            raise _damaged(shown, f"{name}: {error}") from error
        rows = max(map(int, set(_ROW.findall(xml))), default=0)
        columns = max(map(_column_number, set(_COLUMN.findall(xml))), default=0)
        if rows * columns > _MOST_CELLS:
            raise InputError(
                Text(
                    zh=f"{shown}：工作表的使用范围达 {rows} 行 × {columns} 列，远大于数据。"
                    f"请删除数据以外的行和列后另存。",
                    en=f"{shown}: a sheet spans {rows} rows × {columns} columns, far more than its data. "
                    f"Delete the rows and columns outside the data and save again.",
                )
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _without_result(cells: Sequence[str], spec: InputSpec) -> list[Finding]:
    if not cells:
        return []
    return [
        Finding(
            code="formula_without_result",
            severity="warning",
            layer=spec.layer,
            count=len(cells),
            ids=tuple(cells[:3]),
            message=Text(
                zh=f"{spec.shown}：{len(cells)} 个单元格是公式，没有存下结果，或结果是错误值，按空值处理"
                f"（{first_ids(cells)}）。",
                en=f"{spec.shown}: {len(cells)} cells hold formulas without a stored result, or errors: taken as "
                f"empty ({first_ids(cells)}).",
            ),
            fix=Text("请用 Excel 打开并保存，或粘贴为数值。", "Open and save it in Excel, or paste the values."),
        )
    ]
