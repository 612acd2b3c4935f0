"""Tables as files: Parquet above so many rows, no formulas in CSV, the facilities and the rules they count for."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from circle15.core.errors import ConfigError
from circle15.core.tables import Facilities
from circle15.read.run import run_of
from circle15.show.geojson import feature_collection
from circle15.show.manifest import manifest
from circle15.show.tables import MOST_CSV_ROWS, csv_bytes, tables
from tests.fakes import small_audit
from tests.towns import CANDIDATES, SITE, STUDY, call, write_town


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


HOSTILE = {"=1+1": '=HYPERLINK("http://x")', "+2": "@SUM(1)", "-3": "-2+3", "@4": "\tx", "\r5": "7"}


def test_texts_that_begin_like_formulas_are_text_in_every_table_and_sheet(tmp_path):
    """Every cell of CSV that begins so is a number; no cell of a workbook is a formula."""
    homes = {key: {"at": (100 * row, 0), "name": name, "pop60": 3} for row, (key, name) in enumerate(HOSTILE.items())}
    sites = {key: {"at": (0, 0), "name": name, "type": "day_care"} for key, name in HOSTILE.items()}
    hosts = {key: {"at": (1400 + row, 0), "host": name} for row, (key, name) in enumerate(HOSTILE.items())}
    outputs = '\n[show]\noutputs = ["tables", "xlsx", "shp"]\n'
    study = write_town(
        tmp_path, homes=homes, facilities=sites, candidates=hosts, study=STUDY + CANDIDATES + SITE + outputs
    )
    result = call("run", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    seen = 0
    for path in tmp_path.glob("data/**/*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
            for cell in row:
                if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                    float(cell)
                seen += cell.startswith("'")
    assert seen > 20
    book = openpyxl.load_workbook(tmp_path / "data" / "processed" / "invented" / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert {"=1+1", "-3"} <= {cell.value for cell in cells if cell.data_type == "s"}
    assert any(cell.data_type == "n" for cell in cells)


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


@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_any_text_comes_back_as_it_was(dtype):
    """Commas, quotes and line ends within a cell, Chinese, and what only looks like a number."""
    texts = ["a,b", 'say "x"', "two\nlines", "four\r\nlines", "晋江，泉州", "007", "", None, "1e5", " blank "]
    data = csv_bytes(pd.DataFrame({"id, text": pd.Series(texts, dtype=dtype), "n": range(len(texts))}))
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert found == [["id, text", "n"], *([text or "", str(row)] for row, text in enumerate(texts))]
    assert csv_bytes(pd.DataFrame({"a": ["x", None, ""]})) == b'\xef\xbb\xbfa\nx\n""\n""\n'
    assert csv_bytes(pd.DataFrame(columns=["a", "b"])) == b"\xef\xbb\xbfa,b\n"


def test_cells_that_are_no_text_are_written_as_python_says_them():
    frame = pd.DataFrame(
        {
            "mixed": pd.Series([1, True, "x", None, 1.5], dtype=object),
            "flag": pd.array([True, None, False, True, None], dtype="boolean"),
            "day": pd.to_datetime(["2024-01-31", None, "2023-12-01", None, None]),
        }
    )
    assert [tuple(each.values()) for each in rows(csv_bytes(frame))] == [
        ("1", "True", "2024-01-31"), ("True", "", ""), ("x", "False", "2023-12-01"), ("", "True", ""), ("1.5", "", ""),
    ]  # fmt: skip


def test_a_number_is_written_alike_wherever_it_stands_and_by_the_name_of_its_column():
    numbers = [0.1, -0.0, 0.0, None, 700.0, 0.1, 1 / 3, 2 / 3]
    frame = pd.DataFrame({"a_m": numbers, "a_min": numbers, "share": numbers}).iloc[::-1]
    found = rows(csv_bytes(frame))
    assert [each["a_m"] for each in found] == ["0.667", "0.333", "0.100", "700.000", "", "0.000", "-0.000", "0.100"]
    assert [each["a_min"] for each in found] == ["0.6667", "0.3333", "0.1", "700", "", "0", "0", "0.1"]
    assert [each["share"] for each in found] == ["0.666667", "0.333333", "0.1", "700", "", "0", "0", "0.1"]


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


def test_geojson_has_the_numbers_of_the_tables_to_the_last_digit():
    """Minutes of 1,565,169 mm at 1 m/s end in a five that binary fractions lack: both files round it the same way."""
    mm = np.array([1_565_169, 899_999, 900_001, 3, 0])
    numbers = pd.DataFrame({"walk_min": mm / 60_000, "share": mm / 7e6, "walk_m": mm / 1000})
    numbers.loc[4, "share"] = np.nan
    frame = gpd.GeoDataFrame(numbers, geometry=[shapely.Point(500_000, 2_700_000)] * 5, crs="EPSG:4549")
    told = [{name: float(cell) if cell else None for name, cell in row.items()} for row in rows(csv_bytes(numbers))]
    features = json.loads(feature_collection(frame, "EPSG:4549"))["features"]
    assert [each["properties"] for each in features] == told
    assert told[0]["walk_min"] == 26.0861
