#!/bin/sh
# Makes a virtual environment in the checkout with the locked packages and the command `sanwang`.
#   sh deploy/setup.sh run|dev|bench [FOLDER]      FOLDER is .venv if not given
# PYTHON names another interpreter than python3.
set -eu

lock="requirements/${1:?usage: sh deploy/setup.sh run|dev|bench [FOLDER]}.lock"
venv=${2:-.venv}
cd "$(dirname "$0")/.."

fail() {
    printf 'set-up: %s\n' "$@" >&2
    exit 1
}

# The first interpreter that is new enough.
find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

make_venv() {
    python=$(find_python)
    [ -n "$python" ] || fail "Sanwang needs Python 3.11 or newer; found: $(${PYTHON:-python3} --version 2>&1 || true)" \
        "install it (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.11"
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python cannot make virtual environments" \
        "install its venv module (Debian: apt-get install python3-venv)"
    echo "set-up: $("$python" --version) -> $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

[ -f "$lock" ] || fail "no $lock in $(pwd)"
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
echo "set-up: packages of $lock (a minute or two the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock" ||
    fail "the packages of $lock could not be installed (see above); with a package index at hand, run it again"
# The project itself, from this checkout; what builds it is in the lock.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
[ -x "$venv/bin/sanwang" ] || fail "the command sanwang is missing from $venv/bin; remove $venv and run it again"
