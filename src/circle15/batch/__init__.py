"""Many runs: so far the comparison of two."""

from __future__ import annotations

from circle15.batch.diff import diff

__all__ = ["diff"]
