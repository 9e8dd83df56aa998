#!/bin/bash
# conf/image.sh DIR: lays out in DIR the root file system of the image, from
# the machine that it runs on and its build:
#
#   the programs   lectern, PgBouncer (the binary alone: its package brings
#                  perl), pdftotext, each with the libraries that it links
#   their tables   character sets, East Asian encodings of PDF, certificates
#   the service    kore.conf, the sample library, the user of uid 1000
#   the bill       what all of this is and in which version, for whoever looks
#                  for known flaws: /usr/share/lectern/sbom.json
set -eu

cd "$(dirname "$0")/.."

root=${1:?usage: conf/image.sh DIR}
programs=(/usr/sbin/pgbouncer /usr/bin/pdftotext)
tables=(/usr/lib/*-linux-gnu/gconv /usr/share/poppler /usr/lib/locale/C.utf8
	/etc/ssl/certs/ca-certificates.crt /etc/ssl/openssl.cnf
	/etc/nsswitch.conf /usr/share/ca-certificates/mozilla)

# A file under its own path; libraries by the name that the loader asks for.
put() {
	local path

	for path in "$@"; do
		mkdir -p "$root${path%/*}"
		cp -aL "$path" "$root$path"
	done
}

libraries_of() {
	ldd "$@" | sed -nE 's,^.*[[:space:]](/[^ ]+) \(0x[0-9a-f]+\)$,\1,p' |
	    sort -u
}

# The directories that Debian links into /usr, so that each library is where
# the loader looks.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64,local/bin} "$root"/{etc,proc,sys,dev}
for name in bin sbin lib lib64; do
	ln -s "usr/$name" "$root/$name"
done
install -d -m 1777 "$root/tmp"

install -s -m 0755 build/lectern/lectern "$root/usr/local/bin/lectern"
put "${programs[@]}" "${tables[@]}"
# shellcheck disable=SC2046
put $(libraries_of "${programs[@]}" build/lectern/lectern)

install -D -m 0644 kore.conf "$root/srv/lectern/kore.conf"
mkdir -p "$root/srv/lectern/assets"
cp -R assets/handbook "$root/srv/lectern/assets/"
echo 'lectern:x:1000:1000:Lectern:/tmp:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'lectern:x:1000:' >"$root/etc/group"
mkdir -p "$root/usr/share/lectern"
node conf/sbom.mjs "$root" >"$root/usr/share/lectern/sbom.json"
