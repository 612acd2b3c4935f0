"""A rule that speaks of homes, or zones, by several columns: each must be right, in whatever order they stand."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from tests.studies import PACK_HEAD, run

_RULE = """
[[rule]]
id = "%s"
targets = ["day_care"]
scope = { %s }
force = "binding"
verified = true
clause = "虚构"
%s
"""
_RADIUS = """kind = "within"
metric = "straight_line"
metric_source = "clause"
limit = { op = "<", value = 700, unit = "m" }"""
_PRESENCE = """kind = "presence"
level = "community"
at_least = 1"""
_SITE = {"id": "F", "type": "day_care", "x": 0}


def _outcomes(folder: Path, scope: dict[str, str], test: str, **tables: Any) -> list[dict[str, tuple[str, str]]]:
    """Outcome and reason of each subject, under a rule for each order of the columns of the scope."""
    scopes = [", ".join(f'{name} = "{value}"' for name, value in order) for order in permutations(scope.items())]
    rules = "".join(_RULE % (number, text, test) for number, text in enumerate(scopes))
    (folder / "own.toml").write_text(PACK_HEAD + rules, encoding="utf-8")
    streets = [[(0, 0), (9, 0)]] if "residential" in tables else []
    found = run(folder, "own.toml", {"facilities": [_SITE], **tables}, streets=streets)
    metric = "straight_line" if streets else "attributes"
    return [
        {name: (row["outcome"], row["because"]) for name, row in found.verdicts(str(number), metric).items()}
        for number in range(len(scopes))
    ]


def test_a_column_that_no_home_has_brings_none_into_scope(tmp_path):
    homes = [{"id": "new", "x": 1, "built": "new"}, {"id": "old", "x": 1, "built": "existing"}, {"id": "empty", "x": 1}]
    found = _outcomes(tmp_path, {"built": "new", "urban_rural": "urban"}, _RADIUS, residential=homes)
    expected = {
        "new": ("pass", "scope_assumed"),
        "old": ("not_applicable", "out_of_scope"),
        "empty": ("unknown", "scope_unknown"),
    }
    assert found == [expected, expected]


def test_a_home_that_one_column_puts_out_of_scope_is_out_whatever_another_leaves_open(tmp_path):
    homes = [
        {"id": "old", "x": 1, "built": "existing"},
        {"id": "rural", "x": 1, "urban_rural": "rural"},
        {"id": "in", "x": 1, "built": "new", "urban_rural": "urban"},
    ]
    found = _outcomes(tmp_path, {"built": "new", "urban_rural": "urban"}, _RADIUS, residential=homes)
    out = ("not_applicable", "out_of_scope")
    assert found == [{"old": out, "rural": out, "in": ("pass", "measured")}] * 2


def test_so_is_a_zone(tmp_path):
    zones = [
        {"id": "1", "level": "community", "name": "B"},
        {"id": "2", "level": "community", "name": "A", "urban_rural": "urban"},
    ]
    site = {"id": "F", "type": "day_care", "community_code": "2"}
    found = _outcomes(tmp_path, {"name": "A", "urban_rural": "urban"}, _PRESENCE, zone_table=zones, facilities=[site])
    assert found == [{"1": ("not_applicable", "out_of_scope"), "2": ("pass", "counted")}] * 2
