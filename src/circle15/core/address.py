"""Addresses of databases: what of them may be shown, and what may be said when nobody answers there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from circle15.core.text import Text

_LOGIN = re.compile(r"(postgres(?:ql)?:/*)\S*@", re.IGNORECASE)

# What libpq says when it cannot connect holds names of users: only the kind of trouble is passed on.
_TROUBLES: Sequence[tuple[str, Text]] = (
    ("password", Text("用户名或密码不对", "the login was refused")),
    ("authentication", Text("用户名或密码不对", "the login was refused")),
    ("does not exist", Text("没有这个数据库或用户", "there is no such database or user")),
    ("timeout", Text("连接超时", "it did not answer in time")),
    ("refused", Text("服务器没有响应", "the connection was refused")),
    ("translate host", Text("主机名无法解析", "the name of the host is unknown")),
)


def redact(text: str) -> str:
    """``text`` without the user and the password in addresses of databases."""
    return _LOGIN.sub(r"\1", text)


def trouble(said: str) -> Text:
    """Why a database cannot be reached, from what its driver says of that, without names of users."""
    return next((text for word, text in _TROUBLES if word in said), Text("无法连接", "it cannot be reached"))
