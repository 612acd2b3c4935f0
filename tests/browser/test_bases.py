"""Base maps of others: silent until asked, from the hosts named alone, and under the data where they belong."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circle15.core.basemaps import BASE_MAPS
from circle15.read.datum import gcj02_from_wgs84
from circle15.show.html.page import page
from tests.fakes import small_audit

# A grey pixel.
TILE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
ALL = {"osm": "", "tianditu": "k3y", "amap": ""}


@pytest.fixture
def served(browser: Any, tmp_path: Path) -> Iterator[Callable[[str], tuple[Any, list[str]]]]:
    """Open HTML where every server answers with a grey pixel; the addresses asked for, and the page's complaints."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    asked: list[str] = []
    complaints: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=TILE, content_type="image/png")

    context.route(re.compile("^https?:"), answer)

    def open_page(html: str) -> tuple[Any, list[str]]:
        file = tmp_path / "map.html"
        file.write_text(html, encoding="utf-8")
        view = context.new_page()
        view.on("console", lambda message: complaints.append(message.text))
        view.goto(file.as_uri())
        view.locator("html[data-ready]").wait_for(state="attached")
        return view, asked

    yield open_page
    context.close()
    assert complaints == []


def base(view: Any, name: str) -> Any:
    return view.locator(f'input[name=base][value="{name}"]')


def test_a_map_without_base_maps_may_ask_nobody():
    html = page(small_audit())
    assert "img-src data: blob:;" in html
    assert 'name="base"' not in html


def test_nothing_is_asked_before_one_is_chosen(served):
    view, asked = served(page(small_audit(base_maps=ALL)))
    view.mouse.wheel(0, -300)
    assert asked == []
    assert base(view, "").is_checked()


@pytest.mark.parametrize("name", list(ALL))
def test_a_chosen_one_is_asked_at_its_own_hosts(served, name):
    view, asked = served(page(small_audit(base_maps=ALL)))
    base(view, name).check()
    view.locator("img.leaflet-tile-loaded").first.wait_for()
    hosts = "|".join(re.escape(host).replace(r"\*", r"[\w.]+") for host in BASE_MAPS[name].hosts)
    assert asked
    assert [url for url in asked if not re.match(rf"({hosts})/", url)] == []
    assert all("k3y" in url for url in asked) is (name == "tianditu")
    assert BASE_MAPS[name].credit in view.locator(".leaflet-control-attribution").inner_text()
    base(view, "").check()
    assert view.locator("img.leaflet-tile").count() == 0
    assert BASE_MAPS[name].credit not in view.locator(".leaflet-control-attribution").inner_text().replace(
        "© OpenStreetMap contributors, ODbL", "", 1
    )


def test_the_choice_stays_in_the_other_language(served):
    view, _ = served(page(small_audit(base_maps=ALL)))
    base(view, "osm").check()
    view.locator("#tool-language").click()
    assert base(view, "osm").is_checked()
    assert view.locator("img.leaflet-tile").count() > 0


def test_the_page_shifts_as_the_program_does(served):
    view, _ = served(page(small_audit(base_maps=ALL)))
    random = np.random.default_rng(15)
    lon, lat = random.uniform(70, 140, 200), random.uniform(0, 57, 200)
    found = np.array(
        view.evaluate(
            "places => places.map(([lng, lat]) => bases.shifted({ lng, lat })).map((at) => [at.lng, at.lat])",
            np.column_stack([lon, lat]).tolist(),
        )
    )
    assert np.abs(found - np.column_stack(gcj02_from_wgs84(lon, lat))).max() < 1e-11


@pytest.mark.parametrize("zoom", [13, 15, 18])
def test_amap_lies_under_the_data(served, zoom):
    """A place in GCJ-02 has its tile under the same place of the data, all over the window."""
    view, _ = served(page(small_audit(base_maps=ALL)))
    view.evaluate(f"circle15.map.setZoom({zoom}, {{ animate: false }})")
    base(view, "amap").check()
    view.locator("img.leaflet-tile-loaded").first.wait_for()
    view.evaluate("circle15.map.panBy([137, -91], { animate: false })")
    tiles = view.evaluate(
        """() => [...document.querySelectorAll("img.leaflet-tile")].map((img) => {
            const { x, y } = img.getBoundingClientRect(), url = new URL(img.src).searchParams;
            return [Number(url.get("z")), Number(url.get("x")), Number(url.get("y")), x, y];
        })"""
    )
    size = view.locator("#stage").bounding_box()
    points = [(size["width"] * i / 4, size["height"] * j / 4) for i in range(5) for j in range(5)]
    for px, py in points:
        lng, lat = view.evaluate(
            "([x, y]) => { const at = circle15.map.containerPointToLatLng([x, y]); return [at.lng, at.lat]; }", [px, py]
        )
        lon, north = (float(each) for each in gcj02_from_wgs84(np.array(lng), np.array(lat)))
        world = 256 * 2**zoom
        sine = np.sin(np.radians(north))
        east = (lon + 180) / 360 * world
        south = (0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)) * world
        (tile,) = [each for each in tiles if each[:3] == [zoom, int(east // 256), int(south // 256)]]
        assert abs(tile[3] + east % 256 - (size["x"] + px)) < 1.5
        assert abs(tile[4] + south % 256 - (size["y"] + py)) < 1.5
