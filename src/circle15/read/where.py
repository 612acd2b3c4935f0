"""The ``where`` filter of an input: comparisons of columns, joined by ``and``, ``or`` and ``not``.

The same small language for every format. It is read as a Python expression and only the node kinds in this module
are evaluated: nothing can be called, so a study file from elsewhere cannot run anything.
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.errors import ConfigError
from circle15.core.text import Text, first_ids

Mask = NDArray[np.bool_]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_JOIN: dict[type[ast.boolop], Callable[..., Mask]] = {
    ast.And: np.logical_and.reduce,
    ast.Or: np.logical_or.reduce,
}
_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_QUOTED_NAME = re.compile(r"`([^`]+)`")


class _RefusedError(Exception):
    """What is wrong with the expression; becomes a ConfigError that quotes it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def matching(frame: Any, expression: str, shown: str) -> Mask:
    """Which rows satisfy ``expression``, e.g. ``status != 'demolished' and beds >= 10``.

    Columns are named as they are, or between backticks; ``==  !=  <  <=  >  >=  in [...]  not in [...]`` compare a
    column with text, a number or another column, and ``== None`` asks for an empty cell. An empty cell satisfies
    ``!=`` and ``not in`` and no other comparison with a value. Raises ConfigError for anything else.
    """
    quoted: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quoted.append(match[1])
        return f"_quoted_{len(quoted) - 1}"

    try:
        tree = ast.parse(_QUOTED_NAME.sub(hide, expression.strip()), mode="eval")
        names = {f"_quoted_{number}": name for number, name in enumerate(quoted)}
        return _Reader(frame, names).mask(tree.body)
    except SyntaxError as error:
        raise _config_error(shown, expression, _RefusedError("写法不对", "cannot be read")) from error
    except _RefusedError as refused:
        raise _config_error(shown, expression, refused) from refused


def _config_error(shown: str, expression: str, refused: _RefusedError) -> ConfigError:
    return ConfigError(
        Text(
            zh=f"{shown}：where = {expression!r} {refused.text.zh}。"
            f"写法如 status != 'demolished' and beds >= 10，列名含特殊字符时加反引号。",
            en=f"{shown}: where = {expression!r} {refused.text.en}. "
            f"Write it like status != 'demolished' and beds >= 10; put odd column names between backticks.",
        )
    )


class _Reader:
    """Evaluates the allowed nodes over one frame."""

    def __init__(self, frame: Any, names: dict[str, str]) -> None:
        self.frame = frame
        self.names = names

    def mask(self, node: ast.expr) -> Mask:
        """The rows a condition holds for."""
        if isinstance(node, ast.BoolOp):
            return np.asarray(_JOIN[type(node.op)]([self.mask(each) for each in node.values]))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.mask(node.operand)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return np.asarray(np.logical_and.reduce([self.comparison(*pair) for pair in pairs]))
        raise _RefusedError(
            f"含有不支持的写法 {ast.unparse(node)}", f"contains {ast.unparse(node)}, which is no comparison"
        )

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Mask:
        """The rows one comparison holds for."""
        if not isinstance(left, ast.Name) and type(op) in _COMPARE:
            left, right, op = right, left, _SWAPPED.get(type(op), type(op))()
        column = self.column(left)
        if isinstance(op, ast.In | ast.NotIn):
            found: Mask = column.isin(self.values(right, column)).to_numpy(dtype=bool)
            return ~found if isinstance(op, ast.NotIn) else found
        other = self.column(right) if isinstance(right, ast.Name) else self.constant(right)
        if other is None and isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            empty: Mask = column.isna().to_numpy(dtype=bool)
            return empty if isinstance(op, ast.Eq | ast.Is) else ~empty
        if other is None or type(op) not in _COMPARE:
            raise _RefusedError(
                f"中的 {ast.unparse(right)} 不能这样比较", f"cannot compare with {ast.unparse(right)} so"
            )
        return _compared(column, op, other)

    def column(self, node: ast.expr) -> Any:
        """The column a name stands for."""
        if not isinstance(node, ast.Name):
            raise _RefusedError(
                f"中的 {ast.unparse(node)} 应为列名", f"has {ast.unparse(node)} where a column name should stand"
            )
        name = self.names.get(node.id, node.id)
        if name in self.frame.columns and name != "geometry":
            return self.frame[name]
        present = [str(each) for each in self.frame.columns if each != "geometry"]
        near = (difflib.get_close_matches(name, present, 1, 0.0) or ["-"])[0]
        there = first_ids(present, 8)
        raise _RefusedError(
            f"中没有名为 {name} 的列，最接近的是 {near}（现有列：{there}）",
            f"names the column {name}, which is not there; the nearest is {near} (present: {there})",
        )

    def values(self, node: ast.expr, column: Any) -> list[Any]:
        """The constants of a list, of the column's kind."""
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            raise _RefusedError("中 in 之后应为列表", "needs a list after in")
        constants = [self.constant(each) for each in node.elts]
        for each in constants:
            _check_kinds(column, each)
        return constants

    def constant(self, node: ast.expr) -> Any:
        """Text, a number, true or false, or None."""
        try:
            value = ast.literal_eval(node)
        except (ValueError, SyntaxError):
            value = node
        if value is None or isinstance(value, str | int | float):
            return value
        raise _RefusedError(
            f"中的 {ast.unparse(node)} 不是文字或数字", f"has {ast.unparse(node)}, neither text nor number"
        )


def _compared(column: Any, op: ast.cmpop, other: Any) -> Mask:
    _check_kinds(column, other)
    try:
        result = _COMPARE[type(op)](column, other)
    except (TypeError, ValueError) as error:
        raise _RefusedError(f"无法比较列 {column.name}", f"cannot compare the column {column.name}") from error
    return np.asarray(result.to_numpy(dtype=bool, na_value=isinstance(op, ast.NotEq)))


def _check_kinds(column: Any, other: Any) -> None:
    """Text never equals a number, so comparing them would quietly keep or drop every row."""
    kinds = _kind(column), _kind(other)
    if "any" in kinds or kinds[0] == kinds[1] or kinds == ("date", "text"):
        return
    shown = getattr(other, "name", repr(other))
    if kinds[0] == "text":
        raise _RefusedError(
            f"中列 {column.name} 是文字，{shown} 应加引号", f"compares the text {column.name} with {shown}: quote it"
        )
    raise _RefusedError(
        f"中列 {column.name} 不是文字，不能与 {shown} 比较", f"compares {column.name}, which is no text, with {shown}"
    )


def _kind(value: Any) -> str:
    if not isinstance(value, pd.Series):
        return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else "any"
    if value.isna().all():
        return "any"
    if pd.api.types.is_numeric_dtype(value):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(value) else "text"
