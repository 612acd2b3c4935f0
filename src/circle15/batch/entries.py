"""Which studies a batch is of: files, patterns, folders, and lists of studies with their city and province."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

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

    ``study_id`` is empty where the file cannot be read: such a study will not run, and says why.
    """

    study: str
    path: Path
    study_id: str
    city: str = ""
    province: str = ""


def find_entries(names: Sequence[str]) -> list[Entry]:
    """The studies that the names stand for, in their order; a file that is named twice is one study.

    A name is a study file; a folder, with every study.toml in it and below it, by path; a pattern such as
    ``towns/*/study.toml``, by path; or a list: a CSV with a column ``study`` (relative to the list) and, if wanted,
    ``city`` and ``province``. Raises ConfigError for names that stand for nothing, broken lists, and ids that two
    studies share.
    """
    problems: list[Text] = []
    found: dict[Path, Entry] = {}
    for name in names:
        try:
            entries = _named(name)
        except ConfigError as error:
            problems += error.problems
            continue
        for entry in entries:
            found.setdefault(entry.path.resolve(), entry)
    problems += _shared_ids(found.values())
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def _named(name: str) -> list[Entry]:
    path = Path(name)
    if path.is_dir():
        return [_entry(each) for each in sorted(path.rglob(STUDY_FILE))]
    if path.suffix.lower() == ".csv" and path.is_file():
        return _listed(path)
    if path.is_file():
        return [_entry(path)]
    if any(mark in name for mark in _MARKS):
        return [entry for each in _matches(path) for entry in _named(str(each))]
    raise ConfigError(
        Text(
            f"找不到 {name}。请给出研究文件、含 {STUDY_FILE} 的文件夹、通配符或研究清单（.csv）。",
            f"there is no {name}: name a study file, a folder with {STUDY_FILE}, a pattern or a list (.csv).",
        )
    )


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
        found = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("id")
    except (OSError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


def _listed(path: Path) -> list[Entry]:
    """The studies of a list."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            Text(
                f"无法读取研究清单 {path}：{error}。请存为 UTF-8 的 CSV。",
                f"cannot read the list {path}: {error}. Save it as CSV in UTF-8.",
            )
        ) from error
    columns = {key: _heading(rows, known) for key, known in _HEADINGS.items()}
    if rows and columns["study"] is None:
        raise ConfigError(
            Text(
                f"研究清单 {path} 没有 study（研究文件）列；现有列：{first_ids(rows[0], 8)}。",
                f"the list {path} has no column study; it has {first_ids(rows[0], 8)}.",
            )
        )
    cells = [{key: (row.get(name) or "").strip() if name else "" for key, name in columns.items()} for row in rows]
    absent = [each["study"] for each in cells if not (path.parent / each["study"]).is_file()]
    if absent:
        raise ConfigError(
            Text(
                f"研究清单 {path} 中有 {len(absent)} 个文件不存在：{first_ids(absent)}。路径相对于清单所在文件夹。",
                f"{len(absent)} files of the list {path} do not exist: {first_ids(absent)}. Paths are relative to it.",
            )
        )
    return [_entry(path.parent / each["study"], each["study"], each["city"], each["province"]) for each in cells]


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
