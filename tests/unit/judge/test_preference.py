"""A preference for sites near others: near to another one, and never to itself."""

from __future__ import annotations

from tests.studies import PACK_HEAD, run

_RULE = """
[[rule]]
id = "R"
kind = "preference"
targets = ["canteen", "day_care"]
near_types = ["canteen"]
near_m = 100
force = "advised"
verified = true
clause = "虚构"
"""


def test_a_site_of_the_wanted_type_is_not_near_to_itself(tmp_path):
    (tmp_path / "own.toml").write_text(PACK_HEAD + _RULE, encoding="utf-8")
    sites = [
        {"id": "alone", "type": "canteen", "x": 0},
        {"id": "twin", "type": "canteen", "x": 1000},
        {"id": "other twin", "type": "canteen", "x": 1000},
        {"id": "near", "type": "day_care", "x": 100},
        {"id": "far", "type": "day_care", "x": 100.001},
        {"id": "closed", "type": "canteen", "x": 0, "status": "关闭"},
    ]
    found = run(tmp_path, "own.toml", {"facilities": [{"status": "运营", **each} for each in sites]})
    assert {name: row["outcome"] for name, row in found.verdicts("R").items()} == {
        "alone": "not_applicable",
        "twin": "pass",
        "other twin": "pass",
        "near": "pass",
        "far": "not_applicable",
    }
