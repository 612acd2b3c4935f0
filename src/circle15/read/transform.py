"""From an old datum or a local grid into CGCS2000, by the parameters that a study states.

Seven parameters (Bursa–Wolf) turn, scale and move geocentric coordinates:

    X' = dx + (1 + s) · (X − rz·Y + ry·Z)
    Y' = dy + (1 + s) · (rz·X + Y − rx·Z)
    Z' = dz + (1 + s) · (−ry·X + rx·Y + Z)

That is the position vector convention, in which rotations turn the vector; the coordinate frame convention, which
Chinese norms print, turns the axes: the same with the signs of all three rotations changed. Heights are taken as 0 on
the old ellipsoid, which moves a place by centimetres at 1000 m.

Four parameters do so in the plane, from one grid (E, N) to another:

    E' = de + (1 + s) · (E·cos a + N·sin a)
    N' = dn + (1 + s) · (N·cos a − E·sin a)

where a, the rotation, is positive clockwise on the map; ``counterclockwise`` changes its sign.

Both signs of either are in use, so a study must say which it means. Parameters are nowhere printed: in China they may
be classified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pyproj
from numpy.typing import NDArray

from circle15.core.crs import metric_crs
from circle15.core.errors import CrsError
from circle15.core.text import Text
from circle15.read.strict import Key, check, unknown_name

Convention = Literal["position_vector", "coordinate_frame"]
Sense = Literal["clockwise", "counterclockwise"]
Coordinates = NDArray[np.float64]

_PER_PPM = 1e-6
_SECONDS_PER_DEGREE = 3600.0


@dataclass(frozen=True, slots=True)
class Helmert7:
    """Seven parameters from a datum to CGCS2000: metres, seconds of arc, parts per million."""

    convention: Convention
    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float
    ry_arcsec: float
    rz_arcsec: float
    scale_ppm: float

    kind: ClassVar[str] = "helmert7"

    def to_cgcs2000(self, xy: Coordinates, crs: pyproj.CRS, where: str = "") -> Coordinates:
        """CGCS2000 longitude and latitude in degrees of coordinates in ``crs``, easting or longitude first.

        Raises CrsError for a local grid without a datum, which has no geocentric coordinates.
        """
        own, ellipsoid = crs.geodetic_crs, crs.ellipsoid
        if own is None or ellipsoid is None:
            raise no_datum(crs, where)
        degrees = pyproj.Transformer.from_crs(crs, own, always_xy=True).transform(xy[:, 0], xy[:, 1])
        steps = (
            "+proj=unitconvert +xy_in=deg +xy_out=rad",
            f"+proj=cart +a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}",
            f"+proj=helmert +x={self.dx_m!r} +y={self.dy_m!r} +z={self.dz_m!r} +rx={self.rx_arcsec!r} "
            f"+ry={self.ry_arcsec!r} +rz={self.rz_arcsec!r} +s={self.scale_ppm!r} +convention={self.convention}",
            "+inv +proj=cart +ellps=GRS80",
            "+proj=unitconvert +xy_in=rad +xy_out=deg",
        )
        pipeline = pyproj.Transformer.from_pipeline("+proj=pipeline " + " ".join(f"+step {step}" for step in steps))
        lon, lat, _ = pipeline.transform(*degrees, np.zeros(len(xy)))
        return np.column_stack([lon, lat])


@dataclass(frozen=True, slots=True)
class Plane4:
    """Four parameters from a grid to the projected CRS ``to``: metres, seconds of arc, parts per million."""

    sense: Sense
    de_m: float
    dn_m: float
    rotation_arcsec: float
    scale_ppm: float
    to: str

    kind: ClassVar[str] = "plane4"

    def to_grid(self, xy: Coordinates) -> Coordinates:
        """Easting and northing in ``to`` of eastings and northings in the grid of the source."""
        turn = np.radians(self.rotation_arcsec / _SECONDS_PER_DEGREE) * (1 if self.sense == "clockwise" else -1)
        scale, (east, north) = 1 + self.scale_ppm * _PER_PPM, xy.T
        return np.column_stack(
            [
                self.de_m + scale * (east * np.cos(turn) + north * np.sin(turn)),
                self.dn_m + scale * (north * np.cos(turn) - east * np.sin(turn)),
            ]
        )


Transform = Helmert7 | Plane4

_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "helmert7": ("dx_m", "dy_m", "dz_m", "rx_arcsec", "ry_arcsec", "rz_arcsec", "scale_ppm"),
    "plane4": ("de_m", "dn_m", "rotation_arcsec", "scale_ppm"),
}
_KEYS: Mapping[str, tuple[Key, ...]] = {
    "helmert7": (Key("convention", "text", required=True, choices=get_args(Convention)),),
    "plane4": (Key("sense", "text", required=True, choices=get_args(Sense)), Key("to", "text", required=True)),
}
KINDS = tuple(_KEYS)

# Beyond these, seven parameters are in other units than they say: radians, metres for a factor, millimetres.
_MOST: Mapping[str, Mapping[str, float]] = {
    "helmert7": {
        **dict.fromkeys(("dx_m", "dy_m", "dz_m"), 1000.0),
        **dict.fromkeys(("rx_arcsec", "ry_arcsec", "rz_arcsec"), 60.0),
        "scale_ppm": 100.0,
    },
    "plane4": {"scale_ppm": 1000.0},
}


def transform_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """All that is wrong with a ``transform`` table of a study: no parameter is ever taken to be 0."""
    kind = entry.get("kind")
    if kind not in KINDS:
        return [unknown_name(str(kind), KINDS, f"{where}.kind")]
    keys = (Key("kind", "text"), *_KEYS[kind], *(Key(name, "number", required=True) for name in _NUMBERS[kind]))
    problems = check(entry, keys, where)
    return problems or [
        Text(
            f"{where}.{name}：{entry[name]:g} 大得不合常理（最多 ±{most:g}）。"
            f"请核对单位：_m 米，_arcsec 角秒，_ppm 百万分之一。",
            f"{where}.{name}: {entry[name]:g} is beyond reason (at most ±{most:g}). Check units: _m metres, "
            f"_arcsec seconds of arc, _ppm parts per million.",
        )
        for name, most in _MOST[kind].items()
        if abs(entry[name]) > most
    ]


def parse_transform(entry: Mapping[str, Any], where: str) -> Transform:
    """The parameters of a table without problems. Raises CrsError where ``to`` is no projected CRS in metres."""
    values: dict[str, float] = {name: float(entry[name]) for name in _NUMBERS[entry["kind"]]}
    if entry["kind"] == "helmert7":
        return Helmert7(convention=entry["convention"], **values)
    metric_crs(entry["to"], f"{where}.to")
    return Plane4(sense=entry["sense"], to=entry["to"], **values)


def no_datum(crs: pyproj.CRS, where: str) -> CrsError:
    """A local grid, of which nobody knows where it lies."""
    return CrsError(
        Text(
            zh=f"{where}：{crs.name} 是没有大地基准的地方坐标系，无法定位。"
            f"请在 transform 中写明四参数（kind = plane4）。",
            en=f"{where}: {crs.name} is a local grid without a datum: nobody can say where it lies. Give its four "
            f"parameters under transform (kind = plane4).",
        ),
        "datum",
    )
