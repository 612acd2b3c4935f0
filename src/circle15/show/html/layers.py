"""What is drawn, layer by layer: geometry in degrees, style, and whether it is shown at first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from circle15.core.constraints import EFFECT_WORDS, constraint_label
from circle15.core.results import Audit
from circle15.core.rule import Metric, Rule
from circle15.core.text import Text
from circle15.show.ahead import ahead
from circle15.show.families import CLASS_WORDS, Family, estimated_columns, headline_basis, known, tally, told_share
from circle15.show.geometry import portions, to_wgs84
from circle15.show.html.layer import DECIMALS, MapLayer, features_of
from circle15.show.html.packing import pack_shapes
from circle15.show.html.places import candidate_layers, facility_layers, site_layers, site_points
from circle15.show.html.tables import shown_level
from circle15.show.html.words import PAGE, Words, both, pair
from circle15.show.numbers import percent
from circle15.show.palette import (
    CLASS_STYLES,
    GAINS,
    SHARE_STEPS,
    STREETS,
    ZONES,
    constraint_area,
    drawn_area,
    share_colour,
)

# Finer than a pixel of the packed tables.
_PACKED_DECIMALS = 9

# part of a rule's drawn areas: opacity of its filling
DRAWN_PARTS = {"covered_area": 0.13, "services": 0.04}


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
        layers += [*candidate_layers(audit), *_gains(audit)]
    return _all_packed(audit, [*layers, *facility_layers(audit), *site_layers(audit)])


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
    sites = [site_points(audit, plan) for plan in audit.plans]
    every = np.concatenate(
        [*(table.geometry.to_numpy() for table in tables), *(np.array(each, dtype=object) for each in sites)]
    )
    located = every[~(shapely.is_missing(every) | shapely.is_empty(every))]
    if not len(located):
        return None
    west, south, east, north = shapely.total_bounds(to_wgs84(located, audit.facts.crs, DECIMALS)).tolist()
    return [[south, west], [north, east]]


def _zones(audit: Audit) -> Iterator[MapLayer]:
    if audit.zones is None or not len(audit.zones):
        return
    frame = audit.zones.frame
    stories = [
        {"id": zone_id, "name": name or zone_id} for zone_id, name in zip(frame["zone_id"], frame["name"], strict=True)
    ]
    features = features_of(audit, frame.geometry, stories)
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
    found = {(row.zone_id, row.rule_id, row.metric): row for row in told.itertuples()}
    named = pair(both(partial(Words.basis, basis=basis, estimated=basis in estimated_columns(audit))))
    stories = [
        {
            "id": zone_id,
            "name": name or zone_id,
            "fill": _fill(found.get((zone_id, rule.rule_id, rule.metrics[0]))),
            "basis": named,
            "shares": [
                [pair(both(partial(_share_label, each, metric))), _told(found.get((zone_id, each.rule_id, metric)))]
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
        features=features_of(audit, zones.geometry, stories),
    )


def _fill(row: Any) -> str:
    return share_colour(None if row is None else row.share)


def _told(row: Any) -> str:
    return percent(None) if row is None else told_share(row)


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
