"""Whether places where a site may stand keep to the constraint layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.constraints import CONTROLS, CheckOutcome, usual_effect
from circle15.core.tables import Checks, Constraints


def check_places(place_ids: NDArray[np.object_], points: Any, constraints: Constraints | None) -> Checks:
    """Each place against each layer, in the order of the places; the three control lines first, then by name.

    ``points``: shapely points in the CRS of the constraints. A place inside an area or on its boundary lies in it.
    ``forbid`` fails what lies in it, ``require`` what lies in none of its areas, ``warn`` fails nothing.
    """
    blocks = [
        pd.DataFrame({"place_id": place_ids, "constraint": name, "effect": effect, "outcome": outcome})
        for name, effect, outcome in _layers(points, constraints)
    ]
    frame = pd.concat(blocks, keys=range(len(blocks)), names=["layer", "place"])
    return Checks.build(frame.sort_index(level=["place", "layer"]))


def _layers(points: Any, constraints: Constraints | None) -> Iterator[tuple[str, str, Any]]:
    """Every layer with its effect and the outcome of each place. One name with two effects is two layers."""
    areas = {} if constraints is None else _areas(constraints)
    absent = {(name, usual_effect(name)) for name in CONTROLS if name not in {each for each, _ in areas}}
    for name, effect in sorted({*areas, *absent}, key=_place):
        if (name, effect) in absent:
            yield name, effect, np.full(len(points), "not_checked", dtype=object)
        else:
            yield name, effect, _outcomes(effect, _inside(points, areas[name, effect]))


def _areas(constraints: Constraints) -> dict[tuple[str, str], Any]:
    frame = constraints.frame
    pairs = set(zip(frame["name"], frame["effect"], strict=True))
    return {
        (name, effect): frame.geometry[(frame["name"] == name) & (frame["effect"] == effect)].to_numpy()
        for name, effect in pairs
    }


def _place(layer: tuple[str, str]) -> tuple[int, str, str]:
    """Where a layer stands: control lines in the order of their table, others after them by name."""
    order = list(CONTROLS)
    return order.index(layer[0]) if layer[0] in order else len(order), *layer


def _inside(points: Any, areas: Any) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), dtype=bool)
    # The tree is built of the points, because the query prepares its polygons: each is searched many times.
    inside[shapely.STRtree(points).query(areas, predicate="intersects")[1]] = True
    return inside


_INSIDE: dict[str, tuple[CheckOutcome, CheckOutcome]] = {
    "forbid": ("fail", "pass"),
    "require": ("pass", "fail"),
    "warn": ("warn", "pass"),
}


def _outcomes(effect: str, inside: NDArray[np.bool_]) -> NDArray[np.object_]:
    within, without = _INSIDE[effect]
    return np.where(inside, np.array(within, dtype=object), np.array(without, dtype=object))
