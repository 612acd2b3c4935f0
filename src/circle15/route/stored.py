"""A network as arrays that a cache can keep, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.core.errors import InternalError
from circle15.core.text import Text
from circle15.route.network import Network

NETWORK_FIELDS = tuple(each.name for each in fields(Network) if each.init)
_NUMBERS = tuple(each.name for each in fields(Network) if each.type == "int")


def network_arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Every field of the network by name; a number is an array of one, None is left out."""
    values = {name: getattr(network, name) for name in NETWORK_FIELDS}
    return {name: np.atleast_1d(value) for name, value in values.items() if value is not None}


def network_from(arrays: Mapping[str, NDArray[Any]]) -> Network:
    """The network of these arrays, which are not copied. Raises InternalError where one is missing."""
    optional = {each.name for each in fields(Network) if each.default is not MISSING}
    missing = [name for name in NETWORK_FIELDS if name not in arrays and name not in optional]
    if missing:
        raise InternalError(Text(f"路网缓存缺少 {missing}", f"the stored network lacks {missing}"))
    found = {name: arrays[name] for name in NETWORK_FIELDS if name in arrays}
    values: dict[str, Any] = {name: int(value[0]) if name in _NUMBERS else value for name, value in found.items()}
    return Network(**values)
