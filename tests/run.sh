#!/bin/bash
# What `make test` does: packages, build, lint, the unit tests of C, what the
# fuzzers once found, and every tests/{sql,http,clients,browser}/**/*.test.mjs
# under node's test runner, one file more at a time than there are processors
# (much of a test is waiting), against one Postgres cluster made for this run.
#
# FILES="tests/http/a.test.mjs ..." runs those files alone. FILE_SECONDS is how
# long each of them may take, AT_ONCE how many run side by side.
#
# The last line is `N passed, N failed`. A skipped, cancelled or todo test has
# not shown anything, so it counts as failed; so does a suite that ended
# without saying its counts. Nothing is left running, whatever ends the run:
# the cluster goes when its standard input closes, the runner's process group
# is ended, and what tests start is told by the kernel (tests/lib/process.mjs).
set -u

cd "$(dirname "$0")/.." || exit 1

passed=0 failed=0 running=

count() {
	passed=$((passed + $1)) failed=$((failed + $2))
}

# Runs a command in a process group of its own, which a signal to us ends, as
# does our own death.
grouped() {
	local status

	setsid setpriv --pdeathsig TERM "$@" &
	running=$!
	wait "$running"
	status=$?
	running=
	return $status
}

finish() {
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$running" ] || kill -TERM -- "-$running" 2>/dev/null
	if [ -n "${cluster_PID:-}" ]; then
		exec {cluster[1]}>&-
		wait "$cluster_PID" 2>/dev/null
	fi
	[ -z "${TMPDIR:-}" ] || rm -rf "$TMPDIR"
	echo
	echo "$passed passed, $failed failed"
	# Without a number, exit would give the status from before the trap.
	if [ "$failed" = 0 ] && [ "$passed" -gt 0 ]; then exit 0; fi
	exit 1
}

aborted() {
	count 0 1
	exit 1
}

prepare() {
	conf/deps.sh build test && conf/build.sh || {
		count 0 1
		exit 1
	}
}

lint() {
	echo "--- lint"
	if grouped tests/lint.sh; then count 1 0; else count 0 1; fi
}

# Part and command: its last line is `PART: N passed, N failed`.
counted() {
	local part=$1 command=$2 status line

	echo "--- $part"
	grouped "$command" > >(tee "$TMPDIR/$part")
	status=$?
	line=$(sed -n "s/^$part: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p" \
	    "$TMPDIR/$part" | tail -n 1)
	# shellcheck disable=SC2086
	count ${line:-0 1}
	[ "$status" = 0 ] || [ "${line#* }" != 0 ] || count 0 1
}

# A cluster without durability, shared by all files; each makes databases of
# its own (tests/lib/postgres.mjs).
start_cluster() {
	coproc cluster { exec node tests/lib/postgres.mjs; }
	if ! read -r LECTERN_TEST_POSTGRES <&"${cluster[0]}"; then
		echo "The test cluster did not start." >&2
		count 0 1
		exit 1
	fi
	export LECTERN_TEST_POSTGRES
}

# Sums node's own closing counts.
node_tests() {
	local status line
	local -a limit=()

	echo "--- node: $# files"
	! node --help | grep -q -e --test-timeout ||
	    limit=(--test-timeout="${FILE_SECONDS:-300}000")
	grouped node --test --test-concurrency="${AT_ONCE:-$(($(nproc) + 1))}" "${limit[@]}" \
	    --test-reporter=spec --test-reporter-destination=stdout \
	    --test-reporter=tap --test-reporter-destination="$TMPDIR/tap" "$@"
	status=$?
	line=$(awk '
		$1 == "#" && NF == 3 { n[$2] = $3 }
		END {
			if ("pass" in n) print n["pass"], n["fail"] \
			    + n["cancelled"] + n["skipped"] + n["todo"]
		}' "$TMPDIR/tap" 2>/dev/null)
	# shellcheck disable=SC2086
	count ${line:-0 1}
	[ "$status" = 0 ] || [ "${line#* }" != 0 ] || count 0 1
}

trap finish EXIT
trap aborted INT TERM HUP
TMPDIR=$(mktemp -d /tmp/lectern-tests.XXXXXX) || exit 1
chmod 755 "$TMPDIR"			# the owner of the cluster enters it
export TMPDIR

prepare
if [ -n "${FILES:-}" ]; then
	# shellcheck disable=SC2206
	files=($FILES)
else
	lint
	counted unit tests/unit/run.sh
	counted replay tests/fuzz/replay.sh
	mapfile -t files < <(find tests/{sql,http,clients,browser} \
	    -name '*.test.mjs' 2>/dev/null | sort)
fi
if [ "${#files[@]}" -gt 0 ]; then
	start_cluster
	node_tests "${files[@]}"
fi
