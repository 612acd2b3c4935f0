"""The map of studies on the index page: where they are, which rank they have, without colour and without script."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pytest
import shapely

from circle15 import judge
from circle15.core.league import League
from circle15.show.html.atlas import atlas
from circle15.show.html.index import index_page
from circle15.show.outline import study_outline
from tests import studies
from tests.batches import batch, write_study

HOMES = [{"id": "R1", "x": 0, "y": 0, "population": 900}, {"id": "R2", "x": 3000, "y": 500, "population": 100}]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The index of a study with places and one of tables alone."""
    folder = tmp_path_factory.mktemp("atlas")
    placed = write_study(folder, "a", (1000, 5, 4))
    more = studies.write(folder / "more", "../a/pack.toml", {"residential": HOMES}).read_text(encoding="utf-8")
    crs, inputs = f'crs = "{studies.CRS}"\n', more[more.index("[inputs.residential]") :].replace('"res', '"../more/res')
    text = placed.read_text(encoding="utf-8").replace("[inputs.zone_table]", f"{crs}[inputs.zone_table]", 1)
    placed.write_text(text.replace("[show]", f"{inputs}[show]"), encoding="utf-8")
    batch([placed, write_study(folder, "b", (2000, 4, 5))], folder / "out")
    return (folder / "out" / "batch" / "index.html").read_text(encoding="utf-8")


def drawing(page: str) -> ET.Element:
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found is not None
    return ET.fromstring(found[0])


def test_a_study_with_a_place_is_drawn_with_its_rank_and_one_of_tables_is_not(page):
    (study,) = drawing(page)
    title, number = study.find("title"), study.find("text")
    assert title is not None
    assert number is not None
    assert (title.text, number.text) == ("虚构：第 1 名", "1")
    assert "另有 1 个研究未绘出" in page


def test_a_study_with_a_map_leads_to_it():
    row = {"study": "s", "study_id": "s", "name": "n", "map": "maps/a b.html"}
    blank = dict.fromkeys(column.name for column in League.columns)
    (link,) = drawing("".join(atlas(judge.league([blank | ROW | row]), {"s": SQUARE}, "zh")))
    assert (link.tag, link.get("href")) == ("a", "../maps/a%20b.html")


def study(audience="internal", review="", zones=None) -> Any:
    """What an outline is made of: two homes 3,000 m apart and a facility of nowhere."""
    homes = gpd.GeoDataFrame(geometry=shapely.points([[500_000.0, 2_700_000.0], [503_000.0, 2_700_500.0]]))
    nowhere = gpd.GeoDataFrame(geometry=[None])
    return SimpleNamespace(
        facts=SimpleNamespace(crs=studies.CRS, audience=audience, title_block={"审图号": review}),
        zones=zones,
        residential=SimpleNamespace(frame=homes),
        facilities=SimpleNamespace(frame=nowhere),
    )


def two_towns() -> Any:
    """Two towns of 4,000 m by 2,000 m beside one another, with a community in one of them."""
    at = [(0, 4), (4, 8), (1, 2)]
    boxes = [shapely.box(500_000 + 1000 * west, 2_700_000, 500_000 + 1000 * east, 2_702_000) for west, east in at]
    return SimpleNamespace(frame=gpd.GeoDataFrame({"level": ["town", "town", "community"]}, geometry=boxes))


def sides(audit: Any) -> tuple[float, float]:
    """How far an outline reaches east and north, in metres."""
    (ring,) = study_outline(audit)
    west, south, east, north = gpd.GeoSeries([shapely.Polygon(ring)], crs="EPSG:4326").to_crs(studies.CRS).total_bounds
    return east - west, north - south


def test_zones_are_one_outline_and_without_them_a_box_stays_off_the_homes():
    assert sides(study(zones=two_towns())) == pytest.approx((8000, 2000), abs=25)
    assert sides(study()) == pytest.approx((3000 + 200, 500 + 200), abs=25)


def test_the_public_sees_reviewed_zones_and_no_box():
    assert study_outline(study("public", "", two_towns())) == []
    assert study_outline(study("public", "GS(2024)0001")) == []
    assert len(study_outline(study("public", "GS(2024)0001", two_towns()))) == 1


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
