"""Files, written beside and renamed; nothing half-written, nothing overwritten that is not ours."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from circle15.core.errors import OutputError
from circle15.core.text import Text, first_ids

MANIFEST = "manifest.json"
PLANS = "plan.json"
PROGRAM = "circle15"
_OUR_PAGE = b'<meta name="generator" content="circle15"'
_HEAD_BYTES = 4096
# What a stored plan must say for its certificate to be checked again.
_CERTIFIED = {"site_plan", "sites", "bound_sites", "objective", "bound", "status"}


def publish(
    folder: Path, files: Mapping[str, bytes], manifest: dict[str, Any], place: Path, page: bytes | None
) -> None:
    """Write the files of a run and its manifest into ``folder``, and the map ``page`` at ``place``, all or nothing.

    Files and the map of an earlier run of the same inputs stay and stay listed; those of other inputs are removed.
    Raises OutputError for a place that cannot be written and for files that this program did not write.
    """
    earlier = _earlier(folder)
    same_inputs = earlier.get("run_key") == manifest["run_key"]
    _refuse_foreign(folder, files, earlier)
    others = {name: digest for name, digest in earlier.get("outputs", {}).items() if name not in files}
    kept = {name: digest for name, digest in others.items() if same_inputs and (folder / name).exists()}
    manifest["outputs"] = dict(sorted({**kept, **{name: sha256(data) for name, data in files.items()}}.items()))
    targets = {folder / name: data for name, data in files.items()}
    if page is not None:
        _refuse_foreign_page(place)
        targets[place] = page
        manifest["map"] = {"name": place.name, "sha256": sha256(page)}
    elif same_inputs and "map" in earlier:
        manifest["map"] = earlier["map"]
    targets[folder / MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    write_all(targets)
    for name in others.keys() - kept.keys():
        (folder / name).unlink(missing_ok=True)
    if "map" in earlier and "map" not in manifest:
        place.unlink(missing_ok=True)


def sha256(data: bytes) -> str:
    """Hash of a file's content."""
    return hashlib.sha256(data).hexdigest()


def write_all(targets: Mapping[Path, bytes]) -> None:
    """Write every file under a temporary name beside its place, then rename them all."""
    staged: dict[Path, str] = {}
    try:
        for path, data in targets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            staged[path] = name
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)  # mkstemp makes private files; results are for the colleagues too
        for path in targets:
            Path(staged.pop(path)).replace(path)
    except OSError as error:
        raise OutputError(
            Text(
                f"无法写入 {error.filename or ''}：{error.strerror}。请检查输出位置的权限和空间。",
                f"cannot write {error.filename or ''}: {error.strerror}. Check permissions and space.",
            )
        ) from error
    finally:
        for name in staged.values():
            Path(name).unlink(missing_ok=True)


def replace_ours(path: Path, data: bytes, mark: bytes) -> None:
    """Write one file that carries ``mark`` in its head, over nothing but an earlier one. Raises OutputError."""
    if path.exists():
        with path.open("rb") as file:
            if mark not in file.read(_HEAD_BYTES):
                raise _not_ours(path)
    write_all({path: data})


def write_new(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files that must not exist yet, and say where. Raises OutputError naming those that do."""
    targets = {folder / name: data for name, data in files.items()}
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise OutputError(
            Text(
                f"已有文件 {first_ids(there)}（共 {len(there)} 个），不予覆盖。请换一个文件夹。",
                f"{first_ids(there)} exist already ({len(there)} in all) and stay. Choose another folder.",
            )
        )
    write_all(targets)
    return list(targets)


def read_plans(folder: Path) -> list[dict[str, Any]]:
    """The stored plans of a run. Raises OutputError if there are none to be read."""
    unreadable = OutputError(
        Text(
            f"{folder / PLANS} 不存在或无法读取。请先运行 circle15 site。",
            f"{folder / PLANS} is missing or unreadable: run circle15 site first.",
        )
    )
    try:
        plans = json.loads((folder / PLANS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable from error
    if not isinstance(plans, list) or not all(isinstance(plan, dict) and plan.keys() >= _CERTIFIED for plan in plans):
        raise unreadable
    return plans


def _earlier(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else {}


def _refuse_foreign(folder: Path, files: Mapping[str, bytes], earlier: Mapping[str, Any]) -> None:
    ours = {*earlier.get("outputs", {}), *([MANIFEST] if earlier else [])}
    foreign = [name for name in (*files, MANIFEST) if (folder / name).exists() and name not in ours]
    if foreign:
        raise OutputError(
            Text(
                f"{folder} 中已有不是本程序写的文件（{first_ids(foreign)}，共 {len(foreign)} 个），不予覆盖。"
                f"请换一个 --out，或移走这些文件。",
                f"{folder} holds files this program did not write ({first_ids(foreign)}; {len(foreign)} in all). "
                f"Choose another --out or move them away.",
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
