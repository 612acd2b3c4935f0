"""The map page in a browser, as a planner meets it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from circle15.core.tables import Candidates, Facilities
from circle15.show.families import GAPS, classify, families
from circle15.show.geometry import to_wgs84
from circle15.show.html.page import page
from circle15.show.numbers import percent
from circle15.show.palette import share_colour
from tests.fakes import CRS, HOMES, place, renamed, screened_audit, small_audit
from tests.stories import home_stories

HOSTILE = {
    "script": "<script>alert('x')</script>",
    "image": "<img src=x onerror=alert(1)>",
    "end of script": "</script></style><svg onload=alert(2)>",
    "quotes": "\"quoted\" 'name' `tick` &amp; ${x}",
    "right to left": "\u202eeman\u200f a",
    "emoji": "👵🏽 敬老院 🏠",
    "long": "长" * 200,
    "rare": "𠮷野㐂𡈽𬺰䶮",
    "template": "{{ 7 * 7 }}{% raw %}",
    "line separators": "a\u2028b\u2029c",
}
SHOWN_HOMES = "circle15.homes.layer.paintOf.filter((paint) => paint !== packed.HIDDEN).length"


def click_home(view: Any, area_id: str) -> str:
    """Click a home on the map and return the text of its popup."""
    east, north, _ = HOMES[area_id]
    (point,) = to_wgs84([place(east, north)], CRS, 7)
    where = view.evaluate(f"circle15.map.latLngToContainerPoint([{point.y}, {point.x}])")
    stage = view.locator("#stage").bounding_box()
    view.mouse.click(stage["x"] + where["x"], stage["y"] + where["y"])
    return story(view)


def story(view: Any) -> str:
    box = view.locator(".leaflet-popup-content .story")
    box.wait_for()
    return re.sub(r"\s+", " ", box.inner_text())


def painted(view: Any) -> None:
    """Wait until nothing is left to draw."""
    view.evaluate(
        "async () => { do { await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); }"
        " while (packed.busy); }"
    )


def switch(view: Any, key: str) -> Any:
    return view.locator(f'input[data-layer="{key}"]')


def legend_count(view: Any, key: str) -> int:
    row = view.locator(f'label.switch:has(input[data-layer="{key}"]) small')
    return int(row.inner_text().split(" · ")[0])


def test_map_and_key_figures_stand_in_the_first_window(show):
    view = show(page(small_audit()))
    for wanted in ("#stage", ".north", ".leaflet-control-scale-line", ".cards", ".bar", ".stamp.internal"):
        box = view.locator(wanted).locator("visible=true").first.bounding_box()
        assert box is not None, wanted
        assert box["width"] > 0, wanted
        assert box["y"] >= 0, wanted
        assert box["y"] + box["height"] <= 768, wanted
    assert view.evaluate("document.documentElement.scrollHeight") <= 768
    assert view.evaluate("document.documentElement.scrollWidth") <= 1366
    assert view.locator(".card:visible").count() == 4


def test_every_home_is_drawn_and_counted(show):
    view = show(page(small_audit()))
    assert view.evaluate(SHOWN_HOMES) == len(HOMES)
    counts = {name: legend_count(view, f"homes:0:{name}") for name in ("both", "metre", "time", "none", "unknown")}
    assert counts == {"both": 4, "metre": 2, "time": 1, "none": 4, "unknown": 1}


def test_popup_tells_the_right_distances(show):
    told = click_home(show(page(small_audit())), "R-004")
    assert "虚构里004号" in told
    assert "仅距离达标" in told
    assert re.search(r"T-01 < 700 米 直线距离 636\.4 米 达标", told)
    assert re.search(r"路网距离 912\.4 米 不达标", told)
    assert re.search(r"老年人慢行 0\.8 米/秒 19\.0 分钟 不达标", told)
    assert "出入口至道路距离 12.4 米" in told
    assert "虚构设施F-01" in told


def test_near_its_limit_a_value_shows_what_decides(show):
    told = click_home(show(page(small_audit())), "R-006")
    assert "14.946 分钟 达标" in told
    assert "705.0 米 不达标" in told


def test_home_near_no_street_is_told_as_a_state(show):
    told = click_home(show(page(small_audit())), "R-012")
    assert "附近没有道路 资料不足" in told
    assert "651.5 米 达标" in told


def test_point_home_has_a_popup_too(show):
    assert "R-010" in click_home(show(page(small_audit())), "R-010")


def test_switches_take_layers_off_and_on(show):
    view = show(page(small_audit()))
    switch(view, "homes:0:none").uncheck()
    assert view.evaluate(SHOWN_HOMES) == len(HOMES) - 4
    switch(view, "homes:0:none").check()
    assert view.evaluate(SHOWN_HOMES) == len(HOMES)
    assert view.locator(".leaflet-marker-icon").count() == 2
    switch(view, "sites:0:2023").uncheck()
    assert view.locator(".leaflet-marker-icon").count() == 1
    view.locator(".zone-name").first.wait_for()
    switch(view, "zones").uncheck()
    assert view.locator(".zone-name").count() == 0


@pytest.mark.parametrize(
    "key", ["streets", "drawn:0:m:straight_line:covered_area", "facilities:0", "gains:0", "candidates"]
)
def test_every_kind_of_layer_changes_the_picture(show, key):
    view = show(page(small_audit()))
    painted(view)
    stage = view.locator("#stage")
    before = stage.screenshot()
    switch(view, key).click()
    painted(view)
    assert stage.screenshot() != before


def test_popup_still_opens_after_layers_were_switched(show):
    view = show(page(small_audit()))
    for key in ("streets", "gains:0", "drawn:0:m:network:services", "facilities:1"):
        switch(view, key).click()
        switch(view, key).click()
    switch(view, "gains:0").check()
    assert "R-008" in click_home(view, "R-008")
    assert "2023 · 1 · C-2" in story(view)


def test_facility_stays_above_the_home_it_stands_on(show):
    audit = small_audit()
    frame = audit.facilities.frame
    east, north, _ = HOMES["R-004"]
    moved = frame.set_geometry([place(east, north), *frame.geometry[1:]])
    view = show(page(replace(audit, facilities=Facilities.build(moved))))
    switch(view, "homes:0:metre").uncheck()
    switch(view, "homes:0:metre").check()
    assert "类型 社区日间照料中心" in click_home(view, "R-004")


def test_another_family_brings_its_own_legend_and_figures(show):
    view = show(page(small_audit()))
    view.get_by_role("radio").nth(1).check()
    assert view.locator(".rule:visible").all_inner_texts() == ["N-01 ≤ 15 分钟 · 路网距离 · 成年人 1.2 米/秒 · 力争"]
    assert not view.locator('input[data-layer="homes:0:both"]').is_visible()
    assert view.evaluate(SHOWN_HOMES) == len(HOMES)
    told = click_home(view, "R-002")
    assert "N-01 ≤ 15 分钟" in told
    assert "T-01" not in told.split("起控制作用")[0]


def test_row_of_the_site_table_goes_to_its_site(show):
    view = show(page(small_audit()))
    switch(view, "sites:0:2024").uncheck()
    view.get_by_role("button", name="虚构备选C-1").click()
    told = story(view)
    assert "2024 · 名次 2" in told
    assert "+150 · 60岁及以上人口（人）" in told
    assert switch(view, "sites:0:2024").is_checked()


def test_two_plans_at_one_candidate_do_not_hide_each_other(show):
    audit = small_audit()
    (plan,) = audit.plans
    view = show(page(replace(audit, plans=(plan, replace(plan, plan_id="canteen", facility_type="canteen")))))
    boxes = [pin.bounding_box() for pin in view.locator(".face").all()]
    assert len(boxes) == 4
    for one, other in ((boxes[0], boxes[2]), (boxes[1], boxes[3])):
        assert abs(one["x"] - other["x"]) >= one["width"]


def test_facility_popup(show):
    view = show(page(small_audit()))
    view.evaluate("circle15.open('facilities:0', 'F-01')")
    assert re.search(r"虚构设施F-01 F-01 类型 社区日间照料中心 计入指标 T-01、T-02", story(view))


def test_facilities_that_do_not_operate_have_a_switch_of_their_own(show):
    audit = small_audit()
    frame = audit.facilities.frame
    status = ["planned" if each == "F-01" else "operating" for each in frame["facility_id"]]
    view = show(page(replace(audit, facilities=Facilities.build(frame.assign(status=status)))))
    assert (
        "社区日间照料中心 · 规划"
        in view.locator('label.switch:has(input[data-layer="facilities:0:planned"])').inner_text()
    )
    view.evaluate("circle15.open('facilities:0:planned', 'F-01')")
    assert re.search(r"状态 规划", story(view))


def test_a_facility_whose_status_is_empty_is_not_drawn_as_one_that_operates(show):
    audit = small_audit()
    frame = audit.facilities.frame
    status = [None if each == "F-01" else "operating" for each in frame["facility_id"]]
    view = show(page(replace(audit, facilities=Facilities.build(frame.assign(status=status)))))
    assert (
        "状态未填，不计入" in view.locator('label.switch:has(input[data-layer="facilities:0:unstated"])').inner_text()
    )
    assert view.locator('input[data-layer="facilities:0"]').count() == 0


def test_candidate_popup_tells_which_plan_took_it(show):
    audit = small_audit()
    site = audit.plans[0].sites[0]
    assert audit.candidates is not None
    frame = audit.candidates.frame
    view = show(page(replace(audit, candidates=Candidates.build(frame.assign(floor_area_m2=456.0)))))
    view.evaluate("([id]) => circle15.open('candidates', id)", [site.candidate_id])
    text = story(view)
    assert f"{audit.plans[0].plan_id} · {site.stage} · {site.rank}" in text
    assert "建筑面积 456" in text
    assert "依托设施 学校" in text


def test_a_dropped_candidate_says_why_and_the_field_can_be_seen(show):
    view = show(page(screened_audit()))
    painted(view)
    before = view.locator("#stage").screenshot()
    switch(view, "constraints:0").check()
    painted(view)
    assert view.locator("#stage").screenshot() != before
    view.evaluate("circle15.open('candidates:dropped', 'C-3')")
    text = story(view)
    assert "剔除原因 day_care：在永久基本农田内" in text
    assert "管控核查 永久基本农田：在其内，不得设点" in text


def test_public_map_has_no_candidates():
    assert 'data-layer="candidates"' not in page(small_audit(audience="public", title_block={"审图号": "虚构"}))


def test_sources_are_credited_and_leaflet_is_not_advertised(show):
    view = show(page(small_audit()))
    assert view.locator(".leaflet-control-attribution").inner_text() == "© OpenStreetMap contributors, ODbL"


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_shown_as_text(show, kind):
    name = HOSTILE[kind]
    audit = renamed(small_audit(name=name, title_block={"制图单位": name}), name)
    (source,) = audit.facts.sources
    audit = replace(audit, facts=replace(audit.facts, sources=(replace(source, attribution=name),)))
    view = show(page(audit))
    assert view.locator("h1").text_content() == f"{name} 设施覆盖评估图"
    assert view.locator(".sites button").all_text_contents() == [name, name]
    assert view.locator(".zone-name").all_text_contents() == [name, name]
    assert view.locator(".leaflet-control-attribution").text_content() == name
    assert name in view.locator(".titleblock").text_content()
    click_home(view, "R-004")
    assert view.locator(".story h3").text_content() == name
    for key, record in (("facilities:0", "F-01"), ("sites:0:2023", "C-2")):
        view.evaluate(f"circle15.open('{key}', '{record}')")
        view.locator(f".story:has-text('{record}') h3").wait_for()
        assert view.locator(".story h3").text_content() == name
    assert view.locator("#stage img, .panel img, .story script, svg[onload]").count() == 0
    assert view.evaluate("document.documentElement.scrollWidth") <= 1366


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_on_paper_and_in_the_picture(show, kind):
    name = HOSTILE[kind]
    view = show(page(renamed(small_audit(name=name, title_block={"制图单位": name}), name)))
    written = view.evaluate(
        "() => { const write = CanvasRenderingContext2D.prototype.fillText, found = [];"
        " CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { found.push(text);"
        " return write.call(this, text, ...at); }; paper.picture(); return found.join(''); }"
    )
    assert f"{name} 设施覆盖评估图" in written
    assert re.sub(r"\s", "", f"制图单位：{name}") in re.sub(r"\s", "", written)
    view.evaluate("paper.prepare('a4')")
    assert view.locator("h1").text_content() == f"{name} 设施覆盖评估图"
    assert name in view.locator(".titleblock").text_content()
    assert view.evaluate("document.documentElement.scrollWidth") <= 1366


def test_every_figure_is_the_audits(show):
    """Each share on the page is a row of coverage.csv; counts, gaps and sites are those of the audit."""
    audit = small_audit()
    view = show(page(audit))
    rows = {
        "|".join([row.rule_id, row.metric, row.basis, row.level, row.zone_id]): row.share
        for row in audit.coverage.frame.itertuples()
    }
    shown = view.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map((e) => [e.dataset.figure, e.textContent])"
    )
    assert len(shown) > 20
    assert shown == [[key, percent(rows[key])] for key, _ in shown]
    for index, family in enumerate(families(audit.walked)):
        view.locator(f'input[name=family][value="{index}"]').check()
        classes = classify(audit, family)
        for box in view.locator(f'input[data-layer^="homes:{index}:"]').all():
            key = box.get_attribute("data-layer")
            assert legend_count(view, key) == classes.count(key.split(":")[2])
        gaps = view.locator(f'.left [data-family="{index}"] .gaps').inner_text()
        assert int(gaps) == sum(each in GAPS for each in classes)
    sites = [
        [str(site.stage), str(site.rank), f"+{site.gain:,}", percent(site.share_after)]
        for plan in audit.plans
        for site in plan.sites
    ]
    cells = [row.locator("td").all_inner_texts() for row in view.locator(".sites tbody tr").all()]
    assert [[row[at] for at in (0, 1, 3, 4)] for row in cells] == sites


def test_page_opens_from_a_folder_with_a_chinese_name(show, tmp_path):
    folder = tmp_path / "虚构 文件夹（一）#1"
    folder.mkdir()
    view = show(page(small_audit()), folder / "覆盖 评估图%20.html")
    assert view.evaluate("circle15.homes.count") == len(HOMES)


def test_stamps_stand_on_the_map(show):
    view = show(page(small_audit(fictional=True)))
    assert view.locator(".watermark").inner_text() == "虚构示例"
    assert view.locator(".stamp.fictional").is_visible()


def test_english_page(show):
    told = click_home(show(page(small_audit(language="en"))), "R-004")
    assert "T-01 < 700 m straight line 636.4 m pass" in told


def test_every_story_is_the_audits(show):
    audit = small_audit()
    view = show(page(audit))
    told = view.evaluate("Array.from({ length: circle15.homes.count }, (_, row) => circle15.homes.story(row))")
    assert told == home_stories(audit)


def test_hidden_home_is_not_found_by_a_click(show):
    view = show(page(small_audit()))
    told = click_home(view, "R-004")
    assert "虚构里004号" in told
    assert re.search(r"T-01 < 700 米 直线距离 636\.4 米 达标", told)
    view = show(page(small_audit()))
    assert "R-010" in click_home(view, "R-010")
    view.evaluate("circle15.map.closePopup()")
    switch(view, "homes:0:metre").uncheck()
    east, north, _ = HOMES["R-004"]
    (point,) = to_wgs84([place(east, north)], CRS, 7)
    assert view.evaluate(f"circle15.homes.layer.at(L.latLng({point.y}, {point.x}))") == -1


def test_homes_are_painted(show):
    view = show(page(small_audit()))
    (point,) = to_wgs84([place(*HOMES["R-007"][:2])], CRS, 7)
    view.evaluate(f"circle15.map.setView([{point.y}, {point.x}], 18, {{ animate: false }})")
    where = view.evaluate(f"circle15.map.latLngToContainerPoint([{point.y}, {point.x}])")
    painted = (
        "async ([x, y]) => { for (let n = 0; n < 60; n += 1) { await new Promise(requestAnimationFrame);"
        " for (const tile of document.querySelectorAll('.leaflet-homes-pane canvas')) {"
        "  const box = tile.getBoundingClientRect(), stage = circle15.map.getContainer().getBoundingClientRect();"
        "  const at = [x + stage.x - box.x, y + stage.y - box.y];"
        "  if (at[0] < 0 || at[1] < 0 || at[0] >= box.width || at[1] >= box.height) continue;"
        "  const dot = tile.getContext('2d').getImageData(at[0], at[1], 1, 1).data;"
        "  if (dot[3]) return [...dot]; } } return null; }"
    )
    red, green, blue, _ = view.evaluate(painted, [where["x"], where["y"]])
    assert (red, green, blue) == pytest.approx((0xA3, 0x32, 0x0B), abs=3)


def test_page_works_without_decompression_stream(show):
    html = page(small_audit()).replace("<head>", "<head><script>delete window.DecompressionStream</script>", 1)
    view = show(html)
    assert view.evaluate("circle15.homes.count") == len(HOMES)


def test_public_page_shows_zones_by_their_share(show):
    audit = small_audit(audience="public", title_block={"审图号": "虚审2024-1"})
    view = show(page(audit))
    rows = audit.coverage.frame
    (row,) = rows[
        (rows.rule_id == "T-01") & (rows.metric == "straight_line") & (rows.basis == "pop60") & (rows.zone_id == "Z-E")
    ].itertuples()
    shape = "circle15.layers.get('homes:0:share').getLayers().find((each) => each.feature.properties.id === 'Z-E')"
    assert view.evaluate(f"{shape}.options.fillColor") == share_colour(row.share)
    view.evaluate("circle15.open('homes:0:share', 'Z-E')")
    told = story(view)
    assert f"T-01 < 700 米 · 直线距离 {percent(row.share)}" in told
    assert view.locator("#stages, #scenario-add, .measures").count() == 0
    view.locator("#search").fill("R-004")
    assert view.locator("#found").inner_text() == "没有找到"
    with view.expect_download() as download:
        view.locator("#tool-sheet").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "虚构东镇" in text
    assert "R-0" not in text
