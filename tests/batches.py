"""Batches of small studies of tables alone, run in this process, and what of their files must be the same."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from circle15.batch import Orders, Outcome, find_entries, run_batch
from circle15.batch.seats import Lost
from circle15.batch.work import Record, Task, attend
from circle15.show.files import LOCKED
from tests import studies

PACK = """\
schema = 1
id = "small"
title = "虚构方案"
source = "虚构"
legal_status = "in_force"

[pace]
adult = 1.2

[[rule]]
id = "T-1"
kind = "ratio"
targets = ["day_care"]
level = "county"
numerator = [{ of = "zones", column = "beds" }]
per_zone = "beds_task"
limit = { op = ">=", unit = "张" }
force = "expected"
verified = true
clause = "每个单元完成床位任务"

[[rule]]
id = "T-2"
kind = "ratio"
targets = ["day_care"]
level = "study"
numerator = [{ of = "zones", column = "beds" }]
denominator = [{ of = "people", column = "population" }]
per = 1000
limit = { op = ">=", value = 4, unit = "张/千人" }
force = "binding"
verified = true
clause = "每千人不少于4张"
"""

# What may differ between equal runs, and what only says how far a run came.
_APART = ("batch_log.csv", "journal.jsonl", "history.sqlite")


def write_study(folder: Path, study_id: str, *units: tuple[int, int | None, int], show: str = '["tables"]') -> Path:
    """A study of units, each with its population, its beds (None: not reported) and its task."""
    (folder / study_id).mkdir(parents=True, exist_ok=True)
    (folder / study_id / "pack.toml").write_text(PACK, encoding="utf-8")
    rows = [
        {
            "id": f"{study_id}-{number}",
            "name": f"单元{number}",
            "level": "county",
            "population": people,
            "beds_task": task,
        }
        | ({} if beds is None else {"beds": beds})
        for number, (people, beds, task) in enumerate(units)
    ]
    path = studies.write(folder / study_id, "pack.toml", {"zone_table": rows})
    text = path.read_text(encoding="utf-8").replace('id = "case"', f'id = "{study_id}"')
    path.write_text(f"{text}[show]\noutputs = {show}\n", encoding="utf-8")
    return path


class Alone:
    """A crew of this very process: nothing is started, and what is counted here is all that is done."""

    def __init__(self, work: Callable[[Task], Record | Lost] = attend) -> None:
        self.waiting: deque[Task] = deque()
        self.work = work

    @property
    def free(self) -> int:
        return 1 - len(self.waiting)

    @property
    def busy(self) -> int:
        return len(self.waiting)

    def give(self, task: Task) -> None:
        self.waiting.append(task)

    def take(self) -> tuple[Task, Record | Lost]:
        task = self.waiting.popleft()
        return task, self.work(task)

    def close(self) -> None:
        self.waiting.clear()


class Counting:
    """Attends to studies and remembers which; some end otherwise, as often as is said."""

    def __init__(self, otherwise=()) -> None:
        self.seen: list[str] = []
        self.otherwise = {study_id: list(answers) for study_id, answers in dict(otherwise).items()}

    def __call__(self, task):
        self.seen.append(task.study_id)
        answers = self.otherwise.get(task.study_id)
        if answers:
            answer = answers.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return attend(task)


class Clock:
    """One second later whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def batch(
    names: Sequence[Path | str], out: Path, work: Callable[[Task], Record | Lost] = attend, **orders: Any
) -> Outcome:
    """Run a batch in this process."""
    entries = find_entries([str(each) for each in names])
    return run_batch(entries, Orders(out=out, **orders), lambda: Alone(work), Clock(), lambda *_: None)


def contents(out: Path) -> dict[str, bytes]:
    """Every file of an output folder by name, without those that may differ; manifests without their times."""
    paths = (path for path in sorted(out.rglob("*")) if path.is_file() and not is_apart(path))
    return {path.relative_to(out).as_posix(): contents_of(path) for path in paths}


def is_apart(path: Path) -> bool:
    """Whether a file may differ between equal runs."""
    return path.name in _APART or path.name.endswith(LOCKED)


def contents_of(path: Path) -> bytes:
    """A file; a manifest without its times."""
    data = path.read_bytes()
    if path.name != "manifest.json":
        return data
    return json.dumps({key: value for key, value in json.loads(data).items() if key != "times"}).encode()


def assert_as_here(answer: Record | Lost, task: Task, out: Path) -> None:
    """What a process elsewhere made of a study is what this one makes of it: the record and every byte."""
    assert isinstance(answer, dict)
    here = attend(replace(task, out=out))
    assert {**answer, "log": None} == {**here, "log": None}
    assert contents(task.out) == contents(out)
