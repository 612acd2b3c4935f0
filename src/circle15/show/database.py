"""Results into a PostGIS database: a schema for each study, in one transaction. Needs the extra ``postgis``."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from circle15.core.changes import PROGRAM
from circle15.core.errors import ConfigError, OutputError
from circle15.core.results import Audit
from circle15.core.text import Text, redact
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
    psycopg = _driver()
    schema = f"{PROGRAM}_{audit.facts.study_id}"
    shown = redact(address).partition("?")[0]
    if len(schema.encode()) > _MOST_BYTES:
        raise _failed(shown, Text(f"模式名 {schema} 太长", f"the name of the schema, {schema}, is too long"))
    tables = {name: _columns(frame) for name, frame in {**frames(audit), **_layers(audit)}.items()}
    try:
        with psycopg.connect(address, connect_timeout=_CONNECT_S) as connection:
            _make_schema(connection, schema, shown)
            _drop_ours(connection, schema)
            for name, columns in tables.items():
                _write(connection, schema, name, columns, shown)
    except psycopg.Error as error:
        # What the driver says of a connection holds the name of the user.
        said = error.diag.message_primary or type(error).__name__
        raise _failed(shown, Text(f"数据库拒绝写入（{said}）", f"the database refused ({said})")) from None
    return f"{shown} {schema}"


def _driver() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise ConfigError(
            Text(
                '写入 PostGIS 需要附加组件。请运行 pip install "circle15[postgis]"，或从 [show] outputs 中去掉该项。',
                'PostGIS needs an extra: pip install "circle15[postgis]", or leave it out of [show] outputs.',
            )
        ) from error


def _failed(shown: str, why: Text) -> OutputError:
    return OutputError(
        Text(
            f"{shown}：{why.zh}，没有写入任何结果。请检查地址、用户名、密码和权限。",
            f"{shown}: {why.en}; nothing was written. Check address, login and rights.",
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


def _make_schema(connection: Any, schema: str, shown: str) -> None:
    """The schema with our mark. Raises OutputError where it is somebody else's."""
    sql = importlib.import_module("psycopg.sql")
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
    found = connection.execute(query, (schema,)).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(PROGRAM)))
    elif found[0] != PROGRAM:
        raise _failed(shown, Text(f"已有不是本程序建的模式 {schema}", f"it holds a schema {schema} of another maker"))


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
