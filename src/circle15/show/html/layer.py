"""One layer of the map: what it is called, how it looks, and what of it the page's script gets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import shapely
from folium.map import Layer
from folium.template import Template

from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.geometry import to_wgs84
from circle15.show.palette import Style

DECIMALS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """One layer that can be switched on and off.

    ``kind`` tells the page's script how to draw it: home, share, gain, facility, candidate, site, zone or ground.
    ``group`` is the place of its switch: homes, shares, drawn, facilities, base or plan:n. ``family`` is the number of
    the rule family it belongs to, if any. ``members`` are rows of the residential areas, whose shapes and classes
    the page holds once for all layers. What has a story or a label is GeoJSON in ``features``; streets and drawn
    areas, of which there may be very many, are ``shapes`` in the study CRS, and a table of them in ``packed``.
    """

    key: str
    kind: str
    group: str
    swatch: str
    style: Style
    label: Text
    count: int | None = None
    shown: bool = True
    family: int | None = None
    class_: str = ""
    members: list[int] | None = None
    features: list[dict[str, Any]] = field(default_factory=list)
    shapes: Any = None
    packed: str = ""

    @property
    def fill(self) -> str:
        """The colour of its filling, else of its line."""
        return str(self.style.get("fillColor", self.style["color"]))

    def spec(self) -> dict[str, Any]:
        """What the page's script needs of it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "style": self.style,
            "family": self.family,
            "members": self.members,
            "features": self.features,
            "packed": self.packed,
        }


class DataLayer(Layer):
    """The folium side of a layer: the page's script makes it from the page's data."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = circle15.layer({{ this.key|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str) -> None:
        super().__init__(name=key, overlay=True, show=False)
        self._name = "DataLayer"
        self.key = key


def features_of(audit: Audit, geometries: Any, stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """GeoJSON features of the rows that have a location."""
    shapes = to_wgs84(geometries, audit.facts.crs, DECIMALS)
    return [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)), "properties": story}
        for shape, story in zip(shapes, stories, strict=True)
        if shape is not None and not shape.is_empty
    ]
