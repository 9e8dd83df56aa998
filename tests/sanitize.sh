#!/bin/bash
# What `make sanitize` does: the HTTP tests and the real clients against a build
# with the address and undefined behaviour sanitizers. It fails when a test
# does, and when any process of the program, a worker or the extractor too,
# wrote a report; then it shows them.
#
# Left out are the tests of what such a build changes: how much memory is held
# and how long equal work takes. The quarantine of freed memory is small, since
# others look at memory as well. Leaks are not looked for at the end of a
# process, whose memory the kernel takes: `make chaos` shows that a server's
# stays flat, and `make test` runs the unit tests with leak detection.
#
# FILES="tests/http/a.test.mjs ..." runs those files alone.
set -u

cd "$(dirname "$0")/.." || exit 1

conf/deps.sh build test && BUILD_FLAVOR=asan conf/build.sh || exit 1

reports=$(mktemp -d /tmp/lectern-reports.XXXXXX) || exit 1
trap 'rm -rf "$reports"' EXIT
chmod 1777 "$reports"			# the server runs as another user

export LECTERN_BINARY=$PWD/build/asan/lectern/lectern
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8:log_path=$reports/address
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/undefined
if [ -z "${FILES:-}" ]; then
	FILES=$(find tests/http tests/clients -name '*.test.mjs' |
	    grep -v -e /memory -e /timing | sort)
fi
export FILES

tests/run.sh
status=$?
if [ -n "$(ls "$reports")" ]; then
	cat "$reports"/*
	echo "The sanitizers wrote $(ls "$reports" | wc -l) reports."
	exit 1
fi
echo "The sanitizers wrote no report."
exit "$status"
