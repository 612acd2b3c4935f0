"""Arrays kept on disk under a key, for the next run: mapped into memory, not read.

An entry is one file: the length of its list, the list of its arrays, the arrays. It is written beside its place,
forced to the disk and then renamed, so that whoever looks finds it whole or not at all; of two writers the last wins,
and both wrote the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

# Arrays begin at multiples of this, so that whatever they hold is aligned.
_STEP = 64

Arrays = Mapping[str, NDArray[Any]]


def load(folder: Path, key: str) -> Arrays | None:
    """The arrays kept under ``key``, mapped copy-on-write; None where there are none, or none that can be read.

    An entry that cannot be read is removed.
    """
    place = folder / key
    try:
        return _mapped(place)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        _remove(place)
        return None


def _mapped(place: Path) -> Arrays:
    """Raises ValueError, KeyError or TypeError for a file that is no entry or not a whole one."""
    content = np.memmap(place, dtype=np.uint8, mode="c").view(np.ndarray)
    start = int(content[:8].view(np.uint64)[0])
    told = json.loads(content[8:start].tobytes())
    if told["size"] != len(content):
        raise ValueError(place.name)
    return {name: content[at : at + size].view(dtype).reshape(shape) for name, dtype, shape, at, size in told["arrays"]}


def store(folder: Path, key: str, arrays: Arrays) -> bool:
    """Keep arrays under ``key``; whether an entry stands there now. A place that cannot be written is no error."""
    beside = folder / f".{key}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder, key)
        with beside.open("wb") as file:
            _write(file, {name: np.ascontiguousarray(array) for name, array in arrays.items()})
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / key)
        _settle(folder)
    except OSError:
        _remove(beside)
    return (folder / key).is_file()


def _write(file: BinaryIO, arrays: Arrays) -> None:
    places = np.cumsum([0, *(_room(array.nbytes) for array in arrays.values())]).tolist()
    # The list says where arrays stand, and its own length moves them: room for it is set aside.
    rows = [(name, array.dtype.str, array.shape, 0, array.nbytes) for name, array in arrays.items()]
    room = len(json.dumps({"size": 0, "arrays": rows})) + 24 * (len(rows) + 2)
    start = _room(room + 8)
    rows = [(*row[:3], start + at, row[4]) for row, at in zip(rows, places, strict=False)]
    told = json.dumps({"size": start + places[-1], "arrays": rows}).encode()
    file.write(np.uint64(start).tobytes() + told.ljust(start - 8))
    for array in arrays.values():
        file.write(array.tobytes().ljust(_room(array.nbytes), b"\0"))


def _room(size: int) -> int:
    return -(-size // _STEP) * _STEP


def _settle(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError:
        return


def _sweep(folder: Path, key: str) -> None:
    """Remove what killed writers of this key left behind, where the system tells whether they live."""
    if os.name == "nt":
        return
    for left in folder.glob(f".{key}.*"):
        if not _lives(int(left.suffix[1:])):
            _remove(left)


def _lives(process: int) -> bool:
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
