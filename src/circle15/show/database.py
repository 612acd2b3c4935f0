"""Results into a PostGIS database: a schema for each study, in one transaction. Needs the extra ``postgis``."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import shapely

from circle15.core.address import redact, trouble
from circle15.core.changes import PROGRAM
from circle15.core.errors import ConfigError, OutputError
from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.geometry import to_wgs84
from circle15.show.layers import layer_frames
from circle15.show.tables import frames

# How [show] outputs names it: this and the address.
OUTPUT = "postgis:"

_CONNECT_S = 10
_SRID = 4326
_DECIMALS = 8
# A longer name is cut by the server, and two studies would share one schema.
_MOST_BYTES = 63
_KINDS: Mapping[str, str] = {"b": "boolean", "i": "bigint", "u": "bigint", "f": "double precision", "M": "date"}


def write_database(audit: Audit, address: str) -> str:
    """Write every table and layer of a run into the schema ``circle15_<study id>``; says where, without the login.

    Geometry is in WGS 84 (EPSG:4326), names are those of the files. Tables of an earlier run are replaced; anything
    else in the schema stays. Raises ConfigError where the extra is missing, OutputError where the database cannot be
    reached or does not allow it, or holds a schema or a table of that name that this program did not make; nothing is
    changed then.
    """
    schema = f"{PROGRAM}_{audit.facts.study_id}"
    shown = without_options(address)
    if len(schema.encode()) > _MOST_BYTES:
        raise _failed(shown, Text(f"模式名 {schema} 太长", f"the name of the schema, {schema}, is too long"))
    tables = {name: _columns(frame) for name, frame in {**frames(audit), **_layers(audit)}.items()}
    with open_database(address) as connection:
        make_schema(connection, schema, shown)
        _drop_ours(connection, schema)
        for name, columns in tables.items():
            _write(connection, schema, name, columns, shown)
    return f"{shown} {schema}"


def without_options(address: str) -> str:
    """The host and the name of a database, as outputs show it."""
    return redact(address).partition("?")[0]


@contextmanager
def open_database(address: str) -> Iterator[Any]:
    """A connection to a database in one transaction: all of it comes about, or nothing.

    Raises ConfigError where the extra is missing, OutputError without the login where the database cannot be reached,
    refuses what it is asked, or goes away.
    """
    psycopg, shown = _driver(), without_options(address)
    try:
        connection = psycopg.connect(address, connect_timeout=_CONNECT_S)
    except (psycopg.Error, UnicodeError) as error:
        raise _failed(shown, trouble(str(error))) from None
    try:
        with connection:
            yield connection
    except psycopg.Error as error:
        said = error.diag.message_primary
        lost = Text("与数据库的连接中断", "the connection was lost")
        raise _failed(
            shown, Text(f"数据库拒绝（{said}）", f"the database refused ({said})") if said else lost
        ) from None


def _driver() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise ConfigError(
            Text(
                '使用 PostGIS 需要附加组件。请运行 pip install "circle15[postgis]"，或去掉数据库地址。',
                'PostGIS needs an extra: pip install "circle15[postgis]", or leave the database out.',
            )
        ) from error


def _failed(shown: str, why: Text) -> OutputError:
    return OutputError(
        Text(
            f"{shown}：{why.zh}，数据库没有任何改动。请检查地址、用户名、密码和权限。",
            f"{shown}: {why.en}; nothing in it was changed. Check address, login and rights.",
        )
    )


def _layers(audit: Audit) -> dict[str, Any]:
    """The layers with their geometry as hexadecimal WKB."""
    found = {}
    for name, frame in layer_frames(audit).items() if audit.facts.crs else ():
        places = to_wgs84(frame.geometry.to_numpy(), audit.facts.crs, _DECIMALS)
        wkb = shapely.to_wkb(shapely.set_srid(places, _SRID), hex=True, include_srid=True)
        found[name] = pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(geometry=wkb)
    return found


def _columns(frame: Any) -> dict[str, tuple[str, list[Any]]]:
    """The type and the values of each column, None where empty."""
    return {str(name): _column(str(name), frame[name]) for name in frame.columns}


def _column(name: str, values: Any) -> tuple[str, list[Any]]:
    if name == "geometry":
        return f"geometry(Geometry, {_SRID})", list(values)
    kind = _KINDS.get(values.dtype.kind, "text")
    cells = [None if pd.isna(each) else each for each in values.astype(object)]
    if kind == "text":
        return kind, [each if each is None else str(each).replace("\0", "") for each in cells]
    plain = [each.item() if isinstance(each, np.generic) else each for each in cells]
    return kind, [None if isinstance(each, float) and not math.isfinite(each) else each for each in plain]


def find_schema(connection: Any, schema: str, shown: str) -> bool:
    """Whether there is such a schema with our mark. Raises OutputError where it is somebody else's."""
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
    found = connection.execute(query, (schema,)).fetchone()
    if found is not None and found[0] != PROGRAM:
        raise _failed(shown, Text(f"已有不是本程序建的模式 {schema}", f"it holds a schema {schema} of another maker"))
    return found is not None


def make_schema(connection: Any, schema: str, shown: str) -> None:
    """The schema with our mark, made where it is not there. Raises OutputError where it is somebody else's."""
    sql = importlib.import_module("psycopg.sql")
    if not find_schema(connection, schema, shown):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(PROGRAM)))


def _drop_ours(connection: Any, schema: str) -> None:
    sql = importlib.import_module("psycopg.sql")
    query = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind = 'r' AND obj_description(c.oid, 'pg_class') = %s"
    )
    for (name,) in connection.execute(query, (schema, PROGRAM)).fetchall():
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(schema, name)))


def _write(connection: Any, schema: str, name: str, columns: Mapping[str, tuple[str, list[Any]]], shown: str) -> None:
    sql = importlib.import_module("psycopg.sql")
    table = sql.Identifier(schema, name)
    if connection.execute("SELECT to_regclass(%s)", (table.as_string(connection),)).fetchone()[0] is not None:
        raise _failed(shown, Text(f"已有不是本程序建的表 {name}", f"it holds a table {name} of another maker"))
    types = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, (kind, _) in columns.items()]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(types)))
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(PROGRAM)))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for row in zip(*(values for _, values in columns.values()), strict=True):
            copy.write_row(row)
