"""The filter language: what it keeps, and what it refuses."""

from __future__ import annotations

import geopandas
import pandas as pd
import pytest
import shapely

from circle15.core.errors import ConfigError
from circle15.read.where import matching

FRAME = geopandas.GeoDataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "status": pd.Series(["operating", "demolished", None, "planned"], dtype="str"),
        "beds": [10.0, 0.0, float("nan"), 25.0],
        "seats": pd.array([1, None, 30, 4], dtype="Int64"),
        "60岁以上(人)": [1, 2, 3, 4],
        "状态": ["在用", "拆除", "在用", "规划"],
        "opened": pd.to_datetime(["2020-01-01", "2021-01-01", None, "2023-06-30"]),
    },
    geometry=[shapely.Point(0, 0)] * 4,
)


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("status != 'demolished'", "acd"),
        ("status == 'planned'", "d"),
        ("beds > 0", "ad"),
        ("0 < beds", "ad"),
        ("0 < beds <= 10", "a"),
        ("beds >= 10 and status != 'planned'", "a"),
        ("beds >= 25 or status == 'demolished'", "bd"),
        ("not (beds >= 10)", "bc"),
        ("status in ['operating', 'planned']", "ad"),
        ("status not in ('operating', 'planned')", "bc"),
        ("status == None", "c"),
        ("status is not None", "abd"),
        ("beds > -1", "abd"),
        ("beds > seats", "ad"),
        ("seats != 1", "bcd"),
        ("seats < 5", "ad"),
        ("状态 != '拆除'", "acd"),
        ("`60岁以上(人)` >= 3", "cd"),
        ("opened < '2022-01-01'", "ab"),
        ("  beds == 10  ", "a"),
    ],
)
def test_what_a_filter_keeps(expression, kept) -> None:
    assert "".join(FRAME["id"][matching(FRAME, expression, "homes.csv")]) == kept


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("status = 'x'", "cannot be read"),
        ("status <> 'x'", "cannot be read"),
        ("", "cannot be read"),
        ("@print", "cannot be read"),
        ("statu != 'x'", "the nearest is status"),
        ("geometry == 1", "names the column geometry"),
        ("beds", "no comparison"),
        ("id.str.len() == 1", "id.str.len()"),
        ("__import__('os').system('x') == 0", "__import__"),
        ("status == open('x')", "neither text nor number"),
        ("status == 3", "quote it"),
        ("beds == '3'", "is no text"),
        ("status in ['x', 3]", "quote it"),
        ("beds in 3", "needs a list"),
        ("beds > None", "cannot compare"),
        ("beds is 3", "cannot compare"),
        ("opened < 'spring'", "cannot compare the column opened"),
        ("'a' == 'b'", "where a column name should stand"),
    ],
)
def test_what_a_filter_refuses_is_quoted(expression, said) -> None:
    with pytest.raises(ConfigError) as caught:
        matching(FRAME, expression, "homes.csv")
    assert said in caught.value.text.en
    assert repr(expression) in caught.value.text.zh
    assert "homes.csv" in caught.value.text.zh
