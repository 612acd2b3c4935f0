"""One worker, several processes, Dask: the same bytes; and what only the command line knows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from circle15.batch import Seats, find_entries, parse_size
from circle15.batch.meter import OVER_MEMORY, Meter
from circle15.batch.seats import Lost, threads_of_each
from circle15.batch.work import Task
from circle15.cli import app
from circle15.core.errors import ConfigError
from tests.batches import Alone, assert_as_here, batch, contents, write_study


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """Three studies, one of which cannot run, and what a batch of them writes in this process."""
    folder = tmp_path_factory.mktemp("crews")
    write_study(folder / "towns", "a", (1000, 5, 4), (1000, 3, 4))
    write_study(folder / "towns", "b", (2000, 4, 5))
    (folder / "towns" / "c").mkdir()
    (folder / "towns" / "c" / "study.toml").write_text("id = 'c'\n", encoding="utf-8")
    with contextlib.chdir(folder):
        batch(["towns"], folder / "serial")
    return folder, contents(folder / "serial")


def call(*arguments: object, code: int = 0, folder: Path | None = None):
    with contextlib.chdir(folder or Path.cwd()):
        done = CliRunner().invoke(app, ["batch", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def sources(monkeypatch):
    """Processes that are started find the program where this one does."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")]))


CREWS = {
    "processes": ("--workers", "2"),
    "Dask": ("--cluster", "local", "--workers", "2"),
}


def threads_of_kernels() -> int:
    """How many threads the kernels take in a process; called in that of a worker."""
    import numba

    return int(numba.config.NUMBA_NUM_THREADS)


def test_workers_share_the_processors_among_their_threads(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert [threads_of_each(count) for count in (1, 2, 5, 8)] == [5, 2, 1, 1]
    with closing(Seats(4)) as seats:
        assert seats._idle[0]._pool.submit(threads_of_kernels).result() == 1
    with closing(Seats(1)) as seats:
        assert seats._idle[0]._pool.submit(threads_of_kernels).result() == 5


@pytest.mark.long
@pytest.mark.parametrize("crew", CREWS)
@pytest.mark.usefixtures("sources")
def test_every_crew_writes_the_same_bytes(towns, crew):
    folder, expected = towns
    out = crew
    done = call("towns", "--out", out, *CREWS[crew], "--format", "json", code=2, folder=folder)
    assert contents(folder / out) == expected
    assert [each["study_id"] for each in json.loads(done.stdout)["studies"]] == ["a", "b", "c"]


def test_the_command_line_prints_the_table_and_its_progress(towns, monkeypatch):
    monkeypatch.setattr("circle15.batch.Seats", lambda _: Alone())
    folder, expected = towns
    done = call("towns", "--out", "printed", "--format", "json", code=2, folder=folder)
    assert contents(folder / "printed") == expected
    assert [each["study_id"] for each in json.loads(done.stdout)["studies"]] == ["a", "b", "c"]
    assert re.search(r"\[3/3\] towns/\w/study.toml", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nowhere",), "找不到 nowhere"),
        (("towns", "--scheduler", "tcp://localhost:1", "--workers", "2"), "--scheduler"),
        (("towns", "--max-memory", "much"), "不是内存大小"),
    ],
    ids=["no study", "two crews", "no size"],
)
def test_mistakes_are_one_message(towns, arguments, word):
    done = call(*arguments, "--out", "mistake", code=2, folder=towns[0])
    assert word in done.stderr
    assert "Traceback" not in done.output
    assert not (towns[0] / "mistake").exists()


def test_sizes():
    assert [parse_size(text) for text in ("4GB", "1.5 g", "800MB", "2GiB")] == [4 * 10**9, 1.5e9, 8 * 10**8, 2 * 10**9]
    for wrong in ("", "0GB", "4", "4TB"):
        with pytest.raises(ConfigError):
            parse_size(wrong)


def test_a_process_that_takes_too_much_memory_ends_itself(monkeypatch):
    """And says so by its exit code, by which the driver knows."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    with Meter(10**15), Meter():
        assert codes == []
    with Meter(10**6):
        assert set(codes) == {OVER_MEMORY}


@pytest.mark.usefixtures("sources")
def test_a_process_that_dies_of_a_study_is_replaced_by_one_that_gives_the_same_bytes(towns, tmp_path):
    """Killed while it begins: the study is lost, for which its row has a reason, and the seat takes the next."""
    folder, _ = towns
    (entry,) = find_entries([str(folder / "towns" / "a" / "study.toml")])
    task = Task(entry.study, entry.path, entry.study_id, tmp_path / "seat", None, strict=False, clock=time.time)
    with closing(Seats(1)) as seats:
        seats.give(task)
        ((seat, _),) = seats._working.values()
        assert seat._process is not None
        seat._process.kill()
        _, answer = seats.take()
        assert isinstance(answer, Lost)
        assert "计算进程意外终止" in answer.reason.zh
        seats.give(task)
        _, answer = seats.take()
    assert_as_here(answer, task, tmp_path / "here")


@pytest.mark.long
@pytest.mark.usefixtures("sources")
def test_a_study_that_takes_too_much_memory_is_a_row(towns):
    done = call("towns/a", "--out", "m", "--max-memory", "10MB", "-q", code=2, folder=towns[0])
    assert "--max-memory 的 0.01 GB" in done.stdout


# ---- Ctrl-C, and two at once ---------------------------------------------------------------------------------


class Pressed(Alone):
    """A crew whose waiting is broken off by Ctrl-C, every time."""

    def take(self):
        raise KeyboardInterrupt


def test_a_second_ctrl_c_ends_in_2_with_one_line(towns, monkeypatch):
    monkeypatch.setattr("circle15.batch.Seats", lambda _: Pressed())
    done = call("towns/a", "--out", "pressed", "-q", code=2, folder=towns[0])
    assert done.stderr.strip() == "已中断。"
    assert not (towns[0] / "pressed" / "batch" / "batch.csv").exists()


def test_a_run_does_not_write_among_the_files_of_another(towns, monkeypatch, tmp_path):
    monkeypatch.setattr("circle15.show.files._WAIT_S", 0)
    study = towns[0] / "towns" / "a" / "study.toml"
    runner, results = CliRunner(), tmp_path / "data" / "processed"
    results.mkdir(parents=True)
    with FileLock(results / ".a.lock"):
        done = runner.invoke(app, ["run", str(study), "--out", str(tmp_path), "-q"])
    assert (done.exit_code, (results / "a").exists()) == (2, False)
    assert "另一个运行正在写入" in done.stderr
    assert runner.invoke(app, ["run", str(study), "--out", str(tmp_path), "-q"]).exit_code == 0
