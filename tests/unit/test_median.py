"""The sites that make ways shortest, from the study file to the certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.towns import CANDIDATES, SITE, STUDY, call, write_town
from tests.unit.test_least import HOSTS, RESULTS, TOWN

# 20 people walk 100 m today, 30 walk 1,500 m and 10 walk 900 m: 56,000,000 mm in all.
MEDIAN = STUDY + CANDIDATES + SITE.replace("per_stage", 'problem = "p_median"\ncap_m = 2000\nper_stage')


def planned(folder: Path, study: str) -> tuple[Path, dict[str, Any]]:
    path = write_town(folder, homes=TOWN, candidates=HOSTS, study=study)
    result = call("site", path, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return path, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def test_the_site_nearest_to_most_people_opens(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, MEDIAN)
    # C-1 stands 100 m from H-2: 2,000 + 3,000 + 9,000 m. C-3 would do as well, and stands behind it.
    assert (plan["status"], plan["sites"], plan["objective"], plan["bound"]) == ("optimal", ["C-1"], *[14_000_000] * 2)
    assert plan["walk"] == {
        "cap_m": 2000.0,
        "people": 60,
        "today": 56_000_000,
        "mean_m_today": 933.333,
        "mean_m": 233.333,
        "mean_m_bound": 233.333,
    }
    assert "人均步行 233.3 米（现状 933.3 米" in call("site", study, "-q").stdout
    result = call("explain", study, "plan", "-q")
    assert result.exit_code == 0
    assert "步行距离合计（人·毫米）：方案所载 14,000,000，重算 14,000,000" in result.stdout


def test_no_way_counts_as_longer_than_the_cap(tmp_path: Path) -> None:
    # With 1,000 m both far homes count as 1,000 and 900 m today.
    _, plan = planned(tmp_path, MEDIAN.replace("cap_m = 2000", "cap_m = 1000"))
    assert plan["walk"]["today"] == 20 * 100_000 + 30 * 1_000_000 + 10 * 900_000
    assert plan["objective"] == 14_000_000


def test_mandatory_sites_are_kept(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, MEDIAN + 'mandatory = ["C-2"]\n')
    assert (plan["status"], plan["sites"], plan["objective"]) == (
        "optimal",
        ["C-2"],
        2_000_000 + 45_000_000 + 1_000_000,
    )


def test_another_value_does_not_hold(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, MEDIAN)
    path = tmp_path / RESULTS / "plan.json"
    for change in ({"objective": 13_000_000}, {"sites": ["C-2"]}, {"proven": 14_000_001, "bound": 14_000_001}):
        path.write_text(json.dumps([{**plan, **change}]), encoding="utf-8")
        assert call("explain", study, "plan", "-q").exit_code == 1, change


@pytest.mark.parametrize(
    ("one", "other"),
    [("cap_m = 2000\n", ""), ('problem = "p_median"\n', ""), ("stages    = [2023]", "stages = [2023, 2024]")],
)
def test_half_a_median_is_refused(tmp_path: Path, one: str, other: str) -> None:
    result = call("site", write_town(tmp_path, study=MEDIAN.replace(one, other)), "-q")
    assert result.exit_code == 2
    assert "p_median" in result.stderr
