"""Tables of the audit as they are declared: headings are the meanings of the columns, codes are put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from circle15.core.results import Audit
from circle15.core.rule import METRIC_WORDS
from circle15.core.schema import Column
from circle15.core.schema import Table as Declared
from circle15.core.tables import OUTCOME_WORDS
from circle15.core.text import Text
from circle15.show.office.document import NOTHING, Cell, Form, Head, Number, Table
from circle15.show.office.names import LEVEL_WORDS, named, zone_names
from circle15.show.sentences import basis_text

# Columns whose numbers are not counts.
_FORMS: Mapping[str, Form] = {"share": "share", "target": "share"}
_WORDS: Mapping[str, Mapping[str, Text]] = {
    "level": LEVEL_WORDS,
    "metric": METRIC_WORDS,  # type: ignore[dict-item]  # keyed by literals
    "outcome": OUTCOME_WORDS,
}
_WIDTHS = {"basis": 9, "zone_id": 8, "metric": 7, "level": 6}


def declared_table(audit: Audit, table: type[Declared], rows: Any, without: tuple[str, ...] = ()) -> Table:
    """Rows of a declared table, without the columns named."""
    language = audit.facts.language
    columns = [column for column in table.columns if column.name not in without]
    columns_heads = tuple(Head(column.meaning.say(language), _WIDTHS.get(column.name, 6)) for column in columns)
    write = [_writer(audit, column) for column in columns]
    values = [rows[column.name].to_numpy(dtype=object) for column in columns]
    cells = [tuple(one(value) for one, value in zip(write, row, strict=True)) for row in zip(*values, strict=True)]
    return Table(columns_heads, tuple(cells))


def _writer(audit: Audit, column: Column) -> Callable[[Any], Cell]:
    """How the cells of a column are written."""
    language = audit.facts.language
    if column.kind in ("number", "integer"):
        form = _FORMS.get(column.name, "count")
        return lambda value: Number(None if value is None else float(value), form)
    if column.name == "basis":
        return lambda value: basis_text(audit, value).say(language)
    if column.name == "zone_id":
        names = zone_names(audit)
        return lambda value: NOTHING if value == "*" else named(names, value)
    words = _WORDS.get(column.name, {})
    return lambda value: words[value].say(language) if value in words else value or NOTHING
