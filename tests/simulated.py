"""A country of invented studies whose batch is killed and resumed, and whether anything shows of that."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

import circle15
from tests.batches import contents_of, is_apart, write_study

# How many units a study has: a logarithmic normal distribution round this median, from one to at most so many.
MEDIAN, SIGMA, MOST = 12, 0.8, 200
KILLS = 3
_PROGRAM = "from circle15.cli import main; main()"
_LOOK_S = 0.02


def sizes(count: int, seed: int) -> list[int]:
    """The number of units of each study, drawn by lot."""
    drawn = np.random.default_rng(seed).lognormal(np.log(MEDIAN), SIGMA, count)
    return [int(each) for each in np.clip(np.rint(drawn), 1, MOST)]


def write_country(folder: Path, count: int, seed: int) -> None:
    """So many studies of tables, each in a folder of its own; a unit in twenty has not reported."""
    random = np.random.default_rng(seed + 1)
    for number, size in enumerate(sizes(count, seed)):
        people, tasks = random.integers(1_000, 900_000, size), random.integers(4, 4_000, size)
        beds = [
            None if lot < 0.05 else int(task * lot * 2) for task, lot in zip(tasks, random.random(size), strict=True)
        ]
        units = [(int(one), there, int(task)) for one, there, task in zip(people, beds, tasks, strict=True)]
        write_study(folder, f"s{number:04d}", *units)


def start(studies: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """The program as users start it, found where this process has it."""
    sources = Path(circle15.__file__).parents[1]
    command = [sys.executable, "-c", _PROGRAM, "batch", studies.name, "--out", str(out), "-q", *options]
    return subprocess.Popen(
        command,
        cwd=studies.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(sources), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def done(out: Path) -> int:
    """How many studies the journal holds."""
    with contextlib.suppress(FileNotFoundError):
        return (out / "batch" / "journal.jsonl").read_bytes().count(b'\n{"study":')
    return 0


def killed_and_resumed(studies: Path, out: Path, count: int, *options: str) -> list[int]:
    """Run a batch that gets SIGKILL three times on its way; says how many studies were done each time.

    Raises AssertionError where a run ends by itself before its kill, or does not end well after the last.
    """
    found = []
    for number in range(1, KILLS + 1):
        process = start(studies, out, "--resume", *options)
        while done(out) < count * number // (KILLS + 1):
            assert process.poll() is None, f"ended with {process.returncode} before it was killed"
            time.sleep(_LOOK_S)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        found.append(done(out))
    assert start(studies, out, "--resume", *options).wait() in {0, 1}
    return found


def digests(out: Path) -> dict[str, str]:
    """The hash of every file that may not differ, by name."""
    paths = (path for path in sorted(out.rglob("*")) if path.is_file() and not is_apart(path))
    return {path.relative_to(out).as_posix(): hashlib.sha256(contents_of(path)).hexdigest() for path in paths}


def rows_of(out: Path) -> Counter[str]:
    """How often each study stands in the table of all."""
    with (out / "batch" / "batch.csv").open(encoding="utf-8-sig", newline="") as opened:
        return Counter(row["study_id"] for row in csv.DictReader(opened) if row["status"] == "done")
