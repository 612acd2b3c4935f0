"""The data dictionary of an export: every field and every code, as they were delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.core.exports import EXPORT_LAYERS
from circle15.core.mapping import ExportMapping
from circle15.core.text import Language
from circle15.show.export.sheet import Filled, Sheet


def dictionary_frame(sheets: Sequence[Sheet], language: Language) -> Any:
    """dictionary.csv: one row for each field, in the order of the files; ``empty`` counts its empty cells."""
    rows = [
        {
            "layer": sheet.name,
            "layer_alias": sheet.alias,
            "layer_code": sheet.code,
            "layer_meaning": EXPORT_LAYERS[sheet.key].label.say(language),
            "order": number,
            "name": each.field.name,
            "alias": each.field.alias,
            "type": each.field.kind,
            "length": each.field.length or None,
            "decimals": each.field.decimals or None,
            "domain": each.field.domain or None,
            "unique": int(each.field.unique),
            "required": int(each.field.required),
            "empty": sum(value is None for value in each.values),
            "source": _source(each),
            "meaning": each.column.meaning.say(language) if each.column else None,
            "unit": each.column.unit or None if each.column else None,
        }
        for sheet in sheets
        for number, each in enumerate(sheet.fields, start=1)
    ]
    columns = list(rows[0]) if rows else []
    return pd.DataFrame(rows, columns=columns).astype({"length": "Int64", "decimals": "Int64"} if rows else {})


def _source(each: Filled) -> str:
    """The column it was filled from; a constant and a serial number say so."""
    if each.field.serial is not None:
        return "serial"
    return each.field.source or "value"


def domain_frame(mapping: ExportMapping, sheets: Sequence[Sheet]) -> Any:
    """domains.csv: the codes of every domain that a delivered field uses."""
    used = {each.field.domain for sheet in sheets for each in sheet.fields} & mapping.domains.keys()
    rows = [
        (name, code.code, code.label, word)
        for name, codes in mapping.domains.items()
        if name in used
        for word, code in codes.items()
    ]
    return pd.DataFrame(rows, columns=["domain", "code", "label", "value"])


def alias_frame(sheets: Sequence[Sheet]) -> Any:
    """aliases.csv beside Shapefiles, whose field names can hold no Chinese."""
    rows = [(sheet.name, sheet.alias, each.field.name, each.field.alias) for sheet in sheets for each in sheet.fields]
    return pd.DataFrame(rows, columns=["layer", "layer_alias", "name", "alias"])
