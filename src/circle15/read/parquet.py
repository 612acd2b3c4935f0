"""Parquet tables: GeoParquet as a vector layer, others as tables. Needs the extra ``parquet``."""

from __future__ import annotations

import json
from typing import Any

import geopandas
import numpy as np
import shapely

from circle15.core.errors import ConfigError, InputError
from circle15.core.text import Text
from circle15.read.points import points_of
from circle15.read.spec import InputSpec, RawLayer
from circle15.read.vector import features_of

# A few kilobytes may stand for any number of rows that are alike.
_MOST_ROWS = 20_000_000


def read_parquet(spec: InputSpec) -> RawLayer:
    """The rows of a Parquet file; with the metadata of GeoParquet as features whose claimed CRS must agree.

    Raises ConfigError where the extra is not installed, InputError for a file that cannot be read, and what
    ``read_vector`` and ``points_of`` raise.
    """
    table = _table(spec)
    if b"geo" in (table.schema.metadata or {}):
        return features_of(_geometries(table, spec), [], spec)
    frame = table.to_pandas(ignore_metadata=True)
    frame.index = np.arange(1, len(frame) + 1)
    return points_of(frame, [], spec)


def _table(spec: InputSpec) -> Any:
    try:
        import pyarrow  # noqa: PLC0415  # an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            Text(
                zh=f'{spec.shown}：读取 Parquet 需要附加组件。请运行 pip install "circle15[parquet]"，或改存为 .gpkg。',
                en=f'{spec.shown}: Parquet needs an extra: pip install "circle15[parquet]", or save it as .gpkg.',
            )
        ) from error
    try:
        with parquet.ParquetFile(spec.path) as opened:
            rows = opened.metadata.num_rows
            if rows <= _MOST_ROWS:
                table = opened.read()
                table.validate(full=True)  # words that are no UTF-8 would fail wherever they are first looked at
                return table
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _damaged(spec, error) from error
    raise _damaged(spec, f"{rows} rows")


def _geometries(table: Any, spec: InputSpec) -> Any:
    """The features of GeoParquet, their main geometry under the name ``geometry``."""
    try:
        main = json.loads(table.schema.metadata[b"geo"])["primary_column"]
        frame = geopandas.GeoDataFrame.from_arrow(table).set_geometry(main)
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, shapely.GEOSException) as error:
        raise _damaged(spec, error) from error
    return frame.rename_geometry("geometry") if main != "geometry" else frame


def _damaged(spec: InputSpec, error: Exception | str) -> InputError:
    return InputError(
        Text(
            zh=f"{spec.shown}：无法作为 Parquet 读取，可能已损坏或不完整（{error}）。请重新导出。",
            en=f"{spec.shown}: cannot be read as Parquet; it may be damaged or cut short ({error}). Export it again.",
        )
    )
