"""What a pack compares must be comparable: a number with a number, one of the words that a column may hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from circle15.core.errors import ConfigError
from circle15.core.rule import Rule
from circle15.read.pack import load_pack
from tests.studies import PACK_HEAD

_RULE = """
[[rule]]
id = "R"
targets = ["day_care"]
force = "binding"
verified = true
clause = "虚构"
{rule}
"""
_PRESENCE = 'kind = "presence"\nlevel = "town"\nat_least = 1\n'
_STANDARD = 'kind = "standard"\nlimit = {{ op = ">=", value = 1, unit = "张" }}\ncolumn = "{column}"\n'
_RATIO = (
    'kind = "ratio"\nlevel = "study"\nlimit = {{ op = ">=", value = 1, unit = "" }}\nnumerator = [{{ {amount} }}]\n'
)


def _rule(folder: Path, rule: str) -> Rule:
    (folder / "own.toml").write_text(PACK_HEAD + _RULE.format(rule=rule), encoding="utf-8")
    return load_pack(["own.toml"], folder)[0].rule("R")


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ('column = "beds", op = ">=", value = "30"', "beds 是整数，不能写 >= '30'"),
        ('column = "beds", op = ">=", value = true', "beds 是整数，不能写 >= True"),
        ('column = "beds", op = "has", value = 30', "beds 是整数，不能写 has 30"),
        ('column = "status", op = "in", value = "operating"', "status 是文字，不能写 in 'operating'"),
        ('column = "status", op = "==", value = ["operating"]', "status 是文字，不能写 =="),
        ('column = "status", op = "==", value = "运营"', "status：不认识 '运营'"),
        ('column = "status", op = "in", value = ["operating", "shut"]', "status：不认识 'shut'"),
        ('column = "name", op = "<", value = "B"', "name 是文字，不能写 < 'B'"),
        ('column = "kitchen", op = "==", value = "是"', "kitchen 是是/否，不能写 == '是'"),
        ('column = "opened", op = ">=", value = 2023', "opened 是日期，不能写 >= 2023"),
        ('column = "opened", op = ">=", value = 2023-01-01T00:00:00Z', "opened 是日期，不能写 >= 2023-01-01"),
        ('column = "geometry", op = "==", value = "POINT (0 0)"', "不认识 'geometry'"),
    ],
)
def test_a_condition_that_says_nothing_of_its_column_is_refused(tmp_path, condition, says):
    with pytest.raises(ConfigError) as refused:
        _rule(tmp_path, f"{_PRESENCE}where = [{{ {condition} }}]")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ('column = "beds", op = "in", value = [30, 60]', [30, 60]),
        ('column = "floor_area_m2", op = ">", value = 0.5', 0.5),
        ('column = "rooms", op = "has", value = "会客厅"', "会客厅"),
        ('column = "opened", op = ">=", value = 2023-01-01', dt.datetime.fromisoformat("2023-01-01")),
        ('column = "opened", op = "<", value = 2023-01-01T12:00:00', dt.datetime.fromisoformat("2023-01-01T12:00")),
    ],
)
def test_others_are_kept_a_day_as_its_first_moment(tmp_path, condition, value):
    (kept,) = _rule(tmp_path, f"{_PRESENCE}where = [{{ {condition} }}]").where
    assert kept.value == value


@pytest.mark.parametrize(
    "rule",
    [
        _STANDARD.format(column="name"),
        _STANDARD.format(column="beds") + 'over = "kitchen"',
        _RATIO.format(amount='of = "facilities", column = "name"'),
        _RATIO.format(amount='of = "people", column = "built"'),
        _RATIO.format(amount='of = "zones", column = "beds"') + 'per_zone = "name"',
        _PRESENCE + 'scope = { households = "3" }',
    ],
)
def test_a_column_of_another_kind_than_is_reckoned_with_is_refused(tmp_path, rule):
    with pytest.raises(ConfigError, match=r"不认识 '(name|kitchen|built|households)'"):
        _rule(tmp_path, rule)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (_RATIO.format(amount="count = true") + "per = 0\n", "per：0 应为正数"),
        (_STANDARD.format(column="beds") + "tolerance = -0.1\n", "tolerance：-0.1 应为不小于 0 的数"),
        ('kind = "preference"\nnear_types = ["canteen"]\nnear_m = -300\n', "near_m：-300 应为正数"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused(tmp_path, rule, says):
    with pytest.raises(ConfigError) as refused:
        _rule(tmp_path, rule)
    assert says in str(refused.value)
