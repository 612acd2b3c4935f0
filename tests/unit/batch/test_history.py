"""Every run of a batch is kept, and any two of them can be compared, wherever the history lies."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from circle15.batch import open_archive
from circle15.cli import app
from tests.batches import batch, write_study
from tests.postgis import PASSWORD, Server, execute

DATABASE = "league"


@pytest.fixture(scope="module")
def address(postgis_server: Server) -> str:
    """An empty database for a history."""
    execute(postgis_server, f"CREATE DATABASE {DATABASE}")
    return postgis_server.as_user(PASSWORD, DATABASE)


def run_three(folder, **orders):
    """Run 1: a and b. Run 2: b has fewer beds and c is new. Run 3: as run 2, but without a."""
    a = write_study(folder, "a", (1000, 5, 4))
    b = write_study(folder, "b", (1000, 5, 4))
    batch([a, b], folder / "out", **orders)
    write_study(folder, "b", (1000, 3, 4))
    c = write_study(folder, "c", (1000, 5, 4))
    batch([a, b, c], folder / "out", **orders)
    batch([b, c], folder / "out", **orders)
    return folder / "out"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The three runs in the file of their output folder."""
    return run_three(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="module")
def database(tmp_path_factory, address):
    """The same three in a database."""
    out = run_three(tmp_path_factory.mktemp("served"), archive=open_archive(address))
    assert not (out / "batch" / "history.sqlite").exists()
    return address


@pytest.fixture(params=["folder", "database"])
def runs(request):
    return request.getfixturevalue(request.param)


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


def printed(place: object, pair: tuple[str, str], form: str) -> str:
    return CliRunner().invoke(app, ["diff", *(f"{place}{each}" for each in pair), "--format", form]).stdout


@pytest.mark.parametrize("form", ["human", "csv", "json"])
@pytest.mark.parametrize("pair", [("@1", "@2"), ("@2", ""), ("@3", "@1"), ("", "@3")])
def test_both_doors_give_the_same_answers(folder, database, postgis_server, form, pair):
    """The file and the database: every byte of what is printed, but for their names."""
    shown = f"postgresql://127.0.0.1:{postgis_server.port}/{DATABASE}"
    answers = {
        printed(place, pair, form).replace(name, "OUT").replace("OUT/batch/history.sqlite", "OUT")
        for place, name in ((folder, str(folder)), (database, shown))
    }
    assert len(answers) == 1
    assert answers != {""}


def test_a_run_of_each_door_can_be_compared(folder, database):
    text = diff(f"{folder}@2", f"{database}@2").stdout
    assert "有变化的研究 0 个，无变化的 3 个" in text


def test_the_name_alone_stands_for_its_latest_run(runs):
    text = diff(f"{runs}@2", runs).stdout
    assert "有变化的研究 0 个，无变化的 2 个" in text
    assert "不再有的研究 1 个：a" in text


def test_the_table_of_changes_names_the_study(runs):
    rows = list(csv.DictReader(io.StringIO(diff(f"{runs}@1", f"{runs}@2", "--format", "csv", code=1).stdout)))
    assert {(row["study_id"], row["change"]) for row in rows} == {
        ("b", "input"), ("b", "rule"), ("b", "lost"), ("b", "share"), ("b", "ratio"), ("c", "added"),
    }  # fmt: skip


def test_a_run_that_is_not_there_is_said(runs):
    assert "有：1, 2, 3" in diff(runs, f"{runs}@7", code=2).stderr


def test_a_batch_and_a_study_cannot_be_compared(folder, runs):
    assert "一个是批量评估" in diff(runs, f"{folder}/data/processed/b", code=2).stderr


def test_a_history_that_is_not_ours_is_said(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "batch" / "history.sqlite").write_bytes(b"something else, and long enough to be no database" * 99)
    assert "无法读写历史库" in diff(copy, copy, code=2).stderr


def asked(folder, *queries):
    with closing(sqlite3.connect(folder / "batch" / "history.sqlite")) as database:
        return [database.execute(query).fetchall() for query in queries]


BEDS = "SELECT run, covered FROM figures WHERE unit_id = 'b' AND basis = 'tasks' ORDER BY run"
STUDIES = "SELECT run, count(*) FROM league GROUP BY run ORDER BY run"
COUNTS = "SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM content)"


def test_figures_of_all_runs_are_in_the_database_and_equal_tables_once(folder, database, postgis_server):
    assert database
    queries = (BEDS, STUDIES, COUNTS)
    here = asked(folder, *queries)
    there = [execute(postgis_server, "SET search_path TO circle15", query, database=DATABASE) for query in queries]
    beds, studies, [(files, contents)] = here
    assert beds == [(1, 5.0), (2, 3.0), (3, 3.0)]
    assert studies == [(1, 2), (2, 3), (3, 2)]
    assert (files, contents < files) == (4 * (2 + 3 + 2), True)
    assert there == here
