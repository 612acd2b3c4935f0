"""How layers look in QGIS (QML) and elsewhere (SLD), and the table of a GeoPackage that holds both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from circle15.core.tables import OUTCOME_WORDS
from circle15.show.export.gdal import FIXED_DATE
from circle15.show.export.sheet import Sheet
from circle15.show.palette import BLUE, GAINS, GREY, LIGHT_BLUE, RED, ZONES, type_colour

_GEOMETRY_COLUMN = "geom"


@dataclass(frozen=True, slots=True)
class Look:
    """A class of features: its label, its colours, and how its QGIS expression and OGC filter are made of fields."""

    label: str
    fill: str
    outline: str = "#ffffff"
    opacity: float = 0.85


@dataclass(frozen=True, slots=True)
class _Case:
    """A look, and which of the fields that decide must be empty (False) or filled (True)."""

    look: Look
    filled: Mapping[str, bool]


_FAILED, _BINDING = "failed_rules", "binding_rule"
# The homes of a layer by what became of them; the same colours as on the map.
_HOMES: Sequence[tuple[Look, Mapping[str, bool]]] = (
    (Look(OUTCOME_WORDS["fail"].zh, RED), {_FAILED: True}),
    (Look(OUTCOME_WORDS["pass"].zh, BLUE), {_FAILED: False, _BINDING: True}),
    (Look(OUTCOME_WORDS["unknown"].zh, GREY), {_FAILED: False, _BINDING: False}),
)
_LOOKS: Mapping[str, Look] = {
    "residential": Look("居住小区", GREY),
    "gaps": Look("服务盲区", RED),
    "facilities": Look("现状设施", type_colour(0), opacity=1),
    "service_areas": Look("设施服务范围", LIGHT_BLUE, LIGHT_BLUE, 0.15),
    "covered_area": Look("覆盖范围", BLUE, BLUE, 0.25),
    "proposed_sites": Look("规划新增设施（建议）", GAINS["color"], opacity=1),
    "spokes": Look("居住小区至规划设施连线", GAINS["color"], GAINS["color"], 0.6),
    "catchments": Look("服务小区范围", LIGHT_BLUE, BLUE, 0.35),
    "zones": Look("行政区划", "#ffffff", ZONES["color"], 0),
}


def style_table(sheets: Sequence[Sheet]) -> dict[str, list[Any]]:
    """The rows of ``layer_styles``: one style for each layer, used unless the reader chooses another."""
    names = [sheet.name for sheet in sheets]
    return {
        "f_table_catalog": [""] * len(names),
        "f_table_schema": [""] * len(names),
        "f_table_name": names,
        "f_geometry_column": [_GEOMETRY_COLUMN] * len(names),
        "styleName": [sheet.alias for sheet in sheets],
        "styleQML": [qml(sheet) for sheet in sheets],
        "styleSLD": [sld(sheet) for sheet in sheets],
        "useAsDefault": [1] * len(names),
        "description": [sheet.alias for sheet in sheets],
        "owner": ["circle15"] * len(names),
        "ui": [""] * len(names),
        "update_time": [f"{FIXED_DATE}T00:00:00Z"] * len(names),
    }


def _cases(sheet: Sheet) -> list[_Case]:
    """The classes of a layer, by the names of its own fields; one for all where a field that decides is missing."""
    names = {column: sheet.field_from(column) for column in (_FAILED, _BINDING)}
    if sheet.key != "residential" or None in names.values():
        return [_Case(_LOOKS[sheet.key], {})]
    return [_Case(look, {str(names[column]): filled for column, filled in needs.items()}) for look, needs in _HOMES]


# ---- QML -----------------------------------------------------------------------------------------------------


def qml(sheet: Sheet) -> str:
    """The style as a QGIS document, with the Chinese names of the fields."""
    root = Element("qgis", version="3.22", styleCategories="Symbology|Fields")
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = SubElement(renderer, "rules", key="root")
    symbols = SubElement(renderer, "symbols")
    for number, case in enumerate(_cases(sheet)):
        rule = SubElement(rules, "rule", key=f"rule{number}", symbol=str(number), label=case.look.label)
        if case.filled:
            rule.set("filter", _expression(case))
        _symbol(symbols, str(number), sheet.shape, case.look)
    aliases = SubElement(root, "aliases")
    for number, each in enumerate(sheet.fields):
        SubElement(aliases, "alias", index=str(number), field=each.field.name, name=each.field.alias)
    SubElement(root, "layerGeometryType").text = _GEOMETRIES[sheet.shape]
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(root, encoding="unicode")


_GEOMETRIES: Mapping[str, str] = {"Point": "0", "LineString": "1", "Polygon": "2"}
_SYMBOLS: Mapping[str, tuple[str, str]] = {
    "Point": ("marker", "SimpleMarker"),
    "LineString": ("line", "SimpleLine"),
    "Polygon": ("fill", "SimpleFill"),
}


def _expression(case: _Case) -> str:
    tests = (f"coalesce(\"{name}\", '') {'<>' if filled else '='} ''" for name, filled in case.filled.items())
    return " AND ".join(tests)


def _symbol(parent: Element, name: str, shape: str, look: Look) -> None:
    kind, layer = _SYMBOLS[shape]
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    drawn = SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    if shape == "LineString":
        _options(drawn, {"line_color": _rgba(look.fill, look.opacity), "line_width": "0.2", "line_width_unit": "MM"})
        return
    options = {
        "color": _rgba(look.fill, look.opacity),
        "outline_color": _rgba(look.outline, 1),
        "outline_width": "0.26",
        "outline_width_unit": "MM",
        "outline_style": "solid",
        **({"name": "circle", "size": "2.6", "size_unit": "MM"} if shape == "Point" else {"style": "solid"}),
    }
    _options(drawn, options)


def _options(drawn: Element, options: Mapping[str, str]) -> None:
    table = SubElement(drawn, "Option", type="Map")
    for key, value in options.items():
        SubElement(table, "Option", type="QString", name=key, value=value)
    for key, value in options.items():
        SubElement(drawn, "prop", k=key, v=value)


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


# ---- SLD -----------------------------------------------------------------------------------------------------

_SLD = "http://www.opengis.net/sld"
_OGC = "http://www.opengis.net/ogc"


def sld(sheet: Sheet) -> str:
    """The style as an OGC Styled Layer Descriptor 1.0."""
    root = Element("StyledLayerDescriptor", {"xmlns": _SLD, "xmlns:ogc": _OGC, "version": "1.0.0"})
    layer = SubElement(root, "NamedLayer")
    SubElement(layer, "Name").text = sheet.name
    style = SubElement(layer, "UserStyle")
    SubElement(style, "Title").text = sheet.alias
    rules = SubElement(style, "FeatureTypeStyle")
    for case in _cases(sheet):
        rule = SubElement(rules, "Rule")
        SubElement(rule, "Name").text = case.look.label
        if case.filled:
            tests = SubElement(rule, "ogc:Filter")
            both = SubElement(tests, "ogc:And") if len(case.filled) > 1 else tests
            for name, filled in case.filled.items():
                _null_test(both, name, filled=filled)
        _symbolizer(rule, sheet.shape, case.look)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _null_test(parent: Element, name: str, *, filled: bool) -> None:
    at = SubElement(parent, "ogc:Not") if filled else parent
    SubElement(SubElement(at, "ogc:PropertyIsNull"), "ogc:PropertyName").text = name


def _symbolizer(rule: Element, shape: str, look: Look) -> None:
    if shape == "Point":
        graphic = SubElement(SubElement(rule, "PointSymbolizer"), "Graphic")
        mark = SubElement(graphic, "Mark")
        SubElement(mark, "WellKnownName").text = "circle"
        _paint(mark, look)
        SubElement(graphic, "Size").text = "9"
    elif shape == "LineString":
        stroke = SubElement(SubElement(rule, "LineSymbolizer"), "Stroke")
        for name, value in (("stroke", look.fill), ("stroke-width", "0.5")):
            SubElement(stroke, "CssParameter", name=name).text = value
    else:
        _paint(SubElement(rule, "PolygonSymbolizer"), look)


def _paint(parent: Element, look: Look) -> None:
    fill, stroke = SubElement(parent, "Fill"), SubElement(parent, "Stroke")
    said = (
        (fill, "fill", look.fill),
        (fill, "fill-opacity", f"{look.opacity:g}"),
        (stroke, "stroke", look.outline),
        (stroke, "stroke-width", "0.75"),
    )
    for at, name, value in said:
        SubElement(at, "CssParameter", name=name).text = value
