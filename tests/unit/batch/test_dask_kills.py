"""Workers of a Dask cluster and its scheduler are killed: nothing is lost, nothing counts twice."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from circle15.batch import Cluster, find_entries
from circle15.batch.seats import Lost
from circle15.batch.work import Task
from tests.batches import assert_as_here, batch, contents, write_study
from tests.simulated import digests, killed_and_resumed, rows_of, start, write_country

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed as on Unix"),
    pytest.mark.usefixtures("office"),
]

STUDIES = 6


@pytest.fixture(autouse=True)
def sources(monkeypatch):
    """Processes that are started find the program where this one does."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")]))


def test_a_study_whose_dask_worker_is_killed_is_lost_and_the_next_gives_the_bytes_of_any_crew(tmp_path):
    (entry,) = find_entries([str(write_study(tmp_path, "a", (1000, 5, 4)))])
    task = Task(entry.study, entry.path, entry.study_id, tmp_path / "out", None, strict=False, clock=time.time)
    with closing(Cluster(None, 1)) as cluster:
        (process,) = cluster._client.run(os.getpid).values()
        cluster.give(task)
        os.kill(process, signal.SIGKILL)
        _, answer = cluster.take()
        assert isinstance(answer, Lost)
        assert "Dask 计算进程意外终止" in answer.reason.zh
        cluster.give(task)
        _, answer = cluster.take()
    assert_as_here(answer, task, tmp_path / "here")


# ---- whole clusters ------------------------------------------------------------------------------------------


@pytest.fixture
def towns(tmp_path):
    """Some studies, and what an undisturbed batch of them writes."""
    for number in range(STUDIES):
        write_study(tmp_path / "towns", f"s{number}", (1000 + number, 5, 4), (1000, None, 4))
    with contextlib.chdir(tmp_path):
        batch(["towns"], tmp_path / "plain")
    yield tmp_path, contents(tmp_path / "plain")
    shutil.rmtree(tmp_path, ignore_errors=True)


def started(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


class Machines:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.file.unlink(missing_ok=True)
        options = ("--scheduler-file", self.file, "--no-dashboard")
        self.scheduler = started("-m", "distributed.cli.dask_scheduler", "--port", "0", *options)
        self.workers = [self.hire() for _ in range(2)]
        wait_until(self.file.exists)
        wait_until(lambda: self.address)

    @property
    def address(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            return str(json.loads(self.file.read_text(encoding="utf-8"))["address"])
        return ""

    def hire(self) -> subprocess.Popen[bytes]:
        options = ("--scheduler-file", self.file, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return started("-m", "distributed.cli.dask_worker", *options)

    def batch(self, folder: Path, *options: str) -> subprocess.Popen[bytes]:
        program = "import os, sys; os.chdir(sys.argv.pop(1)); from circle15.cli import main; main()"
        wait_until(lambda: workers_of(self.address) >= 1)
        return started("-c", program, folder, "batch", "towns", "--out", "out", "--scheduler", self.address, *options)

    def close(self) -> None:
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()


def workers_of(address: str) -> int:
    from distributed import Client

    with Client(address, set_as_default=False, timeout="30s") as client:
        return len(client.nthreads())


def wait_until(holds, seconds: float = 120) -> None:
    """Look until it holds. Only a program that hangs reaches the end of the time."""
    for _ in range(int(seconds * 20)):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came about")


def done(folder: Path) -> int:
    """How many studies the journal holds."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / "out" / "batch" / "journal.jsonl").read_bytes().count(b'"study":')
    return 0


@pytest.fixture
def machines(tmp_path) -> Iterator[Machines]:
    with closing(Machines(tmp_path)) as found:
        yield found


@pytest.mark.long
def test_killed_dask_workers_are_done_without(towns, machines):
    """One after the other, a new one for each: a study is tried three times, and no kill hits one three times."""
    folder, expected = towns
    process = machines.batch(folder)
    for victim in (0, 1):
        wait_until(lambda count=victim + 1: done(folder) >= count)
        machines.workers.append(machines.hire())
        wait_until(lambda: workers_of(machines.address) >= 3)
        machines.workers[victim].kill()
        machines.workers[victim].wait()
    assert process.wait() in {0, 1}
    assert contents(folder / "out") == expected


@pytest.mark.long
def test_a_killed_scheduler_ends_in_2_and_resume_does_the_rest(towns, machines, tmp_path):
    folder, expected = towns
    process = machines.batch(folder)
    wait_until(lambda: done(folder) >= 2)
    machines.scheduler.kill()
    assert process.wait() == 2
    kept = done(folder)
    machines.close()
    assert not (folder / "out" / "batch" / "batch.csv").exists()
    with closing(Machines(tmp_path)) as others:
        assert others.batch(folder, "--resume").wait() in {0, 1}
    assert contents(folder / "out") == expected
    assert 2 <= kept < STUDIES


# ---- a country -----------------------------------------------------------------------------------------------

COUNTRY, SEED = 60, 2800


@pytest.mark.long
def test_a_country_killed_three_times_has_every_study_once_and_the_bytes_of_an_undisturbed_run(tmp_path):
    """As ``scripts/bench batch-killed`` does it with 2,800."""
    studies = tmp_path / "country"
    write_country(studies, COUNTRY, SEED)
    crew = ("--cluster", "local", "--workers", "2")
    kept = killed_and_resumed(studies, tmp_path / "out", COUNTRY, *crew)
    assert kept == sorted(kept)
    assert rows_of(tmp_path / "out") == dict.fromkeys((f"s{number:04d}" for number in range(COUNTRY)), 1)
    assert start(studies, tmp_path / "plain", *crew).wait() in {0, 1}
    assert digests(tmp_path / "out") == digests(tmp_path / "plain")
