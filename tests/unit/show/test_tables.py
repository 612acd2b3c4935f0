"""Tables as files: Parquet above so many rows, no formulas in CSV, the facilities and the rules they count for."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from circle15.core.errors import ConfigError
from circle15.core.tables import Facilities
from circle15.read.run import run_of
from circle15.show.manifest import manifest
from circle15.show.tables import MOST_CSV_ROWS, csv_bytes, tables
from tests.fakes import small_audit


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_verdicts_are_csv_up_to_the_most_rows_and_parquet_above():
    audit = small_audit()
    count = len(audit.verdicts)
    assert MOST_CSV_ROWS == 2_000_000
    assert "verdicts.csv" in tables(audit, most=count)
    files = tables(audit, most=count - 1)
    assert "verdicts.csv" not in files
    back = pd.read_parquet(io.BytesIO(files["verdicts.parquet"]))
    assert list(back.columns) == list(audit.verdicts.frame.columns)
    for name in back.columns:
        written, read = (
            table[name].astype(object).where(table[name].notna(), None) for table in (audit.verdicts.frame, back)
        )
        assert list(read) == list(written)
    assert files["verdicts.parquet"] == tables(audit, most=0)["verdicts.parquet"]


def test_a_run_reads_the_same_from_parquet_as_from_csv():
    audit = small_audit()
    described = manifest(audit, {})
    frames = [run_of(described, tables(audit, most=most), "here").tables["verdicts"] for most in (0, 10**9)]
    assert frames[0].to_numpy().tolist() == frames[1].to_numpy().tolist()


def test_without_pyarrow_the_extra_is_named(monkeypatch):
    def missing(*_args: Any, **_how: Any) -> None:
        raise ImportError("Missing optional dependency 'pyarrow'")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", missing)
    audit = small_audit()
    with pytest.raises(ConfigError) as failure:
        tables(audit, most=0)
    for language in ("zh", "en"):
        assert "pip install circle15[parquet]" in failure.value.say(language)
    assert tables(audit)["verdicts.csv"]


@pytest.mark.parametrize("mark", ["=", "+", "-", "@"])
@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_before_it(mark, dtype):
    frame = pd.DataFrame({"a": pd.Series([f"{mark}1+1", "x", None, f"x{mark}"]).astype(dtype)})
    assert [each["a"] for each in rows(csv_bytes(frame))] == [f"'{mark}1+1", "x", "", f"x{mark}"]


def test_two_texts_that_would_become_one_stay_a_row_each():
    frame = pd.DataFrame({"a": pd.Series(["=1", "'=1"], dtype="category")})
    assert [each["a"] for each in rows(csv_bytes(frame))] == ["'=1", "'=1"]


def test_negative_numbers_stay_numbers():
    frame = pd.DataFrame({"margin": [-5.25, None], "count": pd.array([-3, None], dtype="Int64")})
    assert rows(csv_bytes(frame)) == [{"margin": "-5.25", "count": "-3"}, {"margin": "", "count": ""}]


def test_facilities_say_which_rules_they_count_for():
    audit = small_audit()
    frame = audit.facilities.frame.assign(
        status=["operating", "closed"], opened=pd.to_datetime(["2020-05-01", None]).astype("datetime64[s]")
    )
    audit = replace(
        audit, facilities=Facilities.build(frame), counted={"T-01": ("F-01",), "T-02": ("F-01",), "N-01": ()}
    )
    found: Any = rows(tables(audit)["facilities.csv"])
    assert [(each["facility_id"], each["status"], each["opened"], each["counted"]) for each in found] == [
        ("F-01", "operating", "2020-05-01", "T-01; T-02"),
        ("F-02", "closed", "", ""),
    ]
