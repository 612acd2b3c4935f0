"""What every test of a batch shares."""

from __future__ import annotations

import pytest

from circle15 import pipeline
from circle15.batch.work import fingerprint


@pytest.fixture(scope="package", autouse=True)
def quick():
    """Whatever was assessed once in this process is not assessed again; its files are made and written every time.

    Word files and workbooks take half of the time of a small batch: ``office`` brings them back.
    """
    assessed, real = {}, pipeline.whole

    def whole(study, *rest):
        key = fingerprint(study, strict=False)
        if key not in assessed:
            assessed[key] = real(study, *rest)
        return assessed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("circle15.pipeline.whole", whole)
        patch.setattr("circle15.show.league.has_office", lambda: False)
        yield


@pytest.fixture(scope="module")
def office():
    """The extra of that name, installed as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("circle15.show.league.has_office", lambda: True)
        yield
