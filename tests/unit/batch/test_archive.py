"""A history in a database: what is refused, what is lost on the way, and who else is at work there."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from circle15.batch import history, open_archive
from circle15.batch.history import History
from circle15.batch.work import attend
from circle15.cli import app
from circle15.core.errors import OutputError
from tests.batches import Counting, batch, contents, write_study
from tests.postgis import PASSWORD, USER, Server, execute

DATABASE = "shared"
SECRETS = (USER, PASSWORD, "p%40ss")


@pytest.fixture(scope="module")
def made(postgis_server: Server) -> Server:
    execute(postgis_server, f"CREATE DATABASE {DATABASE}")
    return postgis_server


@pytest.fixture
def server(made: Server) -> Server:
    """The server, its database without anything of ours."""
    execute(made, "DROP SCHEMA IF EXISTS circle15 CASCADE", database=DATABASE)
    return made


@pytest.fixture
def archive(server):
    return open_archive(server.as_user(PASSWORD, DATABASE))


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "towns", "a", (1000, 5, 4))


def rows(server, query):
    return execute(server, "SET search_path TO circle15", query, database=DATABASE)


def run_program(*arguments):
    """The command line in this process; nothing of a login is ever in what it says."""
    done = CliRunner().invoke(app, [*map(str, arguments), "-q"])
    assert not any(secret in done.output for secret in SECRETS), done.output
    return done


# ---- before any work -----------------------------------------------------------------------------------------


def addresses(server):
    return {
        "服务器没有响应": f"postgresql://{USER}:{PASSWORD[0]}@127.0.0.1:1/{DATABASE}",
        "用户名或密码不对": server.as_user("wrong", DATABASE),
        "没有这个数据库或用户": server.as_user(PASSWORD, "nowhere"),
        "--history 要写数据库地址": "history.sqlite",
    }


@pytest.mark.parametrize("said", addresses(Server(0)))
def test_a_database_that_is_not_there_ends_in_2_before_any_work(server, study, tmp_path, said):
    done = run_program("batch", study, "--out", tmp_path / "out", "--history", addresses(server)[said])
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert contents(tmp_path / "out") == {}


def test_who_may_not_make_a_schema_is_told_before_any_work(server, study, tmp_path):
    execute(server, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'r'")
    address = f"postgresql://reader:r@127.0.0.1:{server.port}/{DATABASE}"
    work = Counting()
    with pytest.raises(OutputError, match="permission denied"):
        batch([study], tmp_path / "out", work, archive=open_archive(address))
    assert (work.seen, contents(tmp_path / "out")) == ([], {})


def test_a_schema_of_another_maker_stays(server, archive, study, tmp_path):
    execute(server, "CREATE SCHEMA circle15", "CREATE TABLE circle15.run (theirs int)", database=DATABASE)
    with pytest.raises(OutputError, match="不是本程序建的模式 circle15"):
        batch([study], tmp_path / "out", archive=archive)
    assert rows(server, "SELECT * FROM run") == []


def test_a_database_without_a_history_has_no_run(server):
    done = CliRunner().invoke(app, ["diff", *[server.as_user(PASSWORD, DATABASE)] * 2])
    assert done.exit_code == 2
    assert f"127.0.0.1:{server.port}/{DATABASE} 中没有批量评估的历史" in done.stderr


# ---- on the way ----------------------------------------------------------------------------------------------


def test_a_server_that_goes_away_meanwhile_loses_no_study_and_resume_keeps_the_run(server, archive, study, tmp_path):
    """Its connections are ended while the tables of the run go in."""
    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "_keep_study", lambda *_: end_connections(server))
        with pytest.raises(OutputError, match="数据库"):
            batch([study], out, archive=archive)
    assert rows(server, "SELECT run, ended FROM run") == [(1, None)]
    assert History(archive).runs() == []
    outcome = batch([study], out, resume=True, archive=archive)
    assert (outcome.run, outcome.kept) == (1, 1)
    assert History(archive).study_ids(1) == ["a"]


def end_connections(server):
    execute(
        server,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}' AND "
        f"pid <> pg_backend_pid()",
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked to be killed")
@pytest.mark.parametrize("point", [1, 2, 3])
def test_killed_while_it_is_written_a_run_is_there_whole_or_not_at_all(server, archive, tmp_path, point):
    """Killed before the first study, before the second, and when all is said but the end."""
    for name in "ab":
        write_study(tmp_path / "towns", name, (1000, 5, 4))
    child = os.fork()
    if child == 0:
        try:
            die_at(point)
            batch([tmp_path / "towns"], tmp_path / "out", archive=archive)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert [rows(server, f"SELECT count(*) FROM {name}") for name in ("league", "figures", "file")] == [[(0,)]] * 3
    assert History(archive).runs() == []
    assert batch([tmp_path / "towns"], tmp_path / "out", resume=True, archive=archive).run == 1
    assert (History(archive).runs(), History(archive).study_ids(1)) == ([1], ["a", "b"])


def die_at(point: int) -> None:
    """Kill this process at that point of keeping a run: before each of its studies, or before all of it counts."""
    left = [point]

    def deadly(real):
        def counted(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return counted

    def keep(*arguments):
        history._keep_study = deadly(history._keep_study)
        psycopg.Connection.commit = deadly(psycopg.Connection.commit)
        kept(*arguments)

    kept: Any = History.keep
    patched: Any = History
    patched.keep = keep


# ---- several at once -----------------------------------------------------------------------------------------


def test_a_batch_within_another_has_a_number_of_its_own(archive, study, tmp_path):
    """From another folder, into the same database, begun later and ended sooner."""
    other = write_study(tmp_path / "others", "b", (1000, 3, 4))
    inner = []

    def work(task):
        inner.append(batch([other], tmp_path / "there", archive=archive).run)
        return attend(task)

    assert batch([study], tmp_path / "here", work, archive=archive).run == 1
    assert inner == [2]
    assert {run: History(archive).study_ids(run) for run in History(archive).runs()} == {1: ["a"], 2: ["b"]}


def test_many_that_begin_at_once_have_each_a_number(archive):
    """In a database where nothing has been made yet."""
    barrier, numbers = threading.Barrier(4), []

    def begin(name):
        barrier.wait()
        numbers.append(History(archive).begin(name, "today"))

    threads = [threading.Thread(target=begin, args=(f"key {at}",)) for at in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(numbers) == [1, 2, 3, 4]


def test_a_batch_that_is_resumed_into_another_history_writes_over_no_run_there(archive, study, tmp_path):
    """Its number of the file is that of somebody else in the database."""
    assert batch([write_study(tmp_path / "others", "b", (1000, 3, 4))], tmp_path / "there", archive=archive).run == 1

    def stop(_):
        raise KeyboardInterrupt

    assert batch([study], tmp_path / "here", stop).run == 1
    assert batch([study], tmp_path / "here", resume=True, archive=archive).run == 2
    assert {run: History(archive).study_ids(run) for run in (1, 2)} == {1: ["b"], 2: ["a"]}
