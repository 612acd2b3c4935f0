"""Files in pieces: hashed and written as they are made, and all of them or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from circle15.core.changes import MANIFEST
from circle15.core.errors import OutputError
from circle15.show.files import publish


def manifest(key: str) -> dict[str, Any]:
    return {"program": "circle15", "run_key": key}


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_comes_in_pieces_is_made_one_file_after_another(tmp_path):
    """Each when the one before it lies beside its place, whole, and none before it is written."""
    seen = []

    def pieces(name: str) -> Iterator[bytes]:
        for number in range(3):
            yield f"{name}{number}".encode()
        seen.append((name, len(list(tmp_path.glob("out/.*.circle15")))))

    publish(
        tmp_path / "out",
        {"a.json": lambda: pieces("a"), "b.json": lambda: pieces("b"), "c.csv": b"c"},
        manifest("k"),
        tmp_path / "map.html",
        None,
    )
    assert seen == [("a", 1), ("b", 2)]
    found = tree(tmp_path)
    said = json.loads(found.pop(f"out/{MANIFEST}"))
    assert found == {"out/a.json": b"a0a1a2", "out/b.json": b"b0b1b2", "out/c.csv": b"c"}
    assert said["outputs"] == {
        name.removeprefix("out/"): hashlib.sha256(data).hexdigest() for name, data in sorted(found.items())
    }


@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "x"), ValueError("a defect")])
def test_pieces_that_break_off_leave_everything_as_it_was(tmp_path, error):
    """Also the manifest: no other file was announced."""

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise error

    place = tmp_path / "map.html"
    publish(tmp_path / "out", {"a.json": b"before"}, manifest("k"), place, None)
    before = tree(tmp_path)
    with pytest.raises(OutputError if isinstance(error, OSError) else ValueError, match=r"空间不足|defect"):
        publish(tmp_path / "out", {"a.json": broken, "b.json": b"b"}, manifest("l"), place, None)
    assert tree(tmp_path) == before


def test_a_file_that_another_program_has_open_leaves_everything_as_it_was(tmp_path, monkeypatch):
    """As Windows does while Excel shows a table: told before the first file is replaced, by its own name."""
    place = tmp_path / "map.html"
    publish(tmp_path / "out", {"a.csv": b"before", "b.csv": b"before"}, manifest("k"), place, None)
    before, replace, held = tree(tmp_path), Path.replace, tmp_path / "out" / "b.csv"

    def refuse(path: Path, target: Path) -> Path:
        if target == held:
            raise PermissionError(13, "in use", str(path), None, str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match=r"out/b\.csv：没有写入权限，或文件正被其他程序打开.*Excel.*--out"):
        publish(tmp_path / "out", {"a.csv": b"after", "b.csv": b"after"}, manifest("l"), place, None)
    assert tree(tmp_path) == before


def test_what_a_killed_run_left_beside_its_files_goes_and_nothing_else(tmp_path):
    """Only what was staged for files of this study: the page of another one may be on its way just now."""
    out, place = tmp_path / "out", tmp_path / "maps" / "a.html"
    page = b'<meta name="generator" content="circle15">'
    publish(out, {"a.json": b"1", "sub/b.gdb/c": b"1"}, manifest("k"), place, page)
    left = ["out/.a.json.x1y2z3w4.circle15", "out/.manifest.json.x1y2z3w4.circle15", "maps/.a.html.x1y2z3w4.circle15"]
    foreign = ["out/.mine.json.x1y2z3w4.circle15", "out/.a.json", "out/a.circle15", "maps/.b.html.x1y2z3w4.circle15"]
    for name in (*left, *foreign):
        (tmp_path / name).write_bytes(b"half")
    (out / "sub" / ".b.gdb.x1y2z3w4.circle15").mkdir()
    (out / "sub" / ".b.gdb.x1y2z3w4.circle15" / "c").write_bytes(b"half")
    publish(out, {"a.json": b"2", "sub/b.gdb/c": b"2"}, manifest("k"), place, page)
    kept = {"out/a.json", f"out/{MANIFEST}", "out/sub/b.gdb/c", "maps/a.html", *foreign}
    assert set(tree(tmp_path)) == kept
    assert (out / "a.json").read_bytes() == b"2"
