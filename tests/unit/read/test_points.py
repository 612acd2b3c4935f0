"""CSV tables: encodings, codes, numbers and coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from circle15.core.errors import (
    ConfigError,
    CrsError,
    EncodingError,
    InputError,
    NothingToDoError,
    SchemaError,
)
from circle15.read.points import read_points
from circle15.read.rows import LEFT_BY_WHERE
from circle15.read.spec import InputSpec

HEAD = "area_id,lon,lat"


def spec(tmp_path: Path, text: str | bytes, **fields: Any) -> InputSpec:
    path = tmp_path / "homes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return InputSpec(**{"layer": "residential", "path": path, "shown": "homes.csv", "datum": "WGS84", **fields})


def test_rows_become_points_and_codes_stay_text(tmp_path) -> None:
    text = (
        "area_id,lon,lat,households,community_code,healthcare,code\n007,118.5,24.8,12,0350,1,01\n8,118.6,24.9,,,0,2\n"
    )
    raw = read_points(spec(tmp_path, text))
    assert list(raw.frame["area_id"]) == ["007", "8"]
    assert raw.frame["community_code"].iloc[0] == "0350"
    assert raw.frame["community_code"].isna().tolist() == [False, True]
    assert raw.frame["households"].tolist()[0] == 12.0
    assert list(raw.frame["code"]) == ["01", "2"]
    # A column that nobody declared is a number where ``where`` compares it.
    compared = read_points(spec(tmp_path, text, where="healthcare >= 0"))
    assert compared.frame["healthcare"].tolist() == [1.0, 0.0]
    assert list(compared.frame["code"]) == ["01", "2"]
    assert list(raw.frame.geometry) == [shapely.Point(118.5, 24.8), shapely.Point(118.6, 24.9)]
    assert (raw.datum, raw.crs) == ("WGS84", None)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("编号,经度,纬度\n甲,118.5,24.8\n".encode("GB18030"), "GB18030"),
        ("\ufeff编号,经度,纬度\n甲,118.5,24.8\n".encode(), "utf-8"),
        ("编号;经度;纬度\r\n甲;118.5;24.8\r\n".encode(), "UTF-8"),
        ("编号\t经度\t纬度\n\n甲\t118.5\t24.8".encode(), "utf-8"),
        (' 编号 ,经度,纬度,\n" 甲 ",118.5, 24.8 ,\n'.encode(), "utf-8"),
    ],
)
def test_encodings_delimiters_and_blanks(tmp_path, text, encoding) -> None:
    columns = {"area_id": "编号", "lon": "经度", "lat": "纬度"}
    raw = read_points(spec(tmp_path, text, encoding=encoding, columns=columns))
    assert list(raw.frame["area_id"]) == ["甲"]
    assert raw.frame.geometry.iloc[0] == shapely.Point(118.5, 24.8)


def test_projected_coordinates_stand_in_x_and_y(tmp_path) -> None:
    raw = read_points(spec(tmp_path, "area_id,x,y\na,500000.5,2700000\n", datum=None, crs="EPSG:4549"))
    assert raw.frame.geometry.iloc[0] == shapely.Point(500000.5, 2700000)


def test_where_sees_our_names_their_headings_and_undeclared_numbers(tmp_path) -> None:
    text = "编号,状态,floors,lon,lat\n1,拆除,3,118,24\n2,现状,3,118,24\n3,现状,9,118,24\n"
    one = spec(tmp_path, text, columns={"area_id": "编号"}, where="编号 != '2' and floors < 9 and area_id == '1'")
    raw = read_points(one)
    assert list(raw.frame["area_id"]) == ["1"]
    assert "编号" not in raw.frame.columns
    assert raw.dropped == {LEFT_BY_WHERE: 2}


def test_cells_and_coordinates_are_judged_only_where_the_filter_keeps_the_row(tmp_path) -> None:
    text = f"{HEAD},households,status\na,118,24,3,ok\nb,,,many,demolished\n"
    raw = read_points(spec(tmp_path, text, where="status != 'demolished'"))
    assert list(raw.frame["area_id"]) == ["a"]


def test_words_of_bureaus_become_the_choices_of_the_table(tmp_path) -> None:
    text = f"{HEAD},built,urban_rural\na,118,24,老城区,乡村\nb,118,24,new,城镇\n"
    raw = read_points(spec(tmp_path, text))
    assert list(raw.frame["built"]) == ["existing", "new"]
    assert list(raw.frame["urban_rural"]) == ["rural", "urban"]


def test_dates_in_the_usual_writings(tmp_path) -> None:
    days = ["2024-09-30", "2024/9/30", "2024年9月30日", ""]
    text = "\n".join(["facility_id,type,lon,lat,opened", *[f"{day},x,118,24,{day}" for day in days[:3]], "d,x,118,24,"])
    raw = read_points(spec(tmp_path, text, layer="facilities"))
    assert [str(day)[:10] for day in raw.frame["opened"]] == ["2024-09-30"] * 3 + ["NaT"]


BAD = [
    (f"{HEAD}\na,118,24\nb,,24\nc,118,\n", {}, SchemaError, ["2 rows have empty coordinates", "rows 3, 4", "b, c"]),
    (f"{HEAD}\na,inf,24\nb,nan,24\n", {}, SchemaError, ["2 values of lon are not numbers", "rows 2, 3"]),
    (f"{HEAD}\na,118,24\nb,east,24\n", {}, SchemaError, ["1 values of lon are not numbers", "rows 3"]),
    (
        "area_id,X,Y\na,1,2\n",
        {},
        SchemaError,
        ["lon (longitude), lat (latitude) are missing", "present: area_id, X, Y"],
    ),
    (f"{HEAD}\na,118,24\n", {"datum": None, "crs": "EPSG:4549"}, SchemaError, ["x (easting), y (northing)"]),
    (
        f"{HEAD},households,pop60\na,118,24,many,3\nb,118,24,2,few\nc,118,24,1-2,\n",
        {},
        SchemaError,
        ["2 values of households are not numbers (rows 2, 4)", "1 values of pop60 are not numbers (rows 3)"],
    ),
    (f"{HEAD}\na,118,24,5\nb,118\n", {}, SchemaError, ["2 rows do not have the 3 columns", "rows 2, 3"]),
    (f"{HEAD},lon\na,118,24,5\n", {}, SchemaError, ["1 headings occur more than once (lon)"]),
    (f"{HEAD}\na,118,24\n", {"datum": None}, CrsError, ["has coordinates but no datum"]),
    ("编号,lon,lat\n1,118,24\n".encode("GB18030"), {}, EncodingError, ["not utf-8 at byte 0", "encoding = 'GB18030'"]),
    (f"{HEAD}\na,118,24\n", {"encoding": "gb-something"}, ConfigError, ["'gb-something' is no encoding"]),
    (
        f"{HEAD},户数\na,118,24,3\n",
        {"columns": {"households": "户 数", "name": "lom"}},
        ConfigError,
        ["'户 数'", "the nearest is '户数'", "'lom'", "the nearest is 'lon'"],
    ),
    (f"{HEAD}\na,118,24\n", {"where": "statu == 1"}, ConfigError, ["names the column statu"]),
    ("", {}, NothingToDoError, ["the table is empty"]),
]


@pytest.mark.parametrize(("text", "fields", "kind", "said"), BAD)
def test_bad_tables_are_refused_in_one_clear_message(tmp_path, text, fields, kind, said) -> None:
    with pytest.raises(kind) as caught:
        read_points(spec(tmp_path, text, **fields))
    assert isinstance(caught.value, InputError)
    assert caught.value.text.zh.startswith("homes.csv：")
    for fragment in said:
        assert fragment in caught.value.text.en


def test_bad_choices_of_other_kinds_are_named(tmp_path) -> None:
    text = "facility_id,type,lon,lat,opened,beds\na,x,118,24,2024,3\nb,x,118,24,,2.5\n"
    with pytest.raises(SchemaError) as caught:
        read_points(spec(tmp_path, text, layer="facilities"))
    assert [problem.en.split(" (")[0] for problem in caught.value.problems] == [
        "homes.csv: 1 values of opened are not dates",
        "homes.csv: 1 values of beds are not whole numbers",
    ]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_an_outline_longer_than_the_csv_module_usually_takes_is_read(tmp_path, delimiter) -> None:
    """A county with ten thousand corners: some 300 KB of WKT in one cell."""
    corners = [f"{118 + each / 1e5:.7f} {24 + (each % 7) / 1e6:.7f}" for each in range(10_000)]
    ring = f"POLYGON (({', '.join([*corners, '118.05 24.5', corners[0]])}))"
    text = f'area_id{delimiter}geometry\n1{delimiter}"{ring}"\n'
    (shape,) = read_points(spec(tmp_path, text)).frame.geometry
    assert shapely.get_num_coordinates(shape) == 10_002
