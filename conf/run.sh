#!/bin/bash
# What `make run` does once the program is built:
#
#   lock -> place -> Postgres (unless DATABASE_URL is given) -> .run/env
#        -> migrate -> serve -> load the handbook -> say the address -> wait
#
# Ctrl-C, TERM or a closed terminal stop the server first, then Postgres.
# Both run in sessions of their own, so that Ctrl-C reaches only this script,
# and are told by the kernel when this script is killed.
#
# Started by root, the database and the program run as the user postgres. A
# checkout which that user cannot read is served from a copy, and the data
# lies, under /var/lib/lectern-<hash of the checkout's path>.
set -u

root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root" || exit 1
run=$root/.run
owner=					# whom root becomes; empty: nobody
[ "$(id -u)" != 0 ] || owner=postgres
server=					# process number once started

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

as_owner() {
	if [ -n "$owner" ]; then
		setpriv --reuid "$owner" --regid "$owner" --init-groups "$@"
	else
		"$@"
	fi
}

# Starts a command as the owner, in a session of its own, without our lock;
# the signal is sent to it if this script dies. Its number is in $!.
background() {
	local signal=$1
	local -a become=(setpriv --pdeathsig "$signal")

	shift
	[ -z "$owner" ] ||
	    become+=(--reuid "$owner" --regid "$owner" --init-groups)
	setsid "${become[@]}" "$@" 9>&- &
}

# Runs a command of the program to its end; a signal interrupts the wait.
lectern() {
	cd "$place" || exit 1
	background TERM "$binary" "$@"
	cd "$root" || exit 1
	wait $!
}

quoted() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

. conf/postgres.sh

lock() {
	mkdir -p -m 0755 "$run" || die "$run cannot be written."
	exec 9>>"$run/lock"
	flock -n 9 || die "Lectern is already running from this checkout" \
	    "(process $(cat "$run/lock")); stop it first."
	echo $$ >"$run/lock"
}

# Decides where the program runs ($place, with kore.conf) and where the data
# lies ($home).
choose_place() {
	home=$run/data place=$root binary=$root/build/lectern/lectern

	if [ -z "$owner" ]; then
		mkdir -p -m 0700 "$home"
		return
	fi
	id "$owner" >/dev/null 2>&1 || die "There is no user $owner."
	as_owner test -r kore.conf -a -x "$binary" -a -r assets/handbook ||
	    copy_away
	install -d -o "$owner" -g "$owner" -m 0700 "$home"
	export HOME=$home		# libpq looks there for certificates
}

# What the program needs of a checkout that the owner cannot enter.
copy_away() {
	local away=/var/lib/lectern-$(printf %s "$root" | sha256sum |
	    cut -c 1-12)

	home=$away/data place=$away/program binary=$away/program/lectern
	rm -rf "$place"
	install -d -m 0755 "$away" "$place" "$place/assets"
	install -m 0755 build/lectern/lectern "$binary"
	install -m 0644 kore.conf "$place"
	cp -R assets/handbook "$place/assets"
	chmod -R a+rX "$place/assets"
}

check_port() {
	local host=${BIND_ADDRESS:-127.0.0.1}

	[ "$host" != 0.0.0.0 ] || host=127.0.0.1
	if (: <"/dev/tcp/$host/$PORT") 2>/dev/null; then
		die "Port $PORT is taken; choose another: make run PORT=8080"
	fi
}

# What is given wins; what is not is the private database, a key made once,
# and the port of kore.conf.
settle_environment() {
	local private

	if [ -z "${PORT:-}" ]; then
		PORT=$(awk '$1 == "bind" { print $3; exit }' kore.conf)
	fi
	export PORT BIND_ADDRESS="${BIND_ADDRESS:-127.0.0.1}"
	check_port

	# .run/env may have been sourced before: that is no outer database.
	private=$(postgres_url "$home") || exit 1
	is_private=no
	if [ "${DATABASE_URL:-$private}" = "$private" ]; then
		is_private=yes
		export DATABASE_URL=$private
	fi

	if [ -z "${SECRET_KEY:-${BETTER_AUTH_SECRET:-}}" ]; then
		if [ ! -s "$run/secret_key" ]; then
			(umask 077 && head -c 32 /dev/urandom | od -An -tx1 |
			    tr -d ' \n' >"$run/secret_key.new")
			mv "$run/secret_key.new" "$run/secret_key"
		fi
		SECRET_KEY=$(cat "$run/secret_key")
		export SECRET_KEY
	fi
}

# Every variable of conf/env.example that is set: what we serve with.
write_environment() {
	local name

	(umask 077 && : >"$run/env.new")
	{
		echo "# Written at every start of \`make run\`: what it serves" \
		    "with."
		echo "# set -a; . .run/env; lectern version"
		sed -n 's/^#* *\([A-Z][A-Z_]*\)=.*/\1/p' conf/env.example |
		    cat - <(printf '%s\n' DATABASE_URL SECRET_KEY PORT \
			BIND_ADDRESS BETTER_AUTH_SECRET) | sort -u |
		    while read -r name; do
			[ -z "${!name:-}" ] ||
			    echo "$name=$(quoted "${!name}")"
		    done
		echo "PATH=$(quoted "$root/build/lectern"):\$PATH"
	} >"$run/env.new"
	mv "$run/env.new" "$run/env"
}

stop() {
	local i

	trap '' INT TERM HUP
	trap - EXIT
	if [ -n "$server" ]; then
		kill -TERM "$server" 2>/dev/null
		for ((i = 0; i < 150; i++)); do
			kill -0 "$server" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$server" 2>/dev/null
	fi
	[ "${is_private:-no}" = no ] || postgres_stop "$home"
}

serve() {
	local answer i

	cd "$place" || exit 1		# kore.conf is read from here
	background TERM "$binary" -fnr
	server=$!
	cd "$root" || exit 1
	for ((i = 0; i < 1200; i++)); do
		answer=$(curl -s -o "$run/ready" -w '%{http_code}' --max-time 5 \
		    "http://$BIND_ADDRESS:$PORT/ready") || :
		[ "$answer" != 200 ] || { rm -f "$run/ready"; return; }
		kill -0 "$server" 2>/dev/null ||
		    die "Lectern did not start; its last words are above."
		sleep 0.05
	done
	die "Lectern does not get ready: $(cat "$run/ready")"
}

load_handbook() {
	lectern ingest --shared assets/handbook >"$run/ingest.log" 2>&1 ||
	    echo "The handbook could not be loaded; see .run/ingest.log." >&2
}

say_address() {
	cat <<TEXT

Lectern answers at ${PUBLIC_URL:-http://localhost:$PORT}

  1. Open that address and sign up; any e-mail address will do here.
  2. Ask about the handbook, for example: How do I add a document?
  3. Add documents of your own, on the page or from another shell:
     set -a; . .run/env; lectern ingest --user YOU@EXAMPLE.COM FOLDER

Ctrl-C stops everything; the data stays for the next start.

TEXT
}

lock
trap stop EXIT
trap 'exit 0' INT TERM HUP
choose_place
settle_environment
write_environment
if [ "$is_private" = yes ]; then
	postgres_start "$home"
fi
lectern migrate || die "The database could not be migrated."
serve
load_handbook
say_address
wait "$server"
die "Lectern has stopped by itself; its last words are above."
