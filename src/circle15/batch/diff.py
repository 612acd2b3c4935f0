"""Two runs compared: those of studies that lie in folders, or those of batches that their history keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from circle15 import judge
from circle15.batch.campaign import FOLDER, HISTORY
from circle15.batch.history import History
from circle15.core.changes import BatchChanges, Changes, Run
from circle15.core.errors import InputError
from circle15.core.text import Text
from circle15.read.run import read_run

_NUMBERED = re.compile(r"(.*)@(\d+)")


def diff(before: str, after: str) -> Changes | BatchChanges:
    """What changed from one run to the other.

    A run is the results folder of a study; or the output folder of a batch, by itself its latest run, with ``@2``
    its second. Raises InputError for what is no run, and where one is of a study and the other of a batch.
    """
    first, second = _batch(before), _batch(after)
    if first is None and second is None:
        return judge.changes(read_run(Path(before)), read_run(Path(after)))
    if first is None or second is None:
        raise InputError(
            Text(
                f"{before} 与 {after} 一个是批量评估，一个是单个研究的结果，不能比较。",
                f"{before} and {after} are a batch and a study: they cannot be compared.",
            )
        )
    return _compared(first, second)


def _batch(name: str) -> tuple[History, int] | None:
    """The history that holds a run of a batch, and its number; None for anything else."""
    numbered = _NUMBERED.fullmatch(name)
    places: list[tuple[str, int | None]] = [(name, None)]
    if numbered:
        places.append((numbered[1], int(numbered[2])))
    for place, number in places:
        history = History(Path(place) / FOLDER / HISTORY)
        if history.path.is_file():
            return history, history.last() if number is None else number
    return None


def _compared(first: tuple[History, int], second: tuple[History, int]) -> BatchChanges:
    """Study by study, so that no more than two are held at once."""
    known, found = (history.study_ids(run) for history, run in (first, second))
    studies, same = {}, 0
    for study_id, before, after in _pairs(first, second, [each for each in found if each in known]):
        changes = judge.changes(before, after)
        same += changes.is_empty
        if not changes.is_empty:
            studies[study_id] = changes
    return BatchChanges(
        before=_label(*first),
        after=_label(*second),
        studies=studies,
        same=same,
        added=tuple(each for each in found if each not in known),
        removed=tuple(each for each in known if each not in found),
    )


def _pairs(
    first: tuple[History, int], second: tuple[History, int], study_ids: list[str]
) -> Iterator[tuple[str, Run, Run]]:
    for study_id in study_ids:
        before, after = (history.study(run, study_id) for history, run in (first, second))
        yield study_id, before, after


def _label(history: History, run: int) -> str:
    return f"{history.path.parent.parent}@{run}"
