"""A pair of compasses against the streets: who passes a radius by straight line and who on the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.tables import Residential, StraightVsNetwork
from circle15.judge.coverage import Groups, basis_weights
from circle15.judge.subjects import NOT_APPLICABLE, PASS, UNKNOWN, Block, Floats


def straight_vs_network(
    blocks: Sequence[Block], residential: Residential, groups: Sequence[Groups]
) -> StraightVsNetwork:
    """For each rule judged by both metrics, each zone and basis, the weight of each pair of outcomes."""
    weights = basis_weights(residential)
    by_metric = {(block.rule.rule_id, block.metric): block for block in blocks if block.rule.is_distance}
    rows: list[dict[str, Any]] = []
    for (rule_id, metric), network in by_metric.items():
        straight = by_metric.get((rule_id, "straight_line"))
        if metric != "network" or straight is None:
            continue
        kinds = _kinds(straight, network)
        for zones in groups:
            for basis, weight in weights.items():
                rows += _rows(
                    rule_id, zones, basis, {name: zones.sums(weight * is_it) for name, is_it in kinds.items()}
                )
    names = [column.name for column in StraightVsNetwork.columns]
    return StraightVsNetwork.build(pd.DataFrame(rows, columns=names))


def _kinds(straight: Block, network: Block) -> dict[str, Floats]:
    """Which areas are of which pair of outcomes; those a rule does not speak of are of none."""
    applies = straight.outcome != NOT_APPLICABLE
    unknown = applies & ((straight.outcome == UNKNOWN) | (network.outcome == UNKNOWN))
    told = applies & ~unknown
    by_straight, by_network = straight.outcome == PASS, network.outcome == PASS
    found = {
        "straight_only": told & by_straight & ~by_network,
        "network_only": told & ~by_straight & by_network,
        "both": told & by_straight & by_network,
        "neither": told & ~by_straight & ~by_network,
        "unknown": unknown,
    }
    return {name: np.asarray(rows, dtype=float) for name, rows in found.items()}


def _rows(rule_id: str, zones: Groups, basis: str, sums: dict[str, Floats]) -> list[dict[str, Any]]:
    return [
        {
            "rule_id": rule_id,
            "level": zones.level,
            "zone_id": zone_id,
            "basis": basis,
            **{name: values[number] for name, values in sums.items()},
        }
        for number, zone_id in enumerate(zones.zone_ids)
    ]
