"""Documents as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from circle15.show.office.document import Document, Figure, Heading, Number, Paragraph, Table

# What Markdown would take for a mark of its own.
_MARKS = re.compile(r"([\\`|\[\]<>])")


def markdown(document: Document) -> str:
    """The document as Markdown; no cell, name or clause can add a mark to it."""
    lines = [f"# {_escaped(document.title)}", ""]
    lines += [f"> **{_escaped(stamp)}**  " for stamp in document.stamps] + ([""] if document.stamps else [])
    lines += [_escaped(document.maker), ""] if document.maker else []
    for block in document.blocks:
        lines += _WRITE[type(block)](block)
    return "\n".join(lines).rstrip() + "\n"


def _heading(block: Heading) -> list[str]:
    return [f"{'#' * (block.level + 1)} {_escaped(block.text)}", ""]


def _paragraph(block: Paragraph) -> list[str]:
    text = _escaped(block.text)
    return [f"- {text}", ""] if block.manner == "item" else [text, ""]


def _figure(block: Figure) -> list[str]:
    """The caption alone: pictures are in the Word file and the PDF."""
    return [_escaped(block.caption), ""]


def _table(block: Table) -> list[str]:
    sides = ["---:" if _is_numeric(block, column) else "---" for column in range(len(block.heads))]
    return [
        _line([head.text for head in block.heads]),
        "|" + "|".join(sides) + "|",
        *(_line([cell.text if isinstance(cell, Number) else cell for cell in row]) for row in block.rows),
        "",
    ]


def _is_numeric(table: Table, column: int) -> bool:
    return any(isinstance(row[column], Number) for row in table.rows)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


_WRITE: Mapping[type, Callable[[Any], list[str]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Table: _table,
    Figure: _figure,
}
