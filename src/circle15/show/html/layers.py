"""What is drawn, layer by layer: geometry in degrees, style, and whether it is shown at first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import shapely
from folium.map import Layer
from folium.template import Template

from circle15.core.constraints import EFFECT_WORDS, constraint_label
from circle15.core.results import Audit, Plan
from circle15.core.rule import Metric, Rule
from circle15.core.tables import OPERATING, STATUS_WORDS, STATUSES, Candidates
from circle15.core.text import Text
from circle15.core.units import MM_PER_M
from circle15.show.ahead import ahead
from circle15.show.families import CLASS_WORDS, Family, headline_basis, known, tally
from circle15.show.geometry import portions, to_wgs84
from circle15.show.html.packing import pack_shapes
from circle15.show.html.popup import candidate_stories, facility_stories, site_story, type_label
from circle15.show.html.tables import shown_level
from circle15.show.html.words import PAGE, Words, both, pair, percent
from circle15.show.palette import (
    CANDIDATES,
    CLASS_STYLES,
    DROPPED,
    GAINS,
    SHARE_STEPS,
    STREETS,
    ZONES,
    Style,
    constraint_area,
    drawn_area,
    facility,
    facility_to_be,
    share_colour,
    type_colour,
)

# Where there is a status column, an empty cell of it counts for nothing.
_UNSTATED = "unstated"
DECIMALS = 7
# Finer than a pixel of the packed tables.
_PACKED_DECIMALS = 9

# part of a rule's drawn areas: opacity of its filling
DRAWN_PARTS = {"covered_area": 0.13, "services": 0.04}


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


def map_layers(audit: Audit, groups: tuple[Family, ...], classes: Sequence[list[str]]) -> list[MapLayer]:
    """Every layer of the map, lowest first. A public map has no streets, and zones in the place of homes.

    ``classes``: of the residential areas, in row order, for each family.
    """
    public = audit.facts.audience == "public"
    layers = [*_zones(audit), *(() if public else (*_constraints(audit), *_streets(audit)))]
    for index, family in enumerate(groups):
        layers += _drawn(audit, index, family)
        layers += _shares(audit, index, family) if public else _homes(index, family, classes[index])
    if not public:
        layers += [*_candidates(audit), *_gains(audit)]
    return _all_packed(audit, [*layers, *_facilities(audit), *_sites(audit)])


def _all_packed(audit: Audit, layers: Sequence[MapLayer]) -> list[MapLayer]:
    """The layers with their shapes packed, some at a time: nearly all of it is done outside of Python."""
    packed = ahead(lambda layer: "" if layer.shapes is None else _packed(audit, layer.shapes), layers)
    return [replace(layer, shapes=None, packed=text) for layer, text in zip(layers, packed, strict=True)]


def home_shapes(audit: Audit) -> str:
    """The residential areas as a packed table."""
    return _packed(audit, audit.residential.frame.geometry)


def extent(audit: Audit) -> list[list[float]] | None:
    """South-west and north-east corner, latitude first, of homes, facilities and candidates; None without any."""
    tables = [audit.residential.frame, audit.facilities.frame]
    sites = [_site_points(audit, plan) for plan in audit.plans]
    every = np.concatenate(
        [*(table.geometry.to_numpy() for table in tables), *(np.array(each, dtype=object) for each in sites)]
    )
    located = every[~(shapely.is_missing(every) | shapely.is_empty(every))]
    if not len(located):
        return None
    west, south, east, north = shapely.total_bounds(to_wgs84(located, audit.facts.crs, DECIMALS)).tolist()
    return [[south, west], [north, east]]


def type_colours(audit: Audit) -> dict[str, str]:
    """A colour for each facility type that is there or planned, in pack order."""
    used = {*audit.facilities.frame["type"], *(plan.facility_type for plan in audit.plans)}
    ordered = [key for key in audit.facts.pack.types if key in used] + sorted(used - set(audit.facts.pack.types))
    return {key: type_colour(place) for place, key in enumerate(ordered)}


def _features(audit: Audit, geometries: Any, stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """GeoJSON features of the rows that have a location."""
    shapes = to_wgs84(geometries, audit.facts.crs, DECIMALS)
    return [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)), "properties": story}
        for shape, story in zip(shapes, stories, strict=True)
        if shape is not None and not shape.is_empty
    ]


def _zones(audit: Audit) -> Iterator[MapLayer]:
    if audit.zones is None or not len(audit.zones):
        return
    frame = audit.zones.frame
    stories = [
        {"id": zone_id, "name": name or zone_id} for zone_id, name in zip(frame["zone_id"], frame["name"], strict=True)
    ]
    features = _features(audit, frame.geometry, stories)
    yield MapLayer(
        key="zones",
        kind="zone",
        group="base",
        swatch="line",
        style=ZONES,
        label=PAGE["zones"],
        count=len(frame),
        features=features,
    )


def _constraints(audit: Audit) -> Iterator[MapLayer]:
    """One layer for each constraint layer, by its name and what it asks for."""
    if audit.constraints is None:
        return
    layers = audit.constraints.frame.groupby(["name", "effect"], sort=True)
    for place, ((name, effect), rows) in enumerate(layers):
        label, asks = constraint_label(name), EFFECT_WORDS[effect]
        yield MapLayer(
            key=f"constraints:{place}",
            kind="ground",
            group="base",
            swatch="area",
            style=constraint_area(effect),
            label=Text(f"{label.zh} · {asks.zh}", f"{label.en} · {asks.en}"),
            count=len(rows),
            shown=False,
            shapes=rows.geometry,
        )


def _streets(audit: Audit) -> Iterator[MapLayer]:
    frame = audit.streets.frame
    if not len(frame):
        return
    yield MapLayer(
        key="streets",
        kind="ground",
        group="base",
        swatch="line",
        style=STREETS,
        label=PAGE["streets"],
        count=len(frame),
        shapes=frame.geometry,
    )


def _packed(audit: Audit, geometries: Any) -> str:
    """Shapes without stories."""
    shapes = np.asarray(geometries, dtype=object)
    return pack_shapes(to_wgs84(shapes[rows], audit.facts.crs, _PACKED_DECIMALS) for rows in portions(shapes))


def _homes(index: int, family: Family, classes: list[str]) -> Iterator[MapLayer]:
    """One layer for each class. Only where there are homes no rule applies to, they have a class of their own."""
    for name, count in tally(family, classes).items():
        if count or name != "not_applicable":
            yield MapLayer(
                key=f"homes:{index}:{name}",
                kind="home",
                group="homes",
                swatch="fill",
                style=CLASS_STYLES[name],
                label=CLASS_WORDS[name],
                count=count,
                family=index,
                class_=name,
            )


def _shares(audit: Audit, index: int, family: Family) -> Iterator[MapLayer]:
    """The zones of the level that the page ranks, by the share of the leading rule: none where nothing is known."""
    rows = audit.coverage.frame
    basis, rule = headline_basis(audit, family), family.rules[0]
    rows = rows[(rows["basis"] == basis) & (rows["zone_id"] != "*") & rows["rule_id"].isin(_ids(family))]
    level = shown_level(rows)
    if level is None or audit.zones is None:
        return
    zones = audit.zones.frame[audit.zones.frame["level"] == level]
    told = known(rows[rows["level"] == level])
    shares = {(row.zone_id, row.rule_id, row.metric): row.share for row in told.itertuples()}
    stories = [
        {
            "id": zone_id,
            "name": name or zone_id,
            "fill": share_colour(shares.get((zone_id, rule.rule_id, rule.metrics[0]))),
            "shares": [
                [pair(both(partial(_share_label, each, metric))), percent(shares.get((zone_id, each.rule_id, metric)))]
                for each in family.rules
                for metric in each.metrics
            ],
        }
        for zone_id, name in zip(zones["zone_id"], zones["name"], strict=True)
    ]
    yield MapLayer(
        key=f"homes:{index}:share",
        kind="share",
        group="shares",
        swatch="fill",
        style={"color": "#4b5563", "weight": 1, "fillOpacity": 0.85, "fillColor": SHARE_STEPS[-1][1]},
        label=PAGE["coverage"],
        count=len(zones),
        family=index,
        features=_features(audit, zones.geometry, stories),
    )


def _ids(family: Family) -> list[str]:
    return [rule.rule_id for rule in family.rules]


def _share_label(rule: Rule, metric: Metric, words: Words) -> str:
    return f"{rule.rule_id} {words.limit(rule.limit)} · {words.measured(rule, metric)}"


def _drawn(audit: Audit, index: int, family: Family) -> Iterator[MapLayer]:
    """The merged covered area and the single service areas of each rule and metric of a family.

    At first only the covered area of the leading rule by its headline metric is shown.
    """
    for rule in family.rules:
        for metric in rule.metrics:
            first = rule is family.rules[0] and metric == rule.metrics[0]
            for part, opacity in DRAWN_PARTS.items():
                shapes = _drawn_shapes(audit, rule.rule_id, metric, part)
                if len(shapes):
                    yield MapLayer(
                        key=f"drawn:{index}:{rule.limit.unit}:{metric}:{part}",
                        kind="ground",
                        group="drawn",
                        swatch="area",
                        style=drawn_area(rule.limit.unit, metric, opacity),
                        label=both(partial(_drawn_label, rule, metric, part)),
                        count=None if part == "covered_area" else len(shapes),
                        shown=first and part == "covered_area",
                        family=index,
                        shapes=shapes,
                    )


def _drawn_label(rule: Rule, metric: Metric, part: str, words: Words) -> str:
    return f"{rule.rule_id} {words.metric(metric)} · {words(part)}"


def _type_label(audit: Audit, key: str, status: str, lost: int, words: Words) -> str:
    label = type_label(audit, key, words)
    if status != OPERATING:
        label += f" · {words.say(STATUS_WORDS[status]) if status in STATUS_WORDS else words(status)}"
    return label + (f" · {words('unlocated', lost)}" if lost else "")


def _stage_label(stage: int, words: Words) -> str:
    return f"{words('stage')} {stage}"


def _drawn_shapes(audit: Audit, rule_id: str, metric: str, part: str) -> Any:
    """A covered area is of no single facility. Where no facility counts it is empty, and not there."""
    frame = audit.areas.frame
    of_part = frame["facility_id"].isna() == (part == "covered_area")
    rows = frame[(frame["rule_id"] == rule_id) & (frame["metric"] == metric) & of_part]
    shapes = rows.geometry.to_numpy()
    return shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def _gains(audit: Audit) -> Iterator[MapLayer]:
    rows = {area_id: row for row, area_id in enumerate(audit.residential.frame["area_id"])}
    for place, plan in enumerate(audit.plans):
        members = sorted({rows[area_id] for site in plan.sites for area_id in site.area_ids if area_id in rows})
        if members:
            yield MapLayer(
                key=f"gains:{place}",
                kind="gain",
                group=f"plan:{place}",
                swatch="ring",
                style=GAINS,
                label=PAGE["new_homes"],
                count=len(members),
                shown=False,
                members=members,
            )


def _facilities(audit: Audit) -> Iterator[MapLayer]:
    frame = audit.facilities.frame
    stories = facility_stories(audit)
    statuses = frame["status"].fillna(_UNSTATED) if "status" in frame else [OPERATING] * len(frame)
    kinds = list(zip(frame["type"], statuses, strict=True))
    for (place, (key, colour)), status in product(enumerate(type_colours(audit).items()), (*STATUSES, _UNSTATED)):
        rows = [row for row, each in enumerate(kinds) if each == (key, status)]
        if not rows:
            continue
        features = _features(audit, frame.geometry.iloc[rows], [stories[row] for row in rows])
        lost = len(rows) - len(features)
        yield MapLayer(
            key=f"facilities:{place}" + ("" if status == OPERATING else f":{status}"),
            kind="facility",
            group="facilities",
            swatch="dot" if status == OPERATING else "hollow",
            style=facility(colour) if status == OPERATING else facility_to_be(colour),
            label=both(partial(_type_label, audit, key, status, lost)),
            count=len(rows),
            features=features,
        )


def _candidates(audit: Audit) -> Iterator[MapLayer]:
    """The candidates; those that every plan had to drop are apart."""
    if audit.candidates is None or not len(audit.candidates):
        return
    stories = candidate_stories(audit)
    dropped = [len(story["dropped"]) == len(audit.plans) > 0 for story in stories]
    for key, label, style, wanted in (
        ("candidates", Candidates.name, CANDIDATES, False),
        ("candidates:dropped", PAGE["candidates_dropped"], DROPPED, True),
    ):
        rows = [row for row, each in enumerate(dropped) if each == wanted]
        if rows:
            yield MapLayer(
                key=key,
                kind="candidate",
                group="base",
                swatch="hollow",
                style=style,
                label=label,
                count=len(rows),
                shown=False,
                features=_features(audit, audit.candidates.frame.geometry.iloc[rows], [stories[row] for row in rows]),
            )


def _sites(audit: Audit) -> Iterator[MapLayer]:
    """One layer for each plan and year."""
    colours = type_colours(audit)
    for place, plan in enumerate(audit.plans):
        points = _site_points(audit, plan)
        for stage in sorted({site.stage for site in plan.sites}):
            rows = [row for row, site in enumerate(plan.sites) if site.stage == stage]
            stories = [site_story(audit, plan, plan.sites[row]) for row in rows]
            yield MapLayer(
                key=f"sites:{place}:{stage}",
                kind="site",
                group=f"plan:{place}",
                swatch="pin",
                style={"color": colours[plan.facility_type]},
                label=both(partial(_stage_label, stage)),
                count=len(rows),
                features=_features(audit, [points[row] for row in rows], stories),
            )


def planned_sites(audit: Audit, groups: tuple[Family, ...]) -> list[dict[str, Any]]:
    """Where and when the plans open sites, in millimetres of the study CRS, and for which families they count."""
    found = []
    for plan in audit.plans:
        counted = [index for index, family in enumerate(groups) if plan.facility_type in family.targets]
        for site, point in zip(plan.sites, _site_points(audit, plan), strict=True):
            if point is not None:
                mm = [math.floor(each * MM_PER_M + 0.5) for each in (point.x, point.y)]
                found.append({"id": site.candidate_id, "stage": site.stage, "families": counted, "mm": mm})
    return found


def _site_points(audit: Audit, plan: Plan) -> list[Any]:
    """Where the sites of a plan stand, in plan order; None for a candidate that is not in the table."""
    if audit.candidates is None:
        return [None] * len(plan.sites)
    frame = audit.candidates.frame
    places = dict(zip(frame["candidate_id"], frame.geometry, strict=True))
    return [places.get(site.candidate_id) for site in plan.sites]
