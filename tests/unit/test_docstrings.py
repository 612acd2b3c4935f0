"""Every public function has a contract, and the examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import circle15
from tests.conftest import ROOT

PACKAGE = Path(circle15.__file__).parent
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
WITH_EXAMPLES = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in FILES]


@pytest.mark.parametrize("name", [name for name in circle15.__all__ if callable(getattr(circle15, name))])
def test_every_public_function_has_a_contract_with_an_example(name: str) -> None:
    assert ">>> " in (getattr(circle15, name).__doc__ or "")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_do_what_they_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runner = doctest.DocTestRunner()
    for each in doctest.DocTestFinder().find(importlib.import_module(name.removesuffix(".__init__"))):
        runner.run(each)
    told = runner.summarize(verbose=False)
    assert told.attempted
    assert told.failed == 0
