"""Which studies a batch is of: files, patterns, folders, and lists of studies with their city and province."""

from __future__ import annotations

import csv
import io
import posixpath
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from circle15.batch.store import Store, is_address, join
from circle15.core.errors import ConfigError
from circle15.core.text import Text, first_ids

STUDY_FILE = "study.toml"
_MARKS = "*?["
# The headings of a list of studies, in both languages.
_HEADINGS = {
    "study": ("study", "研究", "研究文件"),
    "city": ("city", "市", "所属市"),
    "province": ("province", "省", "所属省"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One study of a batch: how it was named, where it is, what it calls itself, and whose it is.

    ``study_id`` is empty where the file cannot be read: such a study will not run, and says why. ``address`` is where
    a study lies that is no file but an object of a store; ``path`` is then not used.
    """

    study: str
    path: Path
    study_id: str
    city: str = ""
    province: str = ""
    address: str = ""


def find_entries(names: Sequence[str]) -> list[Entry]:
    """The studies that the names stand for, in their order; a file that is named twice is one study.

    A name is a study file; a folder, with every study.toml in it and below it, by path; a pattern such as
    ``towns/*/study.toml``, by path; or a list: a CSV with a column ``study`` (relative to the list) and, if wanted,
    ``city`` and ``province``. Each may be the address of objects, such as ``s3://bucket/towns``. Raises ConfigError
    for names that stand for nothing, broken lists, and ids that two studies share.
    """
    problems: list[Text] = []
    found: dict[Path | str, Entry] = {}
    for name in names:
        try:
            entries = _named(name)
        except ConfigError as error:
            problems += error.problems
            continue
        for entry in entries:
            found.setdefault(entry.address or entry.path.resolve(), entry)
    problems += _shared_ids(found.values())
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def _named(name: str) -> list[Entry]:
    if is_address(name):
        return _named_afar(name)
    path = Path(name)
    if path.is_dir():
        return [_entry(each) for each in sorted(path.rglob(STUDY_FILE))]
    if path.suffix.lower() == ".csv" and path.is_file():
        return _listed(path)
    if path.is_file():
        return [_entry(path)]
    if any(mark in name for mark in _MARKS):
        return [entry for each in _matches(path) for entry in _named(str(each))]
    raise _nothing(name)


def _nothing(name: str) -> ConfigError:
    return ConfigError(
        Text(
            f"找不到 {name}。请给出研究文件、含 {STUDY_FILE} 的文件夹、通配符或研究清单（.csv）。",
            f"there is no {name}: name a study file, a folder with {STUDY_FILE}, a pattern or a list (.csv).",
        )
    )


def _named_afar(name: str) -> list[Entry]:
    """The studies that an address stands for, as a path does: object, list, folder or pattern."""
    if any(mark in name for mark in _MARKS):
        return _matched_afar(name)
    above, _, last = name.rpartition("/")
    content = Store(above).read(last) if last else None
    if content is not None:
        return _listed_in(content, name) if last.lower().endswith(".csv") else [_entry_afar(name, content)]
    folder = name.rstrip("/")
    studies = [each for each in Store(folder).names() if posixpath.basename(each) == STUDY_FILE]
    if not studies:
        raise _nothing(name)
    return [entry for each in studies for entry in _named_afar(f"{folder}/{each}")]


def _matched_afar(name: str) -> list[Entry]:
    """The studies that a pattern of addresses matches, by address; ``**`` stands for any folders."""
    parts = name.split("/")
    first = next(at for at, part in enumerate(parts) if any(mark in part for mark in _MARKS))
    folder = "/".join(parts[:first])
    matched = re.compile("/".join(map(_expression, parts[first:])).replace("**/", "(?:.*/)?"))
    found = [each for each in Store(folder).names() if matched.fullmatch(each)]
    return [entry for each in found for entry in _named_afar(f"{folder}/{each}")]


def _expression(part: str) -> str:
    """One part of a pattern as an expression that matches no slash; ``**`` stays as it is."""
    if part == "**":
        return part
    marks = {"*": "[^/]*", "?": "[^/]"}
    return "".join(marks.get(each, each if each in "[]" else re.escape(each)) for each in part)


def _entry_afar(address: str, content: bytes, shown: str = "", city: str = "", province: str = "") -> Entry:
    return Entry(shown or address, Path(), _id_in(content), city, province, address)


def _matches(pattern: Path) -> list[Path]:
    """What a pattern matches, by path."""
    parts = pattern.parts
    first = next(at for at, part in enumerate(parts) if any(mark in part for mark in _MARKS))
    return sorted(Path(*parts[:first]).glob(str(Path(*parts[first:]))))


def _entry(path: Path, shown: str = "", city: str = "", province: str = "") -> Entry:
    return Entry(shown or path.as_posix(), path, _id_of(path), city, province)


def _id_of(path: Path) -> str:
    """What the study calls itself, or nothing where that cannot be told: it will say why when it runs."""
    try:
        return _id_in(path.read_bytes())
    except OSError:
        return ""


def _id_in(content: bytes) -> str:
    try:
        found = tomllib.loads(content.decode("utf-8-sig")).get("id")
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""


def _listed(path: Path) -> list[Entry]:
    """The studies of a list of files; a study of it may be an address."""
    cells = _cells(_content(path), path)
    absent = [
        each["study"] for each in cells if not is_address(each["study"]) and not (path.parent / each["study"]).is_file()
    ]
    if absent:
        raise _absent(path, absent)
    return [
        replace(_named_afar(each["study"])[0], city=each["city"], province=each["province"])
        if is_address(each["study"])
        else _entry(path.parent / each["study"], each["study"], each["city"], each["province"])
        for each in cells
    ]


def _listed_in(content: bytes, address: str) -> list[Entry]:
    """The studies of a list that is an object itself."""
    cells, found, absent = _cells(content, address), [], []
    for each in cells:
        place = join(address.rpartition("/")[0], each["study"])
        above, _, last = place.rpartition("/")
        study = Store(above).read(last)
        if study is None:
            absent.append(each["study"])
        else:
            found.append(_entry_afar(place, study, each["study"], each["city"], each["province"]))
    if absent:
        raise _absent(address, absent)
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path | str, error: Exception) -> ConfigError:
    return ConfigError(
        Text(
            f"无法读取研究清单 {path}：{error}。请存为 UTF-8 的 CSV。",
            f"cannot read the list {path}: {error}. Save it as CSV in UTF-8.",
        )
    )


def _cells(content: bytes, path: Path | str) -> list[dict[str, str]]:
    """Study, city and province of each row of a list."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error
    columns = {key: _heading(rows, known) for key, known in _HEADINGS.items()}
    if rows and columns["study"] is None:
        raise ConfigError(
            Text(
                f"研究清单 {path} 没有 study（研究文件）列；现有列：{first_ids(rows[0], 8)}。",
                f"the list {path} has no column study; it has {first_ids(rows[0], 8)}.",
            )
        )
    cells = [{key: (row.get(name) or "").strip() if name else "" for key, name in columns.items()} for row in rows]
    return [each for each in cells if any(each.values())]  # spreadsheets leave empty rows below a list


def _absent(path: Path | str, absent: Sequence[str]) -> ConfigError:
    return ConfigError(
        Text(
            f"研究清单 {path} 中有 {len(absent)} 个文件不存在：{first_ids(absent)}。路径相对于清单所在文件夹。",
            f"{len(absent)} files of the list {path} do not exist: {first_ids(absent)}. Paths are relative to it.",
        )
    )


def _heading(rows: Sequence[dict[str, str]], known: Sequence[str]) -> str | None:
    return next((name for row in rows[:1] for name in row if name in known), None)


def _shared_ids(entries: Iterable[Entry]) -> list[Text]:
    """Two studies of one id would write over each other."""
    named: dict[str, list[str]] = {}
    for entry in entries:
        if entry.study_id:
            # Where file names know no capitals, neither may ids.
            named.setdefault(entry.study_id.lower(), []).append(entry.study)
    return [
        Text(
            f"{len(studies)} 个研究的 id 相同（{study_id}）：{first_ids(studies)}。请改用不同的 id。",
            f"{len(studies)} studies have one id ({study_id}): {first_ids(studies)}. Give each its own.",
        )
        for study_id, studies in named.items()
        if len(studies) > 1
    ]
