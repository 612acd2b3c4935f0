"""Every run of a batch is kept, and any two of them can be compared."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from circle15.cli import app
from tests.batches import batch, write_study


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run 1: a and b. Run 2: b has fewer beds and c is new. Run 3: as run 2, but without a."""
    folder = tmp_path_factory.mktemp("history")
    a = write_study(folder, "a", (1000, 5, 4))
    b = write_study(folder, "b", (1000, 5, 4))
    batch([a, b], folder / "out")
    write_study(folder, "b", (1000, 3, 4))
    c = write_study(folder, "c", (1000, 5, 4))
    batch([a, b, c], folder / "out")
    batch([b, c], folder / "out")
    return folder / "out"


def diff(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def test_two_runs_of_a_batch_are_compared_study_by_study(runs):
    """b had 5 beds for a task of 4 and 1,000 people, and has 3: both of its rules are failed, the binding one too."""
    found = json.loads(diff(f"{runs}@1", f"{runs}@2", "--format", "json", code=1).stdout)
    assert (found["same"], found["added"], found["removed"], list(found["studies"])) == (1, ["c"], [], ["b"])
    rules = {each["rule_id"]: (each["before"], each["after"]) for each in found["studies"]["b"]["rules"]}
    assert rules == {"T-1": ("pass", "fail"), "T-2": ("pass", "fail")}


def test_the_folder_alone_stands_for_its_latest_run(runs):
    text = diff(f"{runs}@2", runs).stdout
    assert "有变化的研究 0 个，无变化的 2 个" in text
    assert "不再有的研究 1 个：a" in text


def test_the_table_of_changes_names_the_study(runs):
    rows = list(csv.DictReader(io.StringIO(diff(f"{runs}@1", f"{runs}@2", "--format", "csv", code=1).stdout)))
    assert {(row["study_id"], row["change"]) for row in rows} == {
        ("b", "input"), ("b", "rule"), ("b", "lost"), ("b", "share"), ("b", "ratio"), ("c", "added"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["{0}@7", "{0}/data/processed/b"], ids=["no such run", "a study"])
def test_what_cannot_be_compared_is_refused(runs, name):
    message = diff(runs, name.format(runs), code=2).stderr
    assert ("有：1, 2, 3" in message) or ("一个是批量评估" in message)


def test_a_history_that_is_not_ours_is_said(runs, tmp_path):
    copy = shutil.copytree(runs, tmp_path / "copy")
    (copy / "batch" / "history.sqlite").write_bytes(b"something else, and long enough to be no database" * 99)
    assert "无法读写历史库" in diff(copy, copy, code=2).stderr


def test_figures_of_all_runs_are_in_the_database_and_equal_tables_once(runs):
    with closing(sqlite3.connect(runs / "batch" / "history.sqlite")) as database:
        asked = "SELECT run, covered FROM figures WHERE unit_id = 'b' AND basis = 'tasks' ORDER BY run"
        assert database.execute(asked).fetchall() == [(1, 5.0), (2, 3.0), (3, 3.0)]
        (files,), (contents,) = (
            database.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("file", "content")
        )
        assert (files, contents < files) == (4 * (2 + 3 + 2), True)
        assert database.execute("SELECT run, count(*) FROM league GROUP BY run").fetchall() == [(1, 2), (2, 3), (3, 2)]
