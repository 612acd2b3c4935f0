"""The files of a batch as a whole: tables for programs and spreadsheets, the log, the bulletin, the index page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from circle15.core.league import Figures, League
from circle15.show.summary import league_object
from circle15.show.tables import csv_bytes

LEAGUE_CSV, FIGURES_CSV, LEAGUE_JSON, LOG_CSV = "batch.csv", "batch_figures.csv", "batch.json", "batch_log.csv"
# All that may differ between equal runs.
LOG_COLUMNS = ("study", "attempts", "began", "seconds", "peak_mb", "detail")


def batch_files(league: League, figures: Figures, log: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Every file of a batch by name. The same studies give the same bytes, but for the log."""
    return {
        LEAGUE_CSV: csv_bytes(league.frame),
        FIGURES_CSV: csv_bytes(figures.frame),
        LEAGUE_JSON: (json.dumps(league_object(league, figures), ensure_ascii=False, indent=1) + "\n").encode(),
        LOG_CSV: csv_bytes(pd.DataFrame(list(log), columns=list(LOG_COLUMNS))),
    }
