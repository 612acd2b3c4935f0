"""Where a history lies: in an SQLite file of its own, or in a schema of a PostGIS database that several share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from circle15.core.changes import PROGRAM
from circle15.core.errors import ConfigError, OutputError
from circle15.core.text import Text
from circle15.read.spec import DATABASE, is_database
from circle15.show.database import find_schema, make_schema, open_database, without_options

_WAIT = "60s"


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is asked of a database in one piece; of both drivers in the same way, but for the sign of a value."""

    connection: Any
    sign: str

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query gives; it has ``?`` in the place of each value."""
        cursor = self.connection.execute(query.replace("?", self.sign), values)
        return cursor.fetchall() if cursor.description else []

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add whole rows to a table."""
        filled = [tuple(_plain(each) for each in row) for row in rows]
        if filled:
            signs = ", ".join([self.sign] * len(filled[0]))
            query = f"INSERT INTO {table} VALUES ({signs})"  # noqa: S608  # names and signs of our own
            self.connection.cursor().executemany(query, filled)


def _plain(value: Any) -> Any:
    """A value that both take: PostgreSQL has no text with a NUL in it."""
    return value.replace("\0", "") if isinstance(value, str) else value


class Archive(Protocol):
    """A database that keeps a history.

    ``shown`` names it in messages, ``name`` in what is compared. ``types`` are its words for kinds of columns and
    ``blob``. ``is_shared`` where several batches may be at work with it at once.
    """

    types: ClassVar[Mapping[str, str]]
    is_shared: ClassVar[bool]

    @property
    def shown(self) -> str:
        """The database in messages, without a login."""

    @property
    def name(self) -> str:
        """What its runs are called by, before the ``@``."""

    def exists(self) -> bool:
        """Whether anything was ever kept there. Raises OutputError where that cannot be told."""

    def opened(self, schema: Sequence[str] = ()) -> AbstractContextManager[Transaction]:
        """A transaction; to write, with the statements that make the tables where they are missing.

        Whoever writes does so alone. Raises OutputError for a database that cannot be reached, read or written, or
        that is of another maker; it is then as it was.
        """


def open_archive(address: str) -> Archive:
    """The archive at an address. Raises ConfigError for what is no address of a database."""
    if not is_database(address):
        raise ConfigError(
            Text(
                f"--history 要写数据库地址，如 {DATABASE}主机/库名；写在文件夹中的历史库无须指定。",
                f"--history takes the address of a database, {DATABASE}host/name; a file needs no option.",
            )
        )
    return Served(address)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The file of one output folder."""

    path: Path

    types: ClassVar[Mapping[str, str]] = {
        "text": "TEXT", "integer": "INTEGER", "number": "REAL", "flag": "INTEGER", "blob": "BLOB",
    }  # fmt: skip
    is_shared: ClassVar[bool] = False

    @property
    def shown(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def name(self) -> str:
        """The output folder."""
        return str(self.path.parent.parent)

    def exists(self) -> bool:
        """Whether there is such a file, and not only the empty one that a full disk or a kill leaves behind."""
        if not self.path.is_file():
            return False
        with self.opened() as database:
            return bool(database.ask("SELECT 1 FROM sqlite_master WHERE name = 'run'"))

    @contextmanager
    def opened(self, schema: Sequence[str] = ()) -> Iterator[Transaction]:
        """A transaction of the file; as ``Archive`` says."""
        try:
            with closing(sqlite3.connect(self.path)) as database:
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN IMMEDIATE" if schema else "BEGIN")
                for statement in schema:
                    database.execute(statement)
                with database:
                    yield Transaction(database, "?")
        except sqlite3.Error as error:
            raise OutputError(
                Text(
                    f"无法读写历史库 {self.path}：{error}。请检查权限和空间；不是本程序的文件请移走。",
                    f"cannot read or write the history {self.path}: {error}. Check permissions and space; move it away "
                    f"if it is not of this program.",
                )
            ) from error


@dataclass(frozen=True, slots=True)
class Served:
    """The schema ``circle15`` of a PostGIS database. Needs the extra ``postgis``; no message shows the login."""

    address: str = field(repr=False)

    types: ClassVar[Mapping[str, str]] = {
        "text": "text", "integer": "bigint", "number": "double precision", "flag": "boolean", "blob": "bytea",
    }  # fmt: skip
    is_shared: ClassVar[bool] = True

    @property
    def shown(self) -> str:
        """The host and the database."""
        return without_options(self.address)

    @property
    def name(self) -> str:
        """The same."""
        return self.shown

    def exists(self) -> bool:
        """Whether the schema is there."""
        with open_database(self.address) as connection:
            return find_schema(connection, PROGRAM, self.shown)

    @contextmanager
    def opened(self, schema: Sequence[str] = ()) -> Iterator[Transaction]:
        """A transaction of the database; as ``Archive`` says. Who writes waits for whoever else does, a minute long."""
        with open_database(self.address) as connection:
            connection.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
            if schema:
                connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (PROGRAM,))
                make_schema(connection, PROGRAM, self.shown)
            connection.execute(f"SET LOCAL search_path TO {PROGRAM}")
            for statement in schema:
                connection.execute(statement)
            yield Transaction(connection, "%s")
