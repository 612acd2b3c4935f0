"""The Gauss–Krüger projection by its definition, without any series: an oracle for every belt.

The projection is the one conformal map that is true to scale along the central meridian. So the isometric latitude
and the longitude from the meridian, as one complex number, give a complex latitude; the arc of the meridian, continued
analytically to it, is northing and easting in one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Half axis in metres and flattening, as the standards print them.
CGCS2000 = (6_378_137.0, 1 / 298.257222101)
KRASSOWSKY = (6_378_245.0, 1 / 298.3)
IAG1975 = (6_378_140.0, 1 / 298.257)

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def forward(lon: Any, lat: Any, meridian: float, ellipsoid: tuple[float, float] = CGCS2000) -> tuple[Any, Any]:
    """Metres east of the meridian and north of the equator."""
    axis, flattening = ellipsoid
    e2 = flattening * (2 - flattening)
    phi = np.radians(np.asarray(lat, dtype=float))
    wanted = _isometric(phi, e2) + 1j * np.radians(np.asarray(lon, dtype=float) - meridian)
    turned = phi.astype(complex)
    for _ in range(20):
        slope = (1 - e2) / ((1 - e2 * np.sin(turned) ** 2) * np.cos(turned))
        turned = turned - (_isometric(turned, e2) - wanted) / slope
    arc = axis * _arc(turned, e2)
    return arc.imag, arc.real


def backward(east: Any, north: Any, meridian: float, ellipsoid: tuple[float, float] = CGCS2000) -> tuple[Any, Any]:
    """Longitude and latitude in degrees."""
    axis, flattening = ellipsoid
    e2 = flattening * (2 - flattening)
    wanted = (np.asarray(north, dtype=float) + 1j * np.asarray(east, dtype=float)) / axis
    turned = wanted.copy()
    for _ in range(20):
        slope = (1 - e2) * (1 - e2 * np.sin(turned) ** 2) ** -1.5
        turned = turned - (_arc(turned, e2) - wanted) / slope
    isometric = _isometric(turned, e2)
    phi = np.arctan(np.sinh(isometric.real))
    for _ in range(20):
        slope = (1 - e2) / ((1 - e2 * np.sin(phi) ** 2) * np.cos(phi))
        phi = phi - (_isometric(phi, e2) - isometric.real) / slope
    return meridian + np.degrees(isometric.imag), np.degrees(phi)


def _isometric(phi: Any, e2: float) -> Any:
    e = np.sqrt(e2)
    return np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi))


def _arc(phi: Any, e2: float) -> Any:
    """The arc of the meridian from the equator, in half axes, by Gauss–Legendre along the straight way to ``phi``."""
    along = (_NODES + 1) / 2
    bent = (1 - e2 * np.sin(np.multiply.outer(along, phi)) ** 2) ** -1.5
    return (1 - e2) * phi * np.tensordot(_WEIGHTS / 2, bent, axes=1)
