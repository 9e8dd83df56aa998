#!/bin/bash
# Compiles and runs every tests/unit/*_test.c, plain and with the address and
# undefined behaviour sanitizers. The first line of a test may name what it is
# linked with, sources and libraries alike; without that, utf8_test.c is linked
# with src/utf8.c.
#
#	/* links: src/utf8.c src/percent.c -ljansson */
#
# Each source is compiled once for all tests that want it, and as many at a
# time as there are processors. Prints cmocka's report of what failed, then
# "unit: N passed, M failed" with the numbers of the plain run. Exits 1 on any
# failure, in either run. `run.sh NAME...` runs these modules alone (utf8 for
# utf8_test.c).

set -u
cd "$(dirname "$0")/../.." || exit 1

export CC=${CC:-cc}
export out=build/unit
export flags="-std=c11 -D_GNU_SOURCE -g -O1 -Isrc -I/usr/include/postgresql
-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
-Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough
-Werror"
export plain=
export san="-fsanitize=address,undefined -fno-sanitize-recover=all
-fno-omit-frame-pointer"

# The words of these lists are meant to be split.
# shellcheck disable=SC2086,SC2046

# links_of TEST: what it is linked with.
links_of() {
	local links

	links=$(sed -n '1s|^/\* links: \(.*\) \*/$|\1|p' "tests/unit/$1_test.c")
	echo "${links:-src/$1.c}"
}

# compile plain|san SOURCE: into $out/plain or $out/san. What goes wrong is in
# the log beside the object, and shown where the test cannot be linked.
compile() {
	local object=$out/$1/$(basename "$2" .c).o

	rm -f "$object"
	$CC $flags ${!1} -c -o "$object" "$2" >"${object%.o}.log" 2>&1
}

# try plain|san TEST: links it and runs it; $out/plain/TEST.status has its exit
# status, or "unbuilt".
try() {
	local word program=$out/$1/$2_test
	local -a parts=("$program.o")

	for word in $(links_of "$2"); do
		case $word in
		*.c)	parts+=("$out/$1/$(basename "$word" .c).o") ;;
		*)	parts+=("$word") ;;
		esac
	done
	if $CC ${!1} -o "$program" "${parts[@]}" -lcmocka >"$program.link" 2>&1; then
		"$program" >"$program.log" 2>&1
		echo $? >"$program.status"
	else
		# Of its sources those that failed have said something.
		for word in "${parts[@]}"; do
			[ ! -s "${word%.o}.log" ] || [[ $word != *.o ]] ||
			    cat "${word%.o}.log"
		done >"$program.log"
		cat "$program.link" >>"$program.log"
		echo unbuilt >"$program.status"
	fi
}
export -f links_of compile try

# count STATUS FILE: how many tests cmocka's report says had that status.
count() {
	sed -n "s/^\[  $1  \] \([0-9][0-9]*\) test.*/\1/p" "$2" | head -n 1
}

# complain TITLE FILE: shows a report without its good news.
complain() {
	echo "--- $1"
	grep -v -e '^\[ RUN      \]' -e '^\[       OK \]' "$2"
}

# each FUNCTION WORD...: FUNCTION plain WORD and FUNCTION san WORD for each.
each() {
	local step=$1

	shift
	printf 'plain %s\nsan %s\n' $(printf '%s\n' "$@" | sed p) |
	    xargs -P "$(nproc)" -L 1 bash -c "$step"' "$@"' "$step"
}

modules=${*:-$(basename -as _test.c tests/unit/*_test.c)}
mkdir -p "$out/plain" "$out/san"
each compile $(for name in $modules; do
	echo "tests/unit/${name}_test.c"
	links_of "$name" | tr ' ' '\n' | grep '\.c$'
done | sort -u)
each try $modules

passed=0 failed=0 broken=0
for name in $modules; do
	program=$out/plain/${name}_test
	status=$(cat "$program.status")
	good=$(count PASSED "$program.log")
	bad=$(count FAILED "$program.log")
	# A program that died has said nothing of the tests behind.
	[ "$status" = 0 ] || [ "${bad:-0}" != 0 ] || bad=1
	if [ "$status" != 0 ] || [ "${good:-0}" = 0 ]; then
		complain "$name ($status)" "$program.log"
		broken=1
	fi
	passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))

	program=$out/san/${name}_test
	if [ "$(cat "$program.status")" != 0 ]; then
		complain "$name with sanitizers" "$program.log"
		broken=1
	fi
done

echo "unit: $passed passed, $failed failed"
[ $failed = 0 ] && [ $broken = 0 ] && [ $passed -gt 0 ]
