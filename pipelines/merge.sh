#!/usr/bin/env bash
# Merge a run's exported ledgers into the main ledger that a branch of this repository holds, and push it.
#
#     merge.sh BRANCH LEDGER FOLDER
#
# FOLDER holds the exports (*.ledger). CUSTODY_KEY (or CUSTODY_KEY_FILE) is the custodian's. ROOT is the
# root key's public half, a file or a SHA256: fingerprint: the main ledger must verify under it, and
# the writers of the exports are judged by it. REMOTE is `origin` unless it says otherwise.
# Another run may push in the meantime: then what it pushed is fetched and merged with again. A merge of the same
# exports changes nothing, so a retry of the whole is safe.
set -euo pipefail

fail() {
    echo "custody: $*" >&2
    exit 2
}

[ $# = 3 ] || fail "merge.sh BRANCH LEDGER FOLDER"
branch=$1 ledger=$2 folder=$3 remote=${REMOTE:-origin}
git check-ref-format --branch "$branch" >/dev/null 2>&1 || fail "the branch's name is none"
case "$ledger" in '' | /* | -* | ..* | */..*) fail "the ledger is named by its path on the branch" ;; esac
[ -n "${ROOT:-}" ] || fail "ROOT must name the root key: a public key file or a SHA256: fingerprint"
shopt -s nullglob
exports=("$folder"/*.ledger)
[ ${#exports[@]} -gt 0 ] || fail "$folder holds no exported ledger: did a job seal and upload one?"

place=$(mktemp -d)
trap 'git worktree remove --force "$place/branch" >/dev/null 2>&1 || true; rm -rf "$place"' EXIT

# As `custody verify`, but for its 4: what is intact with a stated gap can be merged with.
verify() {
    local verified=0
    custody verify "$1" --root "$ROOT" >&2 || verified=$?
    [ "$verified" = 4 ] || return "$verified"
}

for attempt in 1 2 3 4 5 6 7 8; do
    git fetch --quiet --no-tags "$remote" "+refs/heads/$branch:refs/custody/$branch" ||
        fail "$remote has no branch $branch: begin it as docs/pipelines.md says"
    git worktree remove --force "$place/branch" >/dev/null 2>&1 || true
    git -c core.hooksPath=/dev/null worktree add --quiet --detach "$place/branch" "refs/custody/$branch"
    main=$place/branch/$ledger
    [ -e "$main" ] || fail "there is no $ledger on $branch: begin it as docs/pipelines.md says"

    # By what this machine remembers: the branch is what was seen of it before, or goes on from there. Another run on
    # this machine may have pushed and remembered since the branch was fetched; then it is there the next time.
    refused=0
    verify "$main" || refused=$?
    if [ "$refused" != 0 ]; then
        [ "$attempt" -lt 3 ] || exit "$refused"
        sleep "$attempt"
        continue
    fi

    # What is merged here is not the main ledger before it is pushed. If another run is quicker, this checkpoint never
    # was one, and this machine must not remember it.
    status=0
    CUSTODY_HOME=$place/home-$attempt custody merge "$main" "${exports[@]}" --root "$ROOT" || status=$?
    # 4: some chains were left out, and the merge says which and why. What counts is there.
    [ "$status" = 0 ] || [ "$status" = 4 ] || exit "$status"

    git -C "$place/branch" add -- "$ledger"
    if git -C "$place/branch" diff --cached --quiet; then
        echo "the main ledger has all of this already"
        exit "$status"
    fi
    git -C "$place/branch" -c core.hooksPath=/dev/null -c commit.gpgsign=false \
        -c user.name="${GIT_AUTHOR_NAME:-custody}" -c user.email="${GIT_AUTHOR_EMAIL:-custody@localhost}" \
        commit --quiet -m "Merge ${#exports[@]} exported ledger(s)"
    # From here, and not from the worktree: a remote may be named by a path.
    if git push --quiet "$remote" "$(git -C "$place/branch" rev-parse HEAD):refs/heads/$branch"; then
        verify "$main"
        exit "$status"
    fi
    echo "another run has pushed to $branch in the meantime; merging again ($attempt)" >&2
    sleep $((RANDOM % 3 + attempt))
done
fail "$branch could not be pushed: is this job allowed to write to it?"
