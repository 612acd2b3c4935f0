"""Gauss–Krüger belts of China (投影带): their EPSG codes, and the belt number that an easting carries.

A belt is 3° or 6° wide. With its number, eastings have eight digits and begin with it (false easting
number · 10⁶ + 500,000); without, they have six (false easting 500,000). Numbers of 3° belts are 25 to 45, of 6°
belts 13 to 23: two leading digits name one belt and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

from circle15.core.crs import projection_parameters

FALSE_EASTING_M = 500_000.0
NUMBER_UNIT_M = 1_000_000.0

# Width in degrees: first and last number.
NUMBERS: Mapping[int, tuple[int, int]] = {3: (25, 45), 6: (13, 23)}

# The first EPSG code of each series by datum (by the name EPSG gives it), width, and whether eastings carry the number.
SERIES: Mapping[str, Mapping[tuple[int, bool], int]] = {
    "CGCS2000": {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502},
    "Xian 1980": {(3, True): 2349, (3, False): 2370, (6, True): 2327, (6, False): 2338},
    "Beijing 1954": {(3, True): 2401, (3, False): 2422, (6, True): 21413, (6, False): 21453},
}


# What is the same in all of them: a transverse Mercator projection from the equator, true on its meridian.
_METHOD = "Transverse Mercator"
_PLAIN = {"Latitude of natural origin": 0.0, "Scale factor at natural origin": 1.0, "False northing": 0.0}


@dataclass(frozen=True, slots=True)
class Belt:
    """A belt by width and number, and whether its eastings carry the number."""

    width: int
    number: int
    numbered: bool

    @property
    def meridian(self) -> int:
        """Its central meridian in degrees east."""
        return self.number * 3 if self.width == 3 else self.number * 6 - 3

    @property
    def prefix(self) -> int:
        """What its eastings begin with; 0 without a number."""
        return self.number if self.numbered else 0

    def code(self, datum: str) -> str:
        """Its EPSG code on one of the datums of :data:`SERIES`."""
        first, _ = NUMBERS[self.width]
        return f"EPSG:{SERIES[datum][self.width, self.numbered] + self.number - first}"


def belts(*, width: int, numbered: bool) -> tuple[Belt, ...]:
    """All belts of a series, from west to east."""
    first, last = NUMBERS[width]
    return tuple(Belt(width, number, numbered) for number in range(first, last + 1))


def belt_of_prefix(prefix: int) -> Belt | None:
    """The belt whose eastings begin with ``prefix``, if there is one."""
    for width, (first, last) in NUMBERS.items():
        if first <= prefix <= last:
            return Belt(width, prefix, numbered=True)
    return None


def belt_of(crs: pyproj.CRS) -> Belt | None:
    """The belt that a projected CRS is, on whatever datum; None for any other projection.

    Without a number a meridian that both widths share is taken as that of a 3° belt, unless the CRS has the EPSG code
    of a 6° one: the projection is the same.
    """
    parameters = _meridian_and_easting(crs)
    if parameters is None:
        return None
    meridian, easting = parameters
    prefix, rest = divmod(easting, NUMBER_UNIT_M)
    if rest != FALSE_EASTING_M:
        return None
    if prefix:
        belt = belt_of_prefix(int(prefix))
        return belt if belt is not None and belt.meridian == meridian else None
    return _unnumbered(meridian, crs)


def prefixes(eastings: NDArray[np.float64]) -> NDArray[np.int64]:
    """The whole millions of each easting: the belt number where it carries one."""
    return np.floor(eastings / NUMBER_UNIT_M).astype(np.int64)


def _unnumbered(meridian: float, crs: pyproj.CRS) -> Belt | None:
    code = crs.to_epsg()
    found = [belt for width in NUMBERS for belt in belts(width=width, numbered=False) if belt.meridian == meridian]
    exact = [belt for belt in found if code and any(belt.code(datum) == f"EPSG:{code}" for datum in SERIES)]
    return next(iter([*exact, *found]), None)


def _meridian_and_easting(crs: pyproj.CRS) -> tuple[float, float] | None:
    """Central meridian and false easting of a plain Gauss–Krüger projection in metres."""
    method, values = projection_parameters(crs)
    if method != _METHOD or not _PLAIN.items() <= values.items():
        return None
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        return None
    return values["Longitude of natural origin"], values["False easting"]
