"""The files of a batch as a whole: tables for programs and spreadsheets, the log, the bulletin, the index page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import pandas as pd

from circle15.core.league import Figures, League
from circle15.core.text import Language, Text
from circle15.show.html.index import index_page
from circle15.show.office import league_files
from circle15.show.outline import Ring
from circle15.show.summary import league_object
from circle15.show.tables import csv_bytes
from circle15.show.titles import STAMPS

LEAGUE_CSV, FIGURES_CSV, LEAGUE_JSON, LOG_CSV = "batch.csv", "batch_figures.csv", "batch.json", "batch_log.csv"
INDEX = "index.html"
# All that may differ between equal runs.
LOG_COLUMNS = ("study", "attempts", "began", "seconds", "peak_mb", "detail")


def batch_files(
    league: League,
    figures: Figures,
    outlines: Mapping[str, Sequence[Ring]],
    log: Sequence[Mapping[str, Any]],
    borne: Sequence[str],
    language: Language,
) -> dict[str, bytes]:
    """Every file of a batch by name.

    ``outlines`` say where studies lie, by id; ``borne`` are the stamps that any of them bears.

    The same studies give the same bytes, but for the log. The workbook and the Word file need the extra ``office``
    and are left out without it.
    """
    stamps: list[Text] = [text for key, text in STAMPS.items() if key in borne]
    return {
        LEAGUE_CSV: csv_bytes(league.frame),
        FIGURES_CSV: csv_bytes(figures.frame),
        LEAGUE_JSON: (json.dumps(league_object(league, figures), ensure_ascii=False, indent=1) + "\n").encode(),
        **league_files(league, figures, stamps, language, office=has_office()),
        INDEX: index_page(league, figures, outlines, stamps, language).encode(),
        LOG_CSV: csv_bytes(pd.DataFrame(list(log), columns=list(LOG_COLUMNS))),
    }


def has_office() -> bool:
    """Whether the extra ``office`` is installed."""
    return all(find_spec(name) is not None for name in ("docx", "xlsxwriter"))
