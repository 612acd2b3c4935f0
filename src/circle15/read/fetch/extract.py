"""Overpass answers as OpenStreetMap files: the same objects, sorted, each once; the same answers, same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from circle15.core.errors import InputError
from circle15.core.text import Text

Box = tuple[float, float, float, float]
Elements = dict[tuple[str, int], Mapping[str, Any]]

_KINDS = ("node", "way", "relation")
# What XML 1.0 cannot hold at all.
_UNSPEAKABLE = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def elements(answers: Iterable[Mapping[str, Any]]) -> Elements:
    """Every object of the answers by kind and number. Raises InputError for what is no OpenStreetMap data."""
    found: Elements = {}
    try:
        for answer in answers:
            for each in answer["elements"]:
                key = str(each["type"]), int(each["id"])
                # The same object may come bare, as a part of another, and with its tags.
                if key not in found or len(each.get("tags", {})) > len(found[key].get("tags", {})):
                    found[key] = _checked(each)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            Text(
                f"服务器的回答不是 OpenStreetMap 数据（{error!r}）。请核对服务器地址，或稍后再试。",
                f"the server's answer is no OpenStreetMap data ({error!r}). Check its address, or try again later.",
            )
        ) from error
    return found


def _checked(each: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object, if it has what its kind needs. Raises KeyError, TypeError or ValueError."""
    kind = each["type"]
    if kind not in _KINDS:
        raise ValueError(kind)
    if kind == "node" and not (-90 <= float(each["lat"]) <= 90 and -180 <= float(each["lon"]) <= 180):
        raise ValueError((each["lat"], each["lon"]))
    if kind == "way":
        [int(number) for number in each["nodes"]]
    if kind == "relation":
        [(str(member["type"]), int(member["ref"]), str(member["role"])) for member in each["members"]]
    if not all(isinstance(value, str) for pair in each.get("tags", {}).items() for value in pair):
        raise TypeError(each["tags"])
    return each


def without(found: Elements, relations: set[int]) -> Elements:
    """The objects without these relations, and without what no other way or relation needs any more."""
    kept = {key: each for key, each in found.items() if key[0] != "relation" or key[1] not in relations}
    needed = {
        (str(member["type"]), int(member["ref"]))
        for key, each in kept.items()
        if key[0] == "relation"
        for member in each["members"]
    }
    ways = {key: each for key, each in kept.items() if key[0] == "way" and key in needed}
    nodes = needed | {("node", int(number)) for each in ways.values() for number in each["nodes"]}
    return {key: each for key, each in kept.items() if key[0] == "relation" or key in ways or key in nodes}


def data_date(answers: Sequence[Mapping[str, Any]]) -> str:
    """The day of the data that the answers state, the earliest of several; "" where none does."""
    stated = [str(answer.get("osm3s", {}).get("timestamp_osm_base", "")) for answer in answers]
    return min((each for each in stated if each), default="")[:10]


def osm_xml(found: Elements, box: Box) -> bytes:
    """An ``.osm`` file of the objects; ``box`` is what was asked for: west, south, east, north."""
    west, south, east, north = (f"{each:.7f}" for each in box)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<osm version="0.6" generator="circle15">',
        f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>',
    ]
    for key in sorted(found, key=lambda key: (_KINDS.index(key[0]), key[1])):
        lines += _object(found[key])
    return ("\n".join([*lines, "</osm>"]) + "\n").encode()


def _object(each: Mapping[str, Any]) -> list[str]:
    kind, number = each["type"], int(each["id"])
    place = f' lat="{float(each["lat"]):.7f}" lon="{float(each["lon"]):.7f}"' if kind == "node" else ""
    inside = [f'<nd ref="{int(node)}"/>' for node in each.get("nodes", ())]
    inside += [
        f'<member type={_quoted(member["type"])} ref="{int(member["ref"])}" role={_quoted(member["role"])}/>'
        for member in each.get("members", ())
    ]
    inside += [f"<tag k={_quoted(key)} v={_quoted(value)}/>" for key, value in sorted(each.get("tags", {}).items())]
    head = f'<{kind} id="{number}" version="1"{place}'
    return [f"{head}/>"] if not inside else [f"{head}>", *inside, f"</{kind}>"]


def _quoted(text: str) -> str:
    escaped = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
    return quoteattr(text.translate(_UNSPEAKABLE).encode("utf-8", "ignore").decode(), escaped)
