"""Covering instances as they lie in a file: who is within reach of whom, weights, who is served already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from circle15.siting import Problem


def load(path: Path, places: tuple[int, ...], *, served: bool = True) -> Problem:
    """What is not served yet, over the years; all of it where what is ``served`` is not to count."""
    with np.load(path) as held:
        shape = (len(held["candidate_ptr"]) - 1, len(held["weight"]))
        ones = np.ones(len(held["demand_idx"]), dtype=np.int64)
        return Problem(
            candidate_ids=tuple(f"C-{row:05}" for row in range(shape[0])),
            covers=csr_matrix((ones, held["demand_idx"], held["candidate_ptr"]), shape=shape),
            weight=held["weight"].astype(np.int64),
            depth=(~(held["covered"] & served)).astype(np.int64),
            places=places,
        )
