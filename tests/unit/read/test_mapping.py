"""The mapping file: what it says is taken as it stands, and everything wrong with it is named at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from circle15.core.errors import ConfigError
from circle15.core.exports import EXPORT_LAYERS
from circle15.core.mapping import ExportMapping
from circle15.core.rule import Rule
from circle15.read.mapping import load_mapping, sample_mapping
from circle15.read.pack import load_pack, shipped_ids

MAPPING = """\
schema = 1
title = "虚构县字段对照表"

[metadata]
"规划状态" = "草案"

[domain.yes]
true = ["1", "是"]
false = ["0", "否"]

[layer.facilities]
name = "SS"
alias = "设施"
fields = [
    { order = 2, name = "MC", alias = "名称", type = "text", length = 60, from = "name" },
    { order = 1, name = "BSM", alias = "标识码", type = "text", length = 8, serial = { prefix = "35", digits = 6 } },
    { order = 3, name = "CW", alias = "床位", type = "integer", length = 6, from = "beds" },
]

[layer.residential]
name = "XQ"
alias = "小区"
fields = [
    { order = 1, name = "JL<n>", alias = "<rule>距", type = "number", length = 9, from = "<rule>_distance_m" },
]
"""


def rules(*packs: str) -> list[Rule]:
    pack, _ = load_pack(list(packs), Path())
    return [rule for rule in pack.rules if rule.is_distance]


JINJIANG = rules("jinjiang-2022")


def load(tmp_path: Path, text: str) -> ExportMapping:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, "mapping.toml", JINJIANG)


def test_fields_stand_in_their_order(tmp_path):
    mapping = load(tmp_path, MAPPING)
    assert [field.name for field in mapping.layers[0].fields] == ["BSM", "MC", "CW"]
    assert (mapping.sample, mapping.shipped, mapping.encoding) == (False, False, "GBK")


def test_a_field_for_each_rule(tmp_path):
    fields = load(tmp_path, MAPPING).layers[1].fields
    assert [(field.name, field.alias, field.source) for field in fields] == [
        ("JL1", "JJ-01距", "JJ-01_distance_m"),
        ("JL2", "JJ-02距", "JJ-02_distance_m"),
    ]


@pytest.mark.parametrize("pack", shipped_ids())
def test_the_sample_serves_every_pack_and_says_that_it_is_one(pack):
    mapping = load_mapping(None, "", rules(pack))
    assert mapping.sample
    assert mapping.shipped
    assert "样例" in mapping.title
    assert "不是任何标准" in sample_mapping().decode()
    assert [layer.key for layer in mapping.layers] == list(EXPORT_LAYERS)


def test_every_field_of_the_sample_has_a_home_in_the_declarations():
    table = tomllib.loads(sample_mapping().decode())
    for key, entry in table["layer"].items():
        known = {column.name for column in (*EXPORT_LAYERS[key].columns, *EXPORT_LAYERS[key].per_rule)}
        assert {field["from"] for field in entry["fields"] if "from" in field} <= known


def test_a_plan_of_its_own_status(tmp_path):
    mapping = load(
        tmp_path,
        MAPPING + '[plan."1-day_care"]\n"规划状态" = "已批准"\n"批准文号" = "虚构1号"\n"批准日期" = 2024-05-01\n',
    )
    assert mapping.is_approved("1-day_care")
    assert not mapping.is_approved("2-canteen")
    assert mapping.of_plan("1-day_care", "批准日期") == "2024-05-01"
    assert mapping.of_plan("2-canteen", "规划状态") == "草案"


NAME = 'name = "MC"'
WRONG = {
    "unknown key": ("title =", "titel =", ("不认识 'titel'", "'title'")),
    "schema": ("schema = 1", "schema = 2", ("schema", "2")),
    "unknown layer": ("[layer.facilities]", "[layer.facility]", ("不认识 'facility'", "'facilities'")),
    "unknown column": ('from = "beds"', 'from = "bedss"', ("CW.from", "不认识 'bedss'", "'beds'")),
    "unknown column of a rule": (
        '"<rule>_distance_m"',
        '"<rule>_distance"',
        ("不认识 '<rule>_distance'", "<rule>_distance_m"),
    ),
    "a rule that the pack lacks": ('from = "beds"', 'from = "JJ-77_distance_m"', ("JJ-77_distance_m",)),
    "number in the name": ('"JL<n>"', '"JL"', ("<rule>", "<n>")),
    "Chinese name": (NAME, 'name = "名称"', ("'名称'", "alias")),
    "long name": (NAME, 'name = "MINGCHENGXX"', ("'MINGCHENGXX'", "10 个字符")),
    "path in a name": ('name = "SS"', 'name = "../SS"', ("'../SS'", "只含英文字母")),
    "drive in a name": ('name = "SS"', "name = 'C:\\SS'", ("只含英文字母",)),
    "SQL in a name": ('name = "SS"', 'name = "SS; DROP TABLE x"', ("只含英文字母",)),
    "device name": ('name = "SS"', 'name = "con"', ("'con'", "系统名")),
    "system column": (NAME, 'name = "shape"', ("'shape'", "系统名")),
    "name twice": (NAME, 'name = "cw"', ("字段名 CW 重复",)),
    "order twice": ("order = 2", "order = 1", ("次序 order 1 重复",)),
    "layer name twice": ('name = "XQ"', 'name = "ss"', ("图层名 SS 重复",)),
    "text without length": ("length = 60, ", "", ("length = 0", "1—254")),
    "text too long": ("length = 60", "length = 255", ("length = 255",)),
    "decimals": ("length = 9", "length = 9, decimals = 8", ("decimals = 8",)),
    "two sources": ('from = "beds"', 'from = "beds", value = "1"', ("须且只须写一项",)),
    "no source": (', from = "beds"', "", ("须且只须写一项",)),
    "kind": ('from = "beds"', 'from = "name"', ("name 是 text，不能写入 integer 字段",)),
    "serial": ("digits = 6", "digits = 5", ("serial", "须等于 length")),
    "unknown domain": ('from = "name"', 'from = "name", domain = "yse"', ("不认识 'yse'", "'yes'")),
    "domain of another column": (
        'from = "name"',
        'from = "status", domain = "yes"',
        ("operating", "缺少", "不认识 'true'"),
    ),
    "code without a label": ('true = ["1", "是"]', 'true = "1"', ("[domain.yes]", "true")),
    "status": ('"草案"', '"初稿"', ("'初稿'", "草案")),
    "approved by nobody": ('"草案"', '"已批准"', ("缺少批准文号、批准日期",)),
    "coordinate system by hand": ('"规划状态"', '"坐标系" = "西安80"\n"规划状态"', ("不认识 '坐标系'",)),
    "encoding": ("schema = 1", 'schema = 1\nencoding = "BIG5"', ("'BIG5'", "GBK")),
    "not TOML": ("[layer.facilities]", "[layer.facilities", ("TOML",)),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(tmp_path, case):
    old, new, says = WRONG[case]
    assert MAPPING.count(old) >= 1
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, MAPPING.replace(old, new, 1))
    message = caught.value.say("zh")
    assert [word for word in says if word not in message] == []


def test_all_problems_come_at_once(tmp_path):
    text = MAPPING.replace('from = "beds"', 'from = "bedss"').replace(NAME, 'name = "名"').replace('"草案"', '"初稿"')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["", "schema = 1", 'schema = 1\ntitle = "x"\nmetadata = 1\nlayer = 2'])
def test_less_than_a_mapping_is_none(tmp_path, text):
    with pytest.raises(ConfigError):
        load(tmp_path, text)
