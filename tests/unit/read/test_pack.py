"""Several packs as one: what each says of the same thing must be the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.core.errors import ConfigError
from circle15.core.rule import Pack
from circle15.read.pack import load_pack

_PACK = """
schema = 1
id = "{name}"
title = "虚构"
source = "虚构"
legal_status = "in_force"
pace = {{ elderly = {pace} }}
{types}

[[rule]]
id = "{rule}"
kind = "presence"
targets = ["hall"]
level = "town"
at_least = 1
force = "binding"
verified = true
clause = "虚构"
"""
_HALL = '[facility.hall]\nzh = "礼堂"\nen = "hall"\n'


def _together(folder: Path, pace: str = "1.0", types: str = _HALL, rule: str = "B-1") -> Pack:
    """A pack and another one that may differ from it."""
    first = _PACK.format(name="a", pace="1.0", types=_HALL, rule="A-1")
    second = _PACK.format(name="b", pace=pace, types=types, rule=rule)
    for name, text in (("a.toml", first), ("b.toml", second)):
        (folder / name).write_text(text, encoding="utf-8")
    return load_pack(["a.toml", "b.toml"], folder)[0]


def test_packs_that_agree_make_one(tmp_path) -> None:
    found = _together(tmp_path)
    assert [rule.rule_id for rule in found.rules] == ["A-1", "B-1"]
    assert found.types["hall"].label.zh == "礼堂"


@pytest.mark.parametrize(
    ("differing", "says"),
    [
        ({"pace": "0.8"}, "b.toml：步速 elderly 与其他规则包不一致（0.8 与 1.0）"),
        ({"rule": "A-1"}, "b.toml：指标编号 A-1 在 a.toml 中已有"),
        ({"types": _HALL.replace("礼堂", "会堂")}, "b.toml：设施类型 hall 与其他规则包不一致"),
        ({"types": _HALL + "institution = true\n"}, "b.toml：设施类型 hall 与其他规则包不一致"),
    ],
)
def test_packs_that_differ_are_refused(tmp_path, differing, says) -> None:
    with pytest.raises(ConfigError) as refused:
        _together(tmp_path, **differing)
    assert says in refused.value.text.zh
