"""From filled-in workbooks to merged tables, one list of problems, and a list of names to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import pandas as pd

from circle15.core.text import Language
from circle15.read.collect import ALIAS_HEADINGS, COLLECTED, Collected, collect, read_aliases
from circle15.show.collected import write_collected
from circle15.show.tables import csv_bytes

ALIASES, PROBLEMS = "aliases.csv", "problems.csv"


def gather(files: Sequence[Path], out: Path, language: Language = "zh") -> tuple[Collected, list[Path]]:
    """Merge workbooks into ``out`` with the names confirmed there, and say what was written.

    Raises OutputError for files in ``out`` that are not this program's, and what a broken list of names raises.
    """
    collected = collect(files, read_aliases(out / ALIASES))
    written = {COLLECTED[layer]: csv_bytes(table) for layer, table in collected.tables.items()}
    written[PROBLEMS] = csv_bytes(
        pd.DataFrame(
            [
                (each.file, each.sheet, each.row or None, each.column, each.value, each.message.say(language))
                for each in collected.problems
            ],
            columns=["file", "sheet", "row", "column", "value", "problem"],
        ).astype({"row": "Int64"})
    )
    if collected.aliases:
        names = [astuple(each) for each in collected.aliases]
        written[ALIASES] = csv_bytes(pd.DataFrame(names, columns=list(ALIAS_HEADINGS)))
    return collected, write_collected(out, written, frozenset({ALIASES}))
