#!/bin/sh
# Fuzzes every tests/fuzz/*_fuzz.c for SECONDS each (else $SECONDS_EACH, else
# 20), with clang's libFuzzer and the address and undefined behaviour
# sanitizers. The first line of a fuzzer names what it is linked with, as in
# tests/unit.
# Corpora grow under build/fuzz/, findings are left there as well. Exits 1 on
# a finding, or when a fuzzer does not build.
#
#	run.sh SECONDS [NAME...]	NAME is chunker for chunker_fuzz.c

set -u
cd "$(dirname "$0")/../.." || exit 1

CLANG=${CLANG:-clang}
OUT=build/fuzz
SECONDS_EACH=${1:-${SECONDS_EACH:-20}}
FLAGS="-std=c11 -D_GNU_SOURCE -g -O1 -Isrc -Itests/fuzz -fno-omit-frame-pointer
-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"

[ $# -gt 0 ] && shift
if [ $# -eq 0 ]; then
	set -- tests/fuzz/*_fuzz.c
else
	names=$*
	set --
	for name in $names; do
		set -- "$@" "tests/fuzz/${name}_fuzz.c"
	done
fi

found=0
for fuzz_c in "$@"; do
	if [ ! -f "$fuzz_c" ]; then
		echo "$fuzz_c: there is no such fuzzer"
		found=1
		continue
	fi
	name=$(basename "$fuzz_c" .c)
	program=$OUT/$name
	corpus=$OUT/corpus/$name
	mkdir -p "$corpus" "$OUT/findings"

	links=$(sed -n '1s|^/\* links: \(.*\) \*/$|\1|p' "$fuzz_c")
	if [ -z "$links" ]; then
		links=src/$(basename "$fuzz_c" _fuzz.c).c
	fi
	# The words of the lists are meant to be split.
	# shellcheck disable=SC2086
	if ! $CLANG $FLAGS -o "$program" "$fuzz_c" $links; then
		found=1
		continue
	fi

	seeds=$(find tests/fuzz/*/ -type d -name "$name")
	# shellcheck disable=SC2086
	if "$program" -max_total_time="$SECONDS_EACH" -max_len=16384 \
	    -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 \
	    -print_final_stats=1 -artifact_prefix="$OUT/findings/$name-" \
	    "$corpus" $seeds >"$program.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
		    "$program.log")
		echo "$name: nothing found in ${runs:-?} runs"
	else
		echo "$name: FOUND, see $program.log"
		tail -n 40 "$program.log"
		found=1
	fi
done

exit $found
