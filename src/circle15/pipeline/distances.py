"""Distances of an audit: one search for each set of facilities that some rule counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from circle15 import judge, route
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Access
from circle15.core.units import EVEN, Footing, Pace
from circle15.pipeline.ground import Ground, counted_sites, near_pairs, terrain_of
from circle15.route.access import access as find_access

# What was walked so far, by the rows of the facilities that were walked to and the ground as a pace finds it.
Searches = dict[tuple[bytes, Footing], Any]


def access_to(ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any], searched: Searches) -> Access:
    """Access under every rule; rules that count the same facilities share one search, also with those before.

    Where a pace of the study knows stairs or slope, also the walks best in minutes.
    """
    pack = ground.study.pack
    uneven = not all(pack.walking_pace(rule).is_even for rule in pack.rules if rule.is_distance)
    frames = []
    for rule in rules:
        rows = counted[rule.rule_id]
        found = _walked(ground, rows, EVEN, searched)
        walks = quickest(ground, found, rows, pack.walking_pace(rule), searched) if uneven else {}
        frames.append(found.assign(rule_id=rule.rule_id, **walks))
    columns = [column.name for column in Access.columns]
    return Access.build(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns))


def _walked(ground: Ground, rows: Any, footing: Footing, searched: Searches) -> Any:
    """Access to these facilities in metres, or on the ground as a pace finds it, where nothing cuts it off."""
    key = rows.tobytes(), footing
    if key not in searched:
        there = terrain_of(ground, footing)
        sites = there.places(counted_sites(ground, rows))
        cutoff_mm = ground.study.cutoff_mm if footing == EVEN else None
        searched[key] = find_access(there.network, there.places(ground.homes), sites, cutoff_mm)
    return searched[key]


def quickest(ground: Ground, found: Any, rows: Any, pace: Pace, searched: Searches) -> dict[str, Any]:
    """The lengths of the walks best in minutes at a pace, and where they lead; nothing for whom ``found`` has none."""
    timed = _walked(ground, rows, pace.footing, searched)
    reached = found["state"] == "reached"
    return {
        "walk_mm": timed["distance_mm"].where(reached, pd.NA),
        "walk_facility_id": timed["facility_id"].where(reached, None),
    }


def catchments(
    ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any]
) -> dict[tuple[str, Metric], judge.Catchment]:
    """Whom each facility can serve by each metric, for rules whose capacity can be set against people.

    Rules that count the same facilities share the search of the one with the longest limit.
    """
    asking = [rule for rule in rules if judge.capacities(rule, ground.facilities, ground.residential)]
    searched: dict[tuple[bytes, Metric, Footing], route.Pairs] = {}
    found = {}
    for rule in sorted(asking, key=lambda rule: rule.limit.most_mm(rule.pace), reverse=True):
        rows = counted[rule.rule_id]
        most_mm, located = rule.limit.most_mm(rule.pace), rows[ground.site_row[rows] >= 0]
        for metric in rule.metrics:
            key = rows.tobytes(), metric, rule.footing
            if key not in searched:
                searched[key] = near_pairs(ground, counted_sites(ground, rows), metric, most_mm, rule.footing)
            near = searched[key]
            within = near.mm <= most_mm
            found[rule.rule_id, metric] = judge.Catchment(located[near.source[within]], near.target[within])
    return found
