"""Packs that could be read and would say nothing, or something else than they seem to: all refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.core.errors import ConfigError
from circle15.core.tables import BASES
from circle15.read.pack import load_pack
from tests.studies import PACK_HEAD

_COMMON = 'id = "T-01"\nforce = "binding"\nverified = true\nclause = "虚构"\n'
WITHIN = """kind = "within"
targets = ["day_care"]
metric = "network"
metric_source = "interpretation"
limit = { op = "<", value = 700, unit = "m" }
"""
PRESENCE = 'kind = "presence"\ntargets = ["day_care"]\nlevel = "community"\nat_least = 1\n'
SPOKES = PRESENCE + 'spokes = ["canteen"]\n'
STANDARD = 'kind = "standard"\ntargets = ["canteen"]\nrequire = [{ column = "kitchen", op = "==", value = true }]\n'
PREFERENCE = 'kind = "preference"\ntargets = ["canteen"]\n'
_RATIO = 'kind = "ratio"\ntargets = ["day_care"]\nlimit = { op = ">=", value = 1, unit = "张" }\n'
BY_AREA = _RATIO + 'level = "area"\nnumerator = [{ of = "facilities", column = "beds" }]\n'
BY_TOWN = _RATIO + 'level = "town"\nnumerator = [{ of = "facilities", column = "beds" }]\n'
STOCK = _RATIO + 'level = "study"\nnumerator = [{ of = "facilities", column = "beds" }]\n'
SHARE = _RATIO + 'level = "study"\npassing = ["T-01"]\n'
SCHEDULE = 'kind = "schedule"\ntargets = ["canteen"]\nper_year = { 2024 = 10 }\n'


def linted(folder: Path, rule: str, head: str = "") -> str:
    """What is said of a pack of one rule; nothing where it is sound."""
    (folder / "pack.toml").write_text(f"{PACK_HEAD}{head}\n[[rule]]\n{_COMMON}{rule}", encoding="utf-8")
    try:
        load_pack(["pack.toml"], folder)
    except ConfigError as error:
        return "\n".join(each.zh for each in error.problems)
    return ""


def _type(osm: str) -> str:
    return f'[facility.hall]\nzh = "礼堂"\nen = "hall"\n{osm}\n'


def test_tag_expressions_that_cannot_be_read_are_all_named(tmp_path):
    assert linted(tmp_path, WITHIN, _type('osm = ["amenity=hall + !access"]')) == ""
    said = linted(tmp_path, WITHIN, _type('osm = ["amenity==hall", "a=b"]\nosm_assumed = ["!access"]'))
    assert "pack.toml: facility.hall.osm: 标签表达式 'amenity==hall'" in said
    assert "请写 key=value" in said
    assert "pack.toml: facility.hall.osm_assumed: 标签表达式 '!access' 只列出了不得有的标签" in said
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize(
    ("rule", "bases"),
    [
        (WITHIN, ("areas", "households", "land_area_m2", "pop0_3", "pop60", "pop65", "pop80", "population")),
        (BY_AREA, ("areas", "households", "land_area_m2", "pop0_3", "pop60", "pop65", "pop80", "population")),
        (PRESENCE, ("zones",)),
        (BY_TOWN, ("zones",)),
        (SPOKES, ("facilities",)),
        (STANDARD, ("facilities",)),
        (STOCK, ()),
        (SCHEDULE, ()),
    ],
)
def test_a_target_is_on_a_basis_that_its_verdicts_are_summed_by(tmp_path, rule, bases):
    """Drawn land is no sum of verdicts: a target on it could never be told."""
    every = sorted((*BASES, "facilities"))
    said = {
        each: linted(tmp_path, f'{rule}target = {{ op = ">=", value = 0.9, basis = "{each}" }}\n') for each in every
    }
    assert tuple(each for each in every if not said[each]) == bases
    assert "不按 land_intersection 汇总" in said["land_intersection"]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (WITHIN + 'scope = { urban_rural = "city" }', "scope.urban_rural：不认识 'city'"),
        (BY_AREA + 'scope = { built = "News" }', "是否指 'new'"),
        (PRESENCE.replace("at_least = 1", "at_least = 0"), "at_least：须至少为 1"),
        (PREFERENCE + 'near_types = ["day_care"]', "near_types 与 near_m 须同时写"),
        (PREFERENCE + "near_m = 100", "near_types 与 near_m 须同时写"),
        (STANDARD + "tolerance = 0.1", "tolerance 在此不起作用"),
        (STOCK.replace('{ of = "facilities", column = "beds" }', '{ of = "zones" }'), "缺少 column"),
        (STOCK.replace('of = "facilities"', 'of = "zones", all_built = true'), "all_built 在此不起作用"),
        (SHARE, "passing：不认识 'T-01'"),
        (STOCK + 'per_zone = "beds_task"', "per_zone：任务数只用于分单元的指标"),
    ],
)
def test_what_would_say_nothing_is_refused(tmp_path, rule, says):
    assert says in linted(tmp_path, rule)


@pytest.mark.parametrize("rule", [WITHIN, PRESENCE, SPOKES, STANDARD, PREFERENCE, BY_AREA, BY_TOWN, STOCK, SCHEDULE])
def test_the_rules_of_these_tests_are_sound(tmp_path, rule):
    assert linted(tmp_path, rule) == ""
