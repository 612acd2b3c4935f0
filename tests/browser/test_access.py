"""Every control by mouse and by keyboard, and the page by the rules of WCAG that a machine can check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from circle15.show.html.page import page
from tests.browser.test_scenario import planned_street
from tests.fakes import small_audit

STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
FRAMES = 300


@dataclass(frozen=True)
class Control:
    """A control, the key that works it, and an expression of the page that it changes."""

    selector: str
    effect: str
    key: str = "Enter"


POPUPS = "document.querySelectorAll('.leaflet-popup').length"
WINDOW = "[circle15.map.getZoom(), circle15.map.getCenter().lat, circle15.map.getCenter().lng]"
CONTROLS = {
    "family": Control('input[name=family][value="1"]', "circle15.family", "Space"),
    "class": Control(
        'input[data-layer="homes:0:none"]',
        "circle15.homes.layer.paintOf.filter((paint) => paint !== packed.HIDDEN).length",
        "Space",
    ),
    "layer": Control('input[data-layer="streets"]', "circle15.map.hasLayer(circle15.layers.get('streets'))", "Space"),
    "metric": Control('input[name="metric-0"][value="network"]', "[...circle15.codesOf(0)]", "Space"),
    "heading": Control(".sortable thead button", "document.querySelector('.sortable th').ariaSort"),
    "zone": Control(".sortable tbody button", WINDOW),
    "site": Control(".sites tbody button", POPUPS),
    "pin": Control(".leaflet-marker-icon", POPUPS),
    "zoom": Control(".leaflet-control-zoom-in", WINDOW),
    "language": Control("#tool-language", "document.documentElement.lang"),
    "paper": Control("#tool-paper", "document.querySelector('.paper-choice').hidden"),
}
PLANNED = {
    "year": Control("#stages", "document.getElementById('stage-shown').textContent", "ArrowRight"),
    "compare": Control("#tool-compare", "document.querySelectorAll('.swipe').length"),
    "trial": Control("#scenario-add", "document.querySelectorAll('#scenario-sites li').length"),
}
SAVED = {"#tool-png": ".png", "#tool-sheet": ".csv", "#scenario-save": "-scenario.json"}


def operate(view: Any, control: Control, hand: str) -> None:
    target = view.locator(control.selector).first
    if hand == "keyboard":
        target.focus()
        view.keyboard.press(control.key)
    elif control.key == "ArrowRight":
        box = target.bounding_box()
        view.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    else:
        target.click()


def changes(view: Any, effect: str, before: Any) -> bool:
    """Whether an expression comes to something else within some frames."""
    for _ in range(FRAMES):
        if view.evaluate(effect) != before:
            return True
        view.evaluate("() => new Promise(requestAnimationFrame)")
    return False


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_every_control_works_by_mouse_and_by_keyboard(show, tmp_path, hand):
    for html, controls in ((page(small_audit()), CONTROLS), (page(planned_street(tmp_path)), PLANNED)):
        view = show(html)
        for name, control in controls.items():
            before = view.evaluate(control.effect)
            operate(view, control, hand)
            assert changes(view, control.effect, before), name
            view.reload()
            view.locator("html[data-ready]").wait_for(state="attached")


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_every_file_is_saved_by_mouse_and_by_keyboard(show, tmp_path, hand):
    view = show(page(planned_street(tmp_path)))
    for selector, ending in SAVED.items():
        with view.expect_download() as download:
            operate(view, Control(selector, ""), hand)
        assert download.value.suggested_filename.endswith(ending)


def test_popup_closes_by_keyboard(show):
    view = show(page(small_audit()))
    view.evaluate("circle15.open('facilities:0', 'F-01')")
    view.locator(".leaflet-popup-close-button").focus()
    view.keyboard.press("Enter")
    view.locator(".leaflet-popup").wait_for(state="detached")


# ---- WCAG


@pytest.fixture
def inspected(browser: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Open HTML where axe may be put into the page, which its own policy forbids."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True, bypass_csp=True)

    def open_page(html: str) -> Any:
        file = tmp_path / "map.html"
        file.write_text(html, encoding="utf-8")
        view = context.new_page()
        view.goto(file.as_uri())
        view.locator("html[data-ready]").wait_for(state="attached")
        return view

    yield open_page
    context.close()


STATES = {
    "as it opens": "null",
    "a facility's story": "circle15.open('facilities:0', 'F-01')",
    "a home's story": "circle15.goHome(0)",
    "the other language": "document.getElementById('tool-language').click()",
    "nothing found": "(box => { box.value = '?'; box.dispatchEvent(new Event('input', { bubbles: true })); })"
    "(document.getElementById('search'))",
}


def violations(view: Any) -> list[str]:
    found = Axe().run(view, options={"runOnly": STANDARDS}).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("state", STATES)
def test_page_keeps_to_wcag(inspected, state):
    view = inspected(page(small_audit(base_maps={"osm": ""})))
    view.evaluate(STATES[state])
    assert violations(view) == []


def test_page_keeps_to_wcag_while_sites_are_tried_and_compared(inspected, tmp_path):
    view = inspected(page(planned_street(tmp_path)))
    view.locator("#scenario-add").click()
    view.locator("#scenario-sites li").wait_for()
    view.locator("#tool-compare").click()
    view.locator(".swipe").wait_for()
    assert violations(view) == []


def test_public_page_keeps_to_wcag(inspected):
    assert violations(inspected(page(small_audit(audience="public", title_block={"审图号": "虚构"})))) == []
