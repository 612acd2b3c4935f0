"""What every run of a batch found, in a database: its figures to be asked for, its tables to be compared."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from circle15.batch.archive import Archive, Transaction
from circle15.core.changes import PROGRAM, Run
from circle15.core.errors import InputError
from circle15.core.league import Figures, League
from circle15.core.schema import Table
from circle15.core.text import Text, first_ids
from circle15.read.run import run_of, stored_run
from circle15.show.files import sha256

# What is of one run and goes with it. Of equal contents there is one, whatever runs have it.
_OF_A_RUN = ("run", "league", "figures", "manifest", "file")
# Each table with its columns and their kinds; those of the league and of figures are as declared.
_TABLES: Mapping[str, str] = {
    "run": "run {integer} PRIMARY KEY, key {text}, began {text}, ended {text}, version {text}",
    "league": "run {integer}, {league}, PRIMARY KEY (run, study)",
    "figures": "run {integer}, {figures}",
    "manifest": "run {integer}, place {integer}, study_id {text}, manifest {text}, PRIMARY KEY (run, study_id)",
    "file": "run {integer}, study_id {text}, name {text}, sha256 {text}, PRIMARY KEY (run, study_id, name)",
    "content": "sha256 {text} PRIMARY KEY, data {blob}",
}


def _schema(types: Mapping[str, str]) -> list[str]:
    """The statements that make the tables where they are missing."""
    declared = {"league": _columns(League, types), "figures": _columns(Figures, types)}
    tables = [
        f"CREATE TABLE IF NOT EXISTS {name} ({columns.format(**types, **declared)})"
        for name, columns in _TABLES.items()
    ]
    return [*tables, "CREATE INDEX IF NOT EXISTS figures_of_run ON figures (run)"]


def _columns(table: type[Table], types: Mapping[str, str]) -> str:
    return ", ".join(f'"{column.name}" {types[column.kind]}' for column in table.columns)


@dataclass(frozen=True, slots=True)
class Stored:
    """A run of a batch as the history keeps it: its number and key, when it began and ended, its tables."""

    run: int
    key: str
    began: str
    ended: str
    league: League
    figures: Figures


@dataclass(frozen=True, slots=True)
class History:
    """The runs that came to their end, in an archive that may not exist yet. It raises what its archive raises."""

    archive: Archive

    def runs(self) -> list[int]:
        """The numbers of the runs it holds."""
        if not self.archive.exists():
            return []
        with self.archive.opened() as database:
            return [run for (run,) in database.ask("SELECT run FROM run WHERE ended IS NOT NULL ORDER BY run")]

    def last(self) -> int:
        """The number of the latest run, 0 before the first."""
        return max(self.runs(), default=0)

    def begin(self, key: str, began: str, above: int = 0, resumed: int = 0) -> int:
        """The number of the run with a key: ``resumed``, if that is its own or nobody's; else a new one.

        A new one is above all that were ever given and ``above``. In a shared archive it is written down at once.
        """
        if not (self.archive.is_shared or self.archive.exists()):
            return resumed or above + 1
        with self.archive.opened(_schema(self.archive.types)) as database:
            known = dict(database.ask("SELECT run, key FROM run"))
            is_free = resumed and known.get(resumed, key) == key
            run = resumed if is_free else max([above, *known]) + 1
            if self.archive.is_shared and run not in known:
                database.add("run", [(run, key, began, None, version(PROGRAM))])
            return run

    def keep(self, stored: Stored, folders: Mapping[str, Path]) -> None:
        """Keep a run whole or not at all, in the place of one of the same number.

        ``folders`` are where the results of its studies lie. Raises InputError for results that were changed since
        they were written.
        """
        with self.archive.opened(_schema(self.archive.types)) as database:
            for name in _OF_A_RUN:
                database.ask(f"DELETE FROM {name} WHERE run = ?", (stored.run,))  # noqa: S608  # our names
            database.add("run", [(stored.run, stored.key, stored.began, stored.ended, version(PROGRAM))])
            for name, table in (("league", stored.league), ("figures", stored.figures)):
                rows = table.frame.astype(object).where(table.frame.notna(), None).itertuples(index=False, name=None)
                database.add(name, ((stored.run, *row) for row in rows))
            for place, (study_id, folder) in enumerate(folders.items()):
                _keep_study(database, (stored.run, place), study_id, folder)

    def study_ids(self, run: int) -> list[str]:
        """The studies of a run, in its order. Raises InputError naming the runs there are."""
        runs, shown = self.runs(), self.archive.shown
        if not runs:
            raise InputError(Text(f"{shown} 中没有批量评估的历史。", f"{shown} holds no run of a batch."))
        if run not in runs:
            raise InputError(
                Text(
                    f"{shown} 中没有第 {run} 次批量评估；有：{first_ids(runs, 20)}。",
                    f"{shown} has no run {run}; it has {first_ids(runs, 20)}.",
                )
            )
        with self.archive.opened() as database:
            found = database.ask("SELECT study_id FROM manifest WHERE run = ? ORDER BY place", (run,))
            return [study_id for (study_id,) in found]

    def study(self, run: int, study_id: str) -> Run:
        """A study of a run as it was written."""
        with self.archive.opened() as database:
            asked = (run, study_id)
            ((manifest,),) = database.ask("SELECT manifest FROM manifest WHERE run = ? AND study_id = ?", asked)
            query = "SELECT name, data FROM file JOIN content USING (sha256) WHERE run = ? AND study_id = ?"
            contents = {name: zlib.decompress(data) for name, data in database.ask(query, asked)}
            return run_of(json.loads(manifest), contents, f"{self.archive.shown}@{run}/{study_id}")


def _keep_study(database: Transaction, at: tuple[int, int], study_id: str, folder: Path) -> None:
    """A study of a run and its place there: its manifest, and those of its tables that are not kept yet."""
    manifest, contents = stored_run(folder)
    database.add("manifest", [(*at, study_id, json.dumps(manifest, ensure_ascii=False))])
    for name, data in contents.items():
        digest = sha256(data)
        database.add("file", [(at[0], study_id, name, digest)])
        if not database.ask("SELECT 1 FROM content WHERE sha256 = ?", (digest,)):
            database.add("content", [(digest, zlib.compress(data))])
