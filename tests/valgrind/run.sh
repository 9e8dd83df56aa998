#!/bin/bash
# What `make valgrind` does: the HTTP tests against the program under valgrind's
# memcheck, with the processes that it executes of itself, the extractor and
# PgBouncer's keeper. It fails when valgrind wrote a report, and shows it. Tests
# wait LECTERN_PATIENCE times longer than usual; those that fail all the same
# (passwords are hashed some forty times slower here) are not judged.
#
# The program is the one that is shipped. Its sandboxes, which valgrind cannot
# live in, are left out by a preloaded library (unconfined.c); the tests of
# sandboxes, of memory and of equal times are left out too.
#
# FILES="tests/http/a.test.mjs ..." runs those files alone.
set -u

cd "$(dirname "$0")/../.." || exit 1

conf/deps.sh build test valgrind || exit 1

reports=$(mktemp -d /tmp/lectern-reports.XXXXXX) || exit 1
trap 'rm -rf "$reports"' EXIT
chmod 1777 "$reports"			# the server runs as another user
${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$reports/unconfined.so" \
    tests/valgrind/unconfined.c || exit 1
cp tests/valgrind/known.supp "$reports/"
chmod 755 "$reports"/unconfined.so
chmod 644 "$reports"/known.supp

valgrind=(/usr/bin/valgrind --quiet --trace-children=yes
	'--trace-children-skip=*/pgbouncer,*/pdftotext'
	--suppressions="$reports/known.supp" --log-file="$reports/%p.log")
export LECTERN_WRAPPER="/usr/bin/env LD_PRELOAD=$reports/unconfined.so ${valgrind[*]}"
export LECTERN_PATIENCE=${LECTERN_PATIENCE:-8}
export FILE_SECONDS=${FILE_SECONDS:-2400}
if [ -z "${FILES:-}" ]; then
	FILES=$(find tests/http -name '*.test.mjs' |
	    grep -v -e /memory -e /timing | sort)
fi
export FILES

tests/run.sh
# A report's lines begin with ==, notices (a system call unknown to it) with --.
grep -l '^==' "$reports"/*.log >"$reports/list" 2>/dev/null
if [ -s "$reports/list" ]; then
	xargs cat <"$reports/list"
	echo "Valgrind wrote $(wc -l <"$reports/list") reports."
	exit 1
fi
echo "Valgrind wrote no report."
