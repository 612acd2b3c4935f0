"""Declared tables: what a column is called, holds and means.

The same declaration checks a frame, documents it and makes its empty template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd

from circle15.core.errors import SchemaError
from circle15.core.text import Text, first_ids
from circle15.core.words import own_word

Kind = Literal["text", "integer", "number", "flag", "date", "geometry"]

# What cells of a kind are, as messages say it.
KIND_WORDS: Mapping[Kind, Text] = {
    "text": Text("文字", "text"),
    "integer": Text("整数", "whole numbers"),
    "number": Text("数字", "numbers"),
    "flag": Text("是/否", "yes or no"),
    "date": Text("日期", "dates"),
    "geometry": Text("几何", "geometries"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. ``required`` columns must exist; ``nullable`` ones may have empty cells."""

    name: str
    kind: Kind
    meaning: Text
    unit: str = ""
    required: bool = False
    nullable: bool = True
    choices: tuple[str, ...] = ()
    least: float | None = None
    unique: bool = False


@dataclass(frozen=True)
class Table:
    """A frozen wrapper round one frame that keeps its declaration.

    Invariant: every required column is there, every declared column holds its kind, unique columns are
    unique. Undeclared columns are not kept by :meth:`build`. The frame must not be changed in place.
    ``families`` declare optional columns of which there may be several, by what their names begin with.
    """

    frame: Any

    name: ClassVar[Text]
    columns: ClassVar[tuple[Column, ...]]
    families: ClassVar[tuple[Column, ...]] = ()

    @classmethod
    def columns_in(cls, names: Iterable[Any]) -> tuple[Column, ...]:
        """The declared columns, and a declaration of each of these names that belongs to a family."""
        return (
            *cls.columns,
            *(
                replace(each, name=str(name))
                for each in cls.families
                for name in names
                if str(name).startswith(each.name)
            ),
        )

    @classmethod
    def build(cls, frame: Any, where: str = "") -> Self:
        """Check ``frame`` and wrap its declared columns, in declared order.

        Raises SchemaError with every problem at once.
        """
        problems = cls.problems(frame, where)
        if problems:
            raise SchemaError(problems)
        kept = [column.name for column in cls.columns_in(frame.columns) if column.name in frame.columns]
        return cls(frame[kept].reset_index(drop=True))

    @classmethod
    def empty(cls) -> Self:
        """The table without rows."""
        return cls.build(pd.DataFrame(columns=[column.name for column in cls.columns]))

    @classmethod
    def problems(cls, frame: Any, where: str = "") -> list[Text]:
        """All that breaks the declaration, as sentences."""
        found = []
        for column in cls.columns_in(frame.columns):
            if column.name not in frame.columns:
                if column.required:
                    found.append(_missing(cls, column, where, list(frame.columns)))
            elif len(frame):
                found += _cell_problems(cls, column, frame, where)
        return found

    @classmethod
    def column(cls, name: str) -> Column:
        """The declaration of one column; KeyError if there is none."""
        return next(column for column in cls.columns if column.name == name)

    @classmethod
    def key(cls) -> str:
        """The column that names a row: the first of ids."""
        return next(column.name for column in cls.columns if column.name.endswith("_id"))

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, column: str) -> bool:
        """Whether the frame carries this optional column."""
        return column in self.frame.columns


def _missing(table: type[Table], column: Column, where: str, present: list[Any]) -> Text:
    there = first_ids([each for each in present if each != "geometry"], 8)
    return Text(
        zh=f"{where or table.name.zh}：缺少必需列 {column.name}（{column.meaning.zh}）；现有列：{there}。"
        f"请补充该列，或在 columns 中指明对应列名。",
        en=f"{where or table.name.en}: the required column {column.name} ({column.meaning.en}) is missing; "
        f"present: {there}. Add it, or name its heading under columns.",
    )


def _cell_problems(table: type[Table], column: Column, frame: Any, where: str) -> list[Text]:
    values = frame[column.name]
    place = f"{where or table.name.zh}.{column.name}", f"{where or table.name.en}.{column.name}"
    found: list[tuple[Any, Text, Text]] = []
    empty = values.isna().to_numpy()
    if not column.nullable and empty.any():
        found.append((empty, Text("为空", "are empty"), Text("请填写", "fill them in")))
    wrong = ~empty & ~_fits(column, values)
    if wrong.any():
        found.append((wrong, _unlike(column, values[wrong]), Text("请更正", "correct them")))
    elif column.least is not None:
        small = ~empty & (pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan) < column.least)
        if small.any():
            what = Text(f"小于 {column.least:g}", f"are below {column.least:g}")
            found.append((small, what, Text("请更正", "correct them")))
    problems = [_bad(place, _row_names(table, frame)[rows], what, fix) for rows, what, fix in found]
    if column.unique:
        twice = values.duplicated(keep=False).to_numpy() & ~empty
        if twice.any():
            repeated = values[twice].drop_duplicates().to_numpy()
            problems.append(
                _bad(
                    place, repeated, Text("编号重复", "occur more than once"), Text("编号须唯一", "ids must be unique")
                )
            )
    return problems


def _unlike(column: Column, values: Any) -> Text:
    """What cells are not; where the words of a column are fixed also what they say."""
    if not column.choices:
        kind = KIND_WORDS[column.kind]
        return Text(f"不是{kind.zh}", f"are not {kind.en}")
    known = "、".join(own_word(column.name, each) for each in column.choices)
    said = [repr(str(each)) for each in values.drop_duplicates()]
    return Text(
        f"不是 {known}，而是 {first_ids(said, 5)}", f"are none of {', '.join(column.choices)} but {first_ids(said, 5)}"
    )


def _row_names(table: type[Table], frame: Any) -> Any:
    key = next((each.name for each in table.columns if each.unique), None)
    if key is not None and key in frame.columns:
        return frame[key].astype("object").to_numpy()
    return np.arange(1, len(frame) + 1).astype(object)


def _bad(place: tuple[str, str], ids: Any, what: Text, fix: Text) -> Text:
    count = len(ids)
    return Text(
        zh=f"{place[0]}：{count} 个值{what.zh}（{first_ids(ids)}）。{fix.zh}。",
        en=f"{place[1]}: {count} values {what.en} ({first_ids(ids)}): {fix.en}.",
    )


def _fits(column: Column, values: Any) -> Any:
    """Which cells hold the declared kind; empty cells count as fitting."""
    if column.kind == "geometry":
        return np.ones(len(values), dtype=bool)
    if column.kind in ("integer", "number"):
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        fits = np.isfinite(numbers)
        return fits & (numbers == np.floor(numbers)) if column.kind == "integer" else fits
    if column.kind == "flag":
        return values.isin([True, False]).to_numpy()
    if column.kind == "date":
        return pd.to_datetime(values, errors="coerce").notna().to_numpy()
    if column.choices:
        return values.isin(column.choices).to_numpy()
    return _are_text(values)


def _are_text(values: Any) -> Any:
    if isinstance(values.dtype, pd.StringDtype):
        return np.ones(len(values), dtype=bool)
    return values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
