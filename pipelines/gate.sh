#!/usr/bin/env bash
# Ask the main ledger that a branch of this repository holds whether an artifact may go to an environment.
#
#     gate.sh BRANCH LEDGER ARTIFACT ENVIRONMENT
#
# Exits as `custody gate` does: 0 for yes, 6 for no, and anything else is no answer. ROOT is the root key's public half,
# a file or a SHA256: fingerprint. REMOTE is `origin` unless it says otherwise. Needs no key, and writes nothing.
set -euo pipefail

fail() {
    echo "custody: $*" >&2
    exit 2
}

[ $# = 4 ] || fail "gate.sh BRANCH LEDGER ARTIFACT ENVIRONMENT"
branch=$1 ledger=$2 artifact=$3 environment=$4 remote=${REMOTE:-origin}
git check-ref-format --branch "$branch" >/dev/null 2>&1 || fail "the branch's name is none"
case "$ledger" in '' | /* | -* | ..* | */..*) fail "the ledger is named by its path on the branch" ;; esac
[ -n "${ROOT:-}" ] || fail "ROOT must name the root key: a public key file or a SHA256: fingerprint"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

git fetch --quiet --no-tags "$remote" "+refs/heads/$branch:refs/custody/$branch" ||
    fail "$remote has no branch $branch: begin it as docs/pipelines.md says"
git cat-file blob "refs/custody/$branch:$ledger" >"$place/main.ledger" ||
    fail "there is no $ledger on $branch: begin it as docs/pipelines.md says"
custody gate --env "$environment" --ledger "$place/main.ledger" --root "$ROOT" -- "$artifact"
