"""Batches: what is counted, what is tried again, what goes on, and what every interruption leaves behind."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from filelock import FileLock

from circle15.batch.archive import Embedded
from circle15.batch.history import History
from circle15.batch.seats import Lost
from circle15.batch.work import attend
from circle15.core.errors import NothingToDoError, OutputError
from circle15.core.text import Text
from circle15.show import files
from tests.batches import Counting, batch, contents, write_study

LOST = Lost(Text("进程终止", "process died"))


TOWNS = Path("towns")


def write_towns(folder: Path) -> None:
    write_study(folder / TOWNS, "a", (1000, 5, 4), (1000, 3, 4))
    write_study(folder / TOWNS, "b", (2000, 4, 5))
    write_study(folder / TOWNS, "c", (500, None, 4), (500, 4, 4))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What an undisturbed batch of the three towns writes."""
    folder = tmp_path_factory.mktemp("whole")
    write_towns(folder)
    with contextlib.chdir(folder):
        batch([TOWNS], folder / "out")
    return contents(folder / "out")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A batch of the three towns that was interrupted before the last of them."""
    folder = tmp_path_factory.mktemp("stopped")
    write_towns(folder)
    with contextlib.chdir(folder):
        outcome = batch([TOWNS], folder / "out", Counting({"c": [KeyboardInterrupt()]}))
    assert (len(outcome.records), outcome.exit_code, outcome.league) == (2, 2, None)
    return folder / "out"


@pytest.fixture
def halfway(stopped, tmp_path):
    """The output folder of that batch, beside the towns."""
    return shutil.copytree(stopped, tmp_path / "out")


@pytest.fixture
def towns(tmp_path, monkeypatch):
    """The three towns, named from the folder they lie in."""
    write_towns(tmp_path)
    monkeypatch.chdir(tmp_path)
    return TOWNS


def table(out: Path, name: str = "batch") -> list[dict[str, str]]:
    with (out / "batch" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


# ---- the table -----------------------------------------------------------------------------------------------


def test_a_study_that_cannot_run_is_a_row_and_stops_no_other(towns, tmp_path):
    (towns / "b" / "study.toml").write_text("schema = 1\nid = 'b'\n", encoding="utf-8")
    (towns / "c" / "zone_table.csv").write_text("zone_id\n", encoding="utf-8")
    outcome = batch([towns], tmp_path / "out")
    rows = {row["study_id"]: row for row in table(tmp_path / "out")}
    assert {key: (row["status"], row["exit_code"]) for key, row in rows.items()} == {
        "a": ("done", "0"),
        "b": ("error", "2"),
        "c": ("error", "2"),
    }
    assert "缺少 name" in rows["b"]["message"]
    assert "\n" not in rows["b"]["message"]
    assert outcome.exit_code == 2


def test_a_binding_rule_that_is_failed_ends_in_1_and_all_met_in_0(towns, tmp_path):
    assert batch([towns / "a"], tmp_path / "one").exit_code == 0
    assert batch([towns / "a", towns / "b"], tmp_path / "two").exit_code == 1
    (row,) = [row for row in table(tmp_path / "two") if row["study_id"] == "b"]
    assert row["message"] == "约束性指标不达标：T-2"


def test_unknown_ends_in_1_only_when_strict(towns, tmp_path):
    assert batch([towns / "c"], tmp_path / "out").exit_code == 0
    assert batch([towns / "c"], tmp_path / "out", strict=True).exit_code == 1


def test_a_defect_of_the_program_is_a_row_with_its_place_in_the_log(towns, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("unexpected")

    monkeypatch.setattr("circle15.pipeline.whole", broken)
    assert batch([towns / "a"], tmp_path / "out").exit_code == 2
    assert "ZeroDivisionError" in table(tmp_path / "out")[0]["message"]
    assert "broken" in table(tmp_path / "out", "batch_log")[0]["detail"]


def test_time_and_memory_stand_in_the_log_alone_and_the_json_holds_the_tables(towns, tmp_path, whole):
    batch([towns], tmp_path / "out")
    for row in table(tmp_path / "out", "batch_log"):
        assert float(row["seconds"]) > 0
        assert float(row["peak_mb"]) > 1
        assert row["attempts"] == "1"
    assert contents(tmp_path / "out") == whole
    found = json.loads((tmp_path / "out" / "batch" / "batch.json").read_text(encoding="utf-8"))
    assert [row["study_id"] for row in found["studies"]] == ["a", "b", "c"]
    assert len(found["figures"]) == len(table(tmp_path / "out", "batch_figures"))


def test_no_study_is_nothing_to_do_and_writes_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToDoError, match="没有找到任何研究"):
        batch([tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---- tried again ---------------------------------------------------------------------------------------------


def test_a_study_whose_process_dies_is_tried_three_times_and_no_more(towns, tmp_path):
    work = Counting({"b": [LOST, LOST, LOST, LOST]})
    assert batch([towns], tmp_path / "out", work).exit_code == 2
    assert work.seen == ["a", "b", "c", "b", "b"]
    (row,) = [row for row in table(tmp_path / "out") if row["study_id"] == "b"]
    assert (row["status"], row["message"]) == ("error", "进程终止")


def test_what_passes_leaves_the_same_files_as_if_it_had_not_been(towns, tmp_path, whole):
    batch([towns], tmp_path / "out", Counting({"a": [LOST], "b": [LOST, LOST]}))
    assert contents(tmp_path / "out") == whole
    assert [row["attempts"] for row in table(tmp_path / "out", "batch_log")] == ["2", "3", "1"]


def test_a_mistake_of_the_study_is_not_tried_again(towns, tmp_path):
    (towns / "b" / "study.toml").write_text("schema = 1\nid = 'b'\n", encoding="utf-8")
    work = Counting()
    batch([towns], tmp_path / "out", work)
    assert work.seen == ["a", "b", "c"]


# ---- interrupted and resumed ---------------------------------------------------------------------------------


def test_ctrl_c_ends_in_order_and_resume_does_the_rest_once(towns, halfway, whole):
    assert not (halfway / "batch" / "batch.csv").exists()
    work = Counting()
    assert batch([towns], halfway, work, resume=True).kept == 2
    assert contents(halfway) == whole


def test_fail_fast_stops_at_the_first_that_cannot_run(towns, tmp_path):
    (towns / "b" / "study.toml").write_text("schema = 1\nid = 'b'\n", encoding="utf-8")
    work = Counting()
    outcome = batch([towns], tmp_path / "out", work, fail_fast=True)
    assert work.seen == ["a", "b"]
    assert (outcome.exit_code, outcome.league) == (2, None)


def test_without_resume_everything_is_done_anew(towns, tmp_path):
    batch([towns / "a"], tmp_path / "out")
    again = batch([towns / "a"], tmp_path / "out")
    assert (again.kept, again.run) == (0, 2)


def append(path: Path, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda towns, _: append(towns / "a" / "study.toml", b"\n"),
        lambda towns, _: append(towns / "a" / "zone_table.csv", b"a-2,x,county,1000,4,5\n"),
        pytest.param(lambda towns, _: append(towns / "a" / "pack.toml", b"#\n"), marks=pytest.mark.long),
        lambda _, out: (out / "data" / "processed" / "a" / "verdicts.csv").unlink(),
        lambda _, out: (out / "data" / "processed" / "a" / "manifest.json").unlink(),
    ],
    ids=["study file", "input", "pack", "a table is gone", "the manifest is gone"],
)
def test_what_changed_meanwhile_is_run_again_and_the_rest_is_not(towns, halfway, tmp_path, whole, spoil):
    before = contents(tmp_path / TOWNS)
    spoil(towns, halfway)
    if not (halfway / "data" / "processed" / "a" / "manifest.json").exists():
        for path in (halfway / "data" / "processed" / "a").iterdir():
            path.unlink()
    assert batch([towns], halfway, resume=True).kept == 1
    if contents(tmp_path / TOWNS) != before:
        batch([towns], tmp_path / "undisturbed")
        whole = contents(tmp_path / "undisturbed")
    assert contents(halfway) == whole


def test_a_study_that_could_not_run_is_tried_again_and_one_no_longer_asked_for_is_left_out(towns, tmp_path):
    out = tmp_path / "out"
    batch([towns], out, Counting({"a": [LOST] * 3}))
    outcome = batch([towns / "a", towns / "b"], out, resume=True)
    assert [(row["study_id"], row["status"]) for row in table(out)] == [("a", "done"), ("b", "done")]
    assert outcome.kept == 1
    assert outcome.run == 2


def test_a_line_that_was_cut_short_does_not_count(towns, halfway):
    journal = halfway / "batch" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    assert batch([towns / "a", towns / "b"], halfway, resume=True).kept == 1


# ---- places that cannot be written ---------------------------------------------------------------------------


def test_two_batches_do_not_work_in_one_folder(towns, tmp_path):
    (tmp_path / "out" / "batch").mkdir(parents=True)
    with FileLock(tmp_path / "out" / "batch" / ".lock"), pytest.raises(OutputError, match="另一个批量评估正在运行"):
        batch([towns], tmp_path / "out")


def test_an_output_that_cannot_be_made_is_said_before_any_work(towns, tmp_path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    work = Counting()
    with pytest.raises(OutputError, match="无法写入"):
        batch([towns], tmp_path / "out", work)
    assert work.seen == []


# A file system that may only be read, for root too.
READ_ONLY = Path("/sys/kernel")


@pytest.mark.skipif(not READ_ONLY.is_dir(), reason="no file system that root may only read")
def test_an_output_that_may_only_be_read_is_said_before_any_work(towns):
    work = Counting()
    with pytest.raises(OutputError, match="无法写入"):
        batch([towns], READ_ONLY / "circle15", work)
    assert work.seen == []


@pytest.mark.skipif(not READ_ONLY.is_dir(), reason="no file system that root may only read")
def test_a_place_of_results_that_may_only_be_read_is_a_row_for_each_study(towns, tmp_path):
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "data" / "processed").symlink_to(READ_ONLY)
    assert batch([towns], tmp_path / "out").exit_code == 2
    assert ["无法写入" in row["message"] for row in table(tmp_path / "out")] == [True] * 3


def test_files_that_are_not_ours_stay(towns, tmp_path):
    (tmp_path / "out" / "batch").mkdir(parents=True)
    (tmp_path / "out" / "batch" / "batch.csv").write_text("theirs", encoding="utf-8")
    with pytest.raises(OutputError, match="不是本程序写的"):
        batch([towns], tmp_path / "out")
    (tmp_path / "out" / "batch" / "journal.jsonl").write_text("theirs\n", encoding="utf-8")
    with pytest.raises(OutputError, match="不是本程序写的"):
        batch([towns], tmp_path / "out")
    assert (tmp_path / "out" / "batch" / "batch.csv").read_text(encoding="utf-8") == "theirs"


def test_a_full_disk_stops_the_batch_with_whole_files_and_resume_goes_on(towns, tmp_path, monkeypatch, whole):
    out = tmp_path / "out"
    real = os.write

    def full(handle, data):
        if b'"study_id":"b"' in bytes(data):
            real(handle, data[:50])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data)

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(OutputError, match="No space left"):
            batch([towns], out)
    assert (out / "batch" / "journal.jsonl").read_bytes().endswith(b"\n")
    assert batch([towns], out, resume=True).kept == 1
    assert contents(out) == whole


def test_a_disk_that_is_full_for_the_history_loses_nothing_and_resume_keeps_the_run(towns, tmp_path, monkeypatch):
    """SQLite may take so many pages and no more: its own error of a full disk."""
    out, real = tmp_path / "out", sqlite3.connect

    def small(path):
        database = real(path)
        database.execute("PRAGMA max_page_count = 11")
        return database

    with monkeypatch.context() as patch:
        patch.setattr("sqlite3.connect", small)
        with pytest.raises(OutputError, match="disk is full"):
            batch([towns / "a"], out)
    history = History(Embedded(out / "batch" / "history.sqlite"))
    assert history.runs() == []
    outcome = batch([towns / "a"], out, resume=True)
    assert (outcome.run, outcome.kept, history.study_ids(1)) == (1, 1, ["a"])


def test_a_disk_that_is_full_for_one_study_is_its_row(towns, tmp_path, monkeypatch):
    real = files._write

    def full(path, data):
        if path.parent.name == "b":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(files, "_write", full)
    work = Counting()
    assert batch([towns], tmp_path / "out", work).exit_code == 2
    assert work.seen.count("b") == 3
    (row,) = [row for row in table(tmp_path / "out") if row["study_id"] == "b"]
    assert "无法写入" in row["message"]
    assert list((tmp_path / "out" / "data" / "processed" / "b").glob("*")) == []


def test_an_output_that_vanishes_stops_the_batch_and_resume_makes_it_anew(towns, tmp_path, whole):
    out = tmp_path / "out"

    def vanish(task):
        if task.study_id == "b":
            out.rename(tmp_path / "gone")
        return attend(task)

    with pytest.raises(OutputError, match=r"journal\.jsonl"):
        batch([towns], out, vanish)
    assert batch([towns], out, resume=True).kept == 0
    assert contents(out) == whole
