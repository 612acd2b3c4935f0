"""Workbooks to fill in, and filled-in ones merged: nothing lost, nothing assumed, every problem named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from circle15.core.schema import Table
from circle15.read.collect import ALIAS_HEADINGS, read_aliases
from circle15.read.headings import name_columns, plain
from circle15.read.pack import load_pack
from circle15.read.points import PLACE_COLUMNS
from circle15.read.spec import InputSpec
from circle15.show.office.template import TABLES, TEMPLATE, choices, columns, heading, template
from tests.towns import call, tree

TYPES = load_pack(["jinjiang-2022"], Path())[0].types
LEVELS = {"residential": "居住小区", "facilities": "设施", "candidates": "备选点", "zone_table": "统计单元"}

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def blank() -> bytes:
    return template(TYPES)


def fill(path: Path, blank: bytes, sheets: Mapping[str, Rows]) -> Path:
    book = openpyxl.load_workbook(io.BytesIO(blank))
    for name, rows in sheets.items():
        sheet = book[LEVELS[name]]
        head = [plain(cell.value) for cell in sheet[2]]
        for number, row in enumerate(rows, start=3):
            for word, value in row.items():
                sheet.cell(row=number, column=head.index(plain(word)) + 1, value=value)
    book.save(path)
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def gather(*files: Path, out: Path) -> Any:
    return call("init", "--collect", *files, "--out", out)


def problems(out: Path) -> set[tuple[str, str, str, str]]:
    return {(each["file"], each["row"], each["column"], each["value"]) for each in table(out / "problems.csv")}


UNITS: Rows = (
    {"区划代码": "350001", "名称": "晋一社区", "级别": "社区"},
    {"区划代码": "350002", "名称": "晋二社区", "级别": "社区"},
)
PLACE = {"经度": 118.5, "纬度": 24.75}


# ---- the template ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filled", TABLES, ids=lambda table: table.__name__)
def test_every_heading_of_the_template_is_read_back_as_its_column(filled: type[Table]) -> None:
    import pandas as pd

    frame = pd.DataFrame(columns=[heading(column) for column in columns(filled)], dtype="str")
    declared = (*(each for each in filled.columns if each.kind != "geometry"), *PLACE_COLUMNS)
    headed = name_columns(frame, declared, InputSpec("residential", Path(), "x", datum="WGS84"))
    assert headed.frame.columns.tolist() == [column.name for column in columns(filled)]


def test_drop_downs_offer_words_that_are_read_back(blank) -> None:
    book = openpyxl.load_workbook(io.BytesIO(blank))
    assert book.sheetnames[0] == "填表说明"
    sheet = book["设施"]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    letters = {plain(cell.value): cell.column_letter for cell in sheet[2]}
    assert rules[letters["状态"] + "3"].formula1 == '"运营,在建,规划,关闭,未移交"'
    assert rules[letters["有厨房"] + "3"].formula1 == '"是,否"'
    labels = [each.label.zh for each in TYPES.values()]
    assert rules[letters["设施类型"] + "3"].formula1 == f'"{",".join(labels)}"'
    assert rules[letters["床位"] + "3"].type == "whole"
    assert sheet.column_dimensions[letters["设施编号"]].width


def test_a_drop_down_too_long_for_excel_stands_in_cells() -> None:
    many = {f"{key}_{number}": kind for number in range(3) for key, kind in TYPES.items()}
    book = openpyxl.load_workbook(io.BytesIO(template(many)))
    rules = [str(rule.formula1) for rule in book["设施"].data_validations.dataValidation]
    assert f"选项!$A$1:$A${len(many)}" in rules
    assert [cell.value for cell in book["选项"]["A"]] == [each.label.zh for each in many.values()]
    assert book["选项"].sheet_state == "hidden"


def test_codes_are_text_in_the_template(blank) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(blank))["居住小区"]
    formats = {plain(cell.value): sheet.column_dimensions[cell.column_letter] for cell in sheet[2]}
    assert formats["小区编号"].number_format == "@"
    assert formats["社区(村)代码"].number_format == "@"


def test_the_guide_explains_every_column(blank) -> None:
    guide = openpyxl.load_workbook(io.BytesIO(blank))["填表说明"]
    explained = {(row[0].value, row[5].value) for row in guide.iter_rows() if row[5].value}
    assert explained >= {(filled.name.zh, column.name) for filled in TABLES for column in columns(filled)}


def test_the_same_pack_makes_the_same_bytes(blank) -> None:
    assert template(TYPES) == blank


def test_init_writes_it_and_it_can_be_filled_in_and_checked(tmp_path, blank) -> None:
    assert call("init", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / TEMPLATE).read_bytes() == blank
    for column in columns(TABLES[1]):
        assert len(set(choices(column, TYPES))) == len(choices(column, TYPES))


# ---- merging ---------------------------------------------------------------------------------------------------------


def test_two_counties_become_one_table_with_every_problem_named(tmp_path, blank) -> None:
    first = fill(
        tmp_path / "甲县.xlsx",
        blank,
        {
            "zone_table": UNITS,
            "residential": [
                {"小区编号": "007", "名称": "=1+1", "户数": "１，２００户", "社区（村）代码": "350001", **PLACE},
                {"小区编号": "H-2", "户数": "许多", "社区（村）代码": "350001", **PLACE},
            ],
            "facilities": [{"设施编号": "F-1", "设施类型": TYPES["day_care"].label.zh, "状态": "运营", **PLACE}],
        },
    )
    second = fill(
        tmp_path / "乙县.xlsx",
        blank,
        {
            "residential": [
                {"小区编号": "H-2", "户数": 3, "社区（村）代码": "350009", **PLACE},
                {"名称": "无名", "户数": 4, "新建或已建成": "半新", "社区（村）代码": "350002"},
            ],
        },
    )
    out = tmp_path / "out"
    result = gather(first, second, out=out)
    assert result.exit_code == 0, result.stderr
    homes = table(out / "homes.csv")
    assert [row["source_file"] for row in homes] == ["甲县.xlsx"] * 2 + ["乙县.xlsx"] * 2
    assert [row["area_id"] for row in homes] == ["007", "H-2", "H-2", ""]
    assert [row["households"] for row in homes] == ["1200", "许多", "3", "4"]
    assert table(out / "facilities.csv")[0]["status"] == "operating"
    assert problems(out) == {
        ("甲县.xlsx", "4", "households", "许多"),
        ("甲县.xlsx", "4", "area_id", "H-2"),
        ("乙县.xlsx", "3", "area_id", "H-2"),
        ("乙县.xlsx", "3", "community_code", "350009"),
        ("乙县.xlsx", "4", "area_id", ""),
        ("乙县.xlsx", "4", "built", "半新"),
        ("乙县.xlsx", "4", "lon/lat", ""),
    }
    assert "7 个问题" in result.stdout
    assert not (out / "hosts.csv").exists()


def test_a_name_for_a_zone_is_confirmed_never_assumed(tmp_path, blank) -> None:
    rows = [
        {"小区编号": "1", "社区（村）代码": "晋二社区", **PLACE},
        {"小区编号": "2", "社区（村）代码": "晋二社区(居委会)", **PLACE},
        {"小区编号": "3", "社区（村）代码": "毫不相干", **PLACE},
    ]
    book = fill(tmp_path / "甲县.xlsx", blank, {"zone_table": UNITS, "residential": rows})
    out = tmp_path / "out"
    assert "3 个区划写法待确认" in gather(book, out=out).stdout
    codes = [row["community_code"] for row in table(out / "homes.csv")]
    assert codes == ["晋二社区", "晋二社区(居委会)", "毫不相干"]  # even an equal name is not a code
    names = table(out / "aliases.csv")
    assert [(each["填报写法"], each["对应代码"], each["确认（是/否）"]) for each in names] == [
        ("晋二社区", "350002", ""),
        ("晋二社区(居委会)", "350002", ""),
        ("毫不相干", "", ""),
    ]
    path = out / "aliases.csv"
    text = path.read_text(encoding="utf-8-sig").splitlines()
    text[1], text[2] = text[1] + "是", text[2] + "否"
    text[3] = "毫不相干,350001,,1,甲县.xlsx,是"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    assert "1 个区划写法待确认" in gather(book, out=out).stdout
    assert [row["community_code"] for row in table(out / "homes.csv")] == ["350002", "晋二社区(居委会)", "350001"]
    assert [each["确认（是/否）"] for each in table(path)] == ["是", "否", "是"]
    assert gather(book, out=out).exit_code == 0  # and the answers stand from then on
    assert [each["确认（是/否）"] for each in table(path)] == ["是", "否", "是"]


def test_one_zone_with_two_names_is_a_problem(tmp_path, blank) -> None:
    first = fill(tmp_path / "a.xlsx", blank, {"zone_table": UNITS})
    second = fill(tmp_path / "b.xlsx", blank, {"zone_table": [{**UNITS[0], "名称": "晋壹社区"}]})
    gather(first, second, out=tmp_path / "out")
    assert ("b.xlsx", "3", "name", "晋壹社区") in problems(tmp_path / "out")


def test_files_that_cannot_be_read_are_problems_and_the_rest_is_merged(tmp_path, blank) -> None:
    good = fill(tmp_path / "good.xlsx", blank, {"residential": [{"小区编号": "1", **PLACE}]})
    (tmp_path / "bad.xlsx").write_bytes(b"PK")
    other = openpyxl.Workbook()
    other.save(tmp_path / "other.xlsx")
    files = [tmp_path / name for name in ("bad.xlsx", "missing.xlsx", "other.xlsx")]
    assert gather(*files, good, out=tmp_path / "out").exit_code == 0
    assert {each[0] for each in problems(tmp_path / "out")} == {"bad.xlsx", "missing.xlsx", "other.xlsx"}
    assert len(table(tmp_path / "out" / "homes.csv")) == 1


def test_what_was_edited_since_is_not_overwritten(tmp_path, blank) -> None:
    book = fill(tmp_path / "a.xlsx", blank, {"residential": [{"小区编号": "1", **PLACE}]})
    out = tmp_path / "out"
    gather(book, out=out)
    (out / "homes.csv").write_text("mine", encoding="utf-8")
    before = tree(out)
    result = gather(book, out=out)
    assert result.exit_code == 2
    assert "homes.csv" in result.stderr
    assert tree(out) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--collect", "a.xlsx"), "--out"),
        (("one", "two"), "只接受一个文件夹"),
        (("one", "--out", "two"), "只接受一个文件夹"),
    ],
)
def test_arguments_that_do_not_go_together(tmp_path, monkeypatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("init", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert tree(tmp_path) == {}


def test_merged_tables_are_inputs_of_a_study(tmp_path, blank) -> None:
    from circle15.read.layers import read_layer

    rows = [{"小区编号": "007", "户数": 5, "住宅建成日期": "2024-09-30", **PLACE}]
    book = fill(tmp_path / "a.xlsx", blank, {"residential": rows})
    gather(book, out=tmp_path / "out")
    path = tmp_path / "out" / "homes.csv"
    import pyproj

    found, findings, _ = read_layer(
        InputSpec("residential", path, path.name, datum="GCJ02"), pyproj.CRS("EPSG:4549"), TYPES
    )
    assert found.frame["area_id"].tolist() == ["007"]
    assert found.frame["housing_built"].dt.strftime("%Y-%m-%d").tolist() == ["2024-09-30"]
    assert [each.code for each in findings] == ["datum_approximate"]


def test_a_count_that_nobody_can_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(",".join(ALIAS_HEADINGS) + "\n甲镇,1,甲,三,a.xlsx,是\n乙镇,2,乙,4,b.xlsx,\n", encoding="utf-8")
    assert [each.count for each in read_aliases(path)] == [0, 4]
