"""Filled-in workbooks merged: what each says, what is wrong with it cell by cell, and names that need a word."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.core.errors import Circle15Error, InputError, SchemaError
from circle15.core.schema import Kind
from circle15.core.tables import LAYERS
from circle15.core.text import Text
from circle15.read.cells import as_text, mend
from circle15.read.delimited import read_delimited
from circle15.read.grid import tabulate
from circle15.read.headings import known_headings, name_columns, plain
from circle15.read.points import PLACE_COLUMNS
from circle15.read.rows import CELL_WORDS, CODES, translate
from circle15.read.spec import InputSpec
from circle15.read.workbook import read_workbook, sheet_names
from circle15.read.zones import CODE_COLUMNS

COLLECTED: Mapping[str, str] = {
    "residential": "homes.csv",
    "facilities": "facilities.csv",
    "candidates": "hosts.csv",
    "zone_table": "zone_table.csv",
}
# Where a row came from.
SOURCE = "source_file"

# Columns that hold the code of a zone, and may have been filled in with its name.
_CODES = (*dict.fromkeys(CODE_COLUMNS.values()), "parent_id")

# Of the file in which names are confirmed: the fields of an Alias.
ALIAS_HEADINGS = ("填报写法", "对应代码", "对应名称", "次数", "首见文件", "确认（是/否）")

_CONFIRMED = ("是", "yes", "y", "true", "1")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell, row or sheet of a workbook; ``row`` is 0 where it is the whole sheet."""

    file: str
    sheet: str
    row: int
    column: str
    value: str
    message: Text


@dataclass(frozen=True, slots=True)
class Alias:
    """A name in the place of a zone's code, the zone it may be, and whether the user said it is."""

    written: str
    zone_id: str
    zone_name: str
    count: int
    first_file: str
    confirmed: str = ""

    @property
    def holds(self) -> bool:
        """Whether the user confirmed it."""
        return bool(self.zone_id) and self.confirmed.strip().lower() in _CONFIRMED


@dataclass(frozen=True, slots=True)
class Collected:
    """Merged tables by layer, every cell as text; all problems by file; and the names that stand for zones."""

    tables: Mapping[str, Any]
    problems: Sequence[Problem]
    aliases: Sequence[Alias]


@dataclass(slots=True)
class _Heap:
    """What has been gathered so far."""

    frames: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def collect(files: Sequence[Path], confirmed: Sequence[Alias] = ()) -> Collected:
    """Merge the sheets of workbooks, in the order of the files.

    A cell that is of its column's kind is written the plain way; one that is not stays as it was filled in and is a
    problem. A name in the place of a zone's code is replaced only where ``confirmed`` holds it; else it is a problem,
    with the nearest zone as a proposal. A workbook that cannot be read is a problem, not an error.
    """
    heap = _Heap()
    for path in files:
        _read_book(path, heap)
    tables = {layer: pd.concat(frames, ignore_index=True) for layer, frames in heap.frames.items()}
    zones = _zones(tables, heap)
    aliases = _aliases(tables, zones, confirmed)
    for layer, table in tables.items():
        _require_unique(layer, table, heap)
        tables[layer] = _with_codes(layer, table, zones, aliases, heap)
    order = {path.name: number for number, path in enumerate(files)}
    problems = sorted(heap.problems, key=lambda each: (order.get(each.file, 0), each.sheet, each.row, each.column))
    kept = {layer: table.drop(columns=_ROW) for layer, table in tables.items()}
    return Collected(kept, problems, aliases)


def read_aliases(path: Path) -> list[Alias]:
    """The names that a user has looked through, from the file an earlier collection wrote; none where there is none.

    Raises what a table raises that cannot be read, and SchemaError where its headings are others.
    """
    if not path.exists():
        return []
    spec = InputSpec("zone_table", path, path.name)
    frame, _ = tabulate(read_delimited(spec), frozenset(map(plain, ALIAS_HEADINGS)), spec)
    if list(frame.columns) != list(ALIAS_HEADINGS):
        raise SchemaError(
            Text(
                f"{path.name}：列名应为 {'、'.join(ALIAS_HEADINGS)}。请恢复列名，或删去该文件重新生成。",
                f"{path.name}: its headings must be {', '.join(ALIAS_HEADINGS)}. Restore them, or remove the file.",
            )
        )
    rows = frame.astype("object").where(frame.notna(), "").itertuples(index=False)
    return [Alias(each[0], each[1], each[2], _whole(each[3]), each[4], each[5]) for each in rows if each[0]]


def _whole(cell: str) -> int:
    """How often a name stood; the count is told and not used, so that one nobody can read is none."""
    return int(cell) if cell.isdecimal() else 0


# The row of its sheet, while the table is in hand.
_ROW = "_row"


def _read_book(path: Path, heap: _Heap) -> None:
    try:
        names = sheet_names(path.read_bytes(), path.name)
    except OSError as error:
        said = error.strerror or str(error)
        heap.problems.append(Problem(path.name, "", 0, "", "", Text(f"文件无法打开：{said}。", f"unreadable: {said}.")))
        return
    except InputError as error:
        heap.problems.append(Problem(path.name, "", 0, "", "", error.text))
        return
    found = False
    for layer in COLLECTED:
        table = LAYERS[layer]
        for sheet in names:
            if sheet in (table.name.zh, table.name.en, layer):
                found = True
                _read_sheet(path, layer, sheet, heap)
    if not found:
        known = "、".join(LAYERS[layer].name.zh for layer in COLLECTED)
        heap.problems.append(
            Problem(
                path.name, "", 0, "", "",
                Text(f"没有可识别的工作表（应为 {known}）。请用模板填报。", f"has none of the sheets {known}."),
            )
        )  # fmt: skip


def _read_sheet(path: Path, layer: str, sheet: str, heap: _Heap) -> None:
    spec = InputSpec(layer, path, path.name, source_layer=sheet)
    columns = (*(each for each in LAYERS[layer].columns if each.kind != "geometry"), *PLACE_COLUMNS)
    try:
        grid, _ = read_workbook(spec)
        frame, _ = tabulate(grid, known_headings(columns, spec), spec)
        headed = name_columns(frame, columns, spec)
    except Circle15Error as error:
        heap.problems.append(Problem(path.name, sheet, 0, "", "", error.text))
        return
    if not len(headed.frame):
        return
    rows = {SOURCE: path.name, _ROW: headed.frame.index}
    for column in columns:
        if column.name not in headed.frame.columns:
            if column.required and column not in PLACE_COLUMNS:
                words = Text(f"缺少必需列 {column.meaning.zh}。", f"the required column {column.name} is missing.")
                heap.problems.append(Problem(path.name, sheet, 0, column.name, "", words))
            continue
        cells = headed.frame[column.name]
        mended = mend(cells, column, headed.factors.get(column.name, 1.0))
        written, given = as_text(mended.values)[0], as_text(cells)[0]
        rows[column.name] = given.where(mended.bad, written)
        heap.problems += [
            Problem(path.name, sheet, int(cells.index[at]), column.name, str(given.iloc[at]), _not(column.kind))
            for at in mended.bad.nonzero()[0]
        ]
    known = pd.DataFrame(rows, index=headed.frame.index)
    filled = known.drop(columns=[SOURCE, _ROW]).notna().any(axis=1)
    known = translate(known[filled])
    heap.problems += _holes(known, layer, path.name, sheet) + _placeless(known, layer, path.name, sheet)
    heap.frames.setdefault(layer, []).append(known)


def _not(kind: Kind) -> Text:
    words = CELL_WORDS[kind]
    return Text(f"不是{words.zh}。请更正或留空。", f"is not {words.en}: correct it or leave it empty.")


def _holes(frame: Any, layer: str, file: str, sheet: str) -> list[Problem]:
    """Empty cells that must be filled in, and words that are no choice."""
    problems = []
    for column in LAYERS[layer].columns:
        if column.name not in frame.columns or column.kind == "geometry":
            continue
        values = frame[column.name]
        if not column.nullable:
            words = Text("为空。请填写。", "is empty: fill it in.")
            problems += [Problem(file, sheet, row, column.name, "", words) for row in frame.index[values.isna()]]
        if column.choices:
            wrong = values.notna() & ~values.isin(column.choices)
            allowed = "、".join(column.choices)
            words = Text(f"不在可选的词之内（{allowed}）。", f"is none of {allowed}.")
            problems += [Problem(file, sheet, row, column.name, str(values[row]), words) for row in frame.index[wrong]]
    return problems


def _placeless(frame: Any, layer: str, file: str, sheet: str) -> list[Problem]:
    """Rows that stand nowhere; of facilities, those without a code as well."""
    if layer == "zone_table":
        return []
    lost = pd.Series(data=True, index=frame.index)
    for pair in (("lon", "lat"), ("x", "y")):
        if set(pair) <= set(frame.columns):
            lost &= frame[list(pair)].isna().any(axis=1)
    for code in CODES if layer == "facilities" else ():
        if code in frame.columns:
            lost &= frame[code].isna()
    words = Text("没有坐标。请填写经度和纬度。", "has no coordinates: fill in longitude and latitude.")
    return [Problem(file, sheet, row, "lon/lat", "", words) for row in frame.index[lost]]


def _zones(tables: Mapping[str, Any], heap: _Heap) -> dict[str, str]:
    """The names of zones by id; an id with two names is a problem of the later file."""
    zones: dict[str, str] = {}
    if "zone_table" not in tables or not {"zone_id", "name"} <= set(tables["zone_table"].columns):
        return zones
    for row in tables["zone_table"].dropna(subset=["zone_id", "name"]).to_dict("records"):
        first = zones.setdefault(row["zone_id"], row["name"])
        if first != row["name"]:
            words = Text(
                f"代码 {row['zone_id']} 在别处名为 {first}。", f"{row['zone_id']} is called {first} elsewhere."
            )
            sheet = LAYERS["zone_table"].name.zh
            heap.problems.append(Problem(row[SOURCE], sheet, int(row[_ROW]), "name", row["name"], words))
    return zones


def _aliases(tables: Mapping[str, Any], zones: Mapping[str, str], confirmed: Sequence[Alias]) -> list[Alias]:
    """Every word in the place of a zone's code that is none, with what the user said of it, else the nearest zone."""
    if not zones:
        return list(confirmed)
    said = {each.written: each for each in confirmed}
    met: dict[str, tuple[int, str]] = {}
    for table in tables.values():
        for column in _CODES:
            if column in table.columns:
                for word, file in zip(table[column], table[SOURCE], strict=True):
                    if isinstance(word, str) and word not in zones:
                        count, first = met.get(word, (0, file))
                        met[word] = count + 1, first
    by_name = {name: zone_id for zone_id, name in zones.items()}
    aliases = []
    for word, (count, file) in sorted(met.items()):
        earlier = said.get(word)
        near = difflib.get_close_matches(word, list(by_name), 1, 0.4)
        name = near[0] if near else ""
        zone_id = earlier.zone_id if earlier and earlier.zone_id in zones else by_name.get(name, "")
        mark = earlier.confirmed if earlier and earlier.zone_id == zone_id else ""
        aliases.append(Alias(word, zone_id, zones.get(zone_id, ""), count, file, mark))
    return aliases


def _with_codes(layer: str, table: Any, zones: Mapping[str, str], aliases: Sequence[Alias], heap: _Heap) -> Any:
    """The table with confirmed names replaced by codes; what nobody confirmed is a problem."""
    if not zones:
        return table
    holds = {each.written: each.zone_id for each in aliases if each.holds}
    sheet = LAYERS[layer].name.zh
    changed = {}
    for column in _CODES:
        if column not in table.columns:
            continue
        changed[column] = table[column].map(lambda word: holds.get(word, word))
        strange = changed[column].notna() & ~changed[column].isin(list(zones))
        words = Text(
            "不是统计单元表中的代码。请改为代码，或在 aliases.csv 中确认。",
            "is no zone_id of the zone table: give the code, or confirm the name in aliases.csv.",
        )
        heap.problems += [
            Problem(row[SOURCE], sheet, int(row[_ROW]), column, str(row[column]), words)
            for row in table[strange].to_dict("records")
        ]
    return table.assign(**changed)


def _require_unique(layer: str, table: Any, heap: _Heap) -> None:
    key = LAYERS[layer].key()
    if key not in table.columns:
        return
    twice = table[key].notna() & table[key].duplicated(keep=False)
    words = Text("编号重复。编号须唯一。", "occurs more than once: ids must be unique.")
    sheet = LAYERS[layer].name.zh
    heap.problems += [
        Problem(row[SOURCE], sheet, int(row[_ROW]), key, row[key], words) for row in table[twice].to_dict("records")
    ]
