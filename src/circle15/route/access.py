"""Access of homes to the counted facilities of one rule: a distance or a reason, never a sentinel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.route.network import Ints, Network
from circle15.route.reach import nearest
from circle15.route.snap import Anchors
from circle15.route.straight import nearest_straight


@dataclass(frozen=True, slots=True)
class Places:
    """Points with their ids and anchors, all in one row order. ``mm``: int64 [n, 2], study CRS."""

    ids: NDArray[np.object_]
    mm: Ints
    anchors: Anchors

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Any) -> Places:
        """The places of these rows, in this order."""
        return Places(self.ids[rows], self.mm[rows], self.anchors.take(rows))

    def order(self) -> Ints:
        """The rank of each place by its id as text: it decides between equally near ones."""
        rank = np.empty(len(self.ids), dtype=np.int64)
        rank[np.argsort(self.ids.astype(str), kind="stable")] = np.arange(len(self.ids))
        return rank


def access(network: Network, homes: Places, facilities: Places, cutoff_mm: int | None) -> Any:
    """Access rows of every home, in row order, without ``rule_id``: see :class:`circle15.core.tables.Access`.

    No facility at all: unreachable. Facilities of which none stands near a street: not_assessed. A home far from
    every street: not_snapped, and a straight-line distance all the same.
    """
    size = len(homes)
    state = np.full(size, "unreachable", dtype=object)
    frame = {"area_id": homes.ids, "facility_id": np.full(size, None, dtype=object)}
    for column in ("distance_mm", "home_leg_mm", "facility_leg_mm", "straight_mm"):
        frame[column] = pd.array([pd.NA] * size, dtype="Int64")
    frame["straight_facility_id"] = np.full(size, None, dtype=object)
    snapped = homes.anchors.snapped
    frame["home_leg_mm"][snapped] = homes.anchors.leg_mm[snapped]
    if len(facilities):
        _fill_straight(frame, homes, facilities)
        _fill_network(frame, state, network, homes, facilities, cutoff_mm)
    return pd.DataFrame({**frame, "state": state})


def _fill_straight(frame: dict[str, Any], homes: Places, facilities: Places) -> None:
    mm, row = nearest_straight(homes.mm, facilities.mm, facilities.order())
    frame["straight_mm"] = pd.array(mm, dtype="Int64")
    frame["straight_facility_id"] = facilities.ids[row]


def _fill_network(
    frame: dict[str, Any], state: Any, network: Network, homes: Places, facilities: Places, cutoff_mm: int | None
) -> None:
    if not facilities.anchors.snapped.any():
        state[:] = "not_assessed"
    state[~homes.anchors.snapped] = "not_snapped"
    found = nearest(network, homes.anchors, facilities.anchors, facilities.order())
    beyond = found.reached & (found.mm > cutoff_mm) if cutoff_mm is not None else np.zeros(len(homes), dtype=bool)
    reached = found.reached & ~beyond
    state[beyond], state[reached] = "beyond_cutoff", "reached"
    facility = found.facility[reached]
    frame["distance_mm"][reached] = found.mm[reached]
    frame["facility_id"][reached] = facilities.ids[facility]
    frame["facility_leg_mm"][reached] = facilities.anchors.leg_mm[facility]
