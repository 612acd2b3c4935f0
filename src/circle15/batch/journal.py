"""The journal of a batch: what is done, on the disk before it counts, so that nothing is lost or done twice."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circle15.batch.store import Ledger
from circle15.core.changes import PROGRAM
from circle15.core.errors import OutputError
from circle15.core.text import Text
from circle15.show.files import write_all

JOURNAL = "journal.jsonl"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """What a journal tells: its run, the records of its studies by file, and whether it came to its end.

    ``key`` tells the run from all others, also from one of the same number that another history keeps.
    """

    run: int
    key: str
    began: str
    records: Mapping[str, Record] = field(default_factory=dict)
    ended: bool = False


def read_course(path: Path) -> Course | None:
    """The course of a batch so far; None where there is no journal. A line that was cut short does not count.

    Raises OutputError for a journal that this program did not write.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(path, error) from error
    lines = [found for line in text.split(b"\n")[:-1] if (found := _parsed(line)) is not None]
    if not lines or lines[0].get("program") != PROGRAM:
        raise OutputError(
            Text(
                f"{path} 不是本程序写的批量日志，不予覆盖。请换一个 --out，或移走该文件。",
                f"{path} is no journal of this program and stays. Choose another --out or move it away.",
            )
        )
    records = {line["study"]: line for line in lines[1:] if "study" in line}
    return Course(
        lines[0]["run"],
        lines[0].get("key", ""),
        lines[0]["began"],
        records,
        ended=any("ended" in line for line in lines),
    )


def _parsed(line: bytes) -> Record | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Journal:
    """A journal that is being written. Every line is on the disk, or in ``ledger``, when ``add`` returns."""

    def __init__(self, path: Path, course: Course, ledger: Ledger | None = None) -> None:
        """Begin a journal with what a course holds, in the place of whatever is there. Raises OutputError."""
        self.path = path
        self.ledger = ledger
        head, *lines = (_line(each) for each in (_head(course), *course.records.values()))
        write_all({path: b"".join((head, *lines))})
        if ledger is not None:
            ledger.begin(head, lines)

    def add(self, record: Record) -> None:
        """Add one line and see it onto the disk. Raises OutputError where that fails: then it does not count."""
        if self.ledger is not None:
            self.ledger.add(_line(record))
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
            try:
                _write_whole(handle, _line(record))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise _failed(self.path, error) from error

    def end(self, ended: str) -> None:
        """Say that every study was attended to and every table written."""
        self.add({"ended": ended})


def _head(course: Course) -> Record:
    return {"program": PROGRAM, "run": course.run, "key": course.key, "began": course.began}


def _line(record: Record) -> bytes:
    return (json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _write_whole(handle: int, data: bytes) -> None:
    """All of the data; the beginning of a line that a full disk cut short would otherwise swallow the next one."""
    at = os.lseek(handle, 0, os.SEEK_END)
    try:
        while data:
            data = data[os.write(handle, data) :]
    except OSError:
        os.ftruncate(handle, at)
        raise


def _failed(path: Path, error: OSError) -> OutputError:
    return OutputError(
        Text(
            f"无法读写批量日志 {path}：{error.strerror}。已完成的研究不受影响；排除故障后加 --resume 继续。",
            f"cannot read or write the journal {path}: {error.strerror}. What is done stays done: put that right and "
            f"continue with --resume.",
        )
    )
