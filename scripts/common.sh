# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and how to speak to the user.

ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
ENV_DIR=$ROOT/.env
STAMPS=$ENV_DIR/stamps
LOG=${LOG:-$ENV_DIR/setup.log}

# The project's own Node.js and Python go first, then Debian's tools, then whatever else there is:
# another Python or Node.js of the user's must never be picked up half-way.
USER_PATH=$PATH
PATH=$ENV_DIR/node/bin:$ENV_DIR/python/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export PATH

say() { printf 'loadgen: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# step WHAT COMMAND...: one line for the user; what the command prints goes to the log, whose tail is
# shown when it fails.
step() {
    local what=$1 from=$SECONDS
    shift
    printf 'loadgen: %s ... ' "$what" >&2
    printf '\n== %s: %s\n' "$what" "$*" >>"$LOG"
    if "$@" >>"$LOG" 2>&1 </dev/null 9>&-; then
        printf '%d s\n' $((SECONDS - from)) >&2
        return
    fi
    printf 'failed\n' >&2
    tail -n 25 "$LOG" | sed 's/^/  | /' >&2
    die "$what: failed; the whole output is in $LOG"
}

# The files that decide what is installed; a change of one of them, or of the place, repeats set-up.
setup_key() {
    {
        printf '%s\n' "$ROOT"
        cd "$ROOT" || return
        cat scripts/common.sh scripts/setup scripts/setup-targets targets/*/requirements*.txt \
            tests/*/requirements*.txt targets/node/runtime.txt targets/node/package-lock.json \
            targets/node/heavy/package-lock.json targets/data/make_inputs.py \
            reports/template/package-lock.json tests/browser/package-lock.json \
            tests/support/*/package-lock.json 2>/dev/null || true
    } | sha256sum | cut -d' ' -f1
}

# is_set_up run|tests: has scripts/setup done its work for these very files?
is_set_up() { [ "$(setup_key)" = "$(cat "$STAMPS/setup-$1" 2>/dev/null)" ]; }

# One set-up or build at a time; the lock ends with the process.
take_lock() {
    mkdir -p "$STAMPS"
    exec 9>"$ENV_DIR/lock"
    flock -n 9 || { say "another set-up is running, waiting for it" && flock 9; }
}
