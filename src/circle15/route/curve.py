"""An order in which what is near on the ground stands near: Morton's curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BITS = 16
# Spreads the bits of a number so that those of another fit between them.
_STEPS = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))


def morton(places: Ints) -> NDArray[np.uint32]:
    """The place of each point on a Morton curve through a square round all of them."""
    low = places.min(axis=0)
    side = max(int((places.max(axis=0) - low).max()), 1)
    cells = ((places - low) * (2**_BITS - 1) // side).astype(np.uint32)
    for shift, mask in _STEPS:
        cells = (cells | (cells << np.uint32(shift))) & np.uint32(mask)
    curve: NDArray[np.uint32] = cells[:, 0] | (cells[:, 1] << np.uint32(1))
    return curve
