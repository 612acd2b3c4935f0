"""The libraries that office files need. They are an extra: a run that writes none of these does without them."""

from __future__ import annotations

import importlib
from typing import Any

from circle15.core.errors import ConfigError
from circle15.core.text import Text


def library(name: str) -> Any:
    """A module of the extra ``office``. Raises ConfigError naming the extra where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ConfigError(
            Text(
                f"生成办公文档需要 {package}。请运行 pip install circle15[office]，或从 [show] outputs 中去掉该项。",
                f"office files need {package}: pip install circle15[office], or leave them out of [show] outputs.",
            )
        ) from error
