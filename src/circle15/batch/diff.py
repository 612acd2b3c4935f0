"""Two runs compared: those of studies that lie in folders, or those of batches that their history keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from circle15 import judge
from circle15.batch.archive import Archive, Embedded, Served
from circle15.batch.campaign import FOLDER, HISTORY
from circle15.batch.history import History
from circle15.core.changes import BatchChanges, Changes, Run
from circle15.core.errors import InputError
from circle15.core.text import Text
from circle15.read.run import read_run
from circle15.read.spec import is_database

_NUMBERED = re.compile(r"(.*)@(\d+)")
# The login of an address has an @ of its own: the number stands behind the name of the database.
_NUMBERED_ADDRESS = re.compile(r"([^:]+:/*[^/]*/.*)@(\d+)")


def diff(before: str, after: str) -> Changes | BatchChanges:
    """What changed from one run to the other.

    A run is the results folder of a study; or the output folder of a batch, or the address of the database that keeps
    its history, by itself the latest run, with ``@2`` the second. Raises InputError for what is no run, and where one
    is of a study and the other of a batch.
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
    numbered = (_NUMBERED_ADDRESS if is_database(name) else _NUMBERED).fullmatch(name)
    archive = _archive(name)
    if numbered and (is_database(name) or not archive.exists()):
        return _found(_archive(numbered[1]), int(numbered[2]))
    return _found(archive, None)


def _archive(place: str) -> Archive:
    return Served(place) if is_database(place) else Embedded(Path(place) / FOLDER / HISTORY)


def _found(archive: Archive, number: int | None) -> tuple[History, int] | None:
    """That run of an archive, without a number its latest; None where there is no history in a folder."""
    if not (archive.is_shared or archive.exists()):
        return None
    history = History(archive)
    return history, history.last() if number is None else number


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
    return f"{history.archive.name}@{run}"
