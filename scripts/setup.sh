# Sourced by demo and test: the checkout's .venv, made once and renewed when what it was made from has changed.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
ROOT=$PWD
VENV=$ROOT/.venv
# A source tree named by the caller's environment would stand in for the installed package.
unset PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONUTF8=1

die() {
    printf 'circle15: %s\n' "$1" >&2
    exit 1
}

note() {
    printf 'circle15: %s\n' "$1" >&2
}

# The first interpreter that runs and is new enough; PYTHON names one and no other is then tried.
find_python() {
    local candidates=(python3.14 python3.13 python3.12 python3.11 python3 python) name
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for name in "${candidates[@]}"; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return
        fi
    done
    die "缺少 Python 3.11 或更新版本(已试:${candidates[*]});请安装,或用 PYTHON=路径 指定。 Python ≥ 3.11 is missing."
}

venv_python() {
    local name
    for name in "$VENV/bin/python" "$VENV/Scripts/python.exe"; do
        [ ! -x "$name" ] || printf '%s\n' "$name"
    done
}

# A .venv that cannot run, or that was made for a folder of another name, is made anew.
make_venv() {
    local python
    python=$(venv_python)
    if [ -n "$python" ] && [ "$(cat "$VENV/made-in" 2>/dev/null)" = "$ROOT" ] \
        && "$python" -m pip --version </dev/null >/dev/null 2>&1; then
        return
    fi
    python=$(find_python) || exit 1
    "$python" -c 'import ensurepip, venv' </dev/null >/dev/null 2>&1 \
        || die "$python 缺少 venv 模块(Debian/Ubuntu:apt-get install python3-venv)。 The venv module is missing."
    "$python" -m venv --clear "$VENV" </dev/null >/dev/null 2>&1 \
        || die "无法建立 $VENV;请检查写入权限与磁盘空间。 Cannot make the virtual environment."
    printf '%s\n' "$ROOT" >"$VENV/made-in"
}

# One hash of the named files and folders: names and bytes, no times.
hash_of() {
    "$(venv_python)" - "$@" <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256()
for root in map(pathlib.Path, sys.argv[1:]):
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.as_posix()}\0{path.stat().st_size}\0".encode() + path.read_bytes())
print(digest.hexdigest())
PY
}

pip_install() {
    "$(venv_python)" -m pip install --quiet --constraint requirements.lock "$@" </dev/null >"$VENV/pip.log" 2>&1 \
        || die "安装失败,软件包源可能连不上:$(sed -n 's/^ *ERROR: //p' "$VENV/pip.log" | tail -n 1)(全文见 $VENV/pip.log)。 pip could not install."
}

# install_package core|test: the package as users get it, not editable, so that a file left out of it is noticed here.
install_package() {
    local with=$1 what=. dependencies sources
    [ "$with" = core ] || what=".[$with]"
    dependencies=$(hash_of pyproject.toml requirements.lock)
    sources=$(hash_of pyproject.toml README.md LICENSE NOTICE src data/raw examples)
    if [ "$(cat "$VENV/stamp-$with" 2>/dev/null)" != "$dependencies" ]; then
        note "正在安装(首次需要几分钟)… installing"
        rm -f "$VENV"/stamp-*
        pip_install "$what"
        [ "$with" = core ] || printf '%s\n' "$dependencies" >"$VENV/stamp-core"
        printf '%s\n' "$dependencies" >"$VENV/stamp-$with"
    elif [ "$(cat "$VENV/stamp-sources" 2>/dev/null)" != "$sources" ]; then
        rm -f "$VENV/stamp-sources"
        pip_install --no-deps --force-reinstall .
    fi
    printf '%s\n' "$sources" >"$VENV/stamp-sources"
}
