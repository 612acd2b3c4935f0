"""Merged workbooks as files, which a later collection may write anew unless people have edited them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from circle15.core.changes import PROGRAM
from circle15.core.errors import OutputError
from circle15.core.text import Text, first_ids
from circle15.show.files import sha256, write_all

RECORD = "collected.json"


def write_collected(folder: Path, files: Mapping[str, bytes], edited: frozenset[str]) -> list[Path]:
    """Write the files and the record of their hashes; ``edited`` names those that people edit and that keep their word.

    Raises OutputError, and writes nothing, where a file is there that this program did not write or that was changed
    since.
    """
    record = _record(folder)
    changed = [
        name
        for name in files
        if name not in edited and (folder / name).exists() and record.get(name) != sha256((folder / name).read_bytes())
    ]
    if changed or ((folder / RECORD).exists() and not record):
        names = changed or [RECORD]
        raise OutputError(
            Text(
                f"{folder} 中的 {first_ids(names)}（共 {len(names)} 个）不是本程序写的，或写后改动过，不予覆盖。"
                f"请换一个 --out，或移走这些文件。",
                f"{first_ids(names)} in {folder} ({len(names)} in all) were not written by this program, or changed "
                f"since, and stay. Choose another --out or move them away.",
            )
        )
    hashes = {name: sha256(data) for name, data in sorted(files.items())}
    kept = json.dumps({"program": PROGRAM, "outputs": hashes}, ensure_ascii=False, indent=2) + "\n"
    write_all({**{folder / name: data for name, data in files.items()}, folder / RECORD: kept.encode()})
    return [folder / name for name in files]


def _record(folder: Path) -> Mapping[str, str]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    outputs = found.get("outputs") if isinstance(found, dict) and found.get("program") == PROGRAM else None
    return outputs if isinstance(outputs, dict) else {}
