"""The results of an earlier run, read back from its folder and trusted only as its manifest vouches for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.core.changes import MANIFEST, PROGRAM, UNFINISHED, Run
from circle15.core.errors import InputError
from circle15.core.text import Text, first_ids

# The columns of each table that a comparison reads.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "verdicts": ("rule_id", "subject_kind", "subject_id", "metric", "outcome"),
    "coverage": ("rule_id", "level", "zone_id", "basis", "metric", "covered", "total", "share", "outcome"),
    "ratios": ("rule_id", "level", "zone_id", "metric", "value", "task_share", "outcome"),
    "facilities": ("facility_id", "name", "type", "status", "opened", "counted"),
}
_KEYS = (
    "study",
    "pack",
    "inputs",
    "thresholds",
    "outcomes",
    "can_fail_a_run",
    "headline_metric",
    "pace_m_s",
    "outputs",
)


def read_run(path: Path) -> Run:
    """The run whose results lie in a folder; its manifest.json may be named instead. Raises as ``stored_run``."""
    folder = path.parent if path.name == MANIFEST else path
    return run_of(*stored_run(folder), str(folder))


def stored_run(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest of a results folder, and the content of the tables that a comparison reads, by file name.

    Raises InputError for a folder without a run, a manifest of another program or an older version, and tables that
    are missing or were changed since.
    """
    manifest = _manifest(folder)
    outputs = manifest["outputs"]
    names = {table: _file_of(table, outputs) for table in _COLUMNS}
    absent = [table for table, name in names.items() if name is None]
    if absent:
        raise InputError(
            Text(
                f"{folder} 中没有结果表 {first_ids(absent, 4)}（共缺 {len(absent)} 个）。请先运行 circle15 audit。",
                f"{folder} has no table {first_ids(absent, 4)} ({len(absent)} missing): run circle15 audit first.",
            )
        )
    return manifest, {name: _content(folder / name, outputs[name]) for name in names.values() if name is not None}


def run_of(manifest: Mapping[str, Any], contents: Mapping[str, bytes], where: str) -> Run:
    """A run from its manifest and the content of its tables by file name; other files are ignored."""
    named = {table: _file_of(table, contents) for table in _COLUMNS}
    tables = {
        table: _parsed(name, contents[name], _COLUMNS[table]) for table, name in named.items() if name is not None
    }
    return Run(where, manifest, tables)


def _file_of(table: str, names: Mapping[str, Any]) -> str | None:
    return next((name for name in (f"{table}.csv", f"{table}.parquet") if name in names), None)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise _no_run(folder) from error
    except ValueError as error:
        raise InputError(
            Text(
                f"{folder / MANIFEST} 不是有效的 JSON。请重新运行该研究。",
                f"{folder / MANIFEST} is no JSON: run the study again.",
            )
        ) from error
    if not isinstance(found, dict) or found.get("program") != PROGRAM:
        raise InputError(
            Text(
                f"{folder / MANIFEST} 不是本程序写的清单。请给出 data/processed/ 下的研究文件夹。",
                f"{folder / MANIFEST} was not written by this program. Name a folder of a study under data/processed/.",
            )
        )
    if found.get(UNFINISHED):
        raise InputError(
            Text(
                f"{folder} 中的结果没有写完（写出时中断）。请重新运行该研究。",
                f"the results in {folder} are not whole: whoever wrote them was stopped. Run the study again.",
            )
        )
    absent = [key for key in _KEYS if key not in found]
    if absent:
        raise InputError(
            Text(
                f"{folder / MANIFEST} 出自旧版本，缺少 {first_ids(absent)}。请用现版本重新运行该研究。",
                f"{folder / MANIFEST} is of an older version, without {first_ids(absent)}: run the study again.",
            )
        )
    return found


def _no_run(folder: Path) -> InputError:
    """Where there is no run, say which there are below."""
    below = [*folder.glob(f"*/{MANIFEST}"), *folder.glob(f"data/processed/*/{MANIFEST}")]
    runs = sorted(str(each.parent) for each in below)
    hint = (
        Text(f"其下的结果有：{first_ids(runs)}。", f" Below it there are {first_ids(runs)}.") if runs else Text("", "")
    )
    return InputError(
        Text(
            f"{folder} 不是一次评估的结果：其中没有 {MANIFEST}。请给出 data/processed/ 下的研究文件夹。{hint.zh}",
            f"{folder} is not a run: it has no {MANIFEST}. Name a folder of a study under data/processed/.{hint.en}",
        )
    )


def _content(path: Path, digest: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            Text(
                f"清单所列的 {path} 无法读取：{error.strerror}。请重新运行该研究。",
                f"{path}, which its manifest lists, cannot be read: {error.strerror}. Run the study again.",
            )
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise InputError(
            Text(
                f"{path} 的内容与清单记录的 sha256 不符，写出后被改动过。请重新运行该研究。",
                f"{path} is not what its manifest vouches for: it was changed since. Run the study again.",
            )
        )
    return data


def _parsed(name: str, data: bytes, columns: tuple[str, ...]) -> Any:
    """The columns as texts."""
    if name.endswith(".parquet"):
        return _parquet(data, columns)
    frame = pd.read_csv(BytesIO(data), dtype=str, keep_default_na=False, usecols=list(columns), encoding="utf-8-sig")
    return frame[list(columns)]


def _parquet(data: bytes, columns: tuple[str, ...]) -> Any:
    try:
        return pd.read_parquet(BytesIO(data), engine="pyarrow", columns=list(columns)).astype(object).fillna("")
    except ImportError as error:
        raise InputError(
            Text(
                "读取 Parquet 结果表需要 pyarrow。请运行 pip install circle15[parquet]。",
                "reading tables in Parquet needs pyarrow: pip install circle15[parquet].",
            )
        ) from error
