"""A document as such: headings, paragraphs, tables and pictures in the reader's language.

Each writer gives it one form. Every block is of one of the kinds below, and each writer has one function for each.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from circle15.core.text import Language, Text
from circle15.show.numbers import grouped, minutes, percent, plain, whole

Form = Literal["count", "year", "share", "points", "measure", "minutes", "metres"]
Manner = Literal["body", "item", "note"]

# How a number of each form is written, beside what it is compared with; points are percentage points of a difference.
_WRITE: Mapping[Form, Callable[..., str]] = {
    "count": whole,
    "year": lambda value: f"{value:.0f}",
    "share": percent,
    "points": lambda value: percent(value).removesuffix("%"),
    "measure": lambda value, *_: grouped(value),
    "minutes": minutes,
    "metres": lambda value, *_: plain(value, 3, keep_zeros=True),
}
NOTHING = "—"
# The creation date of every container: equal inputs give equal bytes.
EPOCH = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
_BREAKS = "\t\n\r\x0b\x0c\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a table cell, exact; ``text`` is what people read. Null is a dash, never a zero.

    ``beside`` is the limit or target it is compared with: the text reads like that only where it is the same.
    """

    value: float | None
    form: Form
    beside: float | None = None

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return self.value is not None and not math.isnan(self.value)

    @property
    def text(self) -> str:
        """The number as every output writes it."""
        if self.value is None or not self.known:
            return NOTHING
        marks = () if self.beside is None else (self.beside,)
        return _WRITE[self.form](self.value, *marks)


Cell = str | Number
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: running text, an item of a list, or a small note."""

    text: str
    manner: Manner = "body"


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a column and its width in full-width characters, which pages share out in proportion."""

    text: str
    width: int = 8


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; every row has a cell for each of them."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption. ``draw`` makes the PNG, of ``width_mm`` by ``height_mm`` at its own scale.

    A writer that has no place for pictures writes the caption and draws nothing.
    """

    caption: str
    width_mm: float
    height_mm: float
    draw: Callable[[], bytes]


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be filed. ``stamps`` stand on every page; ``maker`` under the title where it is known."""

    title: str
    maker: str
    stamps: tuple[str, ...]
    language: Language
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    blocks: tuple[Block, ...]


def heads(language: Language, *columns: tuple[str, str, int]) -> tuple[Head, ...]:
    """Column headings from (Chinese, English, width)."""
    return tuple(Head(Text(zh, en).say(language), width) for zh, en, width in columns)


def column_widths(table: Table, width: float) -> list[float]:
    """The width of a page shared out in proportion to the widths of the headings."""
    total = sum(head.width for head in table.heads)
    return [width * head.width / total for head in table.heads]


def shortened(table: Table, language: Language, most: int = 100) -> tuple[Block, ...]:
    """A table that pages can hold: its first rows, and how many more the workbook has."""
    rest = len(table.rows) - most
    if rest <= 0:
        return (table,)
    note = Text(
        f"表中列出前 {most} 行，其余 {whole(rest)} 行见 report.xlsx 或各 CSV 表。",
        f"The first {most} rows; {whole(rest)} more stand in report.xlsx and the CSV tables.",
    )
    return replace(table, rows=table.rows[:most]), Paragraph(note.say(language), "note")


def finished(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks without characters that no document may hold."""
    return tuple(_finished(block) for block in blocks)


def _finished(block: Block) -> Block:
    if isinstance(block, Figure):
        return replace(block, caption=clean(block.caption))
    if not isinstance(block, Table):
        return replace(block, text=clean(block.text))
    columns = tuple(replace(head, text=clean(head.text)) for head in block.heads)
    return Table(columns, tuple(_clean_row(row) for row in block.rows))


def _clean_row(row: Row) -> Row:
    return tuple(clean(cell) if isinstance(cell, str) else cell for cell in row)


def clean(text: str) -> str:
    """One line of text: breaks are spaces; controls, direction marks, surrogates and non-characters are dropped."""
    if text.isprintable():
        return text
    spaced = (" " if each in _BREAKS else each for each in text)
    return "".join(each for each in spaced if not _is_forbidden(each))


def _is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") or ord(character) & 0xFFFE == 0xFFFE
