"""A page that asks no other machine for anything."""

import hashlib
import re
import tomllib
from importlib.resources import files

import folium
import pytest
from branca.element import CssLink, Element, JavascriptLink, MacroElement
from jinja2 import Template

from circle15.core.errors import InternalError
from circle15.show.html.figure import LocalFigure, LocalMap, manifest, vendored
from circle15.show.html.markup import Html, script_json, tag

VENDOR = files("circle15.show.html").joinpath("vendor")


def figure(title="t", data="{}"):
    made = LocalFigure(title, "en", Html(""), Html(""), Html(data), ())
    made.add_child(LocalMap(tiles=None))
    return made


def test_map_carries_leaflet_and_loads_nothing():
    page = figure().render()
    assert "Leaflet 1.9.4" in page
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", page)
    assert "url(images/" not in page
    assert "url(data:image/png;base64," in page


@pytest.mark.parametrize("link", [JavascriptLink, CssLink])
def test_unknown_link_raises(link):
    page = figure()
    page.header.add_child(link("https://example.org/leaflet-plugin.js"))
    with pytest.raises(InternalError, match=re.escape("https://example.org/leaflet-plugin.js")):
        page.render()


def test_stock_folium_map_raises():
    page = figure()
    page.add_child(folium.Map(tiles=None))
    with pytest.raises(InternalError):
        page.render()


@pytest.mark.parametrize(
    "markup",
    ['<script src="x.js"></script>', '<link rel="stylesheet" href="//x">', '<img alt="" src=x>', "<iframe src='x'>"],
)
def test_link_written_by_hand_raises(markup):
    page = figure()
    page.header.add_child(Element(markup))
    with pytest.raises(InternalError):
        page.render()


def test_elements_are_numbered_not_random():
    assert figure().render() == figure().render()


def test_a_second_rendering_gives_the_same_bytes():
    page = figure()
    assert page.render() == page.render()


def test_data_is_not_run_as_a_template():
    page = figure(title="{{ 7 * 7 }}", data=script_json({"name": "{{ 7 * 7 }}{% raw %}"})).render()
    assert "<title>{{ 7 * 7 }}</title>" in page
    assert '"{{ 7 * 7 }}{% raw %}"' in page


def test_page_names_its_generator_and_forbids_loading():
    page = figure().render()
    assert '<meta name="generator" content="circle15">' in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_vendored_files_are_those_of_the_manifest():
    listing = tomllib.loads(VENDOR.joinpath("manifest.toml").read_text(encoding="utf-8"))["file"]
    assert listing
    for each in listing:
        name = f"{each['package']}@{each['version']}/{each['path']}"
        assert hashlib.sha256(VENDOR.joinpath(name).read_bytes()).hexdigest() == each["sha256"]
        assert each["licence"]
    packages = {(each["package"], each["version"]) for each in listing}
    for package, version in packages:
        assert f"{package}@{version}/LICENSE" in manifest()


def test_nothing_lies_beside_the_manifest():
    def names(folder, prefix=""):
        for each in folder.iterdir():
            yield from names(each, f"{prefix}{each.name}/") if each.is_dir() else [f"{prefix}{each.name}"]

    assert set(names(VENDOR)) == {"manifest.toml", *manifest()}


def test_changed_file_is_refused(monkeypatch):
    name = next(iter(manifest()))
    monkeypatch.setitem(manifest(), name, "0" * 64)
    vendored.cache_clear()
    try:
        with pytest.raises(InternalError, match="scripts/vendor"):
            vendored(name)
    finally:
        vendored.cache_clear()


def test_text_is_escaped_and_markup_is_not():
    made = tag("p", "<b>&", tag("i", "x"), [None, '"'], title='"<')
    assert made == '<p title="&quot;&lt;">&lt;b&gt;&amp;<i>x</i>&quot;</p>'


def test_json_cannot_leave_its_script():
    text = script_json({"name": "</script><!--\u2028\u2029&", "rtl": "\u202e"})
    for character in "<>&\u2028\u2029":
        assert character not in text


def test_branca_still_runs_text_as_templates():
    # why data goes round the elements of folium: if this ever fails, Verbatim may go
    class Echo(MacroElement):
        _template = Template("{% macro html(this, kwargs) %}{{ this.text }}{% endmacro %}")
        text = "{{ 7 * 7 }}"

    page = figure()
    page.add_child(Echo())
    assert "49" in page.render()
