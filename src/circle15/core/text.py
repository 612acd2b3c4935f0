"""Sentences in both languages of the product."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in Chinese and in English, chosen by the reader's language."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        """The text in ``language``."""
        return self.zh if language == "zh" else self.en


def first_ids(ids: object, most: int = 3) -> str:
    """The first ``most`` ids of an iterable, in the given order, as ``a, b, c …``.

    >>> first_ids(["R-1", "R-2"]), first_ids(range(9))
    ('R-1, R-2', '0, 1, 2 …')
    """
    shown = [str(each) for each in islice(ids, most + 1)]  # type: ignore[call-overload]  # any iterable of ids
    return ", ".join(shown[:most]) + (" …" if len(shown) > most else "")
