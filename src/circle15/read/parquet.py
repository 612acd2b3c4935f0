"""Parquet tables: GeoParquet as a vector layer, others as tables. Needs the extra ``parquet``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

import geopandas
import numpy as np

from circle15.core.errors import ConfigError, InputError
from circle15.core.text import Text
from circle15.read.points import points_of
from circle15.read.spec import InputSpec, RawLayer
from circle15.read.vector import features_of

# A few kilobytes may stand for any number of rows that are alike.
_MOST_ROWS = 20_000_000
# PROJ repeats the whole of a CRS that it does not understand.
_MOST_TOLD = 160


def read_parquet(spec: InputSpec) -> RawLayer:
    """The rows of a Parquet file; with the metadata of GeoParquet as features whose claimed CRS must agree.

    Raises ConfigError where the extra is not installed, InputError for a file that cannot be read, and what
    ``read_vector`` and ``points_of`` raise.
    """
    table = _table(spec)
    if b"geo" in (table.schema.metadata or {}):
        with _damage_told(spec):
            features = _geometries(table)
        return features_of(features, [], spec)
    with _damage_told(spec):
        frame = table.to_pandas(ignore_metadata=True)
    frame.index = np.arange(1, len(frame) + 1)
    return points_of(frame, [], spec)


def _table(spec: InputSpec) -> Any:
    try:
        from pyarrow import parquet  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise ConfigError(
            Text(
                zh=f'{spec.shown}：读取 Parquet 需要附加组件。请运行 pip install "circle15[parquet]"，或改存为 .gpkg。',
                en=f'{spec.shown}: Parquet needs an extra: pip install "circle15[parquet]", or save it as .gpkg.',
            )
        ) from error
    with _damage_told(spec), parquet.ParquetFile(spec.path) as opened:
        rows = opened.metadata.num_rows
        if rows <= _MOST_ROWS:
            table = opened.read()
            table.validate(full=True)  # words that are no UTF-8 would fail wherever they are first looked at
            return table
    raise InputError(
        Text(
            zh=f"{spec.shown}：有 {rows:,} 行，超过 {_MOST_ROWS:,} 行，不予读取。请核对文件，或分开提供。",
            en=f"{spec.shown}: has {rows:,} rows, more than {_MOST_ROWS:,}: not read. Check the file, or split it.",
        )
    )


def _geometries(table: Any) -> Any:
    """The features of GeoParquet, their main geometry under the name ``geometry``."""
    main = json.loads(table.schema.metadata[b"geo"])["primary_column"]
    frame = geopandas.GeoDataFrame.from_arrow(table).set_geometry(main)
    return frame.rename_geometry("geometry") if main != "geometry" else frame


@contextmanager
def _damage_told(spec: InputSpec) -> Iterator[None]:
    """Arrow, GEOS, PROJ, JSON, pandas: each complains of a damaged file with exceptions of its own."""
    try:
        yield
    except Exception as error:
        raise _damaged(spec, error) from error


def _damaged(spec: InputSpec, error: Exception) -> InputError:
    said = shorten(str(error), _MOST_TOLD, placeholder=" …")
    return InputError(
        Text(
            zh=f"{spec.shown}：无法作为 Parquet 读取，可能已损坏或不完整（{said}）。请重新导出。",
            en=f"{spec.shown}: cannot be read as Parquet; it may be damaged or cut short ({said}). Export it again.",
        )
    )
