"""What the repository promises about itself: the lock, a light --help, and files that name no machine."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
HEAVY = ("folium", "geopandas", "networkx", "numpy", "osmium", "osmnx", "pandas", "pyproj", "scipy", "shapely")

# ---- the lock ------------------------------------------------------------------------------------------------


def locked() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in LOCK)}


def direct() -> list[Requirement]:
    return [Requirement(line) for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]]


def pulled_in(name: str, seen: set[str]) -> set[str]:
    """All that an installed distribution needs here, by canonical name, itself among them."""
    if name not in seen:
        seen.add(name)
        for line in requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pulled_in(canonicalize_name(requirement.name), seen)
    return seen


def test_lock_holds_name_and_version_only():
    assert [line for line in LOCK if not re.fullmatch(r"[A-Za-z0-9_.-]+==[^ ;]+", line)] == []


def test_lock_is_sorted_and_names_nothing_twice():
    names = [line.partition("==")[0] for line in LOCK]
    assert names == sorted({canonicalize_name(name) for name in names})


def test_lock_satisfies_every_declared_dependency():
    versions = locked()
    wrong = [
        str(need) for need in direct() if not need.specifier.contains(versions.get(canonicalize_name(need.name), "0"))
    ]
    assert wrong == []


def test_lock_holds_all_that_the_dependencies_pull_in():
    needed: set[str] = set()
    for requirement in direct():
        pulled_in(canonicalize_name(requirement.name), needed)
    assert sorted(needed - locked().keys()) == []


# ---- the command ---------------------------------------------------------------------------------------------

HELP = f"""
import sys
sys.argv = ["circle15", "--help"]
from circle15.cli import main
try:
    code = main()
except SystemExit as stop:
    code = stop.code
assert not code, code
print("loaded:", *sorted(set({HEAVY!r}) & sys.modules.keys()))
"""


def test_help_loads_no_heavy_library():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


# ---- the files -----------------------------------------------------------------------------------------------


def rebuilt(name: str) -> bool:
    """Whether a file or folder of this name is a cache or a product, as far as the name tells."""
    return name in {"__pycache__", "processed"} or (name.startswith(".") and name not in {".ci", ".gitignore"})


def files_of_the_repository() -> list[Path]:
    """All files that git tracks or would add; without git, all that are not rebuilt."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        found = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not any(map(rebuilt, path.relative_to(ROOT).parts))]
    return [path for path in found if path.is_file()]


def test_no_file_names_a_machine_path():
    machine_path = re.compile(rb"(?<![\w.-])/(?:work|tmp)/\w")
    named = []
    for path in files_of_the_repository():
        hit = machine_path.search(path.read_bytes())
        if hit and path.suffix not in {".pbf", ".png"}:
            named.append((path.relative_to(ROOT).as_posix(), hit[0].decode()))
    assert named == []
