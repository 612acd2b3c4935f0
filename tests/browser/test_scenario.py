"""What-if in the page against the program's own answer, home by home."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from circle15 import pipeline, route
from circle15.pipeline.ground import lay, near_pairs, walls
from circle15.read.samples import sample_study
from circle15.show.families import CLASSES, classify, families
from circle15.show.geometry import to_wgs84
from circle15.show.html.page import page
from circle15.show.html.walks import pack_walks, projection
from circle15.show.numbers import percent
from circle15.study import load_study
from tests.fakes import small_audit
from tests.oracle import test_porto_alegre as porto_alegre
from tests.towns import CANDIDATES, HOMES, OWN_PACK, PACK, SITE, lines, moved, points, write_town

FAR_MM = 1_080_000
NEAR_MM = 700_000


@pytest.fixture(scope="module")
def karhula() -> Any:
    """The sample, laid out and audited."""
    study = load_study(sample_study("karhula"))
    return study, lay(study), pipeline.whole(study)


def prepared(show: Any, audit: Any) -> Any:
    view = show(page(audit))
    view.evaluate("trials.prepare()")
    return view


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4525", "EPSG:4492", "EPSG:32635", "EPSG:32720"])
def test_page_projects_as_proj_does(show, karhula, crs):
    view = show(page(karhula[2]))
    area: Any = pyproj.CRS(crs).area_of_use
    random = np.random.default_rng(11)
    lons = random.uniform(area.west, area.east, 40)
    lats = random.uniform(max(area.south, -80), min(area.north, 84), 40)
    own = pyproj.CRS(crs).geodetic_crs
    wanted = np.column_stack(pyproj.Transformer.from_crs(own, crs, always_xy=True).transform(lons, lats))
    places = [[float(lat), float(lon)] for lat, lon in zip(lats, lons, strict=True)]
    found = view.evaluate(
        "([given, places]) => { const project = walking.projector(given); return places.map((at) => project(...at)); }",
        [projection(crs), places],
    )
    assert np.abs(np.array(found) - wanted).max() < 1e-4


def test_another_projection_walks_nowhere():
    assert projection("EPSG:3857") is None
    assert pack_walks(small_audit()) is None


def random_places(homes_mm: Any, count: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    low, high = np.percentile(homes_mm, [2, 98], axis=0)
    return np.column_stack([random.uniform(low[axis], high[axis], count) for axis in (0, 1)]).round().astype(np.int64)


def compare(view: Any, study: Any, ground: Any, places: Any) -> None:
    """Anchor, walks and straight lines of every place, in whole millimetres, against the room of distances."""
    degrees = to_wgs84(shapely.points(places / 1000), study.crs_text, 9)
    for mm, at in zip(places, degrees, strict=True):
        told = view.evaluate(
            "([lat, lon, far, near]) => { const walker = trials.scenario.walker, mm = walker.project(lat, lon);"
            " const walked = walker.reach(...mm, far);"
            " const straight = [...walker.circle(...mm, near)];"
            " return { mm, anchor: walked.anchor, walked: [...walked.homes], straight }; }",
            [at.y, at.x, FAR_MM, NEAR_MM],
        )
        streets = route.index(ground.network, walls(ground.tables))
        anchor = route.snap(streets, mm[None, :], study.max_access_leg_mm)
        site = route.plain(np.array(["T"], dtype=object), mm[None, :], anchor)
        walked = near_pairs(ground, site, "network", FAR_MM)
        straight = route.straight_pairs(mm[None, :], ground.homes.mm, NEAR_MM)
        assert told["mm"] == mm.tolist()
        assert dict(map(tuple, told["walked"])) == dict(zip(walked.target.tolist(), walked.mm.tolist(), strict=True))
        assert dict(map(tuple, told["straight"])) == dict(
            zip(straight.target.tolist(), straight.mm.tolist(), strict=True)
        )
        if not anchor.snapped[0]:
            assert told["anchor"] is None
            continue
        found = [int(each[0]) for each in (anchor.edge, anchor.offset_mm, anchor.leg_mm)]
        assert [told["anchor"][key] for key in ("edge", "offset", "leg")] == found


def test_every_home_is_as_far_as_the_program_says(show, karhula):
    study, ground, audit = karhula
    compare(prepared(show, audit), study, ground, random_places(ground.homes.mm, 50, 3))


@pytest.mark.long
def test_every_home_of_porto_alegre_is_as_far_as_the_program_says(show, shared, tmp_path):
    (tmp_path / "pack.toml").write_text(porto_alegre.PACK, encoding="utf-8")
    text = porto_alegre.STUDY.format(data=(shared / "porto-alegre").as_posix())
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "study.toml")
    ground = lay(study)
    places = random_places(ground.homes.mm, 50, 5)
    compare(prepared(show, pipeline.whole(study)), study, ground, places)


BEHIND_WALLS = """
[inputs.entrances]
path = "gates.geojson"
crs  = "EPSG:4549"
[inputs.barriers]
path = "walls.geojson"
crs  = "EPSG:4549"
"""


def test_walls_and_gates_count_in_the_page_too(show, tmp_path):
    """Two streets with walls between and round them: where a site may be entered from depends on what hides them."""
    streets = [((-1000, 0), (2000, 0)), ((-1000, 90), (2000, 90)), ((-1000, 0), (-1000, 90))]
    homes = {
        "H-1": {"at": (100, 40), "pop60": 20},
        "H-2": {"at": (700, 60), "pop60": 30},
        "H-3": {"at": (1500, 20), "pop60": 10},
    }
    study = write_town(tmp_path, streets=streets, homes=homes, study=OWN_PACK + BEHIND_WALLS, pack=PACK)
    gate = {"G-1": {"at": (90, 80), "area_id": "H-1"}, "G-2": {"at": (110, 10), "area_id": "H-1"}}
    (tmp_path / "gates.geojson").write_text(points("entrance_id", gate), encoding="utf-8")
    wall = [((-800, 45), (600, 45)), ((300, 45), (320, 70)), ((620, 30), (900, 75)), ((1400, 10), (1700, 12))]
    (tmp_path / "walls.geojson").write_text(lines(wall), encoding="utf-8")
    asked = load_study(study)
    ground = lay(asked)
    random = np.random.default_rng(17)
    places = np.column_stack([random.uniform(-900, 1900, 60), random.uniform(-60, 150, 60)])
    mm = np.round((places + np.array(moved((0, 0)))) * 1000).astype(np.int64)
    compare(prepared(show, pipeline.whole(asked)), asked, ground, mm)


def with_site(folder: Any, at: tuple[float, float] | None, **changes: Any) -> Any:
    """The audit of the invented street, with a further day-care centre where it is given."""
    facilities: dict[str, Any] = {"F-1": {"at": (-900, 0), "type": "day_care"}}
    facilities |= {} if at is None else {"F-9": {"at": at, "type": "day_care"}}
    study = write_town(folder, facilities=facilities, study=OWN_PACK + CANDIDATES, pack=PACK, **changes)
    return pipeline.whole(load_study(study))


def put(view: Any, audit: Any, at: tuple[float, float]) -> None:
    (place,) = to_wgs84([shapely.Point(*moved(at))], audit.facts.crs, 9)
    view.evaluate(f"trials.add(L.latLng({place.y:.9f}, {place.x:.9f}))")


def told_classes(view: Any) -> list[str]:
    return [CLASSES[code] for code in view.evaluate("[...circle15.codesOf(0)]")]


@pytest.mark.parametrize(("metres", "outcome"), [(699.999, "pass"), (700.0, "fail"), (700.001, "fail")])
def test_site_at_the_limit_decides_as_the_clause_does(show, tmp_path, metres, outcome):
    """H-2 stands on the street at 1500: a site this far west of it, under < 700 m on the network."""
    at = (1500 - metres, 0)
    view = prepared(show, with_site(tmp_path / "without", None))
    put(view, with_site(tmp_path / "without", None), at)
    after = with_site(tmp_path / "with", at)
    (family,) = families(after.walked)
    assert told_classes(view) == classify(after, family)
    assert told_classes(view)[1] == outcome


def test_figures_and_legend_are_those_of_the_audit_with_the_site(show, tmp_path):
    homes = {**HOMES, "H-3": {"at": (1490, 30), "households": 7, "population": 11, "pop60": 3}}
    before, after = (with_site(tmp_path / name, at, homes=homes) for name, at in (("a", None), ("b", (1400, 20))))
    view, wanted = prepared(show, before), show(page(after))
    put(view, before, (1400, 20))
    for selector in ("[data-figure]", "label.switch:has(input[data-layer^='homes']) small", ".gaps"):
        assert view.locator(selector).all_text_contents() == wanted.locator(selector).all_text_contents()
    view.get_by_role("button", name="清除").click()
    again = show(page(before))
    assert view.locator("[data-figure]").all_text_contents() == again.locator("[data-figure]").all_text_contents()


def planned_street(folder: Any) -> Any:
    """The audit of the invented street with a plan of one site in 2023."""
    facilities = {"F-1": {"at": (-900, 0), "type": "day_care"}}
    asked = OWN_PACK + CANDIDATES + SITE.replace("JJ-01", "T-01")
    return pipeline.whole(load_study(write_town(folder, facilities=facilities, study=asked, pack=PACK)))


def test_slider_opens_the_sites_of_the_plan(show, tmp_path):
    audit = planned_street(tmp_path)
    (plan,) = audit.plans
    view = show(page(audit))
    view.locator("#stages").focus()
    view.keyboard.press("ArrowRight")
    view.locator("#stage-shown", has_text="2023").wait_for()
    card = view.locator(".card b[data-figure^='T-01|network|pop60']").first
    assert card.inner_text() == percent(plan.sites[-1].share_after)
    assert told_classes(view) == ["fail", "pass"]
    view.keyboard.press("Home")
    view.locator("#stage-shown", has_text="现状").wait_for()
    assert told_classes(view) == ["fail", "fail"]


def test_saved_scenario_names_its_places(show, tmp_path):
    audit = with_site(tmp_path, None)
    view = show(page(audit))
    view.get_by_role("button", name="新增点位").click()
    view.locator("#scenario-sites li").wait_for()
    with view.expect_download() as download:
        view.get_by_role("button", name="保存方案").click()
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert saved["circle15"] == "scenario"
    assert saved["study"] == audit.facts.study_id
    (site,) = saved["sites"]
    assert site["facility_type"] == "day_care"
    middle = view.evaluate("circle15.map.getCenter()")
    assert (site["lon"], site["lat"]) == pytest.approx((middle["lng"], middle["lat"]), abs=1e-9)


# The canvases of the homes as they are, kept in the page, and how far two of these pictures are from each other: the
# part of their dots that differ by more than a quarter of full colour.
PICTURE = """() => Object.values(circle15.homes.layer._tiles).map(({ el }) => {
  const copy = new OffscreenCanvas(el.width, el.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(el, 0, 0);
  return copy.getImageData(0, 0, el.width, el.height).data;
})"""
APART = """([one, two]) => {
  let differ = 0, all = 0;
  one.forEach((dots, tile) => {
    for (let at = 0; at < dots.length; at += 4, all += 1) {
      if ([0, 1, 2, 3].some((band) => Math.abs(dots[at + band] - two[tile][at + band]) > 64)) differ += 1;
    }
  });
  return differ / all;
}"""


def picture(view: Any) -> Any:
    """What is painted of the homes, once nothing is left to paint."""
    view.evaluate("async () => { do await new Promise(requestAnimationFrame); while (packed.busy); }")
    return view.evaluate_handle(PICTURE)


@pytest.mark.parametrize("ratio", [1, 1.25])
def test_a_part_painted_anew_looks_as_the_whole_does(show, karhula, ratio):
    view = show(page(karhula[2]).replace("<head>", f"<head><script>window.devicePixelRatio = {ratio}</script>", 1))
    before = picture(view)
    view.evaluate("trials.add(circle15.map.getCenter()).then((trial) => { window.trial = trial; })")
    for place in ([300, 200], [310, 210], [60, 600]):
        view.evaluate("(at) => trial.marker.setLatLng(circle15.map.containerPointToLatLng(at)).fire('drag')", place)
        part = picture(view)
        view.evaluate("circle15.homes.layer.repaint()")
        whole = picture(view)
        assert view.evaluate(APART, [before, part]) > 5e-4
        assert view.evaluate(APART, [part, whole]) < 1e-5
        before = whole


def test_tiles_whose_first_painting_is_overtaken_are_shown_all_the_same(show, karhula):
    view = show(page(karhula[2]))
    view.evaluate("circle15.map.setZoom(15, { animate: false }); circle15.homes.layer.repaint()")
    picture(view)
    shown = "Object.values(circle15.homes.layer._tiles).map(({ el }) => getComputedStyle(el).visibility)"
    assert set(view.evaluate(shown)) == {"visible"}


def test_public_page_carries_no_streets_to_walk_on(karhula):
    audit = karhula[2]
    facts = replace(audit.facts, audience="public", title_block={"审图号": "虚审1号"})
    assert '"walks":null' in page(replace(audit, facts=facts))
