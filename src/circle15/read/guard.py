"""What is looked at before a file is opened: sizes that explode, links that lead away, and files that name others."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path

from circle15.core.errors import InputError
from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.spec import InputSpec

# What sheets and map data shrink to is some twentieth; a bomb shrinks to a thousandth.
_MOST_BYTES = 4 << 30
_MOST_RATIO = 200
_ALWAYS_FINE_BYTES = 64 << 20
_CHUNK = 1 << 20

_LOCAL_HEADER = 30

_SNIFFED = 1 << 16

# A description that makes GDAL open other files or addresses, whatever the name of the file it stands in.
_POINTERS = (b"<OGRVRT", b"<VRTDataset", b"gdal_streamed_alg", b"<OGRWFS", b"<GDAL_WMS")


def open_archive(content: bytes, shown: str) -> zipfile.ZipFile:
    """The parts of a zip file that is in memory. Raises InputError where it is none, or a bomb."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
        size = sum(each.file_size for each in parts.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise InputError(
            Text(
                zh=f"{shown}：文件已损坏、不完整或不是 .xlsx（{error}）。请重新保存或下载。",
                en=f"{shown}: the file is damaged, cut short or no .xlsx ({error}). Save or download it again.",
            )
        ) from error
    if size > _MOST_BYTES or (size > _ALWAYS_FINE_BYTES and size > _MOST_RATIO * len(content)):
        raise _bomb(shown, size)
    for each in parts.infolist():
        if each.compress_type == zipfile.ZIP_DEFLATED and _is_larger(content, each):
            raise _bomb(shown, each.file_size)
    return parts


def _is_larger(content: bytes, part: zipfile.ZipInfo) -> bool:
    """Whether a part unpacks to more than it says."""
    names, extras = content[part.header_offset + 26 : part.header_offset + 28], content[part.header_offset + 28 :][:2]
    start = part.header_offset + _LOCAL_HEADER + int.from_bytes(names, "little") + int.from_bytes(extras, "little")
    inflater, packed = zlib.decompressobj(-zlib.MAX_WBITS), content[start : start + part.compress_size]
    size = 0
    try:
        while packed and size <= part.file_size:
            size += len(inflater.decompress(packed, _CHUNK))
            packed = inflater.unconsumed_tail
    except zlib.error:
        return False  # damaged: the reader says so
    return size > part.file_size


def refuse_bomb(path: Path, shown: str) -> None:
    """Raise InputError for a gzip file that unpacks to far more than map data would."""
    packed = path.stat().st_size
    unpacked = 0
    try:
        with gzip.open(path) as opened:
            while chunk := opened.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > _ALWAYS_FINE_BYTES and unpacked > _MOST_RATIO * packed:
                    raise _bomb(shown, unpacked)
    except (EOFError, zlib.error, OSError):
        return  # damaged: the reader says so


def refuse_pointers(path: Path, shown: str) -> None:
    """Raise InputError for a text file that would make its reader open other files or addresses."""
    with path.open("rb") as opened:
        head = opened.read(_SNIFFED)
    found = next((each for each in _POINTERS if each in head), None)
    if found is None:
        return
    word = found.decode().lstrip("<")
    raise InputError(
        Text(
            zh=f"{shown}：文件内容指向别处的数据（{word}），不予打开。请把数据本身导出为矢量文件。",
            en=f"{shown}: the file points to data elsewhere ({word}) and is not opened. Export the data itself.",
        )
    )


def require_file(spec: InputSpec) -> None:
    """Raise InputError for a path that is neither a file nor a folder: a device or a pipe may never end."""
    if spec.path.is_file() or spec.path.is_dir() or not spec.path.exists():
        return
    raise InputError(
        Text(
            zh=f"{spec.shown}：不是普通文件。请给出数据文件的路径。",
            en=f"{spec.shown}: is no regular file. Give the path of a data file.",
        )
    )


def link_findings(spec: InputSpec) -> list[Finding]:
    """A finding where a path of the study, which stays in its folder as written, leads out of it through a link."""
    written = Path(spec.shown)
    folder = Path(*spec.path.parts[: -len(written.parts)])
    inside = not written.is_absolute() and ".." not in written.parts
    if not inside or spec.path.resolve().is_relative_to(folder.resolve()):
        return []
    return [
        Finding(
            code="input_linked_away",
            severity="warning",
            layer=spec.layer,
            count=1,
            ids=(),
            message=Text(
                zh=f"{spec.shown}：经符号链接指向研究文件夹之外的文件。",
                en=f"{spec.shown}: leads through a link to a file outside the folder of the study.",
            ),
            fix=Text("请确认该文件确系所需，或复制到研究文件夹。", "Make sure it is meant, or copy the file."),
        )
    ]


def _bomb(shown: str, size: int) -> InputError:
    return InputError(
        Text(
            zh=f"{shown}：压缩包解开后达 {size >> 20} MB 以上，与文件大小不相称，不予打开。请核对文件来源。",
            en=f"{shown}: unpacks to {size >> 20} MB or more, out of all proportion to the file: not opened. "
            f"Check where it comes from.",
        )
    )
