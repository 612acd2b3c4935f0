"""A maximal covering problem: which candidates, over the years, cover most of what is not yet covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """Candidates (rows) cover demand (columns), after Church & ReVelle (1974).

    ``covers``: boolean matrix of raw coverage, candidates in order of their id as text. ``weight``: whole
    numbers. ``open_demand``: what no existing facility covers and so may be gained. ``stages``: sites a year.
    ``mandatory`` and ``forbidden`` are candidate rows.
    """

    candidate_ids: tuple[str, ...]
    covers: csr_matrix
    weight: Ints
    open_demand: NDArray[np.bool_]
    stages: Mapping[int, int]
    mandatory: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()

    @property
    def site_count(self) -> int:
        """How many sites the plan may have in all."""
        return sum(self.stages.values())

    @property
    def allowed(self) -> Ints:
        """Rows of the candidates that are not forbidden."""
        return np.setdiff1d(np.arange(len(self.candidate_ids)), self.forbidden)

    def covered_by(self, rows: Ints) -> NDArray[np.bool_]:
        """Which open demand the candidates of these rows cover together."""
        reached = np.asarray(self.covers[rows].sum(axis=0)).ravel() > 0
        result: NDArray[np.bool_] = reached & self.open_demand
        return result

    def gains(self, covered: NDArray[np.bool_]) -> Ints:
        """The weight each candidate would newly cover, forbidden ones nothing."""
        gain = np.asarray(self.covers @ (self.weight * (self.open_demand & ~covered)), dtype=np.int64)
        gain[list(self.forbidden)] = 0
        return gain
