"""Distances of an audit: one search for each set of facilities that some rule counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from circle15 import judge, route
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Access
from circle15.pipeline.ground import Ground, counted_sites, near_pairs, street_network
from circle15.route.access import access as find_access

# What was walked so far, by the rows of the facilities that were walked to.
Searches = dict[bytes, Any]


def access_to(ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any], searched: Searches) -> Access:
    """Access under every rule; rules that count the same facilities share one search, also with those before."""
    frames = []
    for rule in rules:
        rows = counted[rule.rule_id]
        key = rows.tobytes()
        if key not in searched:
            facilities = counted_sites(ground, rows)
            searched[key] = find_access(street_network(ground), ground.homes, facilities, ground.study.cutoff_mm)
        frames.append(searched[key].assign(rule_id=rule.rule_id))
    columns = [column.name for column in Access.columns]
    return Access.build(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns))


def catchments(
    ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any]
) -> dict[tuple[str, Metric], judge.Catchment]:
    """Whom each facility can serve by each metric, for rules whose capacity can be set against people.

    Rules that count the same facilities share the search of the one with the longest limit.
    """
    asking = [rule for rule in rules if judge.capacities(rule, ground.facilities, ground.residential)]
    searched: dict[tuple[bytes, Metric], route.Pairs] = {}
    found = {}
    for rule in sorted(asking, key=lambda rule: rule.limit.most_mm(rule.pace), reverse=True):
        rows = counted[rule.rule_id]
        most_mm, located = rule.limit.most_mm(rule.pace), rows[ground.site_row[rows] >= 0]
        for metric in rule.metrics:
            key = rows.tobytes(), metric
            if key not in searched:
                searched[key] = near_pairs(ground, counted_sites(ground, rows), metric, most_mm)
            near = searched[key]
            within = near.mm <= most_mm
            found[rule.rule_id, metric] = judge.Catchment(located[near.source[within]], near.target[within])
    return found
