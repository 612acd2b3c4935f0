"""Access of homes to the counted facilities of one rule: a distance or a reason, never a sentinel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from circle15.route.network import Ints, Network
from circle15.route.places import Places
from circle15.route.reach import nearest
from circle15.route.straight import nearest_straight


def access(network: Network, homes: Places, facilities: Places, cutoff_mm: int | None) -> Any:
    """Access rows of every home, in row order, without ``rule_id``: see :class:`circle15.core.tables.Access`.

    No facility at all: unreachable. Facilities of which none stands near a street: not_assessed. A home far from
    every street, or cut off from it by a barrier: not_snapped with the reason, and a straight-line distance all the
    same. Of several gates the one with the shortest way counts.
    """
    size = len(homes)
    state = np.full(size, "unreachable", dtype=object)
    frame = {"area_id": homes.ids, "facility_id": np.full(size, None, dtype=object)}
    for column in ("distance_mm", "home_leg_mm", "facility_leg_mm", "straight_mm"):
        frame[column] = pd.array([pd.NA] * size, dtype="Int64")
    frame["straight_facility_id"] = np.full(size, None, dtype=object)
    for column in ("entrance_id", "reason"):
        frame[column] = np.full(size, None, dtype=object)
    if len(facilities):
        _fill_straight(frame, homes, facilities)
        _fill_network(frame, state, network, homes, facilities, cutoff_mm)
    else:
        _fill_legs(frame, homes, homes.best())
    return pd.DataFrame({**frame, "state": state})


def _fill_straight(frame: dict[str, Any], homes: Places, facilities: Places) -> None:
    mm, row = nearest_straight(homes.mm, facilities.mm, facilities.order())
    frame["straight_mm"] = pd.array(mm, dtype="Int64")
    frame["straight_facility_id"] = facilities.ids[row]


def _fill_network(
    frame: dict[str, Any], state: Any, network: Network, homes: Places, facilities: Places, cutoff_mm: int | None
) -> None:
    if not facilities.snapped.any():
        state[:] = "not_assessed"
    state[~homes.snapped] = "not_snapped"
    frame["reason"][~homes.snapped] = np.where(homes.barred, "barrier", "no_street")[~homes.snapped]
    order = facilities.order()
    found = nearest(network, homes.anchors, facilities.anchors, order)
    rank = np.where(found.reached, order[found.facility], 0)
    gate = homes.best(~found.reached, np.where(found.reached, found.mm, 0), rank)
    mm, facility = found.mm[gate], found.facility[gate]
    beyond = found.reached[gate] & (mm > cutoff_mm if cutoff_mm is not None else False)
    reached = found.reached[gate] & ~beyond
    state[beyond], state[reached] = "beyond_cutoff", "reached"
    frame["distance_mm"][reached] = mm[reached]
    frame["facility_id"][reached] = facilities.ids[facility[reached]]
    frame["facility_leg_mm"][reached] = facilities.anchors.leg_mm[facility[reached]]
    _fill_legs(frame, homes, gate)


def _fill_legs(frame: dict[str, Any], homes: Places, gate: Ints) -> None:
    """The leg and the gate of each home that a street is near to."""
    snapped = homes.anchors.snapped[gate]
    frame["home_leg_mm"][snapped] = homes.anchors.leg_mm[gate[snapped]]
    frame["entrance_id"][snapped] = homes.entrance_ids[gate[snapped]]
