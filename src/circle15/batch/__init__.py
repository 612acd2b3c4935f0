"""Many runs: many studies into one table, and what changed between two runs."""

from __future__ import annotations

from circle15.batch.archive import open_archive
from circle15.batch.campaign import Orders, Outcome, run_batch
from circle15.batch.cluster import Cluster
from circle15.batch.diff import diff
from circle15.batch.entries import find_entries
from circle15.batch.meter import parse_size
from circle15.batch.seats import Crew, Seats
from circle15.batch.store import is_address

__all__ = [
    "Cluster",
    "Crew",
    "Orders",
    "Outcome",
    "Seats",
    "diff",
    "find_entries",
    "is_address",
    "open_archive",
    "parse_size",
    "run_batch",
]
