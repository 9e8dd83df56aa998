#!/bin/bash
# Installs what is missing for the sets of work named: build test bench fuzz
# valgrind, or image (to compile and to lay out the image; no database).
#
#   Debian packages -> by apt-get as root; anyone else is told their names
#   npm packages    -> by the lock files: two browser modules and esbuild for
#                      `build`, with `test` the clients that tests drive, and
#                      Next.js
#   pgvector        -> with `test`, by conf/pgvector.sh
#   browser modules -> copied to assets/vendor/, where kodev picks them up
#
# Quick when nothing is missing: one dpkg-query and one comparison.
set -eu

cd "$(dirname "$0")/.."

compile_packages="kore libcurl4-openssl-dev libpq-dev libssl-dev libsodium-dev
	libjansson-dev libutf8proc-dev libstemmer-dev liboath-dev libarchive-dev
	libxml2-dev zlib1g-dev libbrotli-dev libseccomp-dev poppler-utils poppler-data libcrypt-dev
	libc6-dev make gcc dpkg-dev curl ca-certificates"
build_packages="postgresql-15"
image_packages="pgbouncer"
test_packages="libcmocka-dev clang-format chromium-headless-shell fonts-dejavu-core qpdf pgbouncer
	python3-bcrypt python3-passlib nginx-light haproxy libfaketime"
bench_packages="chromium-headless-shell fonts-dejavu-core nginx-light wrk python3-fastapi python3-uvicorn
	python3-uvloop python3-httptools python3-sqlalchemy python3-psycopg2
	python3-multipart python3-email-validator python3-passlib
	python3-bcrypt python3-httpx"
fuzz_packages="clang libclang-rt-14-dev"
valgrind_packages="valgrind libc6-dbg"

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# Prints the packages among those given that are not installed.
missing_of() {
	comm -23 <(printf '%s\n' "$@" | sort -u) \
	    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# Packages that bring a service are installed for their programs alone: no
# database cluster is made, and what the package has started is stopped.
install_packages() {
	local service

	no_cluster=/etc/postgresql-common/createcluster.d/lectern.conf
	export DEBIAN_FRONTEND=noninteractive
	mkdir -p "${no_cluster%/*}"
	echo "create_main_cluster = false" >"$no_cluster"
	trap 'rm -f "$no_cluster"' EXIT
	apt_install "$@" || { apt-get -q update && apt_install "$@"; } ||
	    die "These packages could not be installed: $*."
	rm -f "$no_cluster"
	for service in nginx haproxy pgbouncer; do
		[[ " $* " = *" $service"* ]] || continue
		if [ -d /run/systemd/system ]; then
			systemctl disable --now --quiet "$service" || :
		elif [ -x "/etc/init.d/$service" ]; then
			"/etc/init.d/$service" stop >/dev/null 2>&1 || :
		fi
	done
}

apt_install() {
	apt-get -q -y --no-install-recommends install "$@"
}

# Installs a folder's npm packages once per lock file, and more of them when
# asked for more. The stamp lies inside node_modules and goes with it.
install_modules() {
	local folder=$1 extent=$2 stamp=$1/node_modules/.installed wanted have
	local -a omit=()

	wanted=$(sha256sum <"$folder/package-lock.json")
	have=$(cat "$stamp" 2>/dev/null || :)
	[ "$have" = "all $wanted" ] && return
	[ "$extent" = browser ] && [ "$have" = "browser $wanted" ] && return
	[ "$extent" = browser ] && omit=(--omit=dev)
	(cd "$folder" && npm ci --loglevel=error --no-audit --no-fund \
	    --ignore-scripts "${omit[@]}") ||
	    die "The npm packages of $folder/package-lock.json could not be" \
		"installed."
	echo "$extent $wanted" >"$stamp"
}

# A copy is renewed only when it differs, so that nothing is built again.
vendor() {
	cmp -s "$1" "assets/vendor/$2" && return
	mkdir -p assets/vendor
	cp "$1" "assets/vendor/$2.new"
	mv "assets/vendor/$2.new" "assets/vendor/$2"
}

packages=$compile_packages extent=browser
for set in "${@:-build}"; do
	case $set in
	build)	packages+=" $build_packages" ;;
	test)	packages+=" $build_packages $test_packages" extent=all ;;
	bench)	packages+=" $build_packages $bench_packages" extent=all ;;
	fuzz)	packages+=" $fuzz_packages" ;;
	valgrind) packages+=" $valgrind_packages" ;;
	image)	packages+=" $image_packages" ;;
	*)	die "usage: conf/deps.sh [build] [test] [bench] [fuzz]" \
		"[valgrind] [image]" ;;
	esac
done
command -v node >/dev/null || packages+=" nodejs"
command -v npm >/dev/null || packages+=" npm"

command -v dpkg-query >/dev/null ||
    die "Lectern is built on Debian 12, whose packages it needs."
# shellcheck disable=SC2086
missing=$(missing_of $packages)
if [ -n "$missing" ] && [ "$(id -u)" != 0 ]; then
	die "These Debian packages are missing; install them as root:" $missing
fi
# shellcheck disable=SC2086
[ -z "$missing" ] || install_packages $missing
[ "$extent" = browser ] || conf/pgvector.sh ||
    echo "The tests of the vector side will fail." >&2

# Two makes in one checkout take turns here.
mkdir -p build
exec 8>build/.deps.lock
flock 8
install_modules . "$extent"
[ "$extent" = browser ] || install_modules tests/next all
vendor node_modules/marked/lib/marked.esm.js marked.esm.js
rm -f assets/vendor/purify.min.js
vendor node_modules/uqr/dist/index.mjs uqr.mjs
