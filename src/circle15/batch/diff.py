"""Two runs that lie in folders, compared."""

from __future__ import annotations

from pathlib import Path

from circle15 import judge
from circle15.core.changes import Changes
from circle15.read.run import read_run


def diff(before: Path, after: Path) -> Changes:
    """What changed from the run of one folder to that of another. Raises InputError for a folder that is no run."""
    return judge.changes(read_run(before), read_run(after))
