"""Files, written beside and renamed; nothing half-written, nothing overwritten that is not ours."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from circle15.core.changes import MANIFEST, PROGRAM, UNFINISHED
from circle15.core.errors import OutputError
from circle15.core.text import Text, first_ids

# A file as a whole, or what makes its pieces, so that a large one is never whole in memory.
Content = bytes | Callable[[], Iterable[bytes]]

_OUR_PAGE = b'<meta name="generator" content="circle15"'
_HEAD_BYTES = 4096
# A folder whose files make one thing: it is written and replaced as a whole.
_WHOLE_FOLDERS = (".gdb",)
# How the name of what is not in its place yet ends: whoever is stopped meanwhile leaves it behind.
STAGED = ".circle15"
# How the name of the lock beside the results of a study ends.
LOCKED = ".lock"
_WAIT_S = 60
# What the system says most in words of its own.
_REASONS = {
    errno.EACCES: Text("没有写入权限，或文件正被其他程序打开", "no permission, or another program has it open"),
    errno.EROFS: Text("位于只读的磁盘", "it is on a read-only disk"),
    errno.ENOSPC: Text("磁盘空间不足", "no space left on the disk"),
}


def publish(
    folder: Path, files: Mapping[str, Content], manifest: dict[str, Any], place: Path, page: bytes | None
) -> None:
    """Write the files of a run and its manifest into ``folder``, and the map ``page`` at ``place``, all or nothing.

    Names may lead into folders below. Files and the map of an earlier run of the same inputs stay and stay listed;
    those of other inputs are removed. Whenever it is stopped, every file is whole, and the folder is known as ours: a
    manifest that lists the files goes before the first of them that no earlier one lists. What comes in pieces is
    made as it is written, one file after another.

    Of two runs of one study at once the later waits for the earlier to be done with its files, then writes its own.

    Raises OutputError for a place that cannot be written, for files that this program did not write, for folders
    below that are links to somewhere else, and where another run does not come to an end.
    """
    with _alone(folder):
        _publish(folder, files, manifest, place, page)


def _publish(
    folder: Path, files: Mapping[str, Content], manifest: dict[str, Any], place: Path, page: bytes | None
) -> None:
    _refuse_links(folder, files)
    earlier = _earlier(folder)
    same_inputs = earlier.get("run_key") == manifest["run_key"]
    _refuse_foreign(folder, files, earlier)
    if page is not None:
        _refuse_foreign_page(place)
    others = {name: digest for name, digest in earlier.get("outputs", {}).items() if name not in files}
    kept = {name: digest for name, digest in others.items() if same_inputs and (folder / name).exists()}
    with _Staging() as staging:
        digests = {name: staging.add(folder / name, content) for name, content in files.items()}
        manifest["outputs"] = dict(sorted({**kept, **digests}.items()))
        if page is not None:
            manifest["map"] = {"name": place.name, "sha256": staging.add(place, page)}
        elif same_inputs and "map" in earlier:
            manifest["map"] = earlier["map"]
        staging.add(folder / MANIFEST, described(manifest))
        if not files.keys() <= earlier.get("outputs", {}).keys():
            write_all({folder / MANIFEST: described(announcement(earlier, digests))})
        staging.put()
    for name in others.keys() - kept.keys():
        _remove(folder, name)
    if "map" in earlier and "map" not in manifest:
        place.unlink(missing_ok=True)
    _sweep_beside({place, folder / MANIFEST, *(folder / name for name in (*files, *others))})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of the results of a study. The system lets go of the lock of whoever dies."""
    lock = FileLock(folder.with_name(f".{folder.name}{LOCKED}"), timeout=_WAIT_S)
    try:
        _make(folder.parent)
        lock.acquire()
    except Timeout as error:
        raise OutputError(
            Text(
                f"另一个运行正在写入 {folder}，等了 {_WAIT_S} 秒仍未结束。请等它结束再运行，或换一个 --out。",
                f"another run has been writing {folder} for {_WAIT_S} seconds: wait for its end, or choose another "
                f"--out.",
            )
        ) from error
    except OSError as error:
        raise unwritable(error) from error
    try:
        yield
    finally:
        # While it is held: who waits for it sees that it is gone and makes a new one. Windows keeps it, empty.
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()


def described(manifest: Mapping[str, Any]) -> bytes:
    """A manifest as it is written."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()


def announcement(earlier: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a run that has begun to put its files in place; ``digests`` are theirs."""
    outputs = {**earlier.get("outputs", {}), **digests}
    kept = {"map": earlier["map"]} if "map" in earlier else {}
    return {"program": PROGRAM, "run_key": "", UNFINISHED: True, **kept, "outputs": outputs}


def sha256(data: bytes) -> str:
    """Hash of a file's content."""
    return hashlib.sha256(data).hexdigest()


def write_all(targets: Mapping[Path, bytes]) -> None:
    """Write every file under a temporary name beside its place, then rename them all; a geodatabase as one folder.

    When it returns, names and contents are on the disk.
    """
    with _Staging() as staging:
        for path, data in targets.items():
            staging.add(path, data)
        staging.put()


class _Staging:
    """Files written beside their places, then put there together. At the end nothing is left beside them.

    Both steps raise OutputError for what cannot be written.
    """

    def __init__(self) -> None:
        self._staged: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for left in self._staged.values():
            _discard(left)

    def add(self, path: Path, content: Content) -> str:
        """Write a file beside its place; its hash."""
        digest = hashlib.sha256()
        with _told():
            _write(self._beside(path), _hashed(content, digest))
        return digest.hexdigest()

    def _beside(self, path: Path) -> Path:
        """Where a file is written first; a file of a geodatabase in the place of the geodatabase."""
        whole = _whole_folder(path)
        if whole is None:
            _make(path.parent)
            if path.is_file():
                path.replace(path)  # Windows lets nobody replace what is open elsewhere: told before anything is
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=STAGED, dir=path.parent)
            os.close(handle)
            self._staged[path] = Path(name)
            return self._staged[path]
        if whole not in self._staged:
            _make(whole.parent)
            self._staged[whole] = Path(tempfile.mkdtemp(prefix=f".{whole.name}.", suffix=STAGED, dir=whole.parent))
            self._staged[whole].chmod(0o755)  # like files: for the colleagues too
        inside = self._staged[whole] / path.relative_to(whole)
        inside.parent.mkdir(parents=True, exist_ok=True)
        return inside

    def put(self) -> None:
        """Rename all into their places. When it returns, names and contents are on the disk."""
        places = list(self._staged)
        with _told():
            for path in places:
                _put(self._staged[path], path)
                del self._staged[path]
            for parent in dict.fromkeys(path.parent for path in places):
                sync_folder(parent)


def _hashed(content: Content, digest: Any) -> Iterator[bytes]:
    """The pieces of a file as they are made, each hashed."""
    for piece in (content,) if isinstance(content, bytes) else content():
        digest.update(piece)
        yield piece


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError, place: Path | str = "") -> OutputError:
    """The error for a place that cannot be written; by default the one that the system names."""
    where = place or error.filename2 or error.filename or ""
    said = error.strerror or str(error)
    reason = _REASONS.get(error.errno or 0, Text(said, said))
    return OutputError(
        Text(
            f"无法写入 {where}：{reason.zh}。请检查输出位置的权限和空间，关闭正在打开的成果文件（如 Excel），"
            f"或用 --out 写到别的文件夹。",
            f"cannot write {where}: {reason.en}. Check permissions and space, close results that another program has "
            f"open, such as Excel, or write elsewhere with --out.",
        )
    )


def _whole_folder(path: Path) -> Path | None:
    """The folder that stands or falls with this file, or None."""
    return next((each for each in path.parents if each.suffix in _WHOLE_FOLDERS), None)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)  # mkstemp makes private files; results are for the colleagues too


def _make(folder: Path) -> None:
    """A folder with all above it, each new name on the disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """See to it that the names in a folder are on the disk. Windows sees to it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what was staged in a folder and below it and never put in its place: nobody may be writing there."""
    for path in sorted(folder.rglob(f".*{STAGED}")):
        _discard(path)


def _sweep_beside(places: Iterable[Path]) -> None:
    """Remove what an earlier run staged beside these places and was stopped before it could put it there.

    For whoever keeps other runs out of them. It goes last, because of a geodatabase it may be the only copy.
    """
    wholes = {_whole_folder(each) or each for each in places}
    for parent in {each.parent for each in wholes}:
        for left in parent.glob(f".*{STAGED}"):
            name, _, _ = left.name.removeprefix(".").removesuffix(STAGED).rpartition(".")
            if parent / name in wholes:
                with suppress(OSError):
                    _discard(left)


def _put(staged: Path, place: Path) -> None:
    """Rename into place. A folder cannot be renamed over another: the old one steps aside, and back if that fails."""
    if not (staged.is_dir() and place.is_dir()):
        staged.replace(place)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=STAGED, dir=place.parent))
    place.replace(aside / place.name)
    try:
        staged.replace(place)
    except OSError:
        (aside / place.name).replace(place)
        raise
    finally:
        _discard(aside)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove(folder: Path, name: str) -> None:
    """A file of an earlier run, and the folders below ours that it leaves empty."""
    path = folder / name
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def replace_ours(path: Path, data: bytes, mark: bytes) -> None:
    """Write one file that carries ``mark`` in its head, over nothing but an earlier one. Raises OutputError."""
    if path.exists():
        with path.open("rb") as file:
            if mark not in file.read(_HEAD_BYTES):
                raise _not_ours(path)
    write_all({path: data})


def replace_set(folder: Path, files: Mapping[str, bytes], marked: str, mark: bytes) -> None:
    """Write files that belong together, over nothing but an earlier set: the one called ``marked`` carries ``mark``.

    Without that file beside them, the others are not ours. Raises OutputError.
    """
    key = folder / marked
    if key.exists():
        with key.open("rb") as file:
            if mark not in file.read(_HEAD_BYTES):
                raise _not_ours(key)
    else:
        foreign = next((folder / name for name in files if (folder / name).exists()), None)
        if foreign is not None:
            raise _not_ours(foreign)
    write_all({folder / name: data for name, data in files.items()})


def write_new(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files that must not exist yet, and say where. Raises OutputError naming those that do."""
    refuse_existing(folder, files)
    targets = {folder / name: data for name, data in files.items()}
    write_all(targets)
    return list(targets)


def refuse_existing(folder: Path, names: Iterable[str]) -> None:
    """Raise OutputError if the folder holds any of these files."""
    there = [str(folder / name) for name in names if (folder / name).exists()]
    if there:
        raise OutputError(
            Text(
                f"已有文件 {first_ids(there)}（共 {len(there)} 个），不予覆盖。请换一个文件夹。",
                f"{first_ids(there)} exist already ({len(there)} in all) and stay. Choose another folder.",
            )
        )


def _earlier(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else {}


def _refuse_foreign(folder: Path, files: Iterable[str], earlier: Mapping[str, Any]) -> None:
    ours = {*earlier.get("outputs", {}), *([MANIFEST] if earlier else [])}
    wholes = {whole for name in files if (whole := _whole_folder(folder / name)) is not None}
    inside = [each.relative_to(folder).as_posix() for whole in wholes for each in whole.rglob("*") if each.is_file()]
    there = [name for name in (*files, MANIFEST) if (folder / name).exists()]
    foreign = sorted({*there, *inside} - ours)
    if foreign:
        raise OutputError(
            Text(
                f"{folder} 中已有不是本程序写的文件（{first_ids(foreign)}，共 {len(foreign)} 个），不予覆盖。"
                f"请换一个 --out，或移走这些文件。",
                f"{folder} holds files this program did not write ({first_ids(foreign)}; {len(foreign)} in all). "
                f"Choose another --out or move them away.",
            )
        )


def _refuse_links(folder: Path, files: Iterable[str]) -> None:
    """Nothing is written through a link that leads out of the output folder."""
    below = {parent for name in files for parent in (folder / name).parents if folder in parent.parents}
    links = sorted(str(each) for each in below if each.is_symlink())
    if links:
        raise OutputError(
            Text(
                f"{first_ids(links)} 是指向别处的链接（共 {len(links)} 个），不经由它写入。请删去，或换一个 --out。",
                f"{first_ids(links)} are links to somewhere else ({len(links)} in all), and nothing is written through "
                f"them. Remove them, or choose another --out.",
            )
        )


def _refuse_foreign_page(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb") as file:
        if _OUR_PAGE in file.read(_HEAD_BYTES):
            return
    raise _not_ours(path)


def _not_ours(path: Path) -> OutputError:
    return OutputError(
        Text(
            f"{path} 不是本程序写的文件，不予覆盖。请换一个 --out，或移走该文件。",
            f"{path} was not written by this program and stays. Choose another --out or move it away.",
        )
    )
