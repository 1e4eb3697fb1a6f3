#!/bin/sh
# Makes a virtual environment afresh, with exactly what is locked and custody itself, and says so by its file `ready`.
# Where packages come from is pip's own configuration: nothing here names an index.
#
#     sh tools/venv.sh            .venv, to work on custody: requirements.txt
#     sh tools/venv.sh FOLDER     an installation to use it, in a pipeline say: requirements-run.txt
set -eu
case "${1:-}" in
'' | /* | [A-Za-z]:*) folder=${1:-} ;;
*) folder=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
if [ -n "$folder" ]; then
    lock=requirements-run.txt how=
else
    folder=.venv lock=requirements.txt how=-e
fi

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

echo "custody: setting up $folder (once)" >&2
"$PYTHON" -m venv --clear "$folder" || fail "$PYTHON could not make $folder"
if [ -d "$folder/Scripts" ]; then bin=$folder/Scripts; else bin=$folder/bin; fi

# Wheels only: building from source would fetch build tools that no hash vouches for.
"$bin/python" -m pip install -qq --no-input --disable-pip-version-check \
    --require-hashes --only-binary :all: -r "$lock" || fail "the packages of $lock could not be installed"
# shellcheck disable=SC2086  # `how` is one option or none
"$bin/python" -m pip install -qq --no-input --disable-pip-version-check \
    --no-index --no-deps --no-build-isolation $how . || fail "custody itself could not be installed into $folder"
touch "$folder/ready"
