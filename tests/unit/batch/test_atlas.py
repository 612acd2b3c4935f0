"""The map of studies on the index page: where they are, which rank they have, without colour and without script."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import geopandas as gpd
import pytest
import shapely

from circle15 import judge, pipeline
from circle15.core.league import League
from circle15.read.samples import sample_study
from circle15.show.html.atlas import atlas
from circle15.show.html.index import index_page
from circle15.show.outline import study_outline
from circle15.study import load_study
from tests.batches import batch

NAMES = ["changan", "zhoukou"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The index of a study of a street and one of tables alone."""
    folder = tmp_path_factory.mktemp("atlas")
    batch([sample_study(name) for name in NAMES], folder / "out")
    return (folder / "out" / "batch" / "index.html").read_text(encoding="utf-8")


def drawing(page: str) -> ET.Element:
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found is not None
    return ET.fromstring(found[0])


def test_studies_with_places_are_drawn_with_their_ranks_and_lead_to_their_maps(page):
    svg = drawing(page)
    links = {link.get("href"): link for link in svg.findall("a")}
    assert set(links) == {"../maps/example-ca.html"}
    for link in links.values():
        title, number = link.find("title"), link.find("text")
        assert title is not None
        assert number is not None
        assert re.fullmatch(rf".+（虚构）：第 {number.text} 名|.+（虚构）：无名次", title.text or "")
    assert "另有 1 个研究未绘出" in page


def sides(name: str) -> tuple[float, float]:
    """How far the outline of a sample reaches east and north, in metres of its CRS."""
    audit = pipeline.audit(load_study(sample_study(name)))
    rings = [shapely.Polygon(ring) for ring in study_outline(audit)]
    west, south, east, north = gpd.GeoSeries(rings, crs="EPSG:4326").to_crs(audit.facts.crs).total_bounds
    return east - west, north - south


def test_the_outline_of_a_town_is_that_of_its_zones_and_a_box_hides_where_homes_are():
    """示范镇 is 6,000 m by 5,000 m; Chang'an's street has homes from 200 m to 2,600 m, on a line 20 m wide with F1."""
    assert sides("shifan-zhen") == pytest.approx((6000, 5000), abs=60)
    assert sides("changan") == pytest.approx((2400 + 200, 20 + 200), abs=20)


def test_the_drawing_runs_and_loads_nothing_and_is_told_in_words(page):
    assert "<script" not in page
    assert re.findall(r"(?:src|href)=\"(?!\.\./maps/)", page) == []
    assert "url(" not in page
    assert "— 无名次（虚线）" in page


ROW = {"status": "done", "exit_code": 0, "binding_pass": 1, "binding_fail": 0, "binding_unknown": 0}
SQUARE = [[[118.0, 24.0], [118.1, 24.0], [118.1, 24.1], [118.0, 24.1], [118.0, 24.0]]]


def league_of(count: int) -> League:
    blank = dict.fromkeys(column.name for column in League.columns)
    rows = [blank | ROW | {"study": f"s{n}", "study_id": f"s{n}", "name": "<b>n", "map": ""} for n in range(count)]
    return judge.league(rows)


def test_a_country_has_marks_without_numbers_and_names_are_text():
    league = league_of(200)
    found = "".join(atlas(league, {f"s{number}": SQUARE for number in range(200)}, "en"))
    assert found.count("<circle") == 200
    assert "<text" not in found
    assert "&lt;b&gt;n: rank 1" in found


def test_no_place_no_drawing():
    league = league_of(2)
    assert atlas(league, {"s0": []}, "zh") == []
    assert "<svg" not in index_page(league, judge.figures([], {}), {}, (), "zh")


def test_one_study_in_one_place_is_drawn():
    svg = drawing("".join(atlas(league_of(1), {"s0": SQUARE}, "en")))
    path = svg.find("g/path")
    assert path is not None
    assert "nan" not in path.get("d", "")
