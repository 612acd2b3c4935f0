"""Everything that can go wrong, as one tree.

::

    Circle15Error
    ├── InputError (ValueError)      the user's files or settings
    │   ├── ConfigError              study.toml or a rule pack
    │   ├── SchemaError              a table: carries every problem at once
    │   ├── CrsError                 kind: missing | geographic | datum
    │   ├── EncodingError            text that cannot be decoded
    │   └── NothingToDoError         a layer with no usable row
    ├── NetworkError                 streets that cannot carry a search
    ├── SolveError (RuntimeError)    a plan that could not be computed
    ├── OutputError (OSError)        a file that could not be written
    └── InternalError                a broken promise of this program
"""

from __future__ import annotations

from typing import Literal

from circle15.core.text import Language, Text

__all__ = [
    "Circle15Error",
    "ConfigError",
    "CrsError",
    "EncodingError",
    "InputError",
    "InternalError",
    "NetworkError",
    "NothingToDoError",
    "OutputError",
    "SchemaError",
    "SolveError",
]


class Circle15Error(Exception):
    """Base of every error of this program. ``text`` says what was found, where, and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.zh)
        self.text = text

    def say(self, language: Language) -> str:
        """The whole message in ``language``."""
        return self.text.say(language)


class InputError(Circle15Error, ValueError):
    """Something in the user's files or settings."""


class _ProblemsError(InputError):
    """An input error that carries every problem found, not only the first."""

    def __init__(self, problems: Text | list[Text]) -> None:
        self.problems = [problems] if isinstance(problems, Text) else list(problems)
        super().__init__(
            Text(
                zh="\n".join(problem.zh for problem in self.problems),
                en="\n".join(problem.en for problem in self.problems),
            )
        )


class ConfigError(_ProblemsError):
    """study.toml or a rule pack is wrong; ``problems`` holds all that was found."""


class SchemaError(_ProblemsError):
    """A table breaks its declaration; ``problems`` holds all that was found."""


class CrsError(InputError):
    """A coordinate reference system that is missing, geographic, or of an unusable datum."""

    def __init__(self, text: Text, kind: Literal["missing", "geographic", "datum"]) -> None:
        super().__init__(text)
        self.kind = kind


class EncodingError(InputError):
    """Text that is not in the declared encoding."""


class NothingToDoError(InputError):
    """A layer is empty, or nothing is left of it."""


class NetworkError(Circle15Error):
    """Streets that cannot carry a search."""


class SolveError(Circle15Error, RuntimeError):
    """A plan that could not be computed."""


class OutputError(Circle15Error, OSError):
    """A file that could not be written, or that is not ours to overwrite."""

    def __str__(self) -> str:
        return self.text.zh


class InternalError(Circle15Error):
    """A promise of this program to itself is broken: report it."""
