"""A run beside the earlier one that its study names."""

from __future__ import annotations

import dataclasses
import json

from circle15 import judge
from circle15.core.results import Audit
from circle15.read.run import read_run, run_of
from circle15.show.manifest import manifest
from circle15.show.tables import tables
from circle15.study import Study


def compared(study: Study, audit: Audit) -> Audit:
    """The audit with what changed since the run under ``[show] compare``; as it is where the study names none.

    Both runs are compared as they are written. Raises InputError where the folder holds no run.
    """
    if study.compare is None:
        return audit
    described = json.loads(json.dumps(manifest(audit, {})))
    run = run_of(described, tables(audit), study.name)
    return dataclasses.replace(audit, changes=judge.changes(read_run(study.compare), run))
