"""How a bureau wants its files: layers, fields, domains and metadata, as the mapping file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

FieldType = Literal["text", "integer", "number", "date"]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
Encoding = Literal["GBK", "UTF-8"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

# What a plan may be. Only the last may go into a database of approved plans.
PLAN_STATUSES = ("草案", "报批", "已批准")
APPROVED = PLAN_STATUSES[-1]

# What the metadata of a plan says; the coordinate system is the profile's and is never written by hand.
STATUS, NUMBER, DATE, ORIGIN, SYSTEM = "规划状态", "批准文号", "批准日期", "数据来源", "坐标系"
PLAN_KEYS = (STATUS, NUMBER, DATE)

# The Shapefile's limits: bytes of a field name, bytes of a text, digits of a number.
MOST_NAME_BYTES = 10
MOST_TEXT_BYTES = 254
MOST_DIGITS = 18
# What a number's length holds beside its digits.
POINT_AND_SIGN = 2


@dataclass(frozen=True, slots=True)
class Code:
    """A value of a domain: what stands in the field, and what it means."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Serial:
    """Numbers that count the features of a layer in the order of their ids: ``prefix`` and ``digits`` digits."""

    prefix: str
    digits: int


@dataclass(frozen=True, slots=True)
class ExportField:
    """One field of a layer. Exactly one of ``source`` (a column), ``value`` (a constant) and ``serial`` fills it.

    ``length`` is characters of a text (in a Shapefile bytes), digits of an integer, or places of a number with its
    point and sign, 0 where none is declared; ``decimals`` are those behind the point. ``domain`` names
    the table that puts values into codes.
    """

    order: int
    name: str
    alias: str
    kind: FieldType
    length: int = 0
    decimals: int = 0
    source: str = ""
    value: str = ""
    serial: Serial | None = None
    domain: str = ""
    unique: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class LayerMapping:
    """A layer of ours under the bureau's name, its fields in order. ``code`` is its code of the feature class."""

    key: str
    name: str
    alias: str
    code: str
    fields: tuple[ExportField, ...]


@dataclass(frozen=True, slots=True)
class ExportMapping:
    """A mapping file, read and checked. ``sample`` marks the one that comes with the program, which is no standard.

    ``plans`` holds what is said of single plans, by plan id; ``metadata`` what holds for all.
    """

    title: str
    sample: bool
    shipped: bool
    encoding: Encoding
    metadata: Mapping[str, str]
    plans: Mapping[str, Mapping[str, str]]
    domains: Mapping[str, Mapping[str, Code]]
    layers: tuple[LayerMapping, ...]
    sha256: str

    def of_plan(self, plan_id: str, key: str) -> str:
        """What the metadata says of one plan: its own entry, else that for all."""
        return self.plans.get(plan_id, {}).get(key, "") or self.metadata.get(key, "")

    def is_approved(self, plan_id: str) -> bool:
        """Whether a plan is approved."""
        return self.of_plan(plan_id, STATUS) == APPROVED
