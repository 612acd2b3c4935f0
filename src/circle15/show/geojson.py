"""GeoJSON by RFC 7946: WGS 84, right-hand rule, eight decimals, no crs member. GDAL writes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from circle15.core.results import Audit
from circle15.show.files import Content
from circle15.show.geometry import WGS84, to_wgs84
from circle15.show.layers import layer_frames
from circle15.show.sentences import stamps

DECIMALS = 8
# What GDAL writes before the first feature and after the last.
_BEGIN, _END = b'"features": [\n', b"\n]\n}\n"
# So many vertices are written at a time; the values of a row weigh like so many.
_MOST, _OF_A_ROW = 500_000, 20


def layers(audit: Audit) -> dict[str, Content]:
    """Every GeoJSON file of a run by name, in pieces that are made when they are asked for."""
    stamped = stamp(audit)
    frames = layer_frames(audit).items()
    return {f"{key}.geojson": partial(pieces, frame, audit.facts.crs, stamped) for key, frame in frames}


def stamp(audit: Audit) -> str:
    """What a file must say of itself: invented, estimated, approximate, whose data."""
    return "; ".join(each.say(audit.facts.language) for each in stamps(audit))


def feature_collection(frame: Any, crs: str, description: str = "") -> bytes:
    """A GeoDataFrame in the study CRS as an RFC 7946 FeatureCollection; dates as text.

    A ``description`` becomes a member of the collection, as GDAL names and reads it.
    """
    return b"".join(pieces(frame, crs, description))


def pieces(frame: Any, crs: str, description: str = "") -> Iterator[bytes]:
    """The same as bytes that follow one another: some features at a time are in memory, however many there are."""
    begun = False
    for rows in _portions(frame):
        content = _written(frame.iloc[rows], crs, description)
        start = content.index(_BEGIN) + len(_BEGIN)
        yield b",\n" + content[start : -len(_END)] if begun else content[: -len(_END)]
        begun = True
    yield _END


def _portions(frame: Any) -> Iterator[slice]:
    """Rows of at most so many vertices; all where there is none."""
    sizes = shapely.get_num_coordinates(frame.geometry.to_numpy()) + _OF_A_ROW
    portion = np.cumsum(sizes) // _MOST
    starts = np.flatnonzero(np.diff(portion, prepend=-1)) if len(frame) else np.zeros(1, dtype=np.int64)
    for start, stop in zip(starts, [*starts[1:], len(frame)], strict=True):
        yield slice(start, stop)


def _written(frame: Any, crs: str, description: str) -> bytes:
    """A collection as GDAL writes it."""
    rounded = {name: frame[name].round(_decimals(name)) for name in frame.columns if _is_float(frame[name])}
    dates = {
        name: pd.to_datetime(frame[name]).dt.strftime("%Y-%m-%d") for name in frame.columns if _is_date(frame[name])
    }
    shapes = to_wgs84(frame.geometry.to_numpy(), crs, DECIMALS)
    degrees = gpd.GeoDataFrame(frame.assign(**rounded, **dates).drop(columns="geometry"), geometry=shapes, crs=WGS84)
    out = BytesIO()
    pyogrio.write_dataframe(
        degrees,
        out,
        driver="GeoJSON",
        layer="circle15",
        geometry_type="Unknown",
        layer_options={
            "RFC7946": "YES",
            "COORDINATE_PRECISION": str(DECIMALS),
            "WRITE_NAME": "NO",
            **({"DESCRIPTION": description} if description else {}),
        },
    )
    return out.getvalue()


def _is_float(column: Any) -> bool:
    return bool(pd.api.types.is_float_dtype(column))


def _is_date(column: Any) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(column))


def _decimals(name: str) -> int:
    return 3 if name.endswith("_m") else 6
