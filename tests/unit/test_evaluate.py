"""Sites chosen by hand, from the command line: what they change, what the best would, and what is no scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from typer.testing import CliRunner

from circle15.cli import app
from circle15.show.geometry import to_wgs84
from tests.towns import CANDIDATES, OWN_PACK, PACK, SITE, call, moved, write_town

CRS = "EPSG:4549"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The invented street: H-1 at 500 and H-2 at 1500, a day-care centre at −900, a plan of one site."""
    facilities = {"F-1": {"at": (-900, 0), "type": "day_care"}}
    return write_town(
        tmp_path, facilities=facilities, study=OWN_PACK + CANDIDATES + SITE.replace("JJ-01", "T-01"), pack=PACK
    )


def scenario(folder: Path, *places: tuple[float, float], **changes: Any) -> Path:
    degrees = to_wgs84(shapely.points([moved(at) for at in places]), CRS, 9)
    sites = [
        {"site_id": f"T-{number}", "facility_type": "day_care", "lon": each.x, "lat": each.y}
        for number, each in enumerate(degrees, start=1)
    ]
    study = json.loads(json.dumps({"circle15": "scenario", "study": "invented", "sites": sites} | changes))
    file = folder / "scenario.json"
    file.write_text(json.dumps(study), encoding="utf-8")
    return file


def evaluate(town: Path, sites: Path, *options: str) -> Any:
    return CliRunner().invoke(app, ["evaluate", str(town), "--sites", str(sites), "-q", *options])


def test_sites_are_audited_beside_the_facilities(town: Path, tmp_path: Path) -> None:
    done = evaluate(town, scenario(tmp_path, (1400, 20)), "--format", "json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    rows = [row for row in found["coverage"] if (row["level"], row["basis"]) == ("study", "areas")]
    (walked,) = [row for row in rows if (row["rule_id"], row["metric"]) == ("T-01", "network")]
    assert (walked["before"], walked["after"], walked["gain"]) == (0, 1, 1)
    (plan,) = found["plans"]
    assert plan["sites"] == 1
    assert plan["gain"] <= plan["best"] <= plan["bound"]


def test_the_site_of_the_plan_gains_what_the_plan_says(town: Path, tmp_path: Path) -> None:
    planned = json.loads(call("site", town, "--format", "json", "-q").stdout)[0]
    found = json.loads(evaluate(town, scenario(tmp_path, (1400, 20)), "--format", "json").stdout)
    assert found["plans"][0]["best"] == planned["objective"]


def test_it_says_what_moves_in_words(town: Path, tmp_path: Path) -> None:
    done = evaluate(town, scenario(tmp_path, (1400, 20)))
    assert "手选点位 1 处，全部启用后" in done.stdout
    assert "T-01 路网距离" in done.stdout
    assert "与最优方案对照" in done.stdout
    far = evaluate(town, scenario(tmp_path, (9000, 9000)))
    assert "各项覆盖率不变" in far.stdout


def test_a_table_of_the_same_columns_does_too(town: Path, tmp_path: Path) -> None:
    of_page = evaluate(town, scenario(tmp_path, (1400, 20)), "--format", "csv").stdout
    (site,) = json.loads((tmp_path / "scenario.json").read_text(encoding="utf-8"))["sites"]
    file = tmp_path / "sites.csv"
    file.write_text(",".join(site) + "\n" + ",".join(map(str, site.values())) + "\n", encoding="utf-8")
    assert evaluate(town, file, "--format", "csv").stdout == of_page


BROKEN: dict[str, tuple[Any, str]] = {
    "no scenario": ({"circle15": "map"}, "不是地图页面保存的方案"),
    "another study": ({"study": "elsewhere"}, "'elsewhere'"),
    "no sites": ({"sites": []}, "scenario.json"),
    "no place": ({"sites": [{"site_id": "T-1", "facility_type": "day_care", "lon": "x"}]}, "第 1 个"),
    "unknown type": ({"sites": [{"site_id": "T", "facility_type": "pub", "lon": 118.0, "lat": 24.0}]}, "pub"),
    "off the earth": ({"sites": [{"site_id": "T", "facility_type": "day_care", "lon": 500.0, "lat": 24.0}]}, "500"),
    "known id": ({"sites": [{"site_id": "F-1", "facility_type": "day_care", "lon": 118.0, "lat": 24.0}]}, "F-1"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_scenario_is_one_message(town: Path, tmp_path: Path, fault: str) -> None:
    changes, said = BROKEN[fault]
    done = evaluate(town, scenario(tmp_path, (0, 0), **changes))
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{}", b"[" * 100_000, b"null"])
def test_what_is_no_json_is_one_message(town: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "scenario.json"
    file.write_bytes(content)
    done = evaluate(town, file)
    assert done.exit_code == 2
    assert "scenario.json" in done.stderr
