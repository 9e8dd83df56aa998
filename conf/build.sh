#!/bin/bash
# Builds the program with kodev, into build/lectern/lectern (BUILD_FLAVOR=dev)
# or build/asan/lectern/lectern (BUILD_FLAVOR=asan).
#
# kodev names the program after the folder that it runs in, so the build
# folder is called lectern in a checkout of any name and holds links to the
# sources, but for the assets, which conf/assets.mjs makes smaller. kodev
# follows neither headers nor flags: when a header is newer than the last build
# the objects are made again, when flags or packages differ everything is.
# Kore's own makefile cannot live with a blank in a path, so there the objects
# go to a folder under /tmp. In CI a warning is an error.
set -eu

cd "$(dirname "$0")/.."

flavor=${BUILD_FLAVOR:-dev}
case $flavor in
dev)		dir=build/lectern ;;
asan)		dir=build/$flavor/lectern ;;
*)		echo "BUILD_FLAVOR is dev or asan." >&2; exit 1 ;;
esac

mkdir -p "$dir"
exec 8>"$dir/.lock"
flock 8

for name in src conf; do
	[ -L "$dir/$name" ] || ln -s "$PWD/$name" "$dir/$name"
done
# A checkout that was moved or copied takes its build folder with it.
[ "$dir/src" -ef src ] || { rm -rf "$dir"/{src,assets,conf,.objs}; exec "$0"; }

objects=$dir/.objs
if [[ $PWD = *[[:space:]]* ]] && [ ! -d "$objects" ]; then
	ln -sfn "$(mktemp -d /tmp/lectern-objs.XXXXXX)" "$objects"
fi

stamp=$dir/.built			# its time: when the last build began
flags="$flavor ${CC:-cc} ${CFLAGS:-} ${LDFLAGS:-}
$(cat conf/build.conf)
$(dpkg-query -W kore gcc libpq-dev libcurl4-openssl-dev 2>/dev/null)"

newer() {
	find -L "$@" -newer "$stamp" -print -quit
}

if [ -x "$dir/lectern" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$flags" ] &&
    [ -z "$(newer src assets conf/build.conf conf/assets.mjs conf/lectern.conf)" ]
then
	exit 0
fi

[ ! -L "$dir/assets" ] || rm "$dir/assets"
node conf/assets.mjs "$dir/assets" || exit 1

if [ "$(cat "$stamp" 2>/dev/null)" != "$flags" ]; then
	find -H "$objects" -type f -delete 2>/dev/null || :
elif [ -n "$(newer src -name '*.h')" ]; then
	rm -f "$objects"/*.c.o
fi

printf '%s\n' "$flags" >"$stamp.new"
[ -z "${CI:-}" ] || export CFLAGS="${CFLAGS:-} -Werror"
log=$dir/.log
if ! (cd "$dir" && exec env -u MAKELEVEL MAKEFLAGS="-j$(nproc)" \
    KORE_OBJDIR="$(readlink .objs || echo .objs)" \
    KORE_BUILD_FLAVOR="$flavor" kodev build) >"$log" 2>&1 8>&-; then
	grep -v '^\(CFLAGS\|LDFLAGS\|compiling\|building\|using\)' "$log" >&2
	echo "The build failed; all of its output is in $log." >&2
	exit 1
fi
grep -E -A3 'warning:' "$log" >&2 || :
mv "$stamp.new" "$stamp"
echo "Built $dir/lectern."
