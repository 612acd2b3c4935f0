"""GeoJSON by RFC 7946: WGS 84, right-hand rule, eight decimals, no crs member. GDAL writes all but plain places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from circle15.core.results import Audit
from circle15.show.ahead import ahead
from circle15.show.files import Content
from circle15.show.geometry import WGS84, portions, to_wgs84
from circle15.show.layers import layer_frames
from circle15.show.positions import are_plain, texts
from circle15.show.sentences import joined, stamps
from circle15.show.tables import decimals

DECIMALS = 8
# What GDAL writes before the first feature and after the last.
_BEGIN, _END = b'"features": [\n', b"\n]\n}\n"
_NOWHERE = b"null"


def layers(audit: Audit) -> dict[str, Content]:
    """Every GeoJSON file of a run by name, in pieces that are made when they are asked for."""
    stamped = stamp(audit)
    frames = layer_frames(audit).items()
    return {f"{key}.geojson": partial(pieces, frame, audit.facts.crs, stamped) for key, frame in frames}


def stamp(audit: Audit) -> str:
    """What a file must say of itself: invented, estimated, approximate, whose data."""
    return joined(stamps(audit)).say(audit.facts.language)


def feature_collection(frame: Any, crs: str, description: str = "") -> bytes:
    """A GeoDataFrame in the study CRS as an RFC 7946 FeatureCollection; dates as text.

    A ``description`` becomes a member of the collection, as GDAL names and reads it.
    """
    return b"".join(pieces(frame, crs, description))


def pieces(frame: Any, crs: str, description: str = "") -> Iterator[bytes]:
    """The same as bytes that follow one another: some features at a time are in memory, however many there are."""
    geometries = frame.geometry.to_numpy()

    def features(rows: slice) -> tuple[bytes, bytes]:
        shapes = to_wgs84(geometries[rows], crs, DECIMALS)
        plain = are_plain(shapes)
        odd = shapes.copy()
        odd[plain] = None
        content = _written(frame.iloc[rows], odd, description)
        start = content.index(_BEGIN) + len(_BEGIN)
        return content[:start], _placed(content[start : -len(_END)], np.flatnonzero(plain), texts(shapes[plain]))

    for number, (head, lines) in enumerate(ahead(features, portions(geometries))):
        yield b",\n" if number else head
        yield lines
    yield _END


def _placed(features: bytes, rows: Any, places: Sequence[bytes]) -> bytes:
    """Features, a line each, with their places in those lines that have none."""
    lines = features.split(b"\n")
    for row, place in zip(rows.tolist(), places, strict=True):
        head, _, tail = lines[row].rpartition(_NOWHERE)
        lines[row] = head + place + tail
    return b"\n".join(lines)


def _written(frame: Any, shapes: Any, description: str) -> bytes:
    """A collection as GDAL writes it; ``shapes`` are its places in degrees."""
    rounded = {name: _rounded(frame[name]) for name in frame.columns if _is_float(frame[name])}
    dates = {
        name: pd.to_datetime(frame[name]).dt.strftime("%Y-%m-%d") for name in frame.columns if _is_date(frame[name])
    }
    degrees = gpd.GeoDataFrame(frame.assign(**rounded, **dates).drop(columns="geometry"), geometry=shapes, crs=WGS84)
    out = BytesIO()
    pyogrio.write_dataframe(
        degrees,
        out,
        driver="GeoJSON",
        layer="circle15",
        geometry_type="Unknown",
        promote_to_multi=False,
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


def _rounded(column: Any) -> Any:
    """Numbers to the last digit as the tables have them. Whole millimetres are the same however they are rounded."""
    places = decimals(str(column.name))
    if str(column.name).endswith("_m"):
        return column.round(places)
    code, known = pd.factorize(column.to_numpy(dtype=float, na_value=np.nan), use_na_sentinel=False)
    return pd.Series(np.array([float(f"{value:.{places}f}") for value in known.tolist()])[code], index=column.index)
