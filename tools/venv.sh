#!/bin/sh
# Makes .venv afresh, with exactly what requirements.txt locks and custody itself, and says so by .venv/ready.
# Where packages come from is pip's own configuration: nothing here names an index.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "custody: $*" >&2
    exit 1
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1; }

if [ -n "${PYTHON:-}" ]; then
    new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or later: name one that is"
else
    for PYTHON in python3 python3.14 python3.13 python3.12 python3.11 python ''; do
        if new_enough "$PYTHON"; then break; fi
    done
    [ -n "$PYTHON" ] || fail "no Python 3.11 or later was found: install one, or name it (make PYTHON=/path/to/python3)"
fi

# The interpreter that an active virtual environment was made from: .venv is about to be cleared under its feet.
PYTHON=$("$PYTHON" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)')
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "this Python cannot make virtual environments: install its venv module (on Debian and Ubuntu: python3-venv)"

echo "custody: setting up .venv (once)" >&2
"$PYTHON" -m venv --clear .venv || fail "$PYTHON could not make .venv"
if [ -d .venv/Scripts ]; then bin=.venv/Scripts; else bin=.venv/bin; fi

# Wheels only: building from source would fetch build tools that no hash vouches for.
"$bin/python" -m pip install -qq --no-input --disable-pip-version-check \
    --require-hashes --only-binary :all: -r requirements.txt || fail "the packages of requirements.txt could not be installed"
"$bin/python" -m pip install -qq --no-input --disable-pip-version-check \
    --no-index --no-deps --no-build-isolation -e . || fail "custody itself could not be installed into .venv"
touch .venv/ready
