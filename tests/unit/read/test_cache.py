"""Whoever looks into the cache finds an entry whole or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circle15.read import cache

ARRAYS: cache.Arrays = {
    "a": np.arange(5000, dtype=np.int64),
    "b": np.linspace(0, 1, 700).reshape(-1, 2),
    "empty": np.empty(0, dtype=np.int8),
    "number": np.array([7]),
}
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def same(found: cache.Arrays | None) -> bool:
    assert found is not None
    assert list(found) == list(ARRAYS)
    return all(
        np.array_equal(found[name], array) and found[name].dtype == array.dtype for name, array in ARRAYS.items()
    )


def test_what_is_stored_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    assert cache.load(tmp_path / "nowhere", "k") is None
    assert cache.store(tmp_path / "deep" / "er", "k", ARRAYS)
    assert same(cache.load(tmp_path / "deep" / "er", "k"))
    assert cache.load(tmp_path / "deep" / "er", "other") is None
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["k"]


def test_changing_what_was_loaded_changes_no_file(tmp_path: Path) -> None:
    cache.store(tmp_path, "k", ARRAYS)
    found = cache.load(tmp_path, "k")
    assert found is not None
    found["a"][:] = 0
    assert same(cache.load(tmp_path, "k"))


def test_a_later_writer_leaves_one_whole_entry(tmp_path: Path) -> None:
    assert cache.store(tmp_path, "k", {"a": np.zeros(3)})
    found = cache.load(tmp_path, "k")
    assert cache.store(tmp_path, "k", ARRAYS)
    assert same(cache.load(tmp_path, "k"))
    assert found is not None
    assert found["a"].tolist() == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def _spoil(content: bytes, start: int, with_: bytes) -> bytes:
    return content[:start] + with_ + content[start + len(with_) :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[:1000],
        lambda content: content[:-1],
        lambda content: content + b"0",
        lambda content: content[:5],
        lambda _: b"",
        lambda content: _spoil(content, 0, b"\xff" * 8),
        lambda content: _spoil(content, 8, b"["),
        lambda content: _spoil(content, 8, b"[]".ljust(len(content))[: content.find(b"}")]),
        lambda content: content.replace(b"size", b"seize"[:4]),
        lambda content: content.replace(b"<i8", b"<q9"),
    ],
    ids=["cut", "short", "long", "stub", "empty", "start", "list", "other", "key", "kind"],
)
def test_a_damaged_entry_is_removed_and_made_again(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    cache.store(tmp_path, "k", ARRAYS)
    file = tmp_path / "k"
    file.write_bytes(harm(file.read_bytes()))
    assert cache.load(tmp_path, "k") is None
    assert not file.exists()
    assert cache.store(tmp_path, "k", ARRAYS)
    assert same(cache.load(tmp_path, "k"))


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert not cache.store(tmp_path / "file" / "cache", "k", ARRAYS)
    assert not cache.store(tmp_path / "file", "k", ARRAYS)
    assert cache.load(tmp_path / "file", "k") is None


class _Killer:
    """Kills its process at the n-th step: in the midst of a write, before a force to disk, before a rename."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self, midway: Callable[[], Any] = lambda: None) -> None:
        if self.left == 0:
            midway()
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class _File:
    """A file whose every write may be its process's last, half done."""

    def __init__(self, file: Any, killer: _Killer) -> None:
        self.file, self.killer = file, killer

    def write(self, data: Any) -> int:
        def half() -> None:
            self.file.write(bytes(data)[: len(bytes(data)) // 2])
            self.file.flush()

        self.killer.step(half)
        return int(self.file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _armed(killer: _Killer) -> None:
    """Let the killer step in at every change of a file or folder."""
    opened, forced, renamed, made = Path.open, os.fsync, Path.replace, Path.mkdir

    def before(function: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*arguments: Any, **options: Any) -> Any:
            killer.step()
            return function(*arguments, **options)

        return stepping

    def opening(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        file = opened(path, mode, *rest, **options)
        return _File(file, killer) if "x" in mode or "w" in mode else file

    paths: Any = Path  # in a child process of its own, which ends with the test
    paths.open, paths.replace, paths.mkdir = opening, before(renamed), before(made)
    os.fsync = before(forced)


def _in_child(work: Callable[[], Any]) -> int:
    """Run in a process of its own; the signal that ended it, 0 if it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def _kills(folder: Path) -> Iterator[int]:
    """Kill a writer at every step there is, one after the other; the number of each step."""
    at = 0
    while True:

        def work(at: int = at) -> None:
            _armed(_Killer(at))
            cache.store(folder, "k", ARRAYS)

        if _in_child(work) == 0:
            return
        yield at
        at += 1


@posix
def test_a_writer_killed_at_any_step_leaves_a_whole_entry_or_none(tmp_path: Path) -> None:
    whole = 0
    steps = 0
    for step in _kills(tmp_path):
        steps = step + 1
        found = cache.load(tmp_path, "k")
        if found is not None:
            whole += 1
            assert same(found)
    # The folder, the list, four arrays, forcing, renaming, forcing the folder.
    assert steps == 9
    assert same(cache.load(tmp_path, "k"))
    assert whole >= 1


@posix
def test_what_killed_writers_leave_is_swept_by_the_next(tmp_path: Path) -> None:
    for at in (3, 6):

        def work(at: int = at) -> None:
            _armed(_Killer(at))
            cache.store(tmp_path, "k", ARRAYS)

        assert _in_child(work) == signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".k.")
    assert cache.store(tmp_path, "k", ARRAYS)
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


@posix
def test_two_writers_at_once_make_one_whole_entry(tmp_path: Path) -> None:
    for _ in range(10):
        children = []
        for _ in range(3):
            child = os.fork()
            if child == 0:
                cache.store(tmp_path, "k", ARRAYS)
                os._exit(0)
            children.append(child)
        while children:
            found = cache.load(tmp_path, "k")
            assert found is None or same(found)
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended:
                children.remove(ended)
        assert same(cache.load(tmp_path, "k"))
        (tmp_path / "k").unlink()
        assert list(tmp_path.iterdir()) == []
