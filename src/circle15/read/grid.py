"""A sheet as people lay it out: titles above, a heading in one or two rows, totals and notes below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.errors import NothingToDoError, SchemaError
from circle15.core.findings import Finding
from circle15.core.headings import NOTES, TOTALS
from circle15.core.text import Text, first_ids
from circle15.read.headings import BRACKETS, is_known, is_unit
from circle15.read.spec import InputSpec

# A heading lower than this is not found, nor one of which fewer words are known.
_SEARCHED_ROWS = 30
_LEAST_KNOWN = 2

# No table of a bureau is wider; one that is was split at the wrong sign, or is noise.
_MOST_COLUMNS = 2_000

# In how many columns from the left the word for a total may stand.
_TOTAL_COLUMNS = 3
# What every word for one has in it: few cells have, and only those are looked at closely.
_TOTAL_SIGN = "计"


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, None where empty, and the number by which people know each row.

    ``is_ragged``: rows differ in length because the file is text, where that is a sign of a broken row. ``merged`` has
    the place of a row for each of its cells that took its value from a merged one above.
    """

    rows: Sequence[Sequence[Any]]
    numbers: Sequence[int]
    is_ragged: bool = False
    merged: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Heading:
    """Where the table begins: the row of its heading, how many rows that takes, and the names."""

    row: int
    height: int
    names: list[str]


def tabulate(grid: Grid, known: frozenset[str], spec: InputSpec) -> tuple[Any, list[Finding]]:
    """The table in a grid as a frame indexed by row numbers, and what was left out of it.

    The heading is the row, or the two rows, with most ``known`` words, at least two; where no row has them, the first
    that is not empty. Of two rows the lower word names a column, below a merged cell; with the upper one in front where
    it would stand twice, and behind it in brackets where it is a unit. Rows that add up others, and notes, are left
    out. Cells are text, or as they came. Raises SchemaError for a table too wide to be one, with headings that stand
    twice and rows of another width, and NothingToDoError for an empty sheet.
    """
    filled = [number for number, row in enumerate(grid.rows) if row.count(None) < len(row)]
    if not filled:
        raise _empty(spec)
    _require_narrow(grid, spec)
    heading = _heading(grid, filled, known)
    body = [row for row in filled if row >= heading.row + heading.height]
    _require_regular(grid, heading, body, spec)
    frame = _frame(grid, heading, body)
    above = [grid.numbers[row] for row in filled if row < heading.row]
    below = _left_out(frame)
    merged = [grid.numbers[row] for row in grid.merged if row >= heading.row + heading.height]
    findings = _above(above, spec) + _merged(merged, spec) + _totals(frame.index[below].tolist(), spec)
    return frame[~below], findings


def _heading(grid: Grid, filled: Sequence[int], known: frozenset[str]) -> _Heading:
    best = _Heading(filled[0], 1, _trimmed(_texts(grid.rows[filled[0]])))
    most = _LEAST_KNOWN - 1
    for row in filled[:_SEARCHED_ROWS]:
        upper = _texts(grid.rows[row])
        choices = [_Heading(row, 1, _trimmed(upper))]
        if row + 1 < len(grid.rows):
            lower = _texts(grid.rows[row + 1])
            if any(upper) and any(lower) and not any(map(_is_number, lower)):
                both = _Heading(row, 2, _trimmed(_joined(upper, lower)))
                # A row of units alone makes no column better known, and is no data either.
                choices.insert(0 if _tells_units(upper, lower) else 1, both)
        for each in choices:
            count = sum(is_known(name, known) for name in each.names if name)
            if count > most:
                best, most = each, count
    return best


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    """Names of columns under a heading of two rows; a merged cell above stands for those to its right."""
    width = max(len(upper), len(lower))
    upper, lower = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    over, names = "", []
    for top, bottom in zip(upper, lower, strict=True):
        over = top or (over if bottom else "")
        if top and is_unit(bottom):
            names.append(("", f"{top}({bottom.strip(BRACKETS)})"))
        else:
            names.append((over, bottom) if bottom else ("", top))
    short = Counter(name for _, name in names)
    return [f"{over} {name}" if over and short[name] > 1 else name for over, name in names]


def _tells_units(upper: list[str], lower: list[str]) -> bool:
    """Whether the lower of two rows says nothing but the units of the upper one."""
    pairs = zip_longest(upper, lower, fillvalue="")
    return all(bottom in ("", top) or (top and is_unit(bottom)) for top, bottom in pairs) and any(map(is_unit, lower))


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if cell is None else " ".join(str(cell).split()) for cell in row]


def _trimmed(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _require_narrow(grid: Grid, spec: InputSpec) -> None:
    width = max(map(len, grid.rows))
    if width > _MOST_COLUMNS:
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：有 {width} 列，多于 {_MOST_COLUMNS} 列。请检查分隔符，或只保留需要的列。",
                en=f"{spec.shown}: has {width} columns, more than {_MOST_COLUMNS}. Check the delimiter, or keep only "
                f"the columns that are needed.",
            )
        )


def _require_regular(grid: Grid, heading: _Heading, body: Sequence[int], spec: InputSpec) -> None:
    problems = []
    names = [name for name in heading.names if name]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        shown = first_ids(twice)
        problems.append(
            Text(
                zh=f"{spec.shown}：{len(twice)} 个列名重复（{shown}）。列名须唯一。",
                en=f"{spec.shown}: {len(twice)} headings occur more than once ({shown}): headings must be unique.",
            )
        )
    width = len(heading.names)
    ragged = [grid.numbers[row] for row in body if _is_off(grid.rows[row], width)] if grid.is_ragged else []
    if ragged:
        rows = first_ids(ragged)
        problems.append(
            Text(
                zh=f"{spec.shown}：{len(ragged)} 行的列数与表头的 {width} 列不符（第 {rows} 行）。请检查分隔符和引号。",
                en=f"{spec.shown}: {len(ragged)} rows do not have the {width} columns of the headings "
                f"(rows {rows}). Check delimiters and quotes.",
            )
        )
    if problems:
        raise SchemaError(problems)


def _is_off(row: Sequence[Any], width: int) -> bool:
    return len(row) < width or any(cell is not None for cell in row[width:])


def _frame(grid: Grid, heading: _Heading, body: Sequence[int]) -> Any:
    width = len(heading.names)
    rows = (grid.rows[row] for row in body)
    columns = zip(*(row if len(row) >= width else [*row, *[None] * (width - len(row))] for row in rows), strict=False)
    cells = list(columns) if body else [()] * width
    index = [grid.numbers[row] for row in body]
    kind = "str" if grid.is_ragged else object
    named = {name: at for at, name in enumerate(heading.names) if name}
    return pd.DataFrame(
        {name: pd.Series(cells[at], index=index, dtype=kind) for name, at in named.items()}, index=index
    )


def _left_out(frame: Any) -> Any:
    """Rows that add up others, by a word in one of their first cells; and rows of one cell that begins like a note."""
    gone = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[:_TOTAL_COLUMNS]:
        cells = frame[name].to_numpy(dtype=object)
        gone |= np.fromiter((_is_total(cell) for cell in cells), dtype=bool, count=len(cells))
    lone = (frame.notna().sum(axis=1) == 1).to_numpy()
    if lone.any() and len(frame.columns) > 1:
        words = frame[lone].bfill(axis=1).iloc[:, 0].astype("str").str.strip()
        gone[np.flatnonzero(lone)[words.str.startswith(NOTES, na=False).to_numpy(dtype=bool)]] = True
    return gone


def _is_total(cell: Any) -> bool:
    return isinstance(cell, str) and _TOTAL_SIGN in cell and "".join(cell.split()) in TOTALS


def _above(numbers: list[int], spec: InputSpec) -> list[Finding]:
    if not numbers:
        return []
    rows = first_ids(numbers)
    return [
        Finding(
            code="rows_above_heading",
            severity="info",
            layer=spec.layer,
            count=len(numbers),
            ids=tuple(str(each) for each in numbers[:3]),
            message=Text(
                zh=f"{spec.shown}：表头上方有 {len(numbers)} 行标题或说明（第 {rows} 行），未作为数据。",
                en=f"{spec.shown}: {len(numbers)} rows of titles stand above the heading (rows {rows}): no data.",
            ),
            fix=Text("无需处理。", "Nothing to do."),
        )
    ]


def _merged(numbers: list[int], spec: InputSpec) -> list[Finding]:
    if not numbers:
        return []
    rows = first_ids(dict.fromkeys(numbers))
    return [
        Finding(
            code="cells_merged",
            severity="info",
            layer=spec.layer,
            count=len(numbers),
            ids=tuple(str(each) for each in dict.fromkeys(numbers))[:3],
            message=Text(
                zh=f"{spec.shown}：{len(numbers)} 个单元格在上方合并，取合并单元格的值（第 {rows} 行）。",
                en=f"{spec.shown}: {len(numbers)} cells are merged with one above and take its value (rows {rows}).",
            ),
            fix=Text("请核对，最好取消合并后逐行填写。", "Check them; better fill in every row."),
        )
    ]


def _totals(numbers: list[int], spec: InputSpec) -> list[Finding]:
    if not numbers:
        return []
    rows = first_ids(numbers)
    return [
        Finding(
            code="total_rows_left_out",
            severity="info",
            layer=spec.layer,
            count=len(numbers),
            ids=tuple(str(each) for each in numbers[:3]),
            message=Text(
                zh=f"{spec.shown}：{len(numbers)} 行是合计、小计或表下注释（第 {rows} 行），未作为数据。",
                en=f"{spec.shown}: {len(numbers)} rows are totals or notes (rows {rows}): no data.",
            ),
            fix=Text("请核对这些行。", "Check these rows."),
        )
    ]


def _empty(spec: InputSpec) -> NothingToDoError:
    return NothingToDoError(
        Text(zh=f"{spec.shown}：表是空的。请检查文件。", en=f"{spec.shown}: the table is empty. Check the file.")
    )
