"""What is drawn, layer by layer: geometry in degrees, style, and whether it is shown at first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import shapely
from folium.map import Layer
from folium.template import Template

from circle15.core.results import Audit, Plan
from circle15.show.geometry import to_wgs84
from circle15.show.html.families import Family, classify, tally
from circle15.show.html.popup import facility_stories, home_stories, site_story, type_label
from circle15.show.html.words import Words

DECIMALS = 7

BLUE, LIGHT_BLUE, AMBER, RED = "#0b4f8a", "#6fb1e0", "#f2b544", "#a3320b"
INK, GREY, LIGHT_GREY = "#26323f", "#8d96a0", "#d5d9de"

# fill and outline; the two middle classes are outlined so that they stay apart in grey print too
CLASS_COLOURS = {
    "both": (BLUE, BLUE),
    "metre": (LIGHT_BLUE, "#1d4a70"),
    "time": (AMBER, "#6d4700"),
    "none": (RED, RED),
    "pass": (BLUE, BLUE),
    "fail": (RED, RED),
    "unknown": (GREY, GREY),
    "not_applicable": (LIGHT_GREY, GREY),
}
TYPE_COLOURS = ("#5b2a86", "#0f766e", "#be185d", "#57534e", "#4d7c0f", "#1d4ed8", "#7c2d12", "#111827")
AREA_COLOURS = {("m", "straight_line"): "#2f78b7", ("m", "network"): "#0f766e", ("min", "network"): "#b07a10"}
GAIN_COLOUR = "#00a88f"


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer that can be switched on and off.

    ``group`` is the place of its switch: homes, drawn, facilities, plans or base; ``family`` the number of the rule
    family it belongs to, if any. ``members`` are rows of the residential areas; ``features`` is GeoJSON.
    """

    key: str
    group: str
    kind: str
    label: str
    swatch: str
    colours: tuple[str, str]
    style: dict[str, Any]
    count: int | None = None
    shown: bool = True
    family: int | None = None
    class_: str = ""
    members: list[int] | None = None
    features: list[dict[str, Any]] = field(default_factory=list)

    def spec(self) -> dict[str, Any]:
        """What the page's script needs of it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "style": self.style,
            "family": self.family,
            "members": self.members,
            "features": self.features,
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


def map_layers(audit: Audit, groups: tuple[Family, ...], words: Words) -> list[MapLayer]:
    """Every layer of the map, lowest first. A public map has no streets."""
    layers = [*_zones(audit, words)]
    if audit.facts.audience != "public":
        layers += _streets(audit, words)
    for index, family in enumerate(groups):
        layers += _drawn(audit, index, family, words)
        layers += _homes(audit, index, family)
    return [*layers, *_gains(audit, words), *_facilities(audit, words), *_sites(audit, words)]


def home_features(audit: Audit, groups: tuple[Family, ...], words: Words) -> list[dict[str, Any]]:
    """The residential areas with their stories, once for all layers."""
    return _features(audit, audit.residential.frame.geometry, home_stories(audit, groups, words))


def extent(audit: Audit) -> list[list[float]] | None:
    """South-west and north-east corner, latitude first, of homes, facilities and candidates; None without any."""
    tables = [audit.residential.frame, audit.facilities.frame]
    located = [each for table in tables for each in table.geometry if each is not None and not each.is_empty]
    located += [geometry for plan in audit.plans for geometry in _site_points(audit, plan) if geometry is not None]
    if not located:
        return None
    west, south, east, north = shapely.total_bounds(to_wgs84(located, audit.facts.crs, DECIMALS)).tolist()
    return [[south, west], [north, east]]


def type_colours(audit: Audit) -> dict[str, str]:
    """A colour for each facility type that is there or planned, in pack order."""
    used = {*audit.facilities.frame["type"], *(plan.facility_type for plan in audit.plans)}
    ordered = [key for key in audit.facts.pack.types if key in used] + sorted(used - set(audit.facts.pack.types))
    return {key: TYPE_COLOURS[place % len(TYPE_COLOURS)] for place, key in enumerate(ordered)}


def _features(audit: Audit, geometries: Any, stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """GeoJSON features of the rows that have a location."""
    shapes = to_wgs84(list(geometries), audit.facts.crs, DECIMALS)
    return [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)), "properties": story}
        for shape, story in zip(shapes, stories, strict=True)
        if shape is not None and not shape.is_empty
    ]


def _zones(audit: Audit, words: Words) -> Iterator[MapLayer]:
    if audit.zones is None or not len(audit.zones):
        return
    frame = audit.zones.frame
    stories = [{"name": name or zone_id} for zone_id, name in zip(frame["zone_id"], frame["name"], strict=True)]
    style = {"color": "#4b5563", "weight": 1.5, "dashArray": "8 4 2 4", "fill": False}
    yield MapLayer(
        "zones",
        "base",
        "zone",
        words("zones"),
        "line",
        ("#4b5563", "#4b5563"),
        style,
        len(frame),
        features=_features(audit, frame.geometry, stories),
    )


def _streets(audit: Audit, words: Words) -> Iterator[MapLayer]:
    frame = audit.streets.frame
    if not len(frame):
        return
    style = {"color": "#a9a396", "weight": 1.1, "opacity": 0.9, "fill": False}
    features = _features(audit, frame.geometry, [{}] * len(frame))
    yield MapLayer(
        "streets",
        "base",
        "ground",
        words("streets"),
        "line",
        ("#a9a396", "#a9a396"),
        style,
        len(frame),
        features=features,
    )


def _homes(audit: Audit, index: int, family: Family) -> Iterator[MapLayer]:
    classes = classify(audit, family)
    counts = tally(family, classes)
    for name in family.classes:
        if not counts[name] and name == "not_applicable":
            continue
        fill, line = CLASS_COLOURS[name]
        style = {"fillColor": fill, "fillOpacity": 0.85, "color": line, "weight": 0.6 if fill == line else 1.2}
        yield MapLayer(
            f"homes:{index}:{name}",
            "homes",
            "home",
            "",
            "fill",
            (fill, line),
            style,
            counts[name],
            family=index,
            class_=name,
            members=[row for row, each in enumerate(classes) if each == name],
        )


def _drawn(audit: Audit, index: int, family: Family, words: Words) -> Iterator[MapLayer]:
    """The merged covered area and the single service areas of each rule and metric of a family."""
    frame = audit.areas.frame
    for rule in family.rules:
        for metric in rule.metrics:
            rows = frame[(frame["rule_id"] == rule.rule_id) & (frame["metric"] == metric)]
            merged = rows["facility_id"].isna()
            first = rule is family.rules[0] and metric == rule.metrics[0]
            for part, chosen, shown in (("covered_area", rows[merged], first), ("services", rows[~merged], False)):
                if not len(chosen):
                    continue
                features = _features(audit, chosen.geometry, [{}] * len(chosen))
                colour = AREA_COLOURS.get((rule.limit.unit, metric), INK)
                yield MapLayer(
                    f"drawn:{index}:{rule.limit.unit}:{metric}:{part}",
                    "drawn",
                    "ground",
                    f"{rule.rule_id} {words.metric(metric)} · {words(part)}",
                    "area",
                    (colour, colour),
                    _drawn_style(colour, part),
                    None if part == "covered_area" else len(features),
                    shown,
                    index,
                    features=features,
                )


def _drawn_style(colour: str, part: str) -> dict[str, Any]:
    opacity = 0.13 if part == "covered_area" else 0.04
    return {"color": colour, "weight": 1.2, "dashArray": "5 4", "fillColor": colour, "fillOpacity": opacity}


def _gains(audit: Audit, words: Words) -> Iterator[MapLayer]:
    rows = {area_id: row for row, area_id in enumerate(audit.residential.frame["area_id"])}
    for number, plan in enumerate(audit.plans):
        members = sorted({rows[area_id] for site in plan.sites for area_id in site.area_ids if area_id in rows})
        if members:
            style = {"color": GAIN_COLOUR, "weight": 2.5, "fill": False}
            yield MapLayer(
                f"gains:{number}",
                f"plan:{number}",
                "gain",
                words("new_homes"),
                "ring",
                (GAIN_COLOUR, GAIN_COLOUR),
                style,
                len(members),
                shown=False,
                members=members,
            )


def _facilities(audit: Audit, words: Words) -> Iterator[MapLayer]:
    frame = audit.facilities.frame
    stories = facility_stories(audit, words)
    types = frame["type"].tolist()
    for number, (key, colour) in enumerate(type_colours(audit).items()):
        rows = [row for row, each in enumerate(types) if each == key]
        if not rows:
            continue
        features = _features(audit, frame.geometry.iloc[rows], [stories[row] for row in rows])
        lost = len(rows) - len(features)
        label = type_label(audit, key, words) + (f" · {words('unlocated', lost)}" if lost else "")
        style = {"fillColor": colour, "fillOpacity": 1, "color": "#ffffff", "weight": 2}
        yield MapLayer(
            f"facilities:{number}",
            "facilities",
            "facility",
            label,
            "dot",
            (colour, "#ffffff"),
            style,
            len(rows),
            features=features,
        )


def _sites(audit: Audit, words: Words) -> Iterator[MapLayer]:
    """One layer for each plan and year."""
    colours = type_colours(audit)
    for number, plan in enumerate(audit.plans):
        points = _site_points(audit, plan)
        for stage in sorted({site.stage for site in plan.sites}):
            rows = [row for row, site in enumerate(plan.sites) if site.stage == stage]
            stories = [site_story(audit, plan, plan.sites[row], words) for row in rows]
            features = _features(audit, [points[row] for row in rows], stories)
            colour = colours[plan.facility_type]
            yield MapLayer(
                f"sites:{number}:{stage}",
                f"plan:{number}",
                "site",
                f"{words('stage')} {stage}",
                "pin",
                (colour, colour),
                {"color": colour},
                len(rows),
                features=features,
            )


def _site_points(audit: Audit, plan: Plan) -> list[Any]:
    """Where the sites of a plan stand, in plan order; None for a candidate that is not in the table."""
    if audit.candidates is None:
        return [None] * len(plan.sites)
    frame = audit.candidates.frame
    places = dict(zip(frame["candidate_id"], frame.geometry, strict=True))
    return [places.get(site.candidate_id) for site in plan.sites]
