"""Streets from the cache are the streets from the file, until file or settings change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from circle15 import route
from circle15.core.errors import Circle15Error
from circle15.core.findings import Finding
from circle15.core.tables import Streets
from circle15.core.text import Text
from circle15.pipeline import streets as paving
from circle15.pipeline.progress import silent
from circle15.read.layers import read_layer
from circle15.read.town import grid
from circle15.study import load_study
from tests.towns import CANDIDATES, SITE, STREET, STUDY, call, tree, write_town

CACHED = '[route]\ncache = "cache"\n'
RAW = Path(__file__).resolve().parents[3] / "data" / "raw"


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").iterdir()) if (folder / "cache").exists() else []


def paved(study: Path) -> paving.Paved:
    asked = load_study(study)
    return paving.pave(asked, asked.inputs["streets"], silent)


def test_a_network_is_the_same_after_storing() -> None:
    network = route.build(grid(4, 3, 100).streets)
    again = route.network_from(route.network_arrays(network))
    for name in route.NETWORK_FIELDS:
        np.testing.assert_array_equal(getattr(again, name), getattr(network, name))


def test_the_second_run_reads_no_streets_and_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = [[(-1000, 0), (2000, 0)], [(0, 0), (0, 500), (500, 500)], [(10, -40), (10, 40)]]
    keys = CACHED + "clean = { tolerance_m = 1 }\n"
    study = write_town(tmp_path, streets=ring, study=STUDY + CANDIDATES + SITE + keys)
    assert call("site", study, "-q").exit_code in (0, 1)
    assert len(entries(tmp_path)) == 1
    results = tmp_path / "data" / "processed" / "invented"
    first = {name: content for name, content in tree(results).items() if name != "manifest.json"}
    monkeypatch.setattr(route, "build", lambda _: pytest.fail("the network is built again"))
    assert call("site", study, "-q").exit_code in (0, 1)
    assert {name: content for name, content in tree(results).items() if name != "manifest.json"} == first
    assert len(entries(tmp_path)) == 1


def test_a_sample_from_the_cache_is_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (RAW / "karhula" / "study.toml").read_text(encoding="utf-8")
    for file in (RAW / "karhula").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "study.toml").write_text(text + "\n" + CACHED, encoding="utf-8")
    made = paved(tmp_path / "study.toml")
    monkeypatch.setattr(paving, "read_layer", lambda *_: pytest.fail("the streets are read again"))
    kept = paved(tmp_path / "study.toml")
    assert kept.findings == made.findings
    assert kept.source == made.source
    assert kept.streets.frame.geometry.geom_equals_exact(made.streets.frame.geometry, 0).all()
    for name in made.streets.frame.columns.drop("geometry"):
        one, other = (each.streets.frame[name].astype(object).fillna("-") for each in (kept, made))
        assert one.tolist() == other.tolist()
    np.testing.assert_array_equal(kept.streets.vertex_node, made.streets.vertex_node)
    assert isinstance(kept.streets, Streets)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[inputs.residential]", 'encoding = "GB18030"\n[inputs.residential]', 1),
        lambda text: text + "clean = { tolerance_m = 1 }\n",
        lambda text: text.replace('\ncrs    = "EPSG:4549"', '\ncrs    = "EPSG:4550"'),
    ],
    ids=["encoding", "cleaning", "crs"],
)
def test_other_settings_make_another_entry(tmp_path: Path, change) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    paved(study)
    before = entries(tmp_path)
    text = study.read_text(encoding="utf-8")
    assert change(text) != text
    study.write_text(change(text), encoding="utf-8")
    paved(study)
    assert len(entries(tmp_path)) == len(before) + 1


def test_another_file_makes_another_entry_and_an_unrelated_change_none(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    short = paved(study).network.edge_mm.sum()
    study.write_text(study.read_text(encoding="utf-8").replace("虚构镇", "另一镇"), encoding="utf-8")
    paved(study)
    assert len(entries(tmp_path)) == 1
    write_town(tmp_path, streets=[[*STREET, (3000, 0)]], study=STUDY + CACHED)
    assert paved(study).network.edge_mm.sum() == short + 1_000_000
    assert len(entries(tmp_path)) == 2


@pytest.mark.parametrize("name", ["streets.geojson.source.toml", "streets.cpg"])
def test_what_stands_beside_the_file_counts(tmp_path: Path, name: str) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    paved(study)
    (tmp_path / name).write_text('data_date = "2020-01-01"', encoding="utf-8")
    dated = paved(study).source.data_date
    assert len(entries(tmp_path)) == 2
    assert paved(study).source.data_date == dated
    assert (dated != "") == name.endswith(".toml")


def test_any_text_and_any_place_of_a_finding_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    finding = Finding(
        "street_gap", "info", "streets", 1, ("a",), Text("一", "1"), Text("二", "2"), at=shapely.points([[1, 2]])
    )

    def odd(*arguments: Any) -> Any:
        table, found, source = read_layer(*arguments)
        assert isinstance(table, Streets)
        names = ["\x1f\x1e\n\"'", *[None] * (len(table) - 1)]
        frame = table.frame.assign(name=pd.array(names, dtype="str"))
        return Streets.join(frame, table.vertex_node), [*found, finding], source

    monkeypatch.setattr(paving, "read_layer", odd)
    made, kept = paved(study), paved(study)
    assert kept.streets.frame["name"].iloc[0] == "\x1f\x1e\n\"'"
    assert kept.findings == made.findings
    assert shapely.equals(kept.findings[-1].at, finding.at).all()


def test_a_cache_that_cannot_be_written_is_told_and_does_no_harm(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    told = []
    asked = load_study(study)
    found = paving.pave(asked, asked.inputs["streets"], lambda text, _, __: told.append(text.en))
    assert found.network.edge_count == 1
    assert any("cannot be written" in text for text in told)


def test_a_file_that_is_gone_is_told_as_without_a_cache(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + CACHED)
    asked = load_study(study)
    (tmp_path / "streets.geojson").unlink()
    with pytest.raises(Circle15Error):
        paving.pave(asked, asked.inputs["streets"], silent)


def test_without_the_key_nothing_is_cached(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    before = tree(tmp_path)
    paved(study)
    assert tree(tmp_path) == before
