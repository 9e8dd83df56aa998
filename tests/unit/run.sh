#!/bin/sh
# Compiles and runs every tests/unit/*_test.c, plain and with the address and
# undefined behaviour sanitizers. The first line of a test may name what it is
# linked with, sources and libraries alike; without that, utf8_test.c is linked
# with src/utf8.c.
#
#	/* links: src/utf8.c src/percent.c -ljansson */
#
# Prints cmocka's report of what failed, then "unit: N passed, M failed" with
# the numbers of the plain run. Exits 1 on any failure, in either run.
# `run.sh NAME...` runs these modules alone (utf8 for utf8_test.c).

set -u
cd "$(dirname "$0")/../.." || exit 1

CC=${CC:-cc}
OUT=build/unit
FLAGS="-std=c11 -D_GNU_SOURCE -g -O1 -Isrc -Wall -Wextra -Wshadow
-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Werror"
SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all
-fno-omit-frame-pointer"

passed=0
failed=0
broken=0

# count STATUS FILE: how many tests cmocka's report says had that status.
count()
{
	sed -n "s/^\[  $1  \] \([0-9][0-9]*\) test.*/\1/p" "$2" | head -n 1
}

# build TEST PROGRAM FLAGS...
build()
{
	source=$1
	target=$2
	shift 2
	links=$(sed -n '1s|^/\* links: \(.*\) \*/$|\1|p' "$source")
	if [ -z "$links" ]; then
		links=src/$(basename "$source" _test.c).c
	fi
	# The words of the lists are meant to be split.
	# shellcheck disable=SC2086
	$CC $FLAGS "$@" -o "$target" "$source" $links -lcmocka \
	    >"$target.log" 2>&1
}

# complain MODULE FILE: shows a report without its good news.
complain()
{
	echo "--- $1"
	grep -v -e '^\[ RUN      \]' -e '^\[       OK \]' "$2"
	broken=1
}

if [ $# -eq 0 ]; then
	set -- tests/unit/*_test.c
else
	modules=$*
	set --
	for module in $modules; do
		set -- "$@" "tests/unit/${module}_test.c"
	done
fi

mkdir -p "$OUT"
for test_c in "$@"; do
	name=$(basename "$test_c" .c)
	program=$OUT/$name

	if ! build "$test_c" "$program"; then
		complain "$name does not build" "$program.log"
		failed=$((failed + 1))
		continue
	fi
	"$program" >"$program.log" 2>&1
	status=$?
	good=$(count PASSED "$program.log")
	bad=$(count FAILED "$program.log")
	# A program that died has said nothing of the tests behind.
	if [ $status -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then
		bad=1
	fi
	if [ $status -ne 0 ] || [ "${good:-0}" -eq 0 ]; then
		complain "$name (exit $status)" "$program.log"
	fi
	passed=$((passed + ${good:-0}))
	failed=$((failed + ${bad:-0}))

	# shellcheck disable=SC2086
	if ! build "$test_c" "$program.san" $SANITIZE ||
	    ! "$program.san" >"$program.san.log" 2>&1; then
		complain "$name with sanitizers" "$program.san.log"
	fi
done

echo "unit: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $broken -eq 0 ] && [ $passed -gt 0 ]
