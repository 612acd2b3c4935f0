"""Numbers as text: what is not all, nothing or its limit never reads like it."""

from __future__ import annotations

import io
import math
import zipfile
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.show.families import told_share
from circle15.show.numbers import minutes, percent, target_percent, whole
from circle15.show.office.document import Head, Number, Sheet, Table
from circle15.show.office.xlsx import xlsx


@pytest.mark.parametrize(
    ("share", "target", "text"),
    [
        (0.9996, 1.0, "99.96%"),
        (0.0004, 0.5, "0.04%"),
        (0.59996, 0.6, "59.996%"),
        (0.60004, 0.6, "60.004%"),
        (0.6, 0.6, "60.0%"),
        (0.5995, 0.7, "60.0%"),
        (1.0004, 1.0, "100.04%"),
    ],
)
def test_a_share_reads_like_its_target_only_where_it_is_the_same(share, target, text):
    assert percent(share, target) == text
    assert Number(share, "share", target).text == text


@given(st.floats(0, 2), st.floats(0, 1))
def test_no_share_reads_like_a_target_that_it_misses_by_what_six_decimals_tell(share, target):
    text = percent(share, target)
    if abs(share - target) > 1e-8:
        assert text != percent(target, target) or text.rstrip("%") != f"{target * 100:.1f}"
    for mark, told in ((1.0, "100.0%"), (0.0, "0.0%")):
        if abs(share - mark) > 1e-8:
            assert text != told


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [(15.0, 15.0, "15.00"), (15.004, 15.0, "15.004"), (15 + 1 / 60_000, 15.0, "15.00002"), (14.58, 15.0, "14.58")],
)
def test_minutes_that_fail_by_a_millimetre_do_not_read_like_their_limit(value, limit, text):
    assert minutes(value, limit) == text
    assert Number(value, "minutes", limit).text == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0.04, "0.04"),
        (0.0, "0"),
        (411.9999999999, "412"),
        (1e-10, "0"),
        (-1e-10, "0"),
        (67_478, "67,478"),
        (6.25, "6.3"),
    ],
)
def test_a_count_is_nothing_only_where_there_is_nothing(count, text):
    assert whole(count) == text


@pytest.mark.parametrize(("share", "text"), [(0.6, "60.0%"), (0.4315, "43.15%"), (1.0, "100.0%"), (0.455, "45.5%")])
def test_a_target_keeps_the_decimals_that_it_has(share, text):
    assert target_percent(share) == text


def test_what_is_compared_with_nothing_is_a_dash_or_itself():
    assert percent(math.nan, 0.5) == "—"
    assert percent(0.5, math.nan) == percent(0.5, None) == "50.0%"


def test_a_share_of_which_nothing_is_known_is_a_dash_and_else_told_from_its_target():
    silent = SimpleNamespace(total=5.0, unknown=5.0, share=0.0, target=math.nan)
    short = SimpleNamespace(total=10_000.0, unknown=0.0, share=0.5996, target=0.6)
    assert [told_share(row) for row in (silent, short)] == ["—", "59.96%"]


def test_years_are_numbers_and_codes_are_text_without_a_warning():
    data = xlsx([Sheet("表", (Table((Head("年度"), Head("代码")), ((Number(2024, "year"), "0012"),)),))], "表", ())
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b'numberStoredAsText="1"' in parts.read("xl/worksheets/sheet1.xml")
    year, code = openpyxl.load_workbook(io.BytesIO(data)).active[2]
    assert (year.value, year.number_format, code.value) == (2024, "0", "0012")
