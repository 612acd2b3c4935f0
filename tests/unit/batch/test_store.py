"""Studies that lie in a store of objects and results that go there: the same bytes as of files, whatever stops it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from circle15.batch import Orders, find_entries, run_batch
from circle15.batch.store import RECORDS, Store, join
from circle15.batch.work import attend
from circle15.cli import app
from circle15.core.changes import MANIFEST, UNFINISHED
from circle15.core.errors import ConfigError, OutputError
from tests.batches import Alone, Clock, batch, contents, write_study

# Of the places at which a put may not come about, every so many are tried; every one in the long test.
EVERY = 23
LIST = "study,city,province\na/study.toml,甲市,乙省\nb/study.toml,甲市,乙省\nc/study.toml,丙市,乙省\n"


def write_towns(folder: Path) -> None:
    write_study(folder, "a", (1000, 5, 4), (1000, 3, 4))
    write_study(folder, "b", (2000, 4, 5))
    write_study(folder, "c", (500, None, 4), (500, 4, 4))
    shared = (folder / "a" / "pack.toml").read_bytes()
    for name in "abc":
        # A pack that they share, above them.
        study = folder / name / "study.toml"
        study.write_text(study.read_text(encoding="utf-8").replace('"pack.toml"', '"../pack.toml"'), encoding="utf-8")
        (folder / name / "pack.toml").unlink()
    (folder / "pack.toml").write_bytes(shared)
    (folder / "list.csv").write_text(LIST, encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The towns as files, and what a batch of their list writes."""
    folder = tmp_path_factory.mktemp("whole")
    write_towns(folder / "towns")
    with contextlib.chdir(folder / "towns"):
        batch(["list.csv"], folder / "out")
    return folder / "towns", contents(folder / "out")


# What scripts/test puts there: moto contradicts requirements.lock, so it has an environment of its own.
SERVER_PYTHON = Path(sys.prefix) / "objects" / "bin" / "python"
SERVE = "import sys; from moto.server import ThreadedMotoServer as S; s = S(port=0, verbose=False); s.start(); \
print(*s.get_host_and_port(), flush=True); sys.stdin.read(); s.stop()"


@pytest.fixture(scope="module")
def object_server():
    """An object server of our own. Without moto its tests skip, except under CI, where that is a failure."""
    if not SERVER_PYTHON.exists():
        reason = "no object server: scripts/test installs one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            [SERVER_PYTHON, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        host, port = server.stdout.readline().decode().split()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield
        server.stdin.close()


@pytest.fixture(params=["memory", "s3"])
def bucket(request, tmp_path, whole):
    """A store that holds the towns, of every kind that there is."""
    place = "memory://bucket" if request.param == "memory" else f"s3://b{tmp_path.name[-40:]}".replace("_", "-")
    if request.param == "s3":
        request.getfixturevalue("object_server")
        make_bucket(place)
    store = Store(place)
    for name in store.names():
        store.remove(name)
    for path in sorted(whole[0].rglob("*")):
        if path.is_file():
            store.write(f"towns/{path.relative_to(whole[0]).as_posix()}", path.read_bytes())
    return store


def make_bucket(address: str) -> None:
    import pyarrow.fs

    files, path = pyarrow.fs.FileSystem.from_uri(f"{address}?allow_bucket_creation=true")
    files.create_dir(path)


def run(store: Store, work=attend, names=("towns/list.csv",), **orders):
    entries = find_entries([join(store.address, name) for name in names])
    wanted = Orders(out=Path("nowhere"), target=join(store.address, "out"), **orders)
    return run_batch(entries, wanted, lambda: Alone(work), Clock(), lambda *_: None)


def written(store: Store, tmp_path: Path) -> dict[str, bytes]:
    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
    store.pull("out", tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "out" / RECORDS, ignore_errors=True)
    return contents(tmp_path / "copy" / "out")


def test_objects_give_the_bytes_of_files_and_resume_does_the_rest_once(bucket, tmp_path, whole):
    def interrupted(task):
        if task.study_id == "b":
            raise KeyboardInterrupt
        return attend(task)

    outcome = run(bucket, interrupted)
    assert (len(outcome.records), outcome.exit_code) == (1, 2)
    assert "out/batch/batch.csv" not in bucket.names("out")
    outcome = run(bucket, resume=True)
    assert (outcome.kept, outcome.run) == (1, 1)
    assert written(bucket, tmp_path) == whole[1]
    assert join(bucket.address, "out/batch/batch.csv") in outcome.written
    assert run(bucket).run == 2


@pytest.mark.parametrize(
    "names", [("towns",), ("towns/*/study.toml",), ("towns/**/study.toml",), ("towns/[abc]/*.toml",)]
)
def test_folders_and_patterns_of_objects(bucket, names):
    found = find_entries([join(bucket.address, name) for name in names])
    assert [each.study_id for each in found] == ["a", "b", "c"]
    assert found[0].study == join(bucket.address, "towns/a/study.toml")


@pytest.fixture
def memory(tmp_path, whole):
    """A store in this process."""
    store = Store(f"memory://{tmp_path.name}")
    for path in sorted(whole[0].rglob("*")):
        if path.is_file():
            store.write(f"towns/{path.relative_to(whole[0]).as_posix()}", path.read_bytes())
    return store


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.long)], ids=["some", "all"])
def test_whoever_is_stopped_at_a_put_or_removal_leaves_what_resume_completes(
    memory, tmp_path, whole, monkeypatch, every
):
    """Puts and removals and removal in turn do not come about: nothing that counts is lost, the rest is done, once."""
    real = {name: getattr(Store, name) for name in ("write", "remove")}
    left = 0

    class Gone(BaseException):
        pass

    def counted(name):
        def step(self, *arguments):
            nonlocal left
            left -= 1
            if left == 0:
                raise Gone
            return real[name](self, *arguments)

        return step

    for name in real:
        monkeypatch.setattr(Store, name, counted(name))
    left = 10**9
    run(memory)
    puts = 10**9 - left
    for point in range(1, puts + 1, every):
        for name in memory.names("out"):
            real["remove"](memory, name)
        left = point
        with pytest.raises(Gone):
            run(memory)
        left = 10**9
        counted_before = len([name for name in memory.names(f"out/{RECORDS}") if "head" not in name])
        outcome = run(memory, resume=True)
        assert outcome.kept in {counted_before, counted_before - 1}
        assert written(memory, tmp_path) == whole[1]


def test_results_that_are_being_replaced_say_that_they_are_unfinished(memory, monkeypatch):
    run(memory)
    memory.write("towns/a/zone_table.csv", memory.read("towns/b/zone_table.csv") or b"")
    seen = []
    real = Store.write

    def write(self, name, data):
        if name.startswith("data/processed/a/"):
            seen.append((name, json.loads(data).get(UNFINISHED, False) if name.endswith(MANIFEST) else None))
        real(self, name, data)

    monkeypatch.setattr(Store, "write", write)
    run(memory, resume=True)
    assert (seen[0], seen[-1]) == (("data/processed/a/manifest.json", True), ("data/processed/a/manifest.json", False))


def test_a_batch_that_begins_takes_over_and_the_earlier_one_stops(memory):
    def meanwhile(task):
        if task.study_id == "b":
            run(memory)
        return attend(task)

    with pytest.raises(OutputError, match="已由另一个批量评估接管"):
        run(memory, meanwhile)
    assert Store(join(memory.address, "out")).read("batch/batch.csv") is not None


def test_objects_that_are_not_ours_stay(memory):
    memory.write("out/batch/batch.csv", b"theirs")
    with pytest.raises(OutputError, match="不是本程序写的"):
        run(memory)
    assert memory.read("out/batch/batch.csv") == b"theirs"


def test_what_is_not_there_is_said_at_once(memory):
    memory.write("towns/list.csv", b"study\nz/study.toml\n")
    with pytest.raises(ConfigError) as caught:
        find_entries([join(memory.address, name) for name in ("gone.toml", "towns/list.csv")])
    assert [part for part in ("gone.toml", "z/study.toml") if part not in str(caught.value)] == []


@pytest.mark.parametrize("address", ["nothing://bucket/towns", "file:///towns"])
def test_an_address_that_cannot_be_used_is_one_message(address):
    done = CliRunner().invoke(app, ["batch", address])
    assert done.exit_code == 2
    assert address.partition("//")[0] in done.stderr
    assert "Traceback" not in done.output


def test_other_verbs_take_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["demo", "--sample", "zhoukou", "--out", "s3://bucket/out"])
    assert done.exit_code == 2
    assert "batch" in done.stderr
    assert list(tmp_path.iterdir()) == []
