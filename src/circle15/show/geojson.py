"""GeoJSON by RFC 7946: WGS 84, right-hand rule, eight decimals, no crs member. GDAL writes it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from circle15.core.results import Audit
from circle15.show.geometry import WGS84, to_wgs84
from circle15.show.layers import layer_frames
from circle15.show.sentences import stamps

DECIMALS = 8


def layers(audit: Audit) -> dict[str, bytes]:
    """Every GeoJSON file of a run by name."""
    stamped = stamp(audit)
    frames = layer_frames(audit).items()
    return {f"{key}.geojson": feature_collection(frame, audit.facts.crs, stamped) for key, frame in frames}


def stamp(audit: Audit) -> str:
    """What a file must say of itself: invented, estimated, approximate, whose data."""
    return "; ".join(each.say(audit.facts.language) for each in stamps(audit))


def feature_collection(frame: Any, crs: str, description: str = "") -> bytes:
    """A GeoDataFrame in the study CRS as an RFC 7946 FeatureCollection; dates as text.

    A ``description`` becomes a member of the collection, as GDAL names and reads it.
    """
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
