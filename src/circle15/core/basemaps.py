"""Base maps of others that a map page may show once its reader asks for one; the page asks nothing of them before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from circle15.core.text import Text


@dataclass(frozen=True, slots=True)
class BaseMap:
    """Tiles of Web Mercator by their addresses, lowest first, with ``{s}``, ``{x}``, ``{y}``, ``{z}`` and ``{key}``.

    ``hosts`` are the servers the addresses lead to, with ``*`` for ``{s}``. ``gcj02``: the tiles are shifted as Chinese
    law asks of public maps, by a formula that is not official.
    """

    label: Text
    tiles: tuple[str, ...]
    hosts: tuple[str, ...]
    credit: str
    max_zoom: int
    subdomains: str = ""
    gcj02: bool = False

    @property
    def wants_key(self) -> bool:
        """Whether the service answers only who brings a key of his own."""
        return any("{key}" in address for address in self.tiles)


def _tianditu(layer: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
        "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )


BASE_MAPS: Mapping[str, BaseMap] = {
    "tianditu": BaseMap(
        label=Text("天地图", "Tianditu"),
        tiles=(_tianditu("vec"), _tianditu("cva")),
        hosts=("https://*.tianditu.gov.cn",),
        credit="© 天地图",
        max_zoom=18,
        subdomains="01234567",
    ),
    "osm": BaseMap(
        label=Text("OpenStreetMap", "OpenStreetMap"),
        tiles=("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
        hosts=("https://tile.openstreetmap.org",),
        credit="© OpenStreetMap contributors, ODbL",
        max_zoom=19,
    ),
    "amap": BaseMap(
        label=Text("高德地图（GCJ-02）", "Amap (GCJ-02)"),
        tiles=("https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
        hosts=("https://*.is.autonavi.com",),
        credit="© 高德地图",
        max_zoom=18,
        subdomains="1234",
        gcj02=True,
    ),
}


def base_map(text: str) -> tuple[str, str]:
    """Name and key of a base map as a study writes it: ``osm``, ``tianditu:KEY``."""
    name, _, key = text.partition(":")
    return name, key


def base_map_problems(text: str, where: str) -> list[Text]:
    """What is wrong with a base map that is known: a key too few or too many."""
    name, key = base_map(text)
    if BASE_MAPS[name].wants_key == bool(key):
        return []
    if key:
        return [Text(f"{where}：{name} 不用密钥。请只写 {name!r}。", f"{where}: {name} takes no key: write {name!r}.")]
    return [
        Text(
            f"{where}：{name} 需要您自己的密钥。请写成 '{name}:密钥'。",
            f"{where}: {name} wants a key of your own. Write '{name}:KEY'.",
        )
    ]
