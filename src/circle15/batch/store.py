"""Folders of objects, such as s3://bucket/towns: what is brought here to be worked on, and what is taken there.

Objects know no rename, no sync and no lock. What takes their place: an object is put whole or not at all and is durable
and seen by everybody when the put returns; a record of the journal is an object of its own; a manifest that says
``unfinished`` goes before the first object of a study and the true one after the last; and whoever begins a batch takes
it over, so that an earlier batch in the same place stops before it counts anything more.
"""

from __future__ import annotations

import importlib
import json
import posixpath
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circle15.core.changes import MANIFEST
from circle15.core.errors import ConfigError, OutputError
from circle15.core.text import Text
from circle15.read.spec import is_database
from circle15.show.files import LOCKED, announcement, described, sha256

if TYPE_CHECKING:
    from circle15.batch.work import Task

_MARK = "://"
# Addresses of files, which do know rename and sync: they are better off as paths.
_FILES = ("file", "local")
# Where the journal lies in a store: one object for its head, one for each record, one when it has ended.
RECORDS = "batch/journal"
_HEAD, _ENDED = f"{RECORDS}/head.json", f"{RECORDS}/ended.json"


def is_address(name: str) -> bool:
    """Whether a name is the address of objects rather than a path."""
    return _MARK in name


def join(address: str, name: str) -> str:
    """The address of what lies at a relative name below, above or beside another address; an address as it is."""
    if is_address(name):
        return name
    protocol, _, path = address.partition(_MARK)
    return protocol + _MARK + posixpath.normpath(posixpath.join(path, name))


class Store:
    """A folder of objects. Names of its objects are relative to it, with slashes.

    Raises ConfigError where the library for such addresses is missing, OutputError for objects that cannot be read,
    written or listed.
    """

    def __init__(self, address: str) -> None:
        protocol, _, path = address.rstrip("/").partition(_MARK)
        self.address = address.rstrip("/")
        self._root = path.strip("/")
        self._files = _filesystem(protocol, self._root.partition("/")[0])

    def _at(self, name: str) -> str:
        return posixpath.join(self._root, name) if name else self._root

    def names(self, below: str = "") -> list[str]:
        """Every object below, sorted."""
        with self._told():
            self._files.invalidate_cache()
            found = self._files.find(self._at(below)) if self._files.exists(self._at(below)) else []
        start = posixpath.join("/", self._root.strip("/"), "")
        return sorted(("/" + each.strip("/")).removeprefix(start) for each in found)

    def read(self, name: str) -> bytes | None:
        """The content of an object, None where there is none."""
        with self._told():
            self._files.invalidate_cache()
            if not self._files.isfile(self._at(name)):
                return None
            content: bytes = self._files.cat_file(self._at(name))
            return content

    def write(self, name: str, data: bytes) -> None:
        """Put an object, whole, in the place of whatever is there. When this returns, it is durable."""
        with self._told():
            self._files.pipe_file(self._at(name), data)

    def remove(self, name: str) -> None:
        """Remove an object."""
        with self._told():
            self._files.rm_file(self._at(name))

    def pull(self, below: str, folder: Path) -> dict[str, bytes]:
        """Bring every object below into the same place of a folder here, and say what they held by name."""
        contents = {name: data for name in self.names(below) if (data := self.read(name)) is not None}
        for name, data in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return contents

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                Text(
                    f"无法读写 {self.address}：{error}。请检查地址、凭据和网络；"
                    f"已完成的研究不受影响，可加 --resume 继续。",
                    f"cannot read or write {self.address}: {error}. Check the address, credentials and the network; "
                    f"what is done stays done: go on with --resume.",
                )
            ) from error


def _filesystem(protocol: str, bucket: str) -> Any:
    """S3 by Arrow, which takes its settings from where all programs for S3 do; everything else by fsspec."""
    if protocol in _FILES:
        raise ConfigError(
            Text(
                f"本机文件请直接写路径，不要写 {protocol}:// 地址。",
                f"name files of this machine by their path, without {protocol}://.",
            )
        )
    try:
        if protocol == "s3":
            arrow = importlib.import_module("fsspec.implementations.arrow")
            found, _ = importlib.import_module("pyarrow.fs").FileSystem.from_uri(f"s3://{bucket}")
            return arrow.ArrowFSWrapper(found)
        return importlib.import_module("fsspec").filesystem(protocol)
    except (ImportError, OSError, ValueError) as error:
        raise ConfigError(
            Text(
                f"无法使用 {protocol}:// 地址：{error}。s3:// 需要 pip install circle15[s3]；"
                f"其他地址需要 fsspec 的相应组件。",
                f"cannot use addresses of {protocol}://: {error}. s3:// needs pip install circle15[s3], others the "
                f"part of fsspec that knows them.",
            )
        ) from error


# ---- a study, brought here and taken there ---------------------------------------------------------------------


def bring(task: Task, scratch: Path) -> Task:
    """The task as one of files here: the study with all it names, and what an earlier run left of its results."""
    near = replace(task, source="", target="")
    if task.source:
        near = replace(near, path=_bring_study(task.source, scratch / "in"))
    if task.target:
        near = replace(near, out=scratch / "out")
        near.out.mkdir()
        _pull_results(Store(task.target), task.study_id, near.out)
    return near


def _pull_results(store: Store, study_id: str, out: Path) -> dict[str, bytes]:
    if not study_id:
        return {}
    page = f"maps/{study_id}.html"
    return {**store.pull(f"data/processed/{study_id}", out), **store.pull(page, out)}


def _bring_study(address: str, folder: Path) -> Path:
    """The study file and whatever it names by a relative path, each in the place that it has there."""
    protocol, _, path = address.partition(_MARK)
    store, name = Store(f"{protocol}{_MARK}{path.strip('/').partition('/')[0]}"), path.strip("/").partition("/")[2]
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    content = store.read(name)
    if content is None:
        raise ConfigError(Text(f"找不到 {address}。", f"there is no {address}."))
    place.write_bytes(content)
    for each in dict.fromkeys(_beside(posixpath.dirname(name), content)):
        below, base = posixpath.split(each)
        stem = base.partition(".")[0]
        for found in store.names(below):
            first = posixpath.relpath(found, below or ".").partition("/")[0]
            if first == base or first.startswith(f"{stem}."):
                store.pull(found, folder)
    return place


def _beside(folder: str, content: bytes) -> Iterator[str]:
    """The names of the files that a study names, as far as it can be read: when it runs it says what is wrong."""
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError:
        return
    named = [each.get("path") for each in _tables(table.get("inputs"))]
    named += table["pack"] if isinstance(table.get("pack"), list) else [table.get("pack")]
    named += [table.get("crs"), *(each.get("crs") for each in _tables(table.get("inputs")))]
    show = table.get("show")
    named += [show.get("mapping"), show.get("compare")] if isinstance(show, dict) else []
    for each in named:
        if isinstance(each, str) and "." in each and not is_database(each) and not is_address(each):
            yield posixpath.normpath(posixpath.join(folder, each))


def _tables(inputs: Any) -> list[Mapping[str, Any]]:
    return [each for each in inputs.values() if isinstance(each, dict)] if isinstance(inputs, dict) else []


def results_in(out: Path) -> list[str]:
    """The names of the files below an output folder; locks are none."""
    return [
        path.relative_to(out).as_posix()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.endswith(LOCKED)
    ]


def take(task: Task, out: Path, before: Iterable[str]) -> None:
    """Put the results of a study where they belong, its manifest last; ``before`` are the objects there were."""
    store = Store(task.target)
    after = {name: (out / name).read_bytes() for name in results_in(out)}
    folder = f"data/processed/{task.study_id}/"
    manifest = folder + MANIFEST
    earlier = json.loads(store.read(manifest) or b"{}")
    own = (name for name in after if name.startswith(folder) and name != manifest)
    digests = {name.removeprefix(folder): sha256(after[name]) for name in own}
    store.write(manifest, described(announcement(earlier, digests)))
    for name, data in after.items():
        if name != manifest:
            store.write(name, data)
    for name in set(before) - after.keys():
        store.remove(name)
    store.write(manifest, after[manifest])


# ---- the journal of a batch in a store --------------------------------------------------------------------------


class Ledger:
    """The journal in a store: every line of it an object. Whoever begins one takes the place over."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._token = secrets.token_hex(8)

    def lines(self) -> list[bytes]:
        """The lines of the journal there is, its head first; none without one."""
        head = self.store.read(_HEAD)
        if head is None:
            return []
        others = [name for name in self.store.names(RECORDS) if name != _HEAD]
        return [head, *(data for name in others if (data := self.store.read(name)) is not None)]

    def begin(self, head: bytes, kept: Iterable[bytes]) -> None:
        """Begin a journal that holds these records and no others."""
        names = {_record_name(line): line for line in kept}
        self.store.write(_HEAD, _with_token(head, self._token))
        for name in self.store.names(RECORDS):
            if name != _HEAD and name not in names:
                self.store.remove(name)

    def add(self, line: bytes) -> None:
        """Add one line. Raises OutputError where another batch has begun in this place since."""
        self.hold()
        self.store.write(_record_name(line), line)

    def hold(self) -> None:
        """Raise OutputError where another batch has begun in this place since."""
        head = self.store.read(_HEAD)
        if head is None or json.loads(head).get("token") != self._token:
            raise OutputError(
                Text(
                    f"{self.store.address} 已由另一个批量评估接管，本次停止。请等它结束，或换一个 --out。",
                    f"another batch has begun in {self.store.address}, and this one stops: wait for its end, or choose "
                    f"another --out.",
                )
            )


def _with_token(head: bytes, token: str) -> bytes:
    return (json.dumps({**json.loads(head), "token": token}) + "\n").encode()


def _record_name(line: bytes) -> str:
    found = json.loads(line)
    return f"{RECORDS}/{sha256(found['study'].encode())[:32]}.json" if "study" in found else _ENDED
