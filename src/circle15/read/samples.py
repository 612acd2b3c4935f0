"""The embedded samples: real OpenStreetMap extracts with a study beside each."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from circle15.core.errors import ConfigError
from circle15.read.strict import unknown_name

DEFAULT_SAMPLE = "karhula"


def sample_study(name: str) -> Path:
    """The study file of a sample. Raises ConfigError naming the nearest sample if there is none of that name."""
    folder = _folder()
    known = sorted(each.name for each in folder.iterdir() if (each / "study.toml").is_file())
    if name not in known:
        raise ConfigError(unknown_name(name, known, "--sample"))
    return folder / name / "study.toml"


def _folder() -> Path:
    """The samples inside an installed package; in a checkout they lie in data/raw."""
    package = Path(str(resources.files("circle15")))
    installed = package / "samples"
    return installed if installed.is_dir() else package.parents[1] / "data" / "raw"
