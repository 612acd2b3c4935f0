"""The ways of a PBF file with the places of their nodes, read as arrays.

OpenStreetMap's own format: blocks packed by zlib, in them messages of protocol buffers, in these lists of varints
(https://wiki.openstreetmap.org/wiki/PBF_Format). An object of Python for every node and every tag takes twenty times as
long as all the rest, so lists are decoded whole, and fields of all ways of a block at once.

Only the plain file that nearly everybody writes is read: packed by zlib or not at all, dense nodes before ways, each
by ascending number. Anything else, damage included, raises :class:`Unusual`, and whoever asked turns to osmium, which
reads more and says what is broken.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from circle15.read.osmlines import Floats, Ints, Ways

Bytes = NDArray[np.uint8]

# The numbers of fields in the messages of the format.
_TYPE, _SIZE = 1, 3
_RAW, _ZLIB = 1, 3
_REQUIRED_FEATURES = 4
_STRINGS, _GROUP, _GRANULARITY, _LAT_OFFSET, _LON_OFFSET = 1, 2, 17, 19, 20
_NODES, _DENSE, _WAYS = 1, 2, 3
_DENSE_ID, _DENSE_LAT, _DENSE_LON = 1, 8, 9
_ID, _KEYS, _VALUES, _REFS = 1, 2, 3, 8
_NODES_ON_WAYS = (9, 10)

# The length of the header of a block, before it; a block has at most 32 MiB.
_PREFIX, _MOST_IN_BLOCK = 4, 2**25
# Forms of fields; those of fixed width occur nowhere in this format.
_FORM, _FORM_BITS, _VARINT, _BYTES = 7, 3, 0, 2
_MOST_BYTES = 10
_MORE, _BITS, _SEVEN = 0x80, 0x7F, 7
_SIGN, _WORD = 63, 64

_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}
_USUAL_GRANULARITY = 100
# Coordinates are kept in steps of 1e-7 degree, as osmium keeps them; the file counts nanodegrees.
_STEPS, _NANO_A_STEP, _HALF_ROUND = 10_000_000, 100, (180, 90)


class Unusual(Exception):  # noqa: N818  # nothing is wrong: another reader is asked
    """The file is not plain, or it is broken."""


@dataclass
class _Found:
    """What the blocks of a file have told so far: nodes with their places in steps; ways, their nodes and tags."""

    ids: list[Ints] = field(default_factory=list)
    steps: list[Ints] = field(default_factory=list)
    ways: list[Ints] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    refs: list[Ints] = field(default_factory=list)
    tags: list[Mapping[str, NDArray[np.object_]]] = field(default_factory=list)


def read_ways(path: Path, key: str, asked: Sequence[str]) -> Ways:
    """The ways that carry ``key``, with the values of all keys that are ``asked``. Raises Unusual."""
    found = _Found()
    try:
        blocks = _blocks(path)
        _require_plain(*next(blocks, (b"", b"")))
        for kind, block in blocks:
            if kind == b"OSMData":
                _read_block(block, found, key, asked)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, zlib.error) as error:
        raise Unusual from error  # a field is missing, of another form, or leads out of its message
    return _ways(found, asked)


def _ways(found: _Found, asked: Sequence[str]) -> Ways:
    none = np.empty(0, dtype=np.int64)
    ids, number, node = (np.concatenate([none, *parts]) for parts in (found.ids, found.ways, found.refs))
    if (np.diff(ids, prepend=0) <= 0).any() or (np.diff(number, prepend=0) <= 0).any():
        raise Unusual
    start = np.cumsum(np.concatenate([[0], *found.counts]))
    tags = {each: np.concatenate([none.astype(object), *(part[each] for part in found.tags)]) for each in asked}
    return Ways(number, start, node, _located(ids, np.concatenate([none.reshape(0, 2), *found.steps]), node), tags)


def _located(ids: Ints, steps: Ints, node: Ints) -> Floats:
    """Degrees of nodes, NaN for those that are not there or not on the globe."""
    if len(ids) == 0:
        return np.full((len(node), 2), np.nan)
    degrees = steps / _STEPS
    degrees[(np.abs(degrees) > _HALF_ROUND).any(axis=1)] = np.nan
    at = np.minimum(np.searchsorted(ids, node), len(ids) - 1)
    xy: Floats = degrees[at]
    xy[ids[at] != node] = np.nan
    return xy


# ---- blocks ----------------------------------------------------------------------------------------------------


def _blocks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the content of each block."""
    with path.open("rb") as opened:
        while prefix := opened.read(_PREFIX):
            header = _whole(opened, int.from_bytes(prefix, "big"))
            told = dict(_fields(header, 0, len(header)))
            blob = _whole(opened, told[_SIZE])
            yield _slice(header, told[_TYPE]), _unpacked(blob)


def _whole(opened: BinaryIO, size: int) -> bytes:
    """The next so many bytes, all of them."""
    data = opened.read(min(size, _MOST_IN_BLOCK))
    if len(data) < size:
        raise Unusual
    return data


def _unpacked(blob: bytes) -> bytes:
    told = dict(_fields(blob, 0, len(blob)))
    if _RAW in told:
        return _slice(blob, told[_RAW])
    packed = zlib.decompressobj()
    data = packed.decompress(_slice(blob, told[_ZLIB]), _MOST_IN_BLOCK)
    if not packed.eof:
        raise Unusual
    return data


def _require_plain(kind: bytes, block: bytes) -> None:
    if kind != b"OSMHeader":
        raise Unusual
    for name, value in _fields(block, 0, len(block)):
        if name == _REQUIRED_FEATURES and _slice(block, value) not in _FEATURES:
            raise Unusual


def _read_block(block: bytes, found: _Found, key: str, asked: Sequence[str]) -> None:
    told = list(_fields(block, 0, len(block)))
    one = dict(told)
    units = one.get(_GRANULARITY, _USUAL_GRANULARITY), one.get(_LON_OFFSET, 0), one.get(_LAT_OFFSET, 0)
    data = np.frombuffer(block, dtype=np.uint8)
    for name, group in told:
        if name != _GROUP:
            continue
        parts = list(_fields(block, *group))
        kinds = {part for part, _ in parts}
        if _NODES in kinds or (_DENSE in kinds and found.ways):
            raise Unusual
        for part, span in parts:
            if part == _DENSE:
                _read_dense(block, span, units, found)
        if _WAYS in kinds:
            strings = [_slice(block, span).decode() for _, span in _fields(block, *one[_STRINGS])]
            spans = np.array([span for part, span in parts if part == _WAYS])
            _read_ways(data, spans, strings, found, key, asked)


def _read_dense(block: bytes, span: tuple[int, int], units: tuple[int, int, int], found: _Found) -> None:
    told = dict(_fields(block, *span))
    ids, lon, lat = (
        np.cumsum(_signed(_varints(np.frombuffer(_slice(block, told[name]), dtype=np.uint8))))
        for name in (_DENSE_ID, _DENSE_LON, _DENSE_LAT)
    )
    if len(ids) != len(lon):
        raise Unusual
    granularity, *offsets = units
    nano = np.column_stack([lon, lat]) * granularity + np.array(offsets)
    found.ids.append(ids)
    # Towards zero, as osmium does.
    found.steps.append(np.sign(nano) * (np.abs(nano) // _NANO_A_STEP))


def _read_ways(data: Bytes, spans: Ints, strings: Sequence[str], found: _Found, key: str, asked: Sequence[str]) -> None:
    number, lists = _way_fields(data, spans)
    (keys, counts), (values, others), (steps, lengths) = (
        _lists(data, *lists[name]) for name in (_KEYS, _VALUES, _REFS)
    )
    if (counts != others).any():
        raise Unusual
    owner, words = np.repeat(np.arange(len(spans)), counts), np.array([*strings, None], dtype=object)
    of_key = {}
    for each in dict.fromkeys((key, *asked)):
        of_key[each] = np.full(len(spans), None, dtype=object)
        told = np.isin(keys, [place for place, word in enumerate(strings) if word == each])
        of_key[each][owner[told]] = words[values[told]]
    kept = of_key[key] != None  # noqa: E711  # cell by cell
    along = np.cumsum(_signed(steps))
    before = np.concatenate([[0], along])[np.cumsum(lengths) - lengths]
    found.ways.append(number[kept])
    found.counts.append(lengths[kept])
    found.refs.append((along - np.repeat(before, lengths))[np.repeat(kept, lengths)])
    found.tags.append({each: of_key[each][kept] for each in asked})


def _way_fields(data: Bytes, spans: Ints) -> tuple[Ints, dict[int, tuple[Ints, Ints]]]:
    """The number of each way, and where its lists begin and end."""
    number = np.zeros(len(spans), dtype=np.int64)
    lists = {name: np.zeros((2, len(spans)), dtype=np.int64) for name in (_KEYS, _VALUES, _REFS)}
    at, end = spans.T.copy()
    open_ = np.flatnonzero(at < end)
    while len(open_):
        tag, begin = _varint_at(data, at[open_])
        value, behind = _varint_at(data, begin)
        is_list = (tag & _FORM) == _BYTES
        at[open_] = behind + np.where(is_list, value, 0)
        name = tag >> _FORM_BITS
        if (at > end).any() or ((tag & _FORM)[~is_list] != _VARINT).any() or np.isin(name, _NODES_ON_WAYS).any():
            raise Unusual
        number[open_[name == _ID]] = value[name == _ID]
        for each, (first, last) in lists.items():
            here = (name == each) & is_list
            first[open_[here]], last[open_[here]] = behind[here], at[open_[here]]
        open_ = open_[at[open_] < end[open_]]
    return number, {name: (first, last) for name, (first, last) in lists.items()}


# ---- messages --------------------------------------------------------------------------------------------------


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, Any]]:
    """The fields of a message: the number of each, and a whole number, or where its bytes begin and end."""
    while at < end:
        tag, value, at = data[at], data[at + 1], at + 2
        # Nearly all are a byte each: there are a hundred thousand in a town, and a call costs more than the rest.
        if tag >= _MORE or value >= _MORE:
            tag, at = _varint(data, at - 2)
            value, at = _varint(data, at)
        if tag & _FORM == _BYTES:
            at += value
            yield tag >> _FORM_BITS, (at - value, at)
        elif tag & _FORM == _VARINT:
            yield tag >> _FORM_BITS, value
        else:
            raise Unusual
    if at > end:
        raise Unusual


def _slice(data: bytes, span: tuple[int, int]) -> bytes:
    first, last = span
    return data[first:last]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number, and what stands behind it."""
    value, shift = data[at], 0
    if value < _MORE:
        return value, at + 1
    value = 0
    while data[at] & _MORE:
        value |= (data[at] & _BITS) << shift
        at, shift = at + 1, shift + _SEVEN
    value |= data[at] << shift
    return value - (value >> _SIGN << _WORD), at + 1


def _varints(data: Bytes) -> Ints:
    """All whole numbers of a list."""
    ends = np.flatnonzero(data < _MORE)
    starts = np.concatenate([[0], ends + 1])[: len(ends)]
    lengths = ends - starts + 1
    if (data[-1:] >= _MORE).any() or lengths.max(initial=0) > _MOST_BYTES:
        raise Unusual
    values = (data[starts] & _BITS).astype(np.uint64)
    for place in range(1, int(lengths.max(initial=0))):
        more = np.flatnonzero(lengths > place)
        values[more] |= (data[starts[more] + place] & _BITS).astype(np.uint64) << np.uint64(_SEVEN * place)
    found: Ints = values.view(np.int64)
    return found


def _signed(values: Ints) -> Ints:
    """Zigzag: 0, 1, 2, 3 … stand for 0, −1, 1, −2 and so on."""
    return (values.view(np.uint64) >> np.uint64(1)).view(np.int64) ^ -(values & 1)


def _varint_at(data: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """The whole numbers at many places, and what stands behind each."""
    at = at.copy()
    values, open_ = np.zeros(len(at), dtype=np.uint64), np.arange(len(at))
    for place in range(_MOST_BYTES):
        byte = data[at[open_]]
        values[open_] |= (byte & _BITS).astype(np.uint64) << np.uint64(_SEVEN * place)
        at[open_] += 1
        open_ = open_[byte >= _MORE]
        if len(open_) == 0:
            return values.view(np.int64), at
    raise Unusual


def _lists(data: Bytes, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The numbers of lists of varints one after another, and how many each list has."""
    lengths = last - first
    before = np.cumsum(lengths) - lengths
    joined = data[np.arange(lengths.sum()) + np.repeat(first - before, lengths)]
    counts = np.bincount(np.repeat(np.arange(len(lengths)), lengths)[joined < _MORE], minlength=len(lengths))
    whole = lengths > 0
    if (data[last[whole] - 1] >= _MORE).any():
        raise Unusual
    return _varints(joined), counts
