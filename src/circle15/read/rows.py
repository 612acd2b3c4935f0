"""What happens to the rows of every input, whatever its format: headings, kinds of cells, filter, words.

A frame's index holds the numbers by which messages name its rows: lines of a text file, else 1, 2, 3 …
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.errors import SchemaError
from circle15.core.findings import Finding
from circle15.core.schema import KIND_WORDS, Column, Kind
from circle15.core.tables import LAYERS
from circle15.core.text import Text, first_ids
from circle15.core.words import WORDS
from circle15.read.cells import REPAIRS, Mended, mend
from circle15.read.headings import Headed
from circle15.read.mojibake import refuse_mojibake
from circle15.read.spec import InputSpec
from circle15.read.where import matching

# Rows that need no id of their own: their number does.
_NUMBERED = ("streets", "entrances", "barriers", "constraints")

# A facility may lack a place if a code says where it counts; a parcel counts for the study wherever it lies; the zone
# table has no places at all.
PLACE_OPTIONAL = ("facilities", "parcels", "zone_table")
CODES = ("community_code", "town_code", "county_code")

LEFT_BY_WHERE = Text("不符合 where 条件", "left out by where")


@dataclass(frozen=True, slots=True)
class Received:
    """Rows with our headings, kinds, words and types; how many ``where`` left out; what was found on the way."""

    frame: Any
    dropped: Mapping[Text, int]
    findings: tuple[Finding, ...]


def receive(headed: Headed, spec: InputSpec, extra: tuple[Column, ...] = ()) -> Received:
    """The rows of a frame under our headings, every declared cell of its kind.

    ``extra`` declares columns that the format adds to those of the layer's table (the coordinates of a CSV).
    Cells are judged only in rows that pass ``where``; what was repaired in them is a finding for each kind of repair.
    Raises ConfigError for a filter that names a column which is not there, EncodingError for text that was decoded
    wrongly, SchemaError with all cells that are not of the declared kind.
    """
    named = headed.frame
    refuse_mojibake(named, spec)
    columns = (*LAYERS[spec.layer].columns_in(named.columns), *extra)
    declared = [each for each in columns if each.name in named.columns]
    cells = {
        each.name: mend(named[each.name], each, headed.factors.get(each.name, 1.0))
        for each in declared
        if each.kind != "geometry"
    }
    typed = named.assign(**{name: mended.values for name, mended in cells.items()})
    kept = np.ones(len(typed), dtype=bool)
    if spec.where:
        kept = matching(_with_source_headings(typed, headed.source), spec.where, spec.shown)
    _refuse_bad_cells(cells, kept, typed, spec)
    rows = _with_types(translate(typed[kept]), spec)
    dropped = {LEFT_BY_WHERE: int((~kept).sum())} if spec.where else {}
    return Received(rows, dropped, (*headed.findings, *_repair_findings(cells, kept, typed, spec)))


def row_names(frame: Any, layer: str) -> Any:
    """What messages call each row: its id where it has one, else its number."""
    key = LAYERS[layer].key()
    numbers = frame.index.to_numpy().astype(object)
    if key not in frame.columns:
        return numbers
    return frame[key].astype(object).where(frame[key].notna(), numbers).to_numpy()


def with_ids(frame: Any, layer: str) -> Any:
    """Rows of a layer that need no id of their own get their number where they have none."""
    if layer not in _NUMBERED:
        return frame
    return frame.assign(**{LAYERS[layer].key(): pd.Series(row_names(frame, layer), frame.index).astype(str)})


def _with_source_headings(typed: Any, frame: Any) -> Any:
    """``where`` may name a column by our name or by its heading in the file; ours wins."""
    return typed.assign(**{name: frame[name] for name in frame.columns if name not in typed.columns})


# What is said of cells that cannot be read: text can only be wrong where a long code came as a float.
CELL_WORDS: Mapping[Kind, Text] = {
    **KIND_WORDS,
    "text": Text("完整的文字（长编号被存成小数而失真，请改存为文本）", "whole text (a long code kept as a float)"),
    "date": Text(
        "日期（如 2024-09-30；45565 一类的数是 Excel 的日期序号，请把单元格设为日期格式）",
        "dates (such as 2024-09-30; a number like 45565 is how Excel keeps a day: format the cells as dates)",
    ),
}


def _refuse_bad_cells(cells: Mapping[str, Mended], kept: Any, typed: Any, spec: InputSpec) -> None:
    kinds = {each.name: each.kind for each in LAYERS[spec.layer].columns_in(typed.columns)}
    problems = []
    for name, mended in cells.items():
        wrong = mended.bad & kept
        if wrong.any():
            rows = first_ids(typed.index[wrong])
            words = CELL_WORDS[kinds.get(name, "number")]
            problems.append(
                Text(
                    zh=f"{spec.shown}：{name} 列有 {wrong.sum()} 个值不是{words.zh}（第 {rows} 行）。请更正或留空。",
                    en=f"{spec.shown}: {wrong.sum()} values of {name} are not {words.en} (rows {rows}). "
                    f"Correct them or leave them empty.",
                )
            )
    if problems:
        raise SchemaError(problems)


def _repair_findings(cells: Mapping[str, Mended], kept: Any, typed: Any, spec: InputSpec) -> list[Finding]:
    """One finding for each kind of repair: how many cells, of which columns, in which rows first."""
    names = row_names(typed, spec.layer)
    findings = []
    for code, words in REPAIRS.items():
        done = {name: each.repairs[code] & kept for name, each in cells.items() if code in each.repairs}
        done = {name: rows for name, rows in done.items() if rows.any()}
        if not done:
            continue
        count = sum(int(rows.sum()) for rows in done.values())
        columns = ", ".join(f"{name} × {rows.sum()}" for name, rows in done.items())
        first = names[np.logical_or.reduce(list(done.values()))][:3]
        findings.append(
            Finding(
                code=code,
                severity="info",
                layer=spec.layer,
                count=count,
                ids=tuple(str(each) for each in first),
                message=Text(
                    zh=f"{spec.shown}：{count} 个单元格（{columns}）{words.zh}。",
                    en=f"{spec.shown}: {count} cells ({columns}) {words.en}.",
                ),
                fix=Text("请核对，并在源表中改正。", "Check them, and correct the table at its source."),
            )
        )
    return findings


def _with_types(rows: Any, spec: InputSpec) -> Any:
    """The study's word for the kind of each row: of constraints that is the name of their layer."""
    column = "name" if spec.layer == "constraints" else "type"
    if spec.type is not None:
        return rows.assign(**{column: spec.type})
    if spec.types and column in rows.columns:
        return rows.assign(**{column: reworded(rows[column], spec.types)})
    return rows


def translate(frame: Any) -> Any:
    """``frame`` with the words of :data:`WORDS` replaced; words that are not listed stay as they are."""
    known = {column: reworded(frame[column], words) for column, words in WORDS.items() if column in frame.columns}
    return frame.assign(**known)


def reworded(cells: Any, words: Mapping[Any, Any]) -> Any:
    """Cells with ``words`` replaced. Cells of GeoJSON may be lists, which equal no word and are taken as text."""
    if cells.dtype == object:
        cells = cells.map(lambda cell: cell if isinstance(cell, Hashable) else str(cell))
    return cells.replace(dict(words))
