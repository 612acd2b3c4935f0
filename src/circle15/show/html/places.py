"""The places of the map: facilities by type and status, candidates, proposed sites by plan and year."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from circle15.core.results import Audit, Plan
from circle15.core.tables import OPERATING, STATUS_WORDS, STATUSES, Candidates
from circle15.core.units import MM_PER_M
from circle15.show.families import Family
from circle15.show.html.layer import MapLayer, features_of
from circle15.show.html.popup import candidate_stories, facility_stories, site_story, type_label
from circle15.show.html.words import PAGE, Words, both
from circle15.show.palette import CANDIDATES, DROPPED, facility, facility_to_be, type_colour

# Where there is a status column, an empty cell of it counts for nothing.
_UNSTATED = "unstated"


def type_colours(audit: Audit) -> dict[str, str]:
    """A colour for each facility type that is there or planned, in pack order."""
    used = {*audit.facilities.frame["type"], *(plan.facility_type for plan in audit.plans)}
    ordered = [key for key in audit.facts.pack.types if key in used] + sorted(used - set(audit.facts.pack.types))
    return {key: type_colour(place) for place, key in enumerate(ordered)}


def facility_layers(audit: Audit) -> Iterator[MapLayer]:
    """One layer for each type and status that there is."""
    frame = audit.facilities.frame
    stories = facility_stories(audit)
    statuses = frame["status"].fillna(_UNSTATED) if "status" in frame else [OPERATING] * len(frame)
    kinds = list(zip(frame["type"], statuses, strict=True))
    for (place, (key, colour)), status in product(enumerate(type_colours(audit).items()), (*STATUSES, _UNSTATED)):
        rows = [row for row, each in enumerate(kinds) if each == (key, status)]
        if not rows:
            continue
        features = features_of(audit, frame.geometry.iloc[rows], [stories[row] for row in rows])
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


def candidate_layers(audit: Audit) -> Iterator[MapLayer]:
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
                features=features_of(audit, audit.candidates.frame.geometry.iloc[rows], [stories[row] for row in rows]),
            )


def site_layers(audit: Audit) -> Iterator[MapLayer]:
    """One layer for each plan and year."""
    colours = type_colours(audit)
    for place, plan in enumerate(audit.plans):
        points = site_points(audit, plan)
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
                features=features_of(audit, [points[row] for row in rows], stories),
            )


def planned_sites(audit: Audit, groups: tuple[Family, ...]) -> list[dict[str, Any]]:
    """Where and when the plans open sites, in millimetres of the study CRS, and for which families they count."""
    found = []
    for plan in audit.plans:
        counted = [index for index, family in enumerate(groups) if plan.facility_type in family.targets]
        for site, point in zip(plan.sites, site_points(audit, plan), strict=True):
            if point is not None:
                mm = [math.floor(each * MM_PER_M + 0.5) for each in (point.x, point.y)]
                found.append({"id": site.candidate_id, "stage": site.stage, "families": counted, "mm": mm})
    return found


def site_points(audit: Audit, plan: Plan) -> list[Any]:
    """Where the sites of a plan stand, in plan order; None for a candidate that is not in the table."""
    if audit.candidates is None:
        return [None] * len(plan.sites)
    frame = audit.candidates.frame
    places = dict(zip(frame["candidate_id"], frame.geometry, strict=True))
    return [places.get(site.candidate_id) for site in plan.sites]


def _type_label(audit: Audit, key: str, status: str, lost: int, words: Words) -> str:
    label = type_label(audit, key, words)
    if status != OPERATING:
        label += f" · {words.say(STATUS_WORDS[status]) if status in STATUS_WORDS else words(status)}"
    return label + (f" · {words('unlocated', lost)}" if lost else "")


def _stage_label(stage: int, words: Words) -> str:
    return f"{words('stage')} {stage}"
