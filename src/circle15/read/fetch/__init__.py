"""A place from OpenStreetMap, through OSMnx, as a study that is ready to check.

Answers are kept in ``.circle15-fetch`` in the output folder until all are there, so that an interrupted run goes on
where it stopped; files are given back whole, for the caller to write.
"""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import shapely

from circle15.core.errors import InputError
from circle15.core.rule import Pack
from circle15.core.text import Text
from circle15.read import osm
from circle15.read.fetch.client import Client, Place, Servers, Tags
from circle15.read.fetch.extract import Box, Elements, data_date, elements, osm_xml, without
from circle15.read.osmbarriers import BARRIERS
from circle15.read.osmfile import ATTRIBUTION, features
from circle15.read.osmplaces import HOSTS
from circle15.read.osmtags import parse_expressions
from circle15.read.osmways import WALKABLE
from circle15.read.osmzones import LEVELS
from circle15.read.spec import RawLayer

__all__ = ["CACHE", "Client", "Servers", "fetch", "names"]

CACHE = ".circle15-fetch"
RAW = "data/raw"
STUDY = "study.toml"

# Streets and facilities beyond the boundary serve the homes inside: a quarter of an hour at the fastest pace, and more.
MARGIN_DEG_LAT = 0.0135  # 1.5 km
MOST_KM2 = 10_000.0
_KM_PER_DEG = 111.32

Progress = Callable[[Text, int, int], None]


@dataclass(frozen=True, slots=True)
class Layer:
    """One file: what it holds, for which input of the study, if for one, and which of its rows."""

    file: str
    title: Text
    input: str = ""
    where: str = ""


LAYERS: tuple[Layer, ...] = (
    Layer("streets.osm", Text("步行道路", "streets for walkers"), "streets"),
    Layer("buildings.osm", Text("建筑", "buildings"), "residential"),
    Layer("facilities.osm", Text("养老托育设施", "care facilities"), "facilities"),
    Layer("hosts.osm", Text("幼儿园等可依托的设施", "kindergartens and other hosts"), "candidates"),
    Layer("landuse.osm", Text("居住用地", "residential land use")),
    # Walls without their gates would shut their homes in.
    Layer(
        "barriers.osm",
        Text("阻隔（水域、铁路、围墙）", "barriers: water, railways, walls"),
        "barriers",
        where="kind != 'wall'",
    ),
    Layer("boundaries.osm", Text("行政边界", "administrative boundaries"), "zones"),
)


def names() -> list[str]:
    """The files that :func:`fetch` gives, by path."""
    files = [f"{RAW}/{layer.file}" for layer in LAYERS]
    return [STUDY, *files, *(f"{name}.source.toml" for name in files)]


def fetch(client: Client, name: str, pack: Pack, pack_id: str, progress: Progress) -> dict[str, bytes]:
    """The files of a study of the place, by path: ``study.toml``, and in ``data/raw`` each layer with its source.

    Raises InputError for a place that is not found, too large, or without streets or homes, and for servers that
    give no usable answer.
    """
    progress(Text(f"查找 {name}", f"looking up {name}"), 0, len(LAYERS) + 1)
    place = client.locate(name)
    box = _box(place)
    _refuse_large(place, box)
    files: dict[str, bytes] = {}
    filled: list[Layer] = []
    for number, layer in enumerate(LAYERS, start=1):
        progress(Text(f"下载 {layer.title.zh}", f"downloading {layer.title.en}"), number, len(LAYERS) + 1)
        answers = _ASK[layer.file](client, place, box, pack)
        found = elements(answers)
        found = _zones_of(found, place, box) if layer.input == "zones" else found
        content = osm_xml(found, box)
        path = f"{RAW}/{layer.file}"
        files[path] = content
        files[f"{path}.source.toml"] = _source(layer, place, box, content, data_date(answers), client.servers)
        if layer.input in _READ and not _rows(layer, content):
            _refuse_empty(layer, place)
        elif layer.input:
            filled.append(layer)
    return {STUDY: _study(place, pack_id, filled), **files}


# ---- what is asked -------------------------------------------------------------------------------------------


def _streets(client: Client, _: Place, box: Box, __: Pack) -> list[dict[str, Any]]:
    walked = "|".join(value for values in WALKABLE.values() for value in values)
    return client.ways(shapely.box(*box), f'["highway"~"^({walked})$"]')


def _buildings(client: Client, place: Place, _: Box, __: Pack) -> list[dict[str, Any]]:
    return client.features(place.outline, {"building": True})


def _facilities(client: Client, _: Place, box: Box, pack: Pack) -> list[dict[str, Any]]:
    texts = [text for each in pack.types.values() for text in (*each.osm, *each.osm_assumed)]
    return client.features(shapely.box(*box), tags_of(texts))


def _hosts(client: Client, place: Place, _: Box, __: Pack) -> list[dict[str, Any]]:
    return client.features(place.outline, tags_of(text for _, texts in HOSTS.values() for text in texts))


def _landuse(client: Client, place: Place, _: Box, __: Pack) -> list[dict[str, Any]]:
    return client.features(place.outline, {"landuse": ["residential"]})


def _barriers(client: Client, _: Place, box: Box, __: Pack) -> list[dict[str, Any]]:
    texts = [text for areas, lines in BARRIERS.values() for text in (*areas, *lines)]
    return client.features(shapely.box(*box), tags_of(texts))


def _boundaries(client: Client, place: Place, _: Box, __: Pack) -> list[dict[str, Any]]:
    return client.features(place.outline, {"admin_level": list(LEVELS)})


_ASK: Mapping[str, Callable[[Client, Place, Box, Pack], list[dict[str, Any]]]] = {
    "streets.osm": _streets,
    "buildings.osm": _buildings,
    "facilities.osm": _facilities,
    "hosts.osm": _hosts,
    "landuse.osm": _landuse,
    "barriers.osm": _barriers,
    "boundaries.osm": _boundaries,
}


def tags_of(texts: Iterable[str]) -> Tags:
    """Tags that ask for all that tag expressions may match: of each expression its most telling term."""
    asked: dict[str, set[str]] = {}
    for expression in parse_expressions(texts):
        present = [term for term in expression.terms if not term.absent]
        term = min(present, key=lambda term: len(term.values) or 1_000)
        asked.setdefault(term.key, set()).update(term.values or {""})
    return {key: True if "" in values else sorted(values) for key, values in sorted(asked.items())}


# ---- the place -----------------------------------------------------------------------------------------------


def _box(place: Place) -> Box:
    """The extent of the place with its margin, to the digits that are asked for."""
    west, south, east, north = place.outline.bounds
    wider = MARGIN_DEG_LAT / _shrink(place)
    first, last = (west - wider, south - MARGIN_DEG_LAT), (east + wider, north + MARGIN_DEG_LAT)
    return round(first[0], 6), round(first[1], 6), round(last[0], 6), round(last[1], 6)


def _shrink(place: Place) -> float:
    """How much shorter a degree of longitude is there than one of latitude."""
    return math.cos(math.radians(place.outline.centroid.y))


def _refuse_large(place: Place, box: Box) -> None:
    west, south, east, north = box
    km2 = (east - west) * _shrink(place) * (north - south) * _KM_PER_DEG**2
    if km2 > MOST_KM2:
        raise InputError(
            Text(
                f"{place.name} 的范围约 {km2:,.0f} 平方千米，超过 {MOST_KM2:,.0f} 平方千米，公共服务器不宜如此使用。"
                f"请按县或镇分别下载，或使用 Geofabrik 等的成片数据（.osm.pbf）。",
                f"{place.name} spans some {km2:,.0f} km², more than {MOST_KM2:,.0f}: too much for a public server. "
                f"Fetch counties or towns one by one, or use a whole extract (.osm.pbf) of Geofabrik or others.",
            )
        )


def _zones_of(found: Elements, place: Place, box: Box) -> Elements:
    """The boundaries whose zones lie in the place: those of its neighbours share its border and come along."""
    with _opened(osm_xml(found, box)) as path:
        areas = [each for each in features(path, path.name, ["boundary"]) if each.kind == "relation"]
    inside = {
        each.number
        for each in areas
        if each.geometry is not None and place.outline.contains(each.geometry.point_on_surface())
    }
    return without(found, {number for kind, number in found if kind == "relation" and number not in inside})


# Inputs that a study must not name where nothing of theirs was found; facilities may well be none.
_READ: Mapping[str, Callable[[Path, str], RawLayer]] = {
    "streets": osm.streets,
    "residential": osm.residential,
    "candidates": osm.candidates,
    "barriers": osm.barriers,
    "zones": osm.zones,
}


def _rows(layer: Layer, content: bytes) -> int:
    """How many rows the study will find in a file."""
    with _opened(content) as path:
        frame = _READ[layer.input](path, layer.file).frame
    return len(frame.query(layer.where) if layer.where else frame)


@contextmanager
def _opened(content: bytes) -> Iterator[Path]:
    """An OpenStreetMap file on disk, where osmium reads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.osm"
        path.write_bytes(content)
        yield path


def _refuse_empty(layer: Layer, place: Place) -> None:
    """A place without streets cannot be walked, one without homes serves nobody."""
    if layer.input in ("streets", "residential"):
        raise InputError(
            Text(
                f"OpenStreetMap 在 {place.name} 没有{layer.title.zh}数据（或没有居住建筑），无法据以评估。"
                f"请换一个地名，或自备数据（circle15 init）。",
                f"OpenStreetMap has no {layer.title.en} in {place.name}, or none for living in: nothing to assess. "
                f"Name another place, or bring your own data (circle15 init).",
            )
        )


# ---- what is written -----------------------------------------------------------------------------------------


def _source(layer: Layer, place: Place, box: Box, content: bytes, date: str, servers: Servers) -> bytes:
    """The .source.toml of one file: from where, of when, under which licence."""
    said = {
        "file": layer.file,
        "title": f"{layer.title.zh} {layer.title.en}: {place.name}",
        "who": "OpenStreetMap contributors",
        "attribution": "© OpenStreetMap contributors",
        "licence": "ODbL-1.0",
        "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
        "from": f"Overpass API, {servers.overpass}",
        "through": f"circle15 {version('circle15')}, OSMnx {version('osmnx')}",
        "place": f"{place.name} ({place.osm_type}/{place.osm_id})",
        "data_date": date,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "datum": "WGS84",
        "box": list(box),
    }
    lines = ["# Where this file comes from. It is kept as received and never edited."]
    lines += [f"{key} = {_toml(value)}" for key, value in said.items()]
    return ("\n".join(lines) + "\n").encode()


def _toml(value: Any) -> str:
    """A value in TOML; JSON's strings are TOML's but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _study(place: Place, pack_id: str, filled: Sequence[Layer]) -> bytes:
    """study.toml: every layer that holds something, the CRS by the middle of the place."""
    crs, why = study_crs(place.outline.centroid.x, place.outline.centroid.y)
    lines = [
        "# 由 circle15 fetch 从 OpenStreetMap 下载。数据可能有遗漏：设施请以主管部门的名录为准，人口为推算值。",
        f"# {ATTRIBUTION}",
        "schema = 1",
        f"id     = {_toml(f'osm-{place.osm_type}-{place.osm_id}')}",
        f"name   = {_toml(place.name)}",
        f"pack   = {_toml(pack_id)}",
        f"crs    = {_toml(crs)}   # {why}",
    ]
    for layer in filled:
        lines += ["", f"[inputs.{layer.input}]   # {layer.title.zh}", f"path  = {_toml(f'{RAW}/{layer.file}')}"]
        lines += [f"where = {_toml(layer.where)}"] if layer.where else []
    lines += ["", "# 围墙须与出入口 [inputs.entrances] 一起用；另有居住用地 data/raw/landuse.osm，供参考。"]
    return ("\n".join(lines) + "\n").encode()


_CHINA = (73.5, 15.0, 136.5, 54.0)


def study_crs(lon: float, lat: float) -> tuple[str, str]:
    """The CRS proposed for a study there, and why: in and round China CGCS2000 3-degree zones, elsewhere UTM."""
    west, south, east, north = _CHINA
    if west <= lon < east and south <= lat <= north:
        zone = int(lon / 3 + 0.5)
        return f"EPSG:{4509 + zone}", f"CGCS2000 3度带，中央经线 {3 * zone}°；如主管部门另有规定，请修改"
    zone = int((lon + 180) / 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}", f"UTM {zone} 带"
