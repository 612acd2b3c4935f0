"""Small OpenStreetMap files written for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from circle15.core.findings import Finding
from circle15.read.spec import RawLayer

Tags = Mapping[str, str]

NONE: Tags = MappingProxyType({})

# The length of a thousandth of a degree on the WGS 84 ellipsoid, from a = 6 378 137 m and f = 1 / 298.257 223 563:
# along the equator a · π/180 000; along the meridian there, less by (1 − e²), with e² = 0.006 694 380.
EAST_M = 111.319491
NORTH_M = 110.574276


class OsmText:
    """Nodes, ways and relations, collected and written as OSM XML. Coordinates are lon/lat degrees."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.ways: list[str] = []
        self.relations: list[str] = []
        self.bounds = ""

    def node(self, number: int, lon: float, lat: float, tags: Tags = NONE, when: str = "") -> None:
        stamp = f' timestamp="{when}"' if when else ""
        place = f'lon="{lon:.9f}" lat="{lat:.9f}"'
        self.nodes.append(f'<node id="{number}" {place} version="1"{stamp}>{_tags(tags)}</node>')

    def way(self, number: int, nodes: Sequence[int], tags: Tags = NONE) -> None:
        refs = "".join(f'<nd ref="{each}"/>' for each in nodes)
        self.ways.append(f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>')

    def relation(self, number: int, members: Sequence[tuple[int, str]], tags: Tags) -> None:
        parts = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self.relations.append(f'<relation id="{number}" version="1">{parts}{_tags(tags)}</relation>')

    def line(self, number: int, tags: Tags) -> None:
        """A way of two nodes of its own, 100 m or so long."""
        first = 10_000 + 2 * number
        self.node(first, 0.001 * number, 0.0)
        self.node(first + 1, 0.001 * number, 0.001)
        self.way(number, [first, first + 1], tags)

    def rectangle(
        self, number: int, tags: Tags, box: tuple[float, float, float, float] = (0.0, 0.0, 0.001, 0.001)
    ) -> None:
        """A closed way round west, south, east, north, with nodes of its own."""
        west, south, east, north = box
        first = 10_000 + 10 * number
        for offset, (lon, lat) in enumerate([(west, south), (east, south), (east, north), (west, north)]):
            self.node(first + offset, lon, lat)
        self.way(number, [first, first + 1, first + 2, first + 3, first], tags)

    def text(self) -> str:
        body = "\n".join([self.bounds, *self.nodes, *self.ways, *self.relations])
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="test">\n{body}\n</osm>\n'

    def save(self, folder: Path, name: str = "town.osm") -> Path:
        path = folder / name
        path.write_text(self.text(), encoding="utf-8")
        return path


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def the_finding(layer: RawLayer, code: str) -> Finding:
    """The one finding of that code."""
    (found,) = [each for each in layer.findings if each.code == code]
    return found


def codes(layer: RawLayer) -> set[str]:
    return {each.code for each in layer.findings}
