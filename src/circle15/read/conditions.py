"""Conditions of rules, and the columns that rules read: whether the tables have them, of the kind that is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from circle15.core.rule import Comparison
from circle15.core.schema import KIND_WORDS, Column, Kind, Table
from circle15.core.text import Text
from circle15.read.strict import KINDS, Key, check, unknown_name

NUMBERS: tuple[Kind, ...] = ("integer", "number")

_KEYS = (
    Key("column", "text", required=True),
    Key("op", "text", required=True, choices=get_args(Comparison)),
    Key("value", "anything", required=True),
)
_ORDERED: tuple[Comparison, ...] = ("==", "!=", "<", "<=", ">", ">=")
# By the kind of a column: how it may be compared, and with what.
_COMPARED: Mapping[Kind, tuple[tuple[Comparison, ...], Callable[[Any], bool]]] = {
    "text": (("==", "!=", "has", "in"), KINDS["text"]),
    "integer": ((*_ORDERED, "in"), KINDS["number"]),
    "number": ((*_ORDERED, "in"), KINDS["number"]),
    "flag": (("==", "!="), KINDS["flag"]),
    "date": (_ORDERED, lambda value: isinstance(value, dt.date) and getattr(value, "tzinfo", None) is None),
}


def condition_problems(conditions: Sequence[Mapping[str, Any]], table: type[Table], where: str) -> list[Text]:
    """All that is wrong with conditions on the rows of a table: what cannot be compared, or could never hold."""
    problems = [problem for each in conditions for problem in check(each, _KEYS, where)]
    columns = {column.name: column for column in table.columns if column.kind != "geometry"}
    return problems or [problem for each in conditions for problem in _problems(each, columns, where)]


def column_problems(
    names: Sequence[Any], tables: Sequence[type[Table]], where: str, kinds: Sequence[Kind]
) -> list[Text]:
    """Columns that none of the tables declares with one of these kinds."""
    known = [column.name for table in tables for column in table.columns if column.kind in kinds]
    return [unknown_name(name, known, f"{where}.column") for name in names if name and name not in known]


def scope_problems(scope: Mapping[str, str], tables: Sequence[type[Table]], where: str) -> list[Text]:
    """Columns that none of the tables has as text, and words that such a column never holds: they rule out everyone."""
    words = {column.name: column.choices for table in tables for column in table.columns if column.choices}
    return [
        *column_problems(list(scope), tables, where, ("text",)),
        *(
            unknown_name(word, words[name], f"{where}.{name}")
            for name, word in scope.items()
            if name in words and word not in words[name]
        ),
    ]


def _problems(condition: Mapping[str, Any], columns: Mapping[str, Column], where: str) -> list[Text]:
    name, op, value = condition["column"], condition["op"], condition["value"]
    if name not in columns:
        return [unknown_name(name, list(columns), where)]
    column = columns[name]
    ops, fits = _COMPARED[column.kind]
    values = value if op == "in" and isinstance(value, list) else [value]
    if op not in ops or (op == "in") != isinstance(value, list) or not all(map(fits, values)):
        words = KIND_WORDS[column.kind]
        return [
            Text(
                f"{where}：{name} 是{words.zh}，不能写 {op} {_shown(value)}。可用 {'、'.join(ops)}，值须为{words.zh}"
                f"（in 用列表）。",
                f"{where}: {name} holds {words.en}: {op} {_shown(value)} says nothing of it. Use {', '.join(ops)} with "
                f"{words.en} (a list for in).",
            )
        ]
    if not column.choices or op == "has":
        return []
    return [unknown_name(each, column.choices, f"{where}.{name}") for each in values if each not in column.choices]


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else repr(value)
