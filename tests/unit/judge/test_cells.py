"""Lists in a cell, as people who type Chinese write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.judge.cells import parts
from tests.studies import run

# Each between the same two entries: ; ； , ， 、 |
SEPARATORS = (";", "\uff1b", ",", "\uff0c", "\u3001", "|")


@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_separator_splits(separator: str) -> None:
    assert parts(f"会客厅{separator} 起居室 {separator}") == ["会客厅", "起居室"]


@pytest.mark.parametrize("separator", SEPARATORS[1:4:2])
def test_areas_that_a_facility_serves_are_told_apart(tmp_path: Path, separator: str) -> None:
    """400 m² for two areas of 500 households each: 40 for 100, so that JJ-03 passes in both."""
    homes = [{"id": name, "built": "new", "planned_dwellings": 500} for name in ("H1", "H2")]
    site = {
        "id": "F1",
        "type": "day_care",
        "floor_area_m2": 400,
        "town_code": "T",
        "serves": separator.join(("H1", "H2")),
    }
    found = run(tmp_path, "jinjiang-2022", {"residential": homes, "facilities": [site]})
    assert {name: row["outcome"] for name, row in found.verdicts("JJ-03", "attributes").items()} == {
        "H1": "pass",
        "H2": "pass",
    }
