"""One worker, several processes, Dask: the same bytes; and what only the command line knows."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from circle15.batch import parse_size
from circle15.cli import app
from circle15.core.errors import ConfigError
from tests.batches import batch, contents, write_study


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


@pytest.mark.parametrize(
    "crew", [("--workers", "2"), ("--cluster", "local", "--workers", "2")], ids=["processes", "Dask"]
)
def test_every_crew_writes_the_same_bytes(towns, crew, monkeypatch):
    folder, expected = towns
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")]))
    out = crew[0].strip("-")
    done = call("towns", "--out", out, *crew, code=2, folder=folder)
    assert contents(folder / out) == expected
    assert "未能运行 towns/c/study.toml" in done.stdout
    assert re.search(r"\[3/3\] towns/\w/study.toml", done.stderr)


def test_formats(towns):
    folder, _ = towns
    found = json.loads(call("towns/a", "--out", "f", "--workers", "1", "--format", "json", "-q", folder=folder).stdout)
    assert found["studies"][0]["study_id"] == "a"


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


def test_a_process_that_takes_too_much_memory_is_a_row(towns, monkeypatch):
    folder, _ = towns
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")]))
    done = call("towns/a", "--out", "m", "--max-memory", "10MB", "-q", code=2, folder=folder)
    assert "--max-memory 的 0.01 GB" in done.stdout
