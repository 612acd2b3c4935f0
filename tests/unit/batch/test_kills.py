"""Whoever is killed at any write, sync or rename leaves whole files, and --resume ends as if nothing had been."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from circle15.batch import journal
from circle15.show import files
from tests.batches import batch, contents, write_study

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked to be killed")

SHORT = 3
STUDIES = Path("towns")


def write_studies(folder: Path) -> None:
    write_study(folder / STUDIES, "a", (1000, 5, 4), (1000, 3, 4))
    write_study(folder / STUDIES, "b", (2000, 4, 5))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What an undisturbed batch leaves, and how many points it passes at which it could be killed."""
    folder = tmp_path_factory.mktemp("whole")
    write_studies(folder)
    with contextlib.chdir(folder):
        passed = killed_at(folder, 0)
        assert contents(folder / "out") == contents_of_a_batch(folder)
    return contents(folder / "out"), passed


def contents_of_a_batch(folder: Path) -> dict[str, bytes]:
    batch([STUDIES], folder / "plain")
    return contents(folder / "plain")


def killed_at(folder: Path, point: int) -> int:
    """Run the batch in a process that is killed at a point; says how many points it passed if it was not."""
    tally = folder / "tally"
    child = os.fork()
    if child == 0:
        try:
            with Deadly(point) as deadly:
                batch([STUDIES], folder / "out", resume=True)
            tally.write_text(str(deadly.passed), encoding="utf-8")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if point:
        assert os.WIFSIGNALED(status), f"there is no point {point}"
        return point
    return int(tally.read_text(encoding="utf-8"))


def write_half(path: Path, pieces: Iterable[bytes]) -> None:
    data = b"".join(pieces)
    path.write_bytes(data[: len(data) // 2])


class Deadly:
    """Counts writes, syncs and renames, and kills the process at one of them: half a write, before a sync or rename."""

    def __init__(self, point: int) -> None:
        self.point = point
        self.passed = 0

    def __enter__(self) -> Deadly:
        patch: Any = pytest.MonkeyPatch()
        patch.setattr(files, "_write", self.half(files._write, write_half))
        patch.setattr(
            journal, "_write_whole", self.half(journal._write_whole, lambda handle, data: os.write(handle, data[:-9]))
        )
        for name in ("fsync", "replace", "rename", "mkdir", "unlink"):
            patch.setattr(os, name, self.half(getattr(os, name), lambda *_, **__: None))
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def half(self, real: Callable[..., Any], begin: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.passed += 1
            if self.passed == self.point:
                begin(*arguments, **named)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return counted


def check_point(folder: Path, point: int, expected: dict[str, bytes]) -> None:
    """Killed there, resumed: the same bytes. Killed there with --resume again and again, too."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    killed_at(folder, point)
    assert_whole(folder / "out", expected)
    outcome = batch([STUDIES], folder / "out", resume=True)
    assert [record["study"] for record in outcome.records] == ["towns/a/study.toml", "towns/b/study.toml"]
    assert contents(folder / "out") == expected


def assert_whole(out: Path, expected: dict[str, bytes]) -> None:
    """Every file under its own name is what it will be; an announced manifest and staged files are not results."""
    for name, data in contents(out).items():
        if not name.endswith((files.STAGED, "manifest.json")):
            assert data == expected[name], name


def test_killed_at_a_few_points_and_resumed_the_files_are_the_same(whole, tmp_path, monkeypatch):
    expected, passed = whole
    write_studies(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert passed > 100
    for point in random.Random(8).sample(range(1, passed + 1), SHORT):
        check_point(tmp_path, point, expected)


@pytest.mark.long
def test_killed_at_every_point_and_resumed_the_files_are_the_same(whole, tmp_path, monkeypatch):
    expected, passed = whole
    write_studies(tmp_path)
    monkeypatch.chdir(tmp_path)
    for point in range(1, passed + 1):
        check_point(tmp_path, point, expected)


def test_killed_again_and_again_a_batch_still_comes_to_its_end(whole, tmp_path, monkeypatch):
    expected, passed = whole
    write_studies(tmp_path)
    monkeypatch.chdir(tmp_path)
    for point in (passed // 5, passed // 4, 20):
        killed_at(tmp_path, point)
    batch([STUDIES], tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == expected


# ---- the program as users start it ---------------------------------------------------------------------------

PROGRAM = "from circle15.cli import main; main()"


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    places = [str(folder / STUDIES), "--out", str(folder / "out")]
    command = [sys.executable, "-c", PROGRAM, "batch", *places, "-q", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def family(process: int) -> list[int]:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return [each.pid for each in psutil.Process(process).children(recursive=True)]
    return []


@pytest.mark.long
def test_fifty_random_kills_of_driver_and_workers_lose_nothing(tmp_path):
    """Each time the driver or one of its workers gets SIGKILL after a random while; then the batch goes on."""
    chance = random.Random(50)
    for number in range(40):
        write_study(tmp_path / STUDIES, f"s{number:02d}", (1000 + number, 5, 4), (1000, None, 4))
    assert start(tmp_path, "--workers", "2").wait() in (0, 1)
    expected = contents(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    kills = 0
    while kills < 50:
        process = start(tmp_path, "--workers", "2", "--resume")
        victims = [process.pid] if chance.random() < 0.6 else []
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(1.0, 14.0))
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(victims or family(process.pid) or [process.pid]), signal.SIGKILL)
            kills += 1
        if not victims:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(1.0, 5.0))
            process.kill()
        process.wait()
        if (tmp_path / "out" / "batch" / "batch.csv").exists():
            assert contents(tmp_path / "out") == expected
            shutil.rmtree(tmp_path / "out")
    assert start(tmp_path, "--workers", "2", "--resume").wait() in (0, 1)
    assert contents(tmp_path / "out") == expected


STUBBORN = textwrap.dedent(
    """
    import os, signal, sys, time
    from pathlib import Path
    from circle15 import pipeline
    from circle15.cli import main

    real = pipeline.whole

    def whole(study, *rest):
        if study.study_id == "b":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(study, *rest)

    pipeline.whole = whole
    if __name__ == "__main__":
        main()
    """
)


@pytest.mark.long
def test_a_worker_that_dies_of_a_study_is_replaced_and_the_others_are_done(tmp_path):
    write_studies(tmp_path)
    write_study(tmp_path / STUDIES, "c", (1000, 5, 4))
    (tmp_path / "stubborn.py").write_text(STUBBORN, encoding="utf-8")
    places = [str(tmp_path / STUDIES), "--out", str(tmp_path / "out")]
    options = ["--workers", "1", "-q", "--format", "csv"]
    command = [sys.executable, str(tmp_path / "stubborn.py"), "batch", *places, *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 2, done.stderr
    rows = done.stdout.splitlines()
    assert "done,0" in rows[1]
    assert "计算进程意外终止" in rows[2]
    assert "done,0" in rows[3]
    assert "Traceback" not in done.stderr
