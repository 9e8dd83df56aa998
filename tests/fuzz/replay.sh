#!/bin/bash
# Gives every fuzzer its seeds (tests/fuzz/seeds) and all that was ever found by
# it (tests/fuzz/regressions), built by the ordinary compiler with the address
# and undefined behaviour sanitizers. Part of `make test`; prints what failed,
# then "replay: N passed, M failed". Exits 1 on a failure.
set -u

cd "$(dirname "$0")/../.." || exit 1

out=build/replay
flags="-std=c11 -D_GNU_SOURCE -g -O1 -Isrc -Itests/fuzz -fno-omit-frame-pointer
-fsanitize=address,undefined -fno-sanitize-recover=all"
mkdir -p "$out"

# One fuzzer; its log says why it failed.
replay() {
	local name=$1 links

	links=$(sed -n '1s|^/\* links: \(.*\) \*/$|\1|p' "tests/fuzz/$name.c")
	# The words of the lists are meant to be split.
	# shellcheck disable=SC2086
	${CC:-cc} $flags -o "$out/$name" "tests/fuzz/$name.c" \
	    tests/fuzz/replay.c ${links:-src/${name%_fuzz}.c} &&
	    find tests/fuzz/*/ -path "*/$name/*" -type f -print0 | sort -z |
	    xargs -0 "$out/$name"
}
export -f replay
export out flags

passed=0 failed=0
# Two at a time: each leaves its outcome behind.
printf '%s\n' tests/fuzz/*_fuzz.c | sed 's|.*/||; s|\.c$||' |
    xargs -P 2 -I NAME bash -c \
	'set -o pipefail; replay NAME >"$out/NAME.log" 2>&1; echo $? >"$out/NAME.rc"'
for program in tests/fuzz/*_fuzz.c; do
	name=$(basename "$program" .c)
	if [ "$(cat "$out/$name.rc")" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$name, tests/fuzz/replay.sh:"
		tail -n 40 "$out/$name.log"
	fi
done
echo "replay: $passed passed, $failed failed"
[ "$failed" = 0 ]
