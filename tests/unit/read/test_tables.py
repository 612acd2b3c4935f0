"""Tables as people keep them: what is read out of them, and that every repair is told."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.errors import ConfigError, CrsError, EncodingError, SchemaError
from circle15.core.findings import Finding
from circle15.core.headings import ALIASES
from circle15.core.rule import FacilityType
from circle15.core.schema import Column
from circle15.core.tables import LAYERS, Facilities
from circle15.core.text import Text
from circle15.read.cells import read_number
from circle15.read.headings import plain
from circle15.read.layers import read_layer
from circle15.read.points import PLACE_COLUMNS, read_points
from circle15.read.spec import InputSpec, RawLayer

HOUSEHOLDS = Column("households", "number", Text("户数", "households"), least=0)
LAND = Column("land_area_m2", "number", Text("居住用地面积", "residential land"), unit="m2", least=0)


def workbook(path: Path, sheets: dict[str, Any], merged: dict[str, list[str]] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in (merged or {}).get(name, []):
            sheet.merge_cells(cells)
    book.save(path)
    return path


def read(path: Path, content: str | None = None, **fields: Any) -> RawLayer:
    if content is not None:
        path.write_bytes(content.encode(fields.get("encoding") or "utf-8"))
    return read_points(
        InputSpec(**{"layer": "residential", "path": path, "shown": path.name, "datum": "WGS84", **fields})
    )


def told(raw: RawLayer) -> dict[str, Finding]:
    return {finding.code: finding for finding in raw.findings}


# ---- a messy sheet, all at once --------------------------------------------------------------------------------------

MESSY: list[list[Any]] = [
    ["虚构镇居住小区一览表", None, None, None, None, None, None],
    ["填报单位：虚构镇", None, None, None, "单位：户、人", None, None],
    ["小区编号", "小区名称", "位置", None, "人口", None, "用地面积（亩）"],
    [None, None, "东经", "北纬", "60岁以上", "80岁以上", None],
    [1.0, "甲园", 118.5, 24.8, "1,200人", "１２", 3],
    ["0002", "乙园", "118.51", 24.81, "—", "不详", "1.5"],
    ["合 计", None, None, None, 1200, 12, 4.5],
    ["注：数据为虚构", None, None, None, None, None, None],
]
MERGED = ["A1:G1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:G4"]


def csv_of(rows: Any) -> str:
    quoted = [["" if cell is None else f'"{cell}"' for cell in row] for row in rows]
    return "".join(",".join(row) + "\n" for row in quoted)


def test_the_same_messy_sheet_reads_the_same_from_excel_and_csv(tmp_path) -> None:
    for raw in (
        read(workbook(tmp_path / "homes.xlsx", {"Sheet1": MESSY}, {"Sheet1": MERGED})),
        read(tmp_path / "homes.csv", csv_of(MESSY)),
    ):
        frame, found = raw.frame, told(raw)
        assert list(frame["area_id"]) == ["1", "0002"]
        assert list(frame["name"]) == ["甲园", "乙园"]
        assert frame["pop60"].tolist()[0] == 1200.0
        assert frame["pop80"].tolist()[0] == 12.0
        assert frame[["pop60", "pop80"]].isna().to_numpy().tolist() == [[False, False], [True, True]]
        assert frame["land_area_m2"].tolist() == [2000.0, 1000.0]  # 3 亩 are 2000 m²
        assert list(frame.geometry) == [shapely.Point(118.5, 24.8), shapely.Point(118.51, 24.81)]
        assert frame.index.tolist() == [5, 6]  # rows as Excel numbers them
        counts = {code: (finding.count, finding.ids) for code, finding in found.items()}
        assert counts == {
            "rows_above_heading": (2, ("1", "2")),
            "total_rows_left_out": (2, ("7", "8")),
            "headings_matched": (7, ("小区编号", "小区名称", "60岁以上")),
            "cells_fullwidth": (1, ("1",)),
            "cells_thousands": (1, ("1",)),
            "cells_unit": (1, ("1",)),
            "cells_scaled": (2, ("1", "0002")),
            "cells_no_value": (2, ("0002",)),
            "code_from_number": (1, ("1",)),
        }


def test_a_plain_table_tells_nothing(tmp_path) -> None:
    assert read(tmp_path / "homes.csv", "area_id,lon,lat,pop60\na,118.5,24.8,3\n").findings == ()


def test_values_of_a_merged_cell_stand_in_each_of_its_rows(tmp_path) -> None:
    rows = [["area_id", "town_code", "lon", "lat"], ["a", "350", 118, 24], ["b", None, 118, 24], ["c", None, 118, 24]]
    raw = read(workbook(tmp_path / "homes.xlsx", {"s": rows}, {"s": ["B2:B3"]}))
    assert raw.frame["town_code"].fillna("").tolist() == ["350", "350", ""]
    assert told(raw)["cells_merged"].count == 1


def test_more_merged_cells_than_rows_are_all_read(tmp_path) -> None:
    """A county, a town and a community merged over each two homes: three merged cells for two rows."""
    heading = ["area_id", "lon", "lat", "county_code", "town_code", "community_code"]
    rows = [[f"{row}", 118, 24, *([f"{row // 2}"] * 3 if row % 2 == 0 else [None] * 3)] for row in range(8)]
    merged = [f"{column}{row}:{column}{row + 1}" for column in "DEF" for row in range(2, 10, 2)]
    raw = read(workbook(tmp_path / "homes.xlsx", {"s": [heading, *rows]}, {"s": merged}))
    assert raw.frame["community_code"].tolist() == [f"{row // 2}" for row in range(8)]
    assert told(raw)["cells_merged"].count == 12


# ---- headings --------------------------------------------------------------------------------------------------------


def test_no_word_means_two_columns_of_one_table() -> None:
    for table in LAYERS.values():
        met: dict[str, str] = {}
        for column in (*(each for each in table.columns if each.kind != "geometry"), *PLACE_COLUMNS):
            for word in {plain(each) for each in (column.name, column.meaning.zh, *ALIASES.get(column.name, ()))}:
                assert met.setdefault(word, column.name) == column.name, (table.__name__, word)


def test_every_alias_belongs_to_a_declared_column() -> None:
    declared = {column.name for table in LAYERS.values() for column in table.columns}
    assert set(ALIASES) <= declared | {column.name for column in PLACE_COLUMNS}


@pytest.mark.parametrize(
    ("headings", "columns", "kind", "said"),
    [
        (["户数", "总户数"], {}, ConfigError, ["户数, 总户数 都可能是 households", "columns"]),
        (["经度(WGS84)", "经度"], {}, ConfigError, ["lon"]),
        (["老年人口", "X坐标"], {}, SchemaError, ["缺少坐标列 lon"]),
        (["经度(GCJ02)"], {}, SchemaError, ["缺少坐标列 lon"]),
    ],
)
def test_what_may_mean_two_things_is_asked_not_assumed(tmp_path, headings, columns, kind, said) -> None:
    head = ["area_id", *headings, "lat"]
    with pytest.raises(kind) as caught:
        read(tmp_path / "homes.csv", csv_of([head, ["a", *["118"] * len(headings), "24"]]), columns=columns)
    assert all(fragment in caught.value.text.zh for fragment in said)


def test_the_datum_that_a_heading_names_picks_the_column(tmp_path) -> None:
    text = "area_id,经度(WGS84),纬度(WGS84),经度(GCJ02),纬度(GCJ02)\na,118,24,118.1,24.1\n"
    for datum, place in (("WGS84", (118, 24)), ("GCJ02", (118.1, 24.1))):
        raw = read(tmp_path / "homes.csv", text, datum=datum)
        assert raw.frame.geometry.iloc[0] == shapely.Point(place)


def test_columns_decide_over_aliases(tmp_path) -> None:
    text = "编号,户数,总户数,lon,lat\na,1,2,118,24\n"
    raw = read(tmp_path / "homes.csv", text, columns={"households": "总户数"})
    assert raw.frame["households"].tolist() == [2.0]


@pytest.mark.parametrize("brackets", ["（{}）", "{}"])
def test_a_row_of_units_below_the_headings_is_part_of_them(tmp_path, brackets) -> None:
    units = [None, None, None, brackets.format("亩"), brackets.format("万人")]
    rows = [
        ["小区编号", "经度", "纬度", "用地面积", "常住人口"],
        units,
        ["a", 118, 24, 3, 0.5],
        ["b", 118, 24, None, 1],
    ]
    for merged in ([], ["A1:A2", "B1:B2", "C1:C2"]):
        raw = read(workbook(tmp_path / "homes.xlsx", {"s": rows}, {"s": merged}))
        assert raw.frame["area_id"].tolist() == ["a", "b"]
        assert raw.frame["land_area_m2"].fillna(0).tolist() == [2000.0, 0.0]
        assert raw.frame["population"].tolist() == [5000.0, 10_000.0]


def test_a_unit_counts_in_a_heading_that_the_study_names(tmp_path) -> None:
    """Whoever writes the heading down under columns means what stands in it."""
    rows = [["area_id", "lon", "lat", "宅地（亩）", "居民（万人）"], ["a", 118, 24, 3, 0.5]]
    columns = {"land_area_m2": "宅地（亩）", "population": "居民（万人）"}
    raw = read(workbook(tmp_path / "homes.xlsx", {"s": rows}), columns=columns)
    assert raw.frame[["land_area_m2", "population"]].to_numpy().tolist() == [[2000.0, 5000.0]]
    assert told(raw)["cells_scaled"].count == 2


@pytest.mark.parametrize(("heading", "cell", "cost"), [("投资（万元）", 80, 800_000.0), ("投资", "80万元", 800_000.0)])
def test_costs_in_ten_thousands_are_costs_in_yuan(tmp_path, heading, cell, cost) -> None:
    rows = [["备选点编号", "经度", "纬度", heading], ["C-1", 118, 24, cell]]
    raw = read(workbook(tmp_path / "hosts.xlsx", {"s": rows}), layer="candidates")
    assert raw.frame["cost"].tolist() == [cost]


def test_population_of_another_kind_is_not_taken_for_residents(tmp_path) -> None:
    raw = read(tmp_path / "homes.csv", "area_id,常住人口(户籍),lon,lat\na,5,118,24\n")
    assert "population" not in raw.frame.columns


# ---- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "column", "value"),
    [
        ("1,200户", HOUSEHOLDS, 1200.0),
        ("１，２００ 户", HOUSEHOLDS, 1200.0),
        ("1.5万户", HOUSEHOLDS, 15000.0),
        ("2万", HOUSEHOLDS, 20000.0),
        ("1,200㎡", LAND, 1200.0),
        ("1200m²", LAND, 1200.0),
        ("0.5公顷", LAND, 5000.0),
        ("3亩", LAND, 2000.0),
        ("1.2万平方米", LAND, 12000.0),
        ("-3", HOUSEHOLDS, -3.0),
        ("120人", HOUSEHOLDS, None),
        ("约120", HOUSEHOLDS, None),
        ("12,00", HOUSEHOLDS, None),
        ("1,2,3", HOUSEHOLDS, None),
        ("100-120", HOUSEHOLDS, None),
        ("无", HOUSEHOLDS, None),
        ("5户", LAND, None),
        ("", HOUSEHOLDS, None),
        ("nan", HOUSEHOLDS, None),
        ("inf", HOUSEHOLDS, None),
    ],
)
def test_numbers_in_cells(cell, column, value) -> None:
    found = read_number(cell, column)
    assert (None if found is None else found[0]) == value


def test_a_unit_in_a_cell_goes_before_that_of_its_heading(tmp_path) -> None:
    """Under 亩 and 万人, cells that say 300 m² and 9000 people are no 200,000 m² and no 90 million."""
    rows = [["area_id", "用地面积（亩）", "常住人口（万人）", "lon", "lat"]]
    rows += [["a", "3", "0.5", "118", "24"], ["b", "300平方米", "9,000人", "118", "24"]]
    rows += [["c", "0.2公顷", "1.2万人", "118", "24"], ["d", "1,500", "－", "118", "24"]]
    raw = read(tmp_path / "homes.csv", csv_of(rows))
    assert raw.frame["land_area_m2"].tolist() == [2000.0, 300.0, 2000.0, 1_000_000.0]
    assert raw.frame["population"].fillna(-1).tolist() == [5000.0, 9000.0, 12000.0, -1.0]
    counts = {code: finding.count for code, finding in told(raw).items() if code.startswith("cells_")}
    assert counts == {"cells_scaled": 5, "cells_unit": 2, "cells_thousands": 2, "cells_no_value": 1}


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", "户", " 户"]), st.booleans(), st.booleans())
def test_however_a_whole_number_is_written_it_is_read_back(number, unit, comma, wide) -> None:
    text = f"{number:,}" if comma else str(number)
    if wide:
        text = text.translate({ord(each): ord(each) + 0xFEE0 for each in "0123456789,-"})
    found = read_number(text + unit, HOUSEHOLDS)
    assert found is not None
    assert found[0] == number
    assert ("cells_fullwidth" in found[1]) == wide


@given(st.text(max_size=12))
def test_no_text_makes_a_number_that_it_does_not_show(text) -> None:
    found = read_number(text, HOUSEHOLDS)
    if found is not None and "cells_no_value" not in found[1]:
        assert any(each.isdigit() for each in text)


def test_codes_keep_their_zeros_and_lost_ones_are_told(tmp_path) -> None:
    rows = [
        ["facility_id", "type", "unified_code", "town_code"],
        ["007", "day_care", "91350582MA0000000X", 350582001.0],
        [8, "day_care", None, "350582002.0"],
    ]
    path = workbook(tmp_path / "care.xlsx", {"s": rows})
    raw = read(path, layer="facilities", datum=None)
    assert raw.frame["facility_id"].tolist() == ["007", "8"]
    assert raw.frame["town_code"].tolist() == ["350582001", "350582002"]
    finding = told(raw)["code_from_number"]
    assert (finding.count, finding.ids) == (3, ("007", "8"))
    assert "前导零" in finding.message.zh


@pytest.mark.parametrize("code", ["3.50582E+11", 350582001001234567.0])
def test_codes_whose_digits_are_lost_are_refused(tmp_path, code) -> None:
    rows = [["area_id", "lon", "lat"], [code, 118, 24]]
    with pytest.raises(SchemaError, match="area_id"):
        read(workbook(tmp_path / "homes.xlsx", {"s": rows}))


def test_dates_flags_and_words_of_excel(tmp_path) -> None:
    rows = [
        ["设施编号", "设施类型", "镇街代码", "启用日期", "厨房", "餐厅", "状态"],
        ["a", "day_care", "1", dt.date(2024, 9, 30), "有", True, "运营"],
        ["b", "day_care", "1", "２０２４年9月30日", "√", "否", "在建"],
        ["c", "day_care", "1", "待定", "-", "", "停用"],
    ]
    raw = read(workbook(tmp_path / "care.xlsx", {"s": rows}), layer="facilities", datum=None)
    assert raw.frame["opened"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2024-09-30", "2024-09-30", ""]
    assert raw.frame["kitchen"].astype("str").tolist()[:2] == ["True", "True"]
    assert raw.frame["dining_room"].astype("str").tolist()[:2] == ["True", "False"]
    assert raw.frame[["kitchen", "dining_room"]].iloc[2].isna().all()
    assert raw.frame["status"].tolist() == ["operating", "construction", "closed"]
    assert told(raw)["cells_no_value"].count == 2


def test_words_for_a_status_are_understood_and_others_named(tmp_path) -> None:
    """As lists of civil affairs bureaus have them; what might be built or not yet is not guessed."""
    heading = ["facility_id", "type", "town_code", "status"]
    words = ["正常运营", "运营中", "停业", "建设中", "拟建", "待移交"]
    rows = [heading, *([f"{number}", "day_care", "1", word] for number, word in enumerate(words))]
    raw = read(workbook(tmp_path / "care.xlsx", {"s": rows}), layer="facilities", datum=None)
    meant = ["operating", "operating", "closed", "construction", "planned", "not_handed_over"]
    assert raw.frame["status"].tolist() == meant
    rows += [["x", "day_care", "1", "筹建"], ["y", "day_care", "1", "筹建"]]
    path = workbook(tmp_path / "care.xlsx", {"s": rows})
    spec = InputSpec(layer="facilities", path=path, shown=path.name, type="day_care")
    with pytest.raises(SchemaError) as caught:
        read_layer(spec, None, {"day_care": FacilityType("day_care", Text("日间照料中心", "day care"))})
    assert "2 个值不是 运营、在建、规划、关闭、未移交，而是 '筹建'（x, y）" in caught.value.text.zh


@pytest.mark.parametrize("cell", ["2024年9月", "202409", 202409.0, "2024111", 45565.0])
def test_what_names_no_day_is_no_date(tmp_path, cell) -> None:
    """A month, figures that could be two days, the number by which Excel keeps one."""
    rows = [["facility_id", "type", "town_code", "opened"], ["a", "day_care", "1", cell]]
    with pytest.raises(SchemaError, match=r"opened.*日期格式"):
        read(workbook(tmp_path / "care.xlsx", {"s": rows}), layer="facilities", datum=None)


def test_labels_of_the_pack_are_types(tmp_path) -> None:
    from circle15.read.pack import load_pack

    types = load_pack(["jinjiang-2022"], tmp_path)[0].types
    path = tmp_path / "care.csv"
    path.write_text(f"facility_id,type,town_code\na,{types['day_care'].label.zh},1\nb,day_care,1\n", encoding="utf-8")
    table, findings, _ = read_layer(InputSpec("facilities", path, path.name), None, types)
    assert isinstance(table, Facilities)
    assert table.frame["type"].tolist() == ["day_care", "day_care"]
    assert [each.code for each in findings] == ["unlocated"]


# ---- places ----------------------------------------------------------------------------------------------------------


def test_places_as_well_known_text(tmp_path) -> None:
    text = 'area_id,几何\na,"POLYGON ((118 24, 118.1 24, 118.1 24.1, 118 24))"\nb,POINT Z (118 24 5)\n'
    for columns in ({}, {"geometry": "几何"}):
        raw = read(tmp_path / "homes.csv", text, columns=columns)
        assert [shape.geom_type for shape in raw.frame.geometry] == ["Polygon", "Point"]
        assert not raw.frame.geometry.has_z.any()


def test_what_is_no_well_known_text_is_named_by_row(tmp_path) -> None:
    with pytest.raises(SchemaError, match="2 个值不是 WKT（第 2, 4 行）"):
        read(tmp_path / "homes.csv", "area_id,wkt\na,POINT (118)\nb,POINT (118 24)\nc,118 24\n")


def test_swapped_coordinates_are_refused_not_turned(tmp_path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("area_id,lon,lat\na,24.8,118.5\nb,24.9,118.6\n", encoding="utf-8")
    with pytest.raises(CrsError, match="纬度在前、经度在后"):
        read_layer(InputSpec("residential", path, path.name, datum="WGS84"), pyproj.CRS("EPSG:4549"), {})


# ---- sheets and encodings --------------------------------------------------------------------------------------------

HOME = [["area_id", "lon", "lat"], ["a", 118, 24]]


@pytest.mark.parametrize(
    ("sheets", "layer"),
    [
        ({"Sheet1": HOME}, None),
        ({"说明": [], "数据": HOME}, None),
        ({"说明": [["看这里"]], "居住小区": HOME}, None),
        ({"说明": [["看这里"]], "residential": HOME}, None),
        ({"2023": [["x"]], "2024": HOME}, "2024"),
    ],
)
def test_which_sheet_is_read(tmp_path, sheets, layer) -> None:
    assert read(workbook(tmp_path / "homes.xlsx", sheets), source_layer=layer).frame["area_id"].tolist() == ["a"]


@pytest.mark.parametrize("layer", [None, "2025"])
def test_a_sheet_that_is_not_clear_is_asked_for(tmp_path, layer) -> None:
    with pytest.raises(ConfigError, match="2 张工作表（2023, 2024）"):
        read(workbook(tmp_path / "homes.xlsx", {"2023": HOME, "2024": HOME}), source_layer=layer)


def test_formulas_without_a_result_are_told(tmp_path) -> None:
    rows = [["area_id", "lon", "lat", "pop60"], ["a", 118, 24, "=1+1"], ["b", 118, 24, 5]]
    raw = read(workbook(tmp_path / "homes.xlsx", {"s": rows}))
    assert raw.frame["pop60"].isna().tolist() == [True, False]
    finding = told(raw)["formula_without_result"]
    assert (finding.count, finding.ids, finding.severity) == (1, ("D2",), "warning")


@pytest.mark.parametrize(
    ("written", "declared"),
    [("gb18030", "GB18030"), ("utf-8", None), ("utf-8-sig", None), ("utf-8-sig", "UTF-8"), ("utf-16", "utf-16")],
)
def test_encodings_of_text(tmp_path, written, declared) -> None:
    path = tmp_path / "homes.csv"
    path.write_bytes("小区编号,名称,经度,纬度\n1,晋江花园,118.5,24.8\n".encode(written))
    assert read(path, encoding=declared).frame["name"].tolist() == ["晋江花园"]


@pytest.mark.parametrize(
    ("written", "declared"), [("utf-8", "GB18030"), ("utf-8", "latin-1"), ("gb18030", "latin-1"), ("gb18030", None)]
)
def test_garbled_text_is_refused(tmp_path, written, declared) -> None:
    path = tmp_path / "homes.csv"
    path.write_bytes(
        "area_id,name,lon,lat\n1,晋江市阳光花园小区,118.5,24.8\n2,安海人家社区东区,118.5,24.8\n".encode(written)
    )
    with pytest.raises(EncodingError):
        read(path, encoding=declared)


@pytest.mark.parametrize("name", ["Café Größe für Übermorgen", "Århus Sø", "São João", "联通", "ÀÉ"])
def test_foreign_words_are_not_taken_for_garbled_ones(tmp_path, name) -> None:
    text = f"area_id,name,lon,lat\n1,{name},118.5,24.8\n"
    assert read(tmp_path / "homes.csv", text).frame["name"].tolist() == [name]


def test_a_delimiter_is_found_below_titles(tmp_path) -> None:
    text = "一览表\n\n小区编号;经度;纬度\na;118,5;24\n"
    with pytest.raises(SchemaError, match="lon"):
        read(tmp_path / "homes.csv", text)  # a decimal comma is no number here
    assert read(tmp_path / "homes.csv", text.replace(",", ".")).frame["area_id"].tolist() == ["a"]


def test_a_workbook_in_memory_is_left_as_it_was(tmp_path) -> None:
    path = workbook(tmp_path / "homes.xlsx", {"s": HOME})
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before
    assert openpyxl.load_workbook(io.BytesIO(before)).sheetnames == ["s"]
