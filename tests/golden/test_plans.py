"""A small study for each plan: what the program says of it is kept beside it, and its figures are worked out here.

The tables are small enough to be read whole: one or two streets, a home or two on either side of each limit.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from circle15.read.samples import sample_study
from tests.towns import call

PLANS = ("changan", "wuzhong", "xianyang", "zhoukou")
# Two fail a binding rule of a plan in force; that of the draft can fail nobody.
ENDS = {"changan": 0, "wuzhong": 0, "xianyang": 1, "zhoukou": 1}


def said(name: str, out: Path, *options: str) -> str:
    done = call("audit", sample_study(name), "--out", out, "-q", *options)
    assert done.exit_code == ENDS[name], done.output
    return "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith("已写入"))


@pytest.mark.parametrize("name", PLANS)
def test_what_the_program_says_of_the_study_of_a_plan_is_kept_beside_it(name, tmp_path):
    expected = (sample_study(name).parent / "expected.txt").read_text(encoding="utf-8")
    assert said(name, tmp_path) == expected


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What ``audit --format json`` prints of each study."""
    folder = tmp_path_factory.mktemp("plans")
    return {name: json.loads(said(name, folder, "--format", "json")) for name in PLANS}


def shares(answer, rule_id: str) -> dict[str, tuple[float, float]]:
    """Covered and total of a rule for the whole study, by basis, by its headline."""
    rows = [row for row in answer["coverage"] if (row["rule_id"], row["zone_id"]) == (rule_id, "*")]
    return {row["basis"]: (row["covered"], row["total"]) for row in rows if row["metric"] != "straight_line"}


def ratio(answer, rule_id: str) -> tuple[float, str]:
    """Value and outcome of a ratio of the whole study; what operates and what is built are the same here."""
    rows = [row for row in answer["ratios"] if (row["rule_id"], row["level"]) == (rule_id, "study")]
    ((value, outcome),) = {(row["value"], row["outcome"]) for row in rows}
    return round(value, 6), outcome


def test_changan_by_hand(answers):
    """900 m in 15 minutes at 1.0 m/s, 1,080 m at 1.2.

    H1 to F1: 300 m of street, 20 m of legs. H2: 500 m + 20 m. H3 to F2: 1,100 m + 20 m, too far. Under-threes: H1 to F3
    is 1,050 m + 20 m. C1 has a site of 320 m² and a nursery of 220 m²; C2 one of 150 m² and a class of a kindergarten,
    which is no nursery. H1 has 320 m² for 500 dwellings; H3 150 m² for 300 households; H2 none of its own.
    """
    answer = answers["changan"]
    assert shares(answer, "CA-13.a") == {
        "areas": (2, 3), "households": (1080, 1380), "population": (3200, 4100), "pop60": (540, 700),
        "pop0_3": (100, 120),
    }  # fmt: skip
    assert shares(answer, "CA-13.b")["pop0_3"] == (120, 120)
    assert shares(answer, "CA-01.a")["zones"] == shares(answer, "CA-01.b")["zones"] == (1, 2)
    # Of CA-01.a, CA-01.b, CA-02.a, CA-02.b four of seven subjects pass: C1 twice, H1 and H3.
    assert ratio(answer, "CA-03") == (round(4 / 7, 6), "fail")
    assert ratio(answer, "CA-08.a") == (50 / 80, "pass")
    assert ratio(answer, "CA-10.a") == (round(1000 * (60 + 20) / 4100, 6), "pass")


def test_wuzhong_by_hand(answers):
    """H1 to F1 is 880 m + 20 m, 15 minutes to the millimetre; H2 is a metre farther. H4 is no urban home."""
    answer = answers["wuzhong"]
    assert shares(answer, "WZ-04.b")["pop60"] == (300 + 100, 300 + 150 + 100)
    # 120 m² for the 600 households of C1 are 20 for each hundred; H2 and H4 have none.
    assert shares(answer, "WZ-01")["areas"] == (1, 3)
    assert shares(answer, "WZ-03")["zones"] == (1, 1)
    assert shares(answer, "WZ-04.a")["zones"] == (1, 2)
    assert shares(answer, "WZ-05")["zones"] == (1, 3)
    assert ratio(answer, "WZ-06.a") == (66 / 100, "pass")
    assert ratio(answer, "WZ-06.b") == (1000 * (12 + 8) / 5000, "pass")
    assert ratio(answer, "WZ-06.c") == (12 / (12 + 8), "pass")
    # The plan says no number of square metres for new homes.
    assert answer["verdict_counts"]["WZ-02"] == {"pass": 0, "fail": 0, "unknown": 1, "not_applicable": 3}


def test_xianyang_by_hand(answers):
    """Of five day-care centres four operate, of two mutual-aid homes one; F2 was handed over after its homes."""
    answer = answers["xianyang"]
    assert ratio(answer, "XY-03.a") == (4 / 5, "pass")
    assert ratio(answer, "XY-03.b") == (1 / 2, "fail")
    # Spokes of T1 have a hub there: F1, F2, F3. Those of T2 that operate have none: F4, F6.
    counts = answer["verdict_counts"]
    assert (counts["XY-02"]["pass"], counts["XY-02"]["fail"]) == (3, 2)
    # F1 kept step with its homes, F2 was handed over on 2024-03-01 after 2023-12-31, F3 and F4 serve nobody by name.
    assert counts["XY-10"] == {"pass": 1, "fail": 1, "unknown": 2, "not_applicable": 0}


def test_zhoukou_by_hand(answers):
    """Of 13 units three have their beds and one its places; 28,707 places for 9,025,900 people are 3.18 a thousand."""
    answer = answers["zhoukou"]
    met = {
        rule_id: {row["zone_id"] for row in answer["ratios"] if (row["rule_id"], row["outcome"]) == (rule_id, "pass")}
        for rule_id in ("ZK-08.b", "ZK-09.c")
    }
    assert met == {"ZK-08.b": {"ZK-01", "ZK-08", "ZK-10"}, "ZK-09.c": {"ZK-03"}}
    assert ratio(answer, "ZK-08.a") == (61_398, "fail")
    assert ratio(answer, "ZK-09.a") == (28_707, "fail")
    assert ratio(answer, "ZK-09.b") == (round(1000 * 28_707 / 9_025_900, 6), "fail")


def test_the_draft_says_so_on_the_page_and_in_the_report(tmp_path):
    call("run", sample_study("changan"), "--out", tmp_path, "-q")
    page = (tmp_path / "maps" / "example-ca.html").read_text(encoding="utf-8")
    report = (tmp_path / "data" / "processed" / "example-ca" / "report.md").read_text(encoding="utf-8")
    for text in (page, report):
        assert "征求意见稿" in text
        assert "虚构" in text


def test_no_example_puts_a_real_name_on_invented_ground():
    for name in ("changan", "wuzhong", "xianyang"):
        folder = sample_study(name).parent
        text = "".join(path.read_text(encoding="utf-8") for path in sorted((folder / "data" / "raw").glob("*.[cg]*")))
        assert re.findall("长安|西安|吴忠|咸阳|陕西|宁夏", text) == []
