"""The workbook that counties fill in 填报模板: a sheet for each table, drop-downs, and one that explains it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from circle15.core.rule import FacilityType
from circle15.core.schema import Column, Table
from circle15.core.tables import Candidates, Facilities, Residential, Units
from circle15.core.text import Text
from circle15.core.words import own_word
from circle15.show.extra import library
from circle15.show.office.document import EPOCH

TEMPLATE = "填报模板.xlsx"
TABLES: tuple[type[Table], ...] = (Residential, Facilities, Candidates, Units)

# Filled in by readers of data, never by people.
NOT_ASKED = ("geometry", "footprint", "edge_m", "estimated", "generated", "assumed")
PLACES = (
    Column("lon", "number", Text("经度", "longitude"), unit="°"),
    Column("lat", "number", Text("纬度", "latitude"), unit="°"),
)

_GUIDE = "填表说明"
_RULES = (
    "每张工作表填一类对象，一行一个；没有的表不填。不要改动表名和列名，可以增加列，但增加的列不会被采用。",
    "带 * 的列必填。空着表示不知道，0 表示没有；不要填“-”“/”“无”。",
    "编号和代码按文本填写，前导零才不会丢失；同一编号在全市只能出现一次。",
    "经纬度用十进制度，全表用同一种坐标（如高德地图取得的是 GCJ-02），并在报送时注明是哪一种。",
    "有下拉框的列只能选列出的词。日期写成 2024-09-30。面积的单位是平方米，只填数字。",
)
_TITLE_ROW, _HEADING_ROW, _FIRST_ROW, _LAST_ROW = 0, 1, 2, 5000
_KINDS: Mapping[str, str] = {"text": "文字", "integer": "整数", "number": "数", "flag": "是或否", "date": "日期"}
_UNITS: Mapping[str, str] = {"m2": "平方米", "m": "米"}
# Excel takes no longer list in a drop-down; a longer one stands in cells.
_MOST_LIST = 255
_LISTS = "选项"


def template(types: Mapping[str, FacilityType]) -> bytes:
    """The workbook for a pack's facility types. Raises ConfigError where xlsxwriter is missing."""
    out = BytesIO()
    with library("xlsxwriter").Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": "填报模板", "author": "", "comments": "", "created": EPOCH})
        styles = _styles(book)
        _write_guide(book.add_worksheet(_GUIDE), types, styles)
        pages = {table: book.add_worksheet(table.name.zh) for table in TABLES}
        lists = book.add_worksheet(_LISTS)
        lists.hide()
        used = 0
        for table, page in pages.items():
            used = _write_table(page, lists, used, table, types, styles)
    return out.getvalue()


def columns(table: type[Table]) -> list[Column]:
    """What people fill in for a table: its columns, and where the row stands unless it has no place."""
    asked = [each for each in table.columns if each.name not in NOT_ASKED]
    has_place = any(each.kind == "geometry" for each in table.columns)
    return [*asked, *PLACES] if has_place else asked


def heading(column: Column) -> str:
    """The heading of a column in the workbook; a star marks what must be filled in."""
    unit = f"（{_UNITS[column.unit]}）" if column.unit in _UNITS else ""
    return f"{'*' if column.required else ''}{column.meaning.zh}{unit}"


def choices(column: Column, types: Mapping[str, FacilityType]) -> list[str]:
    """The words of a column's drop-down, none where anything may be filled in."""
    if column.name in ("type", "type_before"):
        return [each.label.zh for each in types.values()]
    if column.kind == "flag":
        return ["是", "否"]
    return [own_word(column.name, each) for each in column.choices]


def _styles(book: Any) -> dict[str, Any]:
    plain = {"font_name": "宋体", "font_size": 10}
    head = {**plain, "bold": True, "bg_color": "#E7ECF2", "border": 1, "text_wrap": True, "valign": "vcenter"}
    return {
        "title": book.add_format({**plain, "bold": True, "font_size": 13}),
        "head": book.add_format(head),
        "body": book.add_format({**plain, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({**plain, "num_format": "@"}),
        "date": book.add_format({**plain, "num_format": "yyyy-mm-dd"}),
        "number": book.add_format(plain),
    }


def _write_guide(page: Any, types: Mapping[str, FacilityType], styles: Mapping[str, Any]) -> None:
    page.write_string(0, 0, "填表说明", styles["title"])
    row = 1
    for number, rule in enumerate(_RULES, start=1):
        page.merge_range(row, 0, row, 5, "", styles["body"])
        page.write_string(row, 0, f"{number}. {rule}", styles["body"])
        page.set_row(row, 28)
        row += 1
    for at, width in enumerate((16, 30, 10, 8, 60, 22)):
        page.set_column(at, at, width)
    for table in TABLES:
        row += 1
        for at, word in enumerate(("工作表", "列名", "填什么", "必填", "可选的词", "程序中的列名")):
            page.write_string(row, at, word, styles["head"])
        for column in columns(table):
            row += 1
            cells = (
                table.name.zh,
                heading(column),
                _KINDS[column.kind],
                "必填" if column.required else "",
                "、".join(choices(column, types)),
                column.name,
            )
            for at, cell in enumerate(cells):
                page.write_string(row, at, cell, styles["body"])
        row += 1


def _write_table(
    page: Any,
    lists: Any,
    used: int,
    table: type[Table],
    types: Mapping[str, FacilityType],
    styles: Mapping[str, Any],
) -> int:
    """One sheet to fill in; ``used`` columns of the sheet of lists are taken: says how many are now."""
    page.write_string(_TITLE_ROW, 0, f"{table.name.zh}填报表", styles["title"])
    page.freeze_panes(_FIRST_ROW, 1)
    for at, column in enumerate(columns(table)):
        page.write_string(_HEADING_ROW, at, heading(column), styles["head"])
        style = styles["date" if column.kind == "date" else "text" if column.kind == "text" else "number"]
        page.set_column(at, at, max(12, 2 * len(heading(column)) + 2), style)
        words = choices(column, types)
        source: str | Sequence[str] = words
        if len(",".join(words)) > _MOST_LIST:
            lists.write_column(0, used, words)
            source = f"={_LISTS}!${_letters(used)}$1:${_letters(used)}${len(words)}"
            used += 1
        rule = _validation(column, source)
        if rule:
            page.data_validation(_FIRST_ROW, at, _LAST_ROW, at, rule)
    return used


def _validation(column: Column, source: str | Sequence[str]) -> dict[str, Any]:
    """What Excel lets people fill in."""
    told = {"error_title": column.meaning.zh[:32], "ignore_blank": True}
    if source:
        return {**told, "validate": "list", "source": source, "error_message": "请从下拉框中选择。"}
    if column.kind in ("number", "integer"):
        kind = "integer" if column.kind == "integer" else "decimal"
        least = column.least if column.least is not None else -180
        message = f"请填写不小于 {least:g} 的{_KINDS[column.kind]}，不带单位。"
        return {**told, "validate": kind, "criteria": ">=", "value": least, "error_message": message}
    return {}


def _letters(number: int) -> str:
    return chr(65 + number) if number < 26 else chr(64 + number // 26) + chr(65 + number % 26)
