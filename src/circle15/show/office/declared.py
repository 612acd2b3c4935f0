"""Tables of the audit as they are declared: headings are the meanings of the columns, codes are put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit
from circle15.core.schema import Column
from circle15.core.schema import Table as Declared
from circle15.core.tables import OUTCOME_WORDS
from circle15.core.text import Text
from circle15.show.names import LEVEL_WORDS, named, zone_names
from circle15.show.office.document import NOTHING, Cell, Form, Head, Number, Table
from circle15.show.office.results import measure
from circle15.show.sentences import WAY_WORDS, basis_text

# Columns whose numbers are not counts, and those that they are compared with.
_FORMS: Mapping[str, Form] = {
    "share": "share",
    "target": "share",
    "task_share": "share",
    "value": "measure",
    "limit": "measure",
}
_BESIDE: Mapping[str, str] = {"share": "target", "value": "limit"}
_SIGNS = {op: Text(sign, sign) for op, sign in SYMBOLS.items()}
_WORDS: Mapping[str, Mapping[str, Text]] = {
    "op": _SIGNS,
    "target_op": _SIGNS,
    "level": LEVEL_WORDS,
    "metric": WAY_WORDS,  # type: ignore[dict-item]  # keyed by literals
    "outcome": OUTCOME_WORDS,
    "limit_by": {"clause": Text("条文", "clause"), "study": Text("本研究设定", "the study")},
}
_WIDTHS = {"basis": 9, "zone_id": 8, "metric": 7, "level": 6}


def declared_table(audit: Audit, table: type[Declared], rows: Any, without: tuple[str, ...] = ()) -> Table:
    """Rows of a declared table, without the columns named."""
    language = audit.facts.language
    columns = [column for column in table.columns if column.name not in without]
    columns_heads = tuple(Head(column.meaning.say(language), _WIDTHS.get(column.name, 6)) for column in columns)
    write = [_writer(audit, column) for column in columns]
    told = _told(rows)
    values = [told[column.name].to_numpy(dtype=object) for column in columns]
    others = [_beside(told, column.name) for column in columns]
    rules = rows["rule_id"].to_numpy(dtype=object)
    cells = [
        [one(value, other, rule_id) for value, other, rule_id in zip(of_column, beside, rules, strict=True)]
        for one, of_column, beside in zip(write, values, others, strict=True)
    ]
    return Table(columns_heads, tuple(zip(*cells, strict=True)))


def _told(rows: Any) -> Any:
    """The rows without the shares of what is all unknown, which would read as zero."""
    if not {"share", "total", "unknown"} <= set(rows.columns):
        return rows
    return rows.assign(share=rows["share"].where(rows["total"] > rows["unknown"]))


def _beside(rows: Any, column: str) -> Any:
    """What each cell of a column is compared with; nothing where it is not."""
    other = _BESIDE.get(column)
    return rows[other].to_numpy(dtype=object) if other in rows.columns else [None] * len(rows)


def _writer(audit: Audit, column: Column) -> Callable[[Any, Any, str], Cell]:
    """How the cells of a column are written, in rows of a rule."""
    language = audit.facts.language
    if column.kind in ("number", "integer"):
        forms = _forms(audit, column.name)
        return lambda value, other, rule_id: Number(_float(value), forms[rule_id], _float(other))
    if column.name == "basis":
        return lambda value, *_: basis_text(audit, value).say(language)
    if column.name == "zone_id":
        names = zone_names(audit)
        return lambda value, *_: NOTHING if value == "*" else named(names, value)
    words = {code: word.say(language) for code, word in _WORDS.get(column.name, {}).items()}
    return lambda value, *_: NOTHING if pd.isna(value) else words.get(value, value)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _forms(audit: Audit, column: str) -> Mapping[str, Form]:
    """How the numbers of a column are written, by rule: values and limits in the unit of the rule."""
    form = _FORMS.get(column, "count")
    rules = audit.facts.pack.rules
    if form != "measure":
        return dict.fromkeys((rule.rule_id for rule in rules), form)
    return {rule.rule_id: measure(None, rule.limit.unit).form for rule in rules}
