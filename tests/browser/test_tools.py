"""What a planner does with the page: search, sort, compare, both languages, files and paper."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from circle15.show.html.page import page
from circle15.show.html.words import PAGE
from tests.browser.test_map import HOSTILE, painted, story, switch
from tests.browser.test_scenario import planned_street
from tests.fakes import HOMES, renamed, small_audit

CHINESE = re.compile(r"[\u4e00-\u9fff]")
MM_PER_PX = 25.4 / 96


def saved(view: Any, button: str) -> Any:
    with view.expect_download() as download:
        view.locator(button).click()
    return download.value


def test_search_finds_homes_and_facilities_by_name_or_id(show):
    view = show(page(small_audit()))
    view.locator("#search").fill("r-00")
    assert view.locator("#found li").count() == 9
    view.locator("#search").fill("004号")
    view.locator("#found button").click()
    assert "虚构里004号" in story(view)
    view.locator("#search").fill("虚构设施F-02")
    view.locator("#found button").click()
    view.locator(".story:has-text('F-02')").wait_for()
    view.locator("#search").fill("没有这个名字")
    assert view.locator("#found").inner_text() == "没有找到"


def test_search_works_by_keyboard(show):
    view = show(page(small_audit()))
    view.locator("#search").focus()
    view.keyboard.type("R-009")
    view.keyboard.press("Tab")
    view.keyboard.press("Enter")
    assert "R-009" in story(view)


def test_zone_table_sorts_and_goes_there(show):
    view = show(page(small_audit()))
    table = view.locator(".sortable:visible")

    def shares() -> list[float]:
        return [float(text.rstrip("%")) for text in table.locator("tbody td:nth-child(2)").all_inner_texts()]

    assert shares() == sorted(shares())
    table.locator("thead th:nth-child(2) button").click()
    table.locator("thead th:nth-child(2) button").click()
    assert shares() == sorted(shares(), reverse=True)
    assert table.locator("thead th:nth-child(2)").get_attribute("aria-sort") == "descending"
    table.locator("tbody button", has_text="虚构东镇").click()
    centre = view.evaluate("circle15.map.getCenter()")
    west, east = view.evaluate(
        "(() => { const of = (id) => [...circle15.layers.get('zones').getLayers()]"
        ".find((each) => each.feature.properties.id === id).getBounds().getCenter().lng;"
        " return [of('Z-W'), of('Z-E')]; })()"
    )
    assert abs(centre["lng"] - east) < abs(centre["lng"] - west)


def test_metric_switch_turns_the_classes_round(show):
    view = show(page(small_audit()))
    rows = small_audit().verdicts.frame
    by = {
        metric: rows[(rows.rule_id == "T-01") & (rows.metric == metric)].outcome.to_list()
        for metric in ("straight_line", "network")
    }
    timed = rows[rows.rule_id == "T-02"].outcome.to_list()
    for metric in ("network", "straight_line"):
        view.locator(f'input[name="metric-0"][value="{metric}"]').check()
        both = sum(pair == ("pass", "pass") for pair in zip(by[metric], timed, strict=True))
        small = view.locator('label.switch:has(input[data-layer="homes:0:both"]) small')
        assert int(small.inner_text().split(" · ")[0]) == both


def test_both_languages_have_every_label_and_keep_the_choices(show):
    view = show(page(small_audit(name="Invented", title_block={})))
    switch(view, "homes:0:none").uncheck()
    view.get_by_role("radio", name=re.compile("托育")).check()
    view.locator("#tool-language").click()
    assert view.evaluate("document.documentElement.lang") == "en"
    assert not switch(view, "homes:0:none").is_checked()
    assert view.locator("input[name=family]").nth(1).is_checked()
    assert view.title() == "Invented facility coverage"
    labels = view.locator("h2, .card span, .switch span, thead th, .push, legend").all_inner_texts()
    assert labels
    assert not [text for text in labels if CHINESE.search(text) and text != "中文"]
    view.locator("#tool-language").click()
    assert view.evaluate("document.documentElement.lang") == "zh-CN"
    assert view.locator("input[name=family]").nth(1).is_checked()


def test_every_word_of_the_page_is_in_both_languages():
    assert not [key for key, text in PAGE.items() if not text.zh or not text.en]


def test_sheet_holds_the_shown_homes_and_no_formula(show):
    audit = renamed(small_audit(), "=cmd()")
    view = show(page(audit))
    switch(view, "homes:0:none").uncheck()
    text = saved(view, "#tool-sheet").path().read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(HOMES) - 4
    (row,) = [row for row in rows if row["编号"] == "R-004"]
    assert row["名称"] == "'=cmd()"
    assert row["类别"] == "仅距离达标"
    assert row["T-01 直线距离（米）"] == "636.396"
    assert row["T-01 < 700 米 路网距离 结论"] == "不达标"


def test_picture_has_300_dots_an_inch_and_shows_the_homes(show, tmp_path):
    view = show(page(small_audit()))
    painted(view)
    saved(view, "#tool-png").save_as(tmp_path / "map.png")
    size = view.evaluate("circle15.map.getSize()")
    found = view.evaluate(
        "async () => { const canvas = paper.picture(); const context = canvas.getContext('2d');"
        " const at = circle15.map.latLngToContainerPoint(circle15.homes.layer.middle(6));"
        " const dot = context.getImageData((at.x) * 300 / 96, (at.y + 46) * 300 / 96, 1, 1).data;"
        " return { width: canvas.width, dot: [...dot] }; }"
    )
    assert found["width"] == round(size["x"] * 300 / 96)
    gap, ground = (0xA3, 0x32, 0x0B), (0xF4, 0xF2, 0xEC)
    assert found["dot"][:3] == pytest.approx(
        [0.85 * one + 0.15 * other for one, other in zip(gap, ground, strict=True)], abs=3
    )
    assert (tmp_path / "map.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("size", "width", "height"), [("a3", 420, 297), ("a4", 297, 210)])
def test_sheet_of_paper_is_at_its_true_scale(show, size, width, height):
    pypdf = pytest.importorskip("pypdf")
    view = show(page(small_audit()))
    denominator = view.evaluate(f"paper.prepare('{size}')")
    apart = view.evaluate(
        "(() => { const map = circle15.map, at = map.getCenter(), other = L.latLng(at.lat, at.lng + 0.005);"
        " return { px: map.latLngToContainerPoint(other).x - map.latLngToContainerPoint(at).x, m: 0.005 / 360"
        " * 40075016.6855784 * Math.cos(at.lat * Math.PI / 180) }; })()"
    )
    assert apart["px"] * MM_PER_PX / 1000 * denominator == pytest.approx(apart["m"], rel=0.02)
    shown = view.evaluate("getComputedStyle(document.getElementById('stage'), '::after').content")
    assert f"1:{denominator:,}" in shown
    (sheet,) = pypdf.PdfReader(io.BytesIO(view.pdf(prefer_css_page_size=True, print_background=True))).pages
    assert [round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] == [width, height]
    for wanted in (".titleblock", "#stage", "h1", ".bar"):
        assert view.locator(wanted).first.is_visible()
    view.evaluate("paper.restore()")
    assert view.locator("#search").is_visible()


def test_today_stands_left_of_the_plan(show, tmp_path):
    view = show(page(planned_street(tmp_path)))
    view.locator("#tool-compare").click()
    view.locator(".swipe").wait_for()
    view.locator("#stage-shown", has_text="2023").wait_for()
    assert view.evaluate("circle15.map.getPane('before').style.clip").startswith("rect(")
    view.locator(".swipe").focus()
    before = view.evaluate("circle15.map.getPane('homes').style.clip")
    view.keyboard.press("ArrowLeft")
    assert view.evaluate("circle15.map.getPane('homes').style.clip") != before
    view.locator("#tool-compare").click()
    assert view.locator(".swipe").count() == 0


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_in_search_and_sheet(show, kind):
    name = HOSTILE[kind]
    view = show(page(renamed(small_audit(), name)))
    view.locator("#search").fill("R-004")
    assert view.locator("#found button").text_content().startswith(name)
    sheet = view.evaluate("tools.shownHomes()")
    rows = list(csv.reader(io.StringIO(sheet, newline="")))
    assert rows[1][1] == name
    assert view.locator("#found img, #found script").count() == 0


def test_narrow_screen_stacks_map_and_panels(show):
    view = show(page(small_audit()))
    view.set_viewport_size({"width": 400, "height": 800})
    stage, panel = (view.locator(each).bounding_box() for each in ("#stage", ".panel.left"))
    assert stage["width"] == pytest.approx(400, abs=20)
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    assert view.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_story_has_the_class_that_the_map_shows(show):
    """R-004 is near by the straight line alone: by the street network neither rule is met."""
    view = show(page(small_audit()))
    for metric, word in (("straight_line", "仅距离达标"), ("network", "均不达标（服务盲区）")):
        view.locator(f'input[name="metric-0"][value="{metric}"]').check()
        view.evaluate("circle15.goHome(circle15.homes.columns.ids.indexOf('R-004'))")
        assert view.locator(".story .badge").all_inner_texts() == [word]


def test_what_counts_planned_sites_says_so(show, tmp_path):
    """On the screen, in a story, in the table, in either language, and on paper; today says nothing."""
    view = show(page(planned_street(tmp_path)))
    state = view.locator(".state")
    assert state.is_hidden()
    assert "类别" in view.evaluate("tools.shownHomes()").splitlines()[0].split(",")
    view.evaluate("trials.setYear(1)")
    state.get_by_text("含至 2023 年度的规划设施", exact=True).wait_for()
    head, *rows = csv.reader(io.StringIO(view.evaluate("tools.shownHomes()")))
    today, then = head.index("类别 · 现状"), head.index("类别 · 规划或推演后")
    changed = [row for row in rows if row[today] != row[then]]
    assert changed
    view.evaluate(f"circle15.goHome(circle15.homes.columns.ids.indexOf('{changed[0][0]}'))")
    assert view.locator(".story .badge").all_inner_texts() == [changed[0][today], changed[0][then]]
    assert view.locator(".card .changed").first.evaluate("each => getComputedStyle(each, '::before').content") == '"▲ "'
    view.locator("#tool-language").click()
    state.get_by_text("with the sites planned up to 2023", exact=True).wait_for()
    view.evaluate("paper.prepare('a4')")
    assert state.is_visible()
    view.evaluate("paper.restore()")
    view.evaluate("trials.setYear(0)")
    state.wait_for(state="hidden")


def test_a_picture_is_made_of_a_public_page_too(show):
    audit = small_audit(audience="public", title_block={"审图号": "虚构S(2024)001号"})
    view = show(page(audit))
    assert view.evaluate("paper.picture().width") > 0


def test_a_picture_shows_today_left_of_the_handle_and_pins_side_by_side(show, tmp_path):
    """The home that the plan covers is drawn as it is today where the handle stands right of it."""
    view = show(page(planned_street(tmp_path)))
    view.locator("#tool-compare").click()
    view.locator(".swipe").wait_for()
    view.locator("#stage-shown", has_text="2023").wait_for()
    colour = (
        "([row, value]) => { const handle = document.querySelector('.swipe'); handle.value = value;"
        " handle.dispatchEvent(new Event('input'));"
        " const at = circle15.map.latLngToContainerPoint(circle15.homes.layer.middle(row));"
        " const dot = paper.picture().getContext('2d').getImageData(at.x * 300 / 96, (at.y + 46) * 300 / 96, 1, 1);"
        " return [...dot.data]; }"
    )
    row = view.evaluate(
        "(() => { const now = circle15.codesOf(0, {});"
        " return circle15.codesOf(0).findIndex((code, row) => code !== now[row]); })()"
    )
    assert row >= 0
    assert view.evaluate(colour, [row, 1000]) != view.evaluate(colour, [row, 0])


def test_buttons_of_the_map_speak_the_language_of_the_page(show):
    view = show(page(small_audit()))
    for language, words in (("zh", ["放大", "缩小", "关闭"]), ("en", ["Zoom in", "Zoom out", "Close"])):
        if language == "en":
            view.locator("#tool-language").click()
        view.evaluate("circle15.goHome(0)")
        parts = (".leaflet-control-zoom-in", ".leaflet-control-zoom-out", ".leaflet-popup-close-button")
        assert [view.locator(part).get_attribute("aria-label") for part in parts] == words


def test_a_story_fits_a_telephone(show):
    view = show(page(small_audit()))
    view.set_viewport_size({"width": 390, "height": 844})
    view.reload()
    view.locator("html[data-ready]").wait_for(state="attached")
    view.evaluate("circle15.goHome(0)")
    box = view.locator(".leaflet-popup").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert view.locator("nav button").last.bounding_box()["x"] < 390 - 40


def test_escape_closes_what_the_search_found(show):
    view = show(page(small_audit()))
    view.locator("#search").fill("R-00")
    view.keyboard.press("Tab")
    view.keyboard.press("Escape")
    assert view.locator("#found").is_hidden()
    assert view.evaluate("document.activeElement.id") == "search"
