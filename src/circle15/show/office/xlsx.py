"""Sheets as an Excel workbook, which WPS and Excel open. Text is written as text: no name becomes a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from circle15.show.extra import library
from circle15.show.office.document import EPOCH, Form, Heading, Number, Paragraph, Row, Sheet, Table

# How cells show a number of each form, by the number of its decimals: what they show is the text that pages print.
_FORMATS: Mapping[Form, Callable[[int], str]] = {
    "count": lambda places: "#,##0" + _decimals(places),
    "year": lambda _: "0",
    "share": lambda places: "0" + _decimals(places) + "%",
    "points": lambda places: "0" + _decimals(places),
    "measure": lambda places: "#,##0" + _decimals(places),
    "minutes": lambda places: "0" + _decimals(places),
    "metres": lambda places: "0" + _decimals(places),
}
# Forms of which the cell holds what the text says; cells of the others hold the number itself.
_AS_SHOWN = ("measure", "points", "minutes", "metres")
# Excel holds no longer cell; one full-width character is two of the width of a column.
_MOST_CHARACTERS, _WIDTH_OF_CHARACTER, _WIDEST = 32_767, 2.1, 60
_STYLES: Mapping[str, Mapping[str, Any]] = {
    "head": {"bold": True, "bg_color": "#E7ECF2", "border": 1, "border_color": "#8A8F98", "align": "center"},
    "text": {"border": 1, "border_color": "#C9CED6", "indent": 1},
    "heading": {"bold": True, "font_size": 13},
    "stamp": {"bold": True, "font_color": "#C00000"},
    "body": {},
}
_NUMBER = {**_STYLES["text"], "font_size": 10, "font_name": "宋体", "valign": "vcenter", "align": "right"}
_WRAPPED = {"text_wrap": True, "valign": "vcenter"}
# The numbers that Excel gives papers, and how many full-width characters may stand beside each other on A4.
_A3, _A4, _MOST_ON_A4 = 8, 9, 80
_TEXT_COLUMNS, _LINE_POINTS, _MOST_LINES = 8, 14, 29
_EVERYWHERE = "A1:XFD1048576"


def xlsx(sheets: Sequence[Sheet], title: str, stamps: Sequence[str]) -> bytes:
    """The sheets as .xlsx with the stamps above and in the printed head of each.

    Raises ConfigError where xlsxwriter is missing.
    """
    out = BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd"}
    with library("xlsxwriter").Workbook(out, options) as book:
        book.set_properties({"title": title, "author": "", "comments": "", "created": EPOCH})
        formats = _Formats(book)
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            _set_page(page, title, stamps)
            _write(page, sheet, stamps, formats)
    return out.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.styles = {
            name: book.add_format({**_WRAPPED, "font_size": 10, "font_name": "宋体", **style})
            for name, style in _STYLES.items()
        }
        self.numbers: dict[str, Any] = {}

    def of(self, number: Number) -> Any:
        """The format that shows a number as its text does."""
        code = _FORMATS[number.form](len(number.text.rstrip("%").partition(".")[2]))
        if code not in self.numbers:
            self.numbers[code] = self.book.add_format({**_NUMBER, "num_format": code})
        return self.numbers[code]


def _decimals(places: int) -> str:
    return "." + "0" * places if places else ""


def _set_page(page: Any, title: str, stamps: Sequence[str]) -> None:
    page.set_landscape()
    # Codes are text, or they would lose their leading zeros: no green corners on them.
    page.ignore_errors({"number_stored_as_text": _EVERYWHERE})
    page.fit_to_pages(1, 0)
    page.set_footer("&C— &P —")
    page.set_header("&L" + " · ".join((title, *stamps)).replace("&", "&&")[:250])


def _write(page: Any, sheet: Sheet, stamps: Sequence[str], formats: _Formats) -> None:
    """Blocks from top to bottom. A sheet that is one table is frozen under its head; the last table has filters."""
    row = 0
    for stamp in stamps:
        _put(page, row, 0, stamp, formats.styles["stamp"], is_wide=True)
        row += 1
    tables = [block for block in sheet.blocks if isinstance(block, Table)]
    widest = max((sum(head.width for head in table.heads) for table in tables), default=0)
    page.set_paper(_A3 if widest > _MOST_ON_A4 else _A4)
    for block in sheet.blocks:
        if isinstance(block, Table):
            _set_widths(page, tables)
            if len(tables) == 1:
                page.freeze_panes(row + 1, min(2, len(block.heads) - 1))
                page.repeat_rows(row)
            if block is tables[-1]:
                page.autofilter(row, 0, row + len(block.rows), len(block.heads) - 1)
        row = _WRITE[type(block)](page, row, block, formats)


def _set_widths(page: Any, tables: Sequence[Table]) -> None:
    for column in range(max(len(table.heads) for table in tables)):
        widest = max(table.heads[column].width for table in tables if column < len(table.heads))
        page.set_column(column, column, min(widest * _WIDTH_OF_CHARACTER + 2, _WIDEST))


def _heading(page: Any, row: int, block: Heading, formats: _Formats) -> int:
    _put(page, row, 0, block.text, formats.styles["heading"], is_wide=True)
    return row + 1


def _paragraph(page: Any, row: int, block: Paragraph, formats: _Formats) -> int:
    _put(page, row, 0, block.text, formats.styles["body"], is_wide=True)
    return row + 1


def _table(page: Any, row: int, block: Table, formats: _Formats) -> int:
    for column, head in enumerate(block.heads):
        _put(page, row, column, head.text, formats.styles["head"])
    for number, cells in enumerate(block.rows, start=row + 1):
        page.set_row(number, _LINE_POINTS * _lines(cells, block))
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                _put(page, number, column, cell, formats.styles["text"])
            elif cell.known:
                page.write_number(number, column, _written(cell), formats.of(cell))
            else:
                page.write_string(number, column, cell.text, formats.of(cell))
    return row + len(block.rows) + 2


def _lines(cells: Row, block: Table) -> int:
    """The lines that the longest text of a row takes in its column."""
    texts = ((cell, head.width) for cell, head in zip(cells, block.heads, strict=True) if isinstance(cell, str))
    return min(max((-(-len(text) // max(width, 1)) for text, width in texts), default=1) or 1, _MOST_LINES)


def _written(number: Number) -> float:
    """What a cell holds of a number."""
    return float(number.text.replace(",", "")) if number.form in _AS_SHOWN else float(number.value or 0)


def _put(page: Any, row: int, column: int, text: str, style: Any, *, is_wide: bool = False) -> None:
    """Text as text, whatever it begins with; a wide one runs over the columns beside it."""
    shown = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
    if is_wide:
        page.merge_range(row, column, row, column + _TEXT_COLUMNS - 1, "", style)
        page.set_row(row, _LINE_POINTS * min(1 + len(shown) // 55, _MOST_LINES) + 2)
    page.write_string(row, column, shown, style)


_WRITE: Mapping[type, Callable[[Any, int, Any, _Formats], int]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Table: _table,
}
