#!/bin/bash
# Installs pgvector for PostgreSQL 15, for tests and for trying vectors out:
# Debian 12 has no package of it. Debian's next releases have its source, which
# is fetched from the mirror that this machine uses already, checked by apt
# against Debian's own keys, and built in half a minute.
#
#   conf/pgvector.sh	quick when it is there; exit code 1, and why, when not
#
# For root. The machine's package lists stay as they are, and nothing is left
# but the extension itself. CVE-2026-3172 (an index built by several processes)
# is in this version: Lectern builds its indexes in one (0013_vectors.sql).
set -euo pipefail

config=/usr/lib/postgresql/15/bin/pg_config
releases="trixie forky sid"	# the first that has it

die() {
	printf 'pgvector: %s\n' "$*" >&2
	exit 1
}

[ -x "$config" ] || die "PostgreSQL 15 is not installed."
[ ! -f "$("$config" --sharedir)/extension/vector.control" ] || exit 0
[ "$(id -u)" = 0 ] || die "run conf/pgvector.sh as root once."

# The mirror that stands in the machine's own sources, in either form.
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p
	s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' \
	/etc/apt/sources.list.d/*.sources /etc/apt/sources.list \
	/etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1 || :)
[ -n "$mirror" ] || die "apt has no sources on this machine."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p lists/partial cache/archives/partial
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
own=(-qq -o "Dir::Etc::sourcelist=$work/sources.list"
	-o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
	-o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)

for release in $releases; do
	echo "deb-src [signed-by=$keyring] $mirror $release main" >sources.list
	apt-get "${own[@]}" update 2>apt.log &&
	    apt-get "${own[@]}" --download-only source pgvector 2>>apt.log &&
	    break
done
ls pgvector_*.dsc >/dev/null 2>&1 ||
	die "its source could not be fetched: $(tail -n 1 apt.log)"
# apt has checked the files; the signature of a later release needs its keys.
dpkg-source --no-check -x pgvector_*.dsc source >/dev/null 2>&1

# Headers alone: installing the package would bring clang and llvm.
apt-get -qq -o APT::Sandbox::User=root download postgresql-server-dev-15 ||
	die "the headers of PostgreSQL 15 could not be fetched."
dpkg -x postgresql-server-dev-15_*.deb sdk
build=(make -s -C source with_llvm=no "PG_CONFIG=$config")
# No OPTFLAGS: it would be built for this processor alone.
"${build[@]}" -j2 OPTFLAGS= \
	"PG_CPPFLAGS=-I$work/sdk/usr/include/postgresql/15/server" \
	>build.log 2>&1 || die "it does not build: $(tail -n 1 build.log)"
"${build[@]}" install >/dev/null
