"""A folium figure that carries everything it needs and asks no other machine for anything."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Template

from circle15.core.errors import InternalError
from circle15.core.text import Text
from circle15.show.html.markup import Html

LEAFLET = "leaflet@1.9.4/dist"
# Unpacks where the browser has no DecompressionStream.
INFLATE = "fflate@0.8.3/umd/index.js"
# The page's own scripts, each using those before it.
SCRIPTS = (
    "numbers.js",
    "packed.js",
    "homes.js",
    "walk.js",
    "scenario.js",
    "stories.js",
    "map.js",
    "trials.js",
    "tools.js",
    "paper.js",
    "bases.js",
)

# The browser itself refuses to load anything that is not in the page.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src {images}; font-src data:; base-uri 'none'; form-action 'none'"
)

# folium forbids enlarging the page with two fingers.
_LOCKED = re.compile(r",\s*maximum-scale=1\.0, user-scalable=no")
_IMAGE = re.compile(r"url\((images/[\w.-]+)\)")
_LOADS = re.compile(r"<(?:script|link|img|iframe|object|embed)\b[^>]*\b(?:src|href|data)\s*=", re.IGNORECASE)


class LocalMap(folium.Map):
    """A folium map that needs nothing but the vendored Leaflet."""

    default_js: ClassVar = [("leaflet", f"{LEAFLET}/leaflet.js")]
    default_css: ClassVar = [("leaflet_css", f"{LEAFLET}/leaflet.css")]


class Verbatim(Element):
    """Text that is put into the page as it is; branca would run it as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:
        """The text."""
        return self._text


class LocalFigure(Figure):
    """A figure without links: every script and style it is given is replaced by its vendored text.

    ``before`` and ``after`` are the markup around the map, ``data`` is the JSON that the page's script reads.
    Pictures may come from ``hosts`` besides the page itself: of the base maps that its reader may switch on.
    The same content renders to the same bytes: elements are numbered in the order of the tree.
    Rendering raises InternalError on a link that is not vendored.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n<head>\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        '<meta name="generator" content="circle15">\n'
        "<title>{{ this.page_title }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "<style>{{ this.style }}</style>\n"
        "</head>\n<body>\n"
        "{{ this.before }}\n{{ this.html.render(**kwargs) }}\n{{ this.after }}\n"
        '<script type="application/json" id="circle15-data">{{ this.data }}</script>\n'
        "{% for code in this.code %}<script>{{ code }}</script>\n{% endfor %}"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n</html>\n"
    )

    def __init__(self, title: str, lang: str, before: Html, after: Html, data: Html, hosts: Sequence[str]) -> None:
        super().__init__()
        self.page_title = html.escape(title)
        self.lang = lang
        self.before = before
        self.after = after
        self.data = data
        self.policy = POLICY.format(images=" ".join(["data:", "blob:", *hosts]))
        self.style = asset("style.css")
        self.code = [vendored(INFLATE).decode(), *(asset(name) for name in SCRIPTS)]

    def render(self, **kwargs: Any) -> str:
        """The page. Raises InternalError on anything that the page would load."""
        for number, element in enumerate(_tree(self)):
            element._id = f"{number:04d}"
        for child in self._children.values():
            child.render(**kwargs)
        for name, element in self.header._children.items():
            if isinstance(element, (JavascriptLink, CssLink)):
                self.header._children[name] = Verbatim(_inlined(element))
        page = _LOCKED.sub("", self._template.render(this=self, kwargs=kwargs))
        _refuse_loads(page)
        return page


def _tree(element: Element) -> Iterator[Element]:
    for child in element._children.values():
        yield child
        yield from _tree(child)


def _inlined(link: JavascriptLink | CssLink) -> str:
    if isinstance(link, JavascriptLink):
        return f"<script>{vendored(link.url).decode()}</script>"
    folder = link.url.rpartition("/")[0]
    style = _IMAGE.sub(lambda match: _data_uri(f"{folder}/{match[1]}"), vendored(link.url).decode())
    return f"<style>{style}</style>"


def _data_uri(name: str) -> str:
    return f"url(data:image/png;base64,{base64.b64encode(vendored(name)).decode()})"


def _refuse_loads(page: str) -> None:
    found = _LOADS.search(page)
    if found:
        raise InternalError(
            Text(
                zh=f"地图页面含有未内嵌的外部资源：{found[0]!r}。请将其加入 scripts/vendor。",
                en=f"the map page would load something from outside: {found[0]!r}. Add it to scripts/vendor.",
            )
        )


@cache
def manifest() -> dict[str, str]:
    """sha256 of every vendored file by its name, package@version/path."""
    listing = tomllib.loads(files(__package__).joinpath("vendor/manifest.toml").read_text(encoding="utf-8"))
    return {f"{each['package']}@{each['version']}/{each['path']}": each["sha256"] for each in listing["file"]}


@cache
def vendored(name: str) -> bytes:
    """The bytes of a vendored file. Raises InternalError if it is not listed, or is not the file that was listed."""
    if name not in manifest():
        raise InternalError(
            Text(
                zh=f"地图引用了未随程序提供的资源 {name!r}。请将其加入 scripts/vendor。",
                en=f"the map links to {name!r}, which is not vendored. Add it to scripts/vendor.",
            )
        )
    content = files(__package__).joinpath("vendor", name).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest()[name]:
        raise InternalError(
            Text(
                zh=f"随程序提供的资源 {name!r} 与清单不符。请重新运行 scripts/vendor。",
                en=f"the vendored file {name!r} differs from its manifest. Run scripts/vendor again.",
            )
        )
    return content


@cache
def asset(name: str) -> str:
    """The text of one of the page's own scripts or styles."""
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")
