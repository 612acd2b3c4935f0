"""What every run of a batch found, in one SQLite file: its figures to be asked for, its tables to be compared."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from circle15.core.changes import PROGRAM, Run
from circle15.core.errors import InputError, OutputError
from circle15.core.league import Figures, League
from circle15.core.schema import Table
from circle15.core.text import Text, first_ids
from circle15.read.run import run_of, stored_run
from circle15.show.files import sha256

_TYPES = {"text": "TEXT", "integer": "INTEGER", "number": "REAL", "flag": "INTEGER"}
# What is of one run and goes with it. Of equal contents there is one, whatever runs have it.
_OF_A_RUN = ("run", "league", "figures", "manifest", "file")


def _columns(table: type[Table]) -> str:
    return ", ".join(f'"{column.name}" {_TYPES[column.kind]}' for column in table.columns)


_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS run (run INTEGER PRIMARY KEY, began TEXT, ended TEXT, version TEXT);
CREATE TABLE IF NOT EXISTS league (run INTEGER, {_columns(League)}, PRIMARY KEY (run, study));
CREATE TABLE IF NOT EXISTS figures (run INTEGER, {_columns(Figures)});
CREATE INDEX IF NOT EXISTS figures_of_run ON figures (run);
CREATE TABLE IF NOT EXISTS manifest (run INTEGER, study_id TEXT, manifest TEXT, PRIMARY KEY (run, study_id));
CREATE TABLE IF NOT EXISTS file (run INTEGER, study_id TEXT, name TEXT, sha256 TEXT, PRIMARY KEY (run, study_id, name));
CREATE TABLE IF NOT EXISTS content (sha256 TEXT PRIMARY KEY, data BLOB);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A run of a batch as the history keeps it: its number, when it began and ended, its tables."""

    run: int
    began: str
    ended: str
    league: League
    figures: Figures


class History:
    """The history of an output folder, in a file that may not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def runs(self) -> list[int]:
        """The numbers of the runs it holds. Raises OutputError for a file that is no history."""
        if not self.path.exists():
            return []
        with self._opened() as database:
            return [run for (run,) in database.execute("SELECT run FROM run ORDER BY run")]

    def last(self) -> int:
        """The number of the latest run, 0 before the first."""
        return max(self.runs(), default=0)

    def keep(self, stored: Stored, folders: Mapping[str, Path]) -> None:
        """Keep a run whole or not at all, in the place of one of the same number.

        ``folders`` are where the results of its studies lie. Raises OutputError, and InputError for results that were
        changed since they were written.
        """
        with self._opened() as database:
            database.executescript(_SCHEMA)
            with database:
                for table in _OF_A_RUN:
                    database.execute(f"DELETE FROM {table} WHERE run = ?", (stored.run,))  # noqa: S608  # our names
                self._keep_tables(database, stored)
                for study_id, folder in folders.items():
                    self._keep_study(database, stored.run, study_id, folder)

    @staticmethod
    def _keep_tables(database: sqlite3.Connection, stored: Stored) -> None:
        values = (stored.run, stored.began, stored.ended, version(PROGRAM))
        database.execute("INSERT INTO run VALUES (?, ?, ?, ?)", values)
        for name, table in (("league", stored.league), ("figures", stored.figures)):
            marks = ", ".join("?" * (len(table.columns) + 1))
            rows = table.frame.astype(object).where(table.frame.notna(), None).itertuples(index=False, name=None)
            database.executemany(
                f"INSERT INTO {name} VALUES ({marks})",  # noqa: S608  # names and marks of our own
                ((stored.run, *row) for row in rows),
            )

    @staticmethod
    def _keep_study(database: sqlite3.Connection, run: int, study_id: str, folder: Path) -> None:
        manifest, contents = stored_run(folder)
        described = json.dumps(manifest, ensure_ascii=False)
        database.execute("INSERT INTO manifest VALUES (?, ?, ?)", (run, study_id, described))
        for name, data in contents.items():
            digest = sha256(data)
            database.execute("INSERT INTO file VALUES (?, ?, ?, ?)", (run, study_id, name, digest))
            known = database.execute("SELECT 1 FROM content WHERE sha256 = ?", (digest,)).fetchone()
            if known is None:
                database.execute("INSERT INTO content VALUES (?, ?)", (digest, zlib.compress(data)))

    def study_ids(self, run: int) -> list[str]:
        """The studies of a run, in its order. Raises InputError naming the runs there are."""
        runs = self.runs()
        if run not in runs:
            raise InputError(
                Text(
                    f"{self.path} 中没有第 {run} 次批量评估；有：{first_ids(runs, 20) or '无'}。",
                    f"{self.path} has no run {run}; it has {first_ids(runs, 20) or 'none'}.",
                )
            )
        with self._opened() as database:
            found = database.execute("SELECT study_id FROM manifest WHERE run = ? ORDER BY rowid", (run,))
            return [study_id for (study_id,) in found]

    def study(self, run: int, study_id: str) -> Run:
        """A study of a run as it was written."""
        with self._opened() as database:
            found = database.execute("SELECT manifest FROM manifest WHERE run = ? AND study_id = ?", (run, study_id))
            manifest = json.loads(found.fetchone()[0])
            return run_of(manifest, self._contents(database, run, study_id), f"{self.path}@{run}/{study_id}")

    @staticmethod
    def _contents(database: sqlite3.Connection, run: int, study_id: str) -> dict[str, bytes]:
        rows = database.execute(
            "SELECT name, data FROM file JOIN content USING (sha256) WHERE run = ? AND study_id = ?", (run, study_id)
        )
        return {name: zlib.decompress(data) for name, data in rows}

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path)) as database:
                database.execute("PRAGMA synchronous = FULL")
                yield database
        except sqlite3.Error as error:
            raise OutputError(
                Text(
                    f"无法读写历史库 {self.path}：{error}。请检查权限和空间；不是本程序的文件请移走。",
                    f"cannot read or write the history {self.path}: {error}. Check permissions and space; move it away "
                    f"if it is not of this program.",
                )
            ) from error
