"""Why nobody can say what a ratio is: told of each zone for itself."""

from __future__ import annotations

from typing import Any

from tests.studies import PACK_HEAD, run

_RULE = """
[[rule]]
id = "R"
kind = "ratio"
targets = ["day_care"]
level = "town"
numerator = [{ of = "facilities", column = "beds" }]
denominator = [{ of = "people", column = "population" }]
per = 1000
limit = { op = ">=", value = 1, unit = "张/千人" }
force = "binding"
verified = true
clause = "虚构"
"""


def test_an_empty_population_is_the_reason_of_its_own_zone_alone(tmp_path):
    (tmp_path / "own.toml").write_text(PACK_HEAD + _RULE, encoding="utf-8")
    zones: list[dict[str, Any]] = [{"id": "1", "name": "A"}, {"id": "2", "name": "B", "population": 1000}]
    sites = [{"id": f"F{code}", "type": "day_care", "town_code": code} for code in "12"]
    found = run(
        tmp_path, "own.toml", {"facilities": sites, "zone_table": [{**each, "level": "town"} for each in zones]}
    )
    told = {name: (row["outcome"], row["because"]) for name, row in found.verdicts("R", "attributes").items()}
    assert told == {"1": ("unknown", "cell_empty"), "2": ("unknown", "no_column")}


def test_people_whom_nothing_places_are_not_nobody(tmp_path):
    """The homes know their residents, and nothing says in which town they live: not "nothing to share"."""
    (tmp_path / "own.toml").write_text(PACK_HEAD + _RULE, encoding="utf-8")
    tables: dict[str, list[dict[str, Any]]] = {
        "residential": [{"id": "H", "x": 0, "population": 1000}],
        "facilities": [{"id": "F", "type": "day_care", "town_code": "1", "beds": 5}],
        "zone_table": [{"id": "1", "name": "A", "level": "town"}],
    }
    found = run(tmp_path, "own.toml", tables).verdicts("R", "attributes")["1"]
    assert (found["outcome"], found["because"]) == ("unknown", "no_assignment")
    tables["residential"][0]["town_code"] = "1"
    assert run(tmp_path, "own.toml", tables).verdicts("R", "attributes")["1"]["outcome"] == "pass"
