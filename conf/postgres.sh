# A private Postgres 15 for one checkout; sourced by conf/run.sh.
#
#   postgres_start DIR   initialises DIR/postgres once, starts it, waits for it
#   postgres_stop DIR    fast shutdown, waits for the end
#   postgres_url DIR     the URI of its database
#
# It listens on a Unix socket alone, in a folder that only its own user (and
# root) can enter; that folder is the access rule, hence `trust`. The caller
# defines as_owner (runs a command as the cluster's user, never root) and die,
# and holds the checkout's lock.

postgres_bin=/usr/lib/postgresql/15/bin

# A socket's path has 107 bytes: a deep checkout gets a folder under /tmp.
postgres_socket_dir() {
	local dir=$1/socket found

	if [ "$(printf %s "$dir/.s.PGSQL.5432.lock" | wc -c)" -gt 100 ]; then
		dir=/tmp/lectern-$(id -u)-$(printf %s "$1" | sha256sum |
		    cut -c 1-12)
	fi
	as_owner mkdir -m 0700 "$dir" 2>/dev/null || :
	# Under /tmp somebody else may have made it first.
	found=$(stat -c '%u %a %F' "$dir" 2>/dev/null || :)
	[ "$found" = "$(as_owner id -u) 700 directory" ] ||
	    die "$dir must be a folder of ours alone (0700)."
	printf '%s\n' "$dir"
}

postgres_url() {
	local host

	host=$(postgres_socket_dir "$1") || return 1
	host=${host//%/%25}
	host=${host// /%20}
	host=${host//&/%26}
	host=${host//\#/%23}
	host=${host//+/%2B}
	printf 'postgresql://lectern@/lectern?host=%s\n' "$host"
}

# The processes at work in the data folder (a postmaster and its children
# have it as their working directory), whoever started them.
postgres_processes() {
	find /proc -maxdepth 2 -name cwd -printf '%h %l\n' 2>/dev/null |
	    awk -v dir="$1/postgres" '{
		pid = $1; sub(/^[^ ]* /, ""); sub(/.*\//, "", pid)
		if ($0 == dir) print pid
	    }'
}

postgres_init() {
	local data=$1/postgres log=$1/initdb.log

	# Renamed when complete, so that an interrupted start leaves no half.
	rm -rf "$data.new"
	{
		as_owner "$postgres_bin/initdb" -D "$data.new" -U postgres \
		    -A trust -E UTF8 --locale=C.UTF-8 &&
		printf '%s\n' 'create role lectern login' \
		    'create database lectern owner lectern' |
		    as_owner "$postgres_bin/postgres" --single \
			-D "$data.new" postgres
	} >"$log" 2>&1 ||
	    die "The database could not be created; see $log."
	rm -f "$log"
	mv "$data.new" "$data"
}

postgres_start() {
	local dir=$1 data=$1/postgres log=$1/postgres.log socket pid i

	socket=$(postgres_socket_dir "$dir") || exit 1
	[ -f "$data/PG_VERSION" ] || postgres_init "$dir"

	# After kill -9 of the starter its postmaster is taken over; the
	# children of a killed postmaster are given the time to notice.
	pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || :)
	for ((i = 0; i < 100; i++)); do
		case " $(postgres_processes "$dir" | tr '\n' ' ')" in
		" ")		break ;;
		*" $pid "*)	postgres_wait "$socket" "$log"; return ;;
		esac
		sleep 0.1
	done
	# Nobody is at work there, so these are left from a kill or a crash of
	# the machine, and their process number may be another's by now.
	rm -f "$data/postmaster.pid" "$socket"/.s.PGSQL.*

	background INT "$postgres_bin/postgres" -D "$data" \
	    -c listen_addresses= \
	    -c unix_socket_directories="\"$socket\"" \
	    -c unix_socket_permissions=0700 \
	    -c max_connections=60 -c shared_buffers=64MB \
	    -c logging_collector=off >"$log" 2>&1
	postgres_wait "$socket" "$log" $!
	postgres_vector "$socket" "$log"
}

# pgvector, where it is installed (conf/pgvector.sh): only a superuser may
# enable it.
postgres_vector() {
	[ -f /usr/share/postgresql/15/extension/vector.control ] || return 0
	as_owner env PGOPTIONS='-c client_min_messages=warning' \
	    "$postgres_bin/psql" -qX -h "$1" -U postgres -d lectern \
	    -c 'create extension if not exists vector' >>"$2" 2>&1 || :
}

# Waits until it answers; gives up at once when the process given has ended.
postgres_wait() {
	local socket=$1 log=$2 pid=${3:-} i

	for ((i = 0; i < 1200; i++)); do
		"$postgres_bin/pg_isready" -q -h "$socket" -U lectern \
		    -d lectern && return
		[ -z "$pid" ] || kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	die "Postgres did not start: $(tail -n 1 "$log") (see $log)."
}

postgres_stop() {
	[ -f "$1/postgres/postmaster.pid" ] || return 0
	as_owner "$postgres_bin/pg_ctl" -D "$1/postgres" -m fast -w -s stop \
	    >>"$1/postgres.log" 2>&1 || :
}
