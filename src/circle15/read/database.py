"""Layers from a PostGIS database, in one read-only transaction. Needs the extra ``postgis``.

Names of tables and columns are quoted, never pasted. A query of the study's own is the inside of a ``SELECT`` and
travels by the extended protocol, which carries one statement only. Nothing of the login is in any message.
"""

from __future__ import annotations

import datetime as dt
import decimal
import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15.core.address import trouble
from circle15.core.errors import ConfigError, CrsError, InputError
from circle15.core.text import Text, first_ids
from circle15.read.points import points_of
from circle15.read.spec import InputSpec, RawLayer
from circle15.read.vector import features_of

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_CONNECT_S = 10
_STATEMENT_LIMIT = "600s"

_EXISTS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
AND (n.nspname || '.' || c.relname = %(name)s OR (c.relname = %(name)s AND pg_table_is_visible(c.oid)))
"""
_LISTED = """
SELECT CASE WHEN pg_table_is_visible(a.attrelid) THEN c.relname ELSE n.nspname || '.' || c.relname END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.atttypid = to_regtype('geometry') AND a.attnum > 0 AND NOT a.attisdropped
AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
ORDER BY 1
"""
_SRID = "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s"


def read_database(spec: InputSpec) -> RawLayer:
    """The rows of a table, a view or a query, in the datum or CRS that is declared; Z is dropped.

    The table is the one the study names as ``layer``; else the only one with geometry; else the one of the input's
    own name. Rows come in the order of their content, so that the same rows give the same results; ``sha256`` is of
    them. Rows without a geometry column are a table. Raises ConfigError for a table that is not there, a query that
    does not run and for the missing extra, InputError where the database cannot be reached, CrsError where the SRID
    contradicts the declaration.
    """
    psycopg = _driver(spec)
    try:
        connection = psycopg.connect(spec.database or "", connect_timeout=_CONNECT_S, autocommit=False)
    except (psycopg.Error, UnicodeError) as error:
        raise _unreachable(spec, str(error)) from None
    try:
        with connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(f"SET LOCAL statement_timeout = '{_STATEMENT_LIMIT}'")
            return _read(connection, spec)
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise _unreachable(spec, str(error)) from None
        raise _refused(spec, error) from None
    except psycopg.Error as error:
        raise _refused(spec, error) from None


def _driver(spec: InputSpec) -> Any:
    try:
        import psycopg  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise ConfigError(
            Text(
                zh=f'{spec.shown}：读取 PostGIS 需要附加组件。请运行 pip install "circle15[postgis]"。',
                en=f'{spec.shown}: PostGIS needs an extra: pip install "circle15[postgis]".',
            )
        ) from error
    return psycopg


def _read(connection: psycopg.Connection[Any], spec: InputSpec) -> RawLayer:
    source = _source(connection, spec)
    names, shape = _columns(connection, source, spec)
    rows = _rows(connection, source, names, shape)
    digest = hashlib.sha256(repr([names, *rows]).encode()).hexdigest()
    columns = {name: _series([row[at] for row in rows]) for at, name in enumerate(names) if name != shape}
    frame = pd.DataFrame(columns, index=range(1, len(rows) + 1))
    if shape is None:
        raw = points_of(frame, [], spec)
    else:
        at = names.index(shape)
        shapes = shapely.from_wkb(np.array([row[at] for row in rows], dtype=object))
        crs = _crs(connection, source, shape, spec)
        plain = frame.drop(columns="geometry", errors="ignore")
        raw = features_of(geopandas.GeoDataFrame(plain, geometry=shapes, crs=crs), [], _without_geometry_key(spec))
    return RawLayer(raw.frame, raw.datum, raw.crs, findings=raw.findings, dropped=raw.dropped, sha256=digest)


def _source(connection: psycopg.Connection[Any], spec: InputSpec) -> sql.Composable:
    """What stands behind FROM."""
    from psycopg import sql  # noqa: PLC0415  # an extra

    if spec.sql is not None:
        own: Any = spec.sql.rstrip().rstrip(";")
        # On lines of its own, so that a comment at its end does not swallow the bracket.
        return sql.SQL("(\n{}\n) AS {}").format(sql.SQL(own), sql.Identifier("rows"))
    name = spec.source_layer or _own_layer(connection, spec)
    found = connection.execute(_EXISTS, {"name": name}).fetchall()
    if len(found) != 1:
        raise _no_layer(name, _layers(connection), spec)
    return sql.Identifier(*found[0])


def _layers(connection: psycopg.Connection[Any]) -> list[str]:
    return [str(row[0]) for row in connection.execute(_LISTED)]


def _own_layer(connection: psycopg.Connection[Any], spec: InputSpec) -> str:
    layers = _layers(connection)
    return layers[0] if len(layers) == 1 else spec.layer


def _columns(
    connection: psycopg.Connection[Any], source: sql.Composable, spec: InputSpec
) -> tuple[list[str], str | None]:
    """The names of the columns, and which of them is the geometry, None where there is none."""
    from psycopg import sql  # noqa: PLC0415  # an extra

    kind = connection.execute("SELECT to_regtype('geometry')::oid").fetchone()
    described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(source), prepare=True).description or []
    names = [each.name for each in described]
    shapes = [each.name for each in described if kind is not None and each.type_code == kind[0]]
    wanted = spec.columns.get("geometry")
    if wanted is None and len(shapes) < 2:
        return names, next(iter(shapes), None)
    if wanted in shapes:
        return [name for name in names if name == wanted or name not in shapes], wanted
    raise ConfigError(
        Text(
            zh=f"{spec.shown}：有 {len(shapes)} 个几何列（{first_ids(shapes)}）。请写 columns = {{ geometry = … }}。",
            en=f"{spec.shown}: has {len(shapes)} columns of geometry ({first_ids(shapes)}). "
            f"Write columns = {{ geometry = … }}.",
        )
    )


def _rows(
    connection: psycopg.Connection[Any], source: sql.Composable, names: Sequence[str], shape: str | None
) -> list[tuple[Any, ...]]:
    """All rows in the order of their content, the geometry as WKB without Z and without arcs."""
    from psycopg import sql  # noqa: PLC0415  # an extra

    plain = sql.SQL("ST_AsBinary(ST_Force2D(ST_CurveToLine({})))")
    wanted = [plain.format(sql.Identifier(name)) if name == shape else sql.Identifier(name) for name in names]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(wanted), source)
    return sorted(connection.execute(query, prepare=True).fetchall(), key=repr)


def _series(values: list[Any]) -> Any:
    """Cells of one column; numbers of exact width as numbers, what pandas has no kind for as text."""
    kinds = {type(each) for each in values if each is not None}
    if decimal.Decimal in kinds:
        values = [float(each) if isinstance(each, decimal.Decimal) else each for each in values]
    elif kinds and not kinds <= _KNOWN_KINDS:
        values = [each if each is None or type(each) in _KNOWN_KINDS else str(each) for each in values]
    index = range(1, len(values) + 1)
    return pd.Series(values, index=index, dtype="str" if kinds <= {str} else None)


_KNOWN_KINDS = frozenset({str, int, float, bool, dt.date, dt.datetime})


def _crs(connection: psycopg.Connection[Any], source: sql.Composable, shape: str, spec: InputSpec) -> Any:
    """The CRS that the rows claim by their SRID; None for SRID 0."""
    from psycopg import sql  # noqa: PLC0415  # an extra

    query = sql.SQL("SELECT DISTINCT ST_SRID({0}) FROM {1} WHERE {0} IS NOT NULL").format(sql.Identifier(shape), source)
    srids = [row[0] for row in connection.execute(query, prepare=True)]
    if len(srids) > 1:
        raise CrsError(
            Text(
                zh=f"{spec.shown}：{shape} 列混有 {len(srids)} 个 SRID（{first_ids(sorted(srids))}）。请统一坐标系。",
                en=f"{spec.shown}: {shape} mixes {len(srids)} SRIDs ({first_ids(sorted(srids))}): make them one.",
            ),
            "datum",
        )
    if not srids or srids[0] == 0:
        return None
    known = connection.execute(_SRID, (srids[0],)).fetchone()
    if known is None:
        return None
    authority, number, text = known
    return pyproj.CRS.from_user_input(f"{authority}:{number}" if authority == "EPSG" else text)


def _without_geometry_key(spec: InputSpec) -> InputSpec:
    return replace(spec, columns={ours: theirs for ours, theirs in spec.columns.items() if ours != "geometry"})


def _no_layer(name: str, layers: Sequence[str], spec: InputSpec) -> ConfigError:
    near = (difflib.get_close_matches(name, layers, 1, 0.0) or ["-"])[0]
    return ConfigError(
        Text(
            zh=f"{spec.shown}：没有名为 {name!r} 的表或视图，最接近的是 {near!r}（有几何的：{first_ids(layers, 8)}）。"
            f"请用 layer 写明表名（其他模式写 模式.表），或用 sql 写查询。",
            en=f"{spec.shown}: there is no table or view {name!r}; the nearest is {near!r} "
            f"(with geometry: {first_ids(layers, 8)}). Name it under layer (schema.table), or give a query under sql.",
        )
    )


def _unreachable(spec: InputSpec, said: str) -> InputError:
    why = trouble(said)
    return InputError(
        Text(
            zh=f"{spec.shown}：{why.zh}。请检查地址、用户名、密码和网络；密码也可写在 ~/.pgpass。",
            en=f"{spec.shown}: {why.en}. Check address, login and network; a password may stand in ~/.pgpass.",
        )
    )


def _refused(spec: InputSpec, error: psycopg.Error) -> ConfigError:
    said = error.diag.message_primary or type(error).__name__
    return ConfigError(
        Text(
            zh=f"{spec.shown}：数据库没有执行查询（{error.sqlstate}：{said}）。"
            f"请检查 layer 或 sql；只能读取，不能修改。",
            en=f"{spec.shown}: the database did not run the query ({error.sqlstate}: {said}). Check layer or sql; "
            f"reading is all that is allowed.",
        )
    )
