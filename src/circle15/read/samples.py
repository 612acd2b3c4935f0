"""The embedded samples: real extracts, tables of a plan and an invented town, with a study beside each."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from circle15.core.errors import ConfigError
from circle15.read.strict import unknown_name


def sample_study(name: str) -> Path:
    """The study file of a sample. Raises ConfigError naming the nearest sample if there is none of that name."""
    known = {path.parent.name: path for folder in _folders() for path in sorted(folder.glob("*/study.toml"))}
    if name not in known:
        raise ConfigError(unknown_name(name, sorted(known), "--sample"))
    return known[name]


def _folders() -> list[Path]:
    """The samples inside an installed package; in a checkout they lie in data/raw and examples."""
    package = Path(str(resources.files("circle15")))
    installed = package / "samples"
    return [installed] if installed.is_dir() else [package.parents[1] / name for name in ("data/raw", "examples")]
