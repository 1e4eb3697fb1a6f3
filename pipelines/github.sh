#!/usr/bin/env bash
# The steps of action.yml that are the same for begin, seal, merge and gate: custody on the PATH, this job's ledger in the
# environment of the steps that follow. Needs what GitHub gives every step: RUNNER_TEMP, GITHUB_ENV, GITHUB_PATH,
# GITHUB_JOB, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_ACTION_PATH.
set -euo pipefail

fail() {
    echo "custody: $*" >&2
    exit 2
}

# A line break would begin another variable.
export_line() {
    case "$2" in *$'\n'* | *$'\r'*) fail "$1 must be one line" ;; esac
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_ENV"
}

install() {
    local folder=$RUNNER_TEMP/custody
    [ -e "$folder/ready" ] || sh "$GITHUB_ACTION_PATH/tools/venv.sh" "$folder"
    if [ -d "$folder/Scripts" ]; then bin=$folder/Scripts; else bin=$folder/bin; fi
    echo "$bin" >>"$GITHUB_PATH"
    PATH=$bin:$PATH
}

case "${1:-}" in
begin)
    install
    # Legs of a matrix have the same job name, so chance tells their ledgers apart.
    unique=${GITHUB_JOB//[^A-Za-z0-9_-]/-}-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT-$(python -c 'import os; print(os.urandom(6).hex())')
    mkdir -p "$RUNNER_TEMP/custody-job"
    export_line CUSTODY_HOME "$RUNNER_TEMP/custody-home"
    export_line CUSTODY_LEDGER "$RUNNER_TEMP/custody-job/$unique.ledger"
    export_line CUSTODY_EXPORT "custody-ledger-$unique"
    [ -z "${ORIGIN:-}" ] || export_line CUSTODY_ORIGIN "$ORIGIN"
    [ -z "${FLOW:-}" ] || export_line CUSTODY_FLOW "$FLOW"
    custody ci
    ;;
seal)
    [ -n "${CUSTODY_LEDGER:-}" ] || fail "this job has no ledger: begin comes before seal"
    [ -e "$CUSTODY_LEDGER" ] || fail "nothing was recorded in this job, so there is nothing to seal"
    custody seal
    ;;
merge | gate)
    install
    export_line CUSTODY_HOME "$RUNNER_TEMP/custody-home"
    ;;
*)
    fail "do must be begin, seal, merge or gate"
    ;;
esac
