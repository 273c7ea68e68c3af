#!/bin/sh
# Install programs, manuals and service files; called by `make install' as
# install.sh PROGRAMS CHILDREN MANUALS, with DESTDIR, PREFIX, SYSCONFDIR and
# MANDIR in the environment, and for packages BASHDIR and ZSHDIR, the folders of
# completions (Debian's zsh: /usr/share/zsh/vendor-completions).  An existing
# configuration is not changed.
set -eu
cd "$(dirname "$0")/.."
: "${DESTDIR=}" "${PREFIX:=/usr/local}" "${SYSCONFDIR:=/etc}"
: "${MANDIR:=$PREFIX/share/man}"
: "${BASHDIR:=$PREFIX/share/bash-completion/completions}"
: "${ZSHDIR:=$PREFIX/share/zsh/site-functions}"

# place MODE FILE DIRECTORY [NAME]: install the file and print its path.
place() {
	_to=$DESTDIR$3/${4:-$(basename "$2")}
	mkdir -p "$DESTDIR$3"
	install -m "$1" "$2" "$_to"
	echo "$_to"
}

# fill MODE FILE DIRECTORY [NAME]: the same, with the paths of this installation
# in place of @PREFIX@, @SYSCONFDIR@ and the files in /etc.
fill() {
	_filled=$(mktemp "${TMPDIR:-/tmp}/derpd-install.XXXXXX")
	sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@SYSCONFDIR@|$SYSCONFDIR|g" \
	    -e "s|/etc/derpd\.conf|$SYSCONFDIR/derpd.conf|g" \
	    -e "s|/etc/derpd/clients|$SYSCONFDIR/derpd/clients|g" \
	    -e "s|/etc/derpbridge\.conf|$SYSCONFDIR/derpbridge.conf|g" \
	    "$2" >"$_filled"
	place "$1" "$_filled" "$3" "${4:-$(basename "$2")}"
	rm -f "$_filled"
}

for prog in $1; do
	place 755 "$prog" "$PREFIX/sbin"
done
for prog in $2; do
	place 755 "$prog" "$PREFIX/libexec/derpd"
	_old=$DESTDIR$PREFIX/sbin/$(basename "$prog")
	[ ! -e "$_old" ] ||
	    echo "$_old is no longer used: remove it if an older derpd" \
		"installed it"
done
for page in $3; do
	fill 644 "$page" "$MANDIR/man${page##*.}"
done
place 644 etc/completion/derpctl.bash "$BASHDIR" derpctl
place 644 etc/completion/_derpctl "$ZSHDIR"
if [ -f etc/derpd.conf ]; then
	place 644 etc/derpd.conf "$PREFIX/share/examples/derpd"
	place 644 etc/derp-map.json "$PREFIX/share/examples/derpd"
	place 644 etc/clients "$PREFIX/share/examples/derpd"
	for _file in etc/examples/*.conf; do
		place 644 "$_file" "$PREFIX/share/examples/derpd"
	done
	place 644 etc/derpbridge.conf "$PREFIX/share/examples/derpd"
	for _file in etc/examples/derpbridge/*.conf; do
		place 644 "$_file" "$PREFIX/share/examples/derpd/derpbridge"
	done
	for _file in etc/proxy/*; do
		place 644 "$_file" "$PREFIX/share/examples/derpd"
	done
	place 644 etc/prometheus/derpd.rules.yml "$PREFIX/share/examples/derpd"
	place 644 etc/grafana/derpd.json "$PREFIX/share/examples/derpd" \
	    grafana-derpd.json
	[ -e "$DESTDIR$SYSCONFDIR/derpd.conf" ] ||
	    place 644 etc/derpd.conf "$SYSCONFDIR"
fi

case $(uname -s) in
Linux)
	fill 644 etc/derpd.service "$PREFIX/lib/systemd/system"
	fill 644 etc/derpd.sysusers "$PREFIX/lib/sysusers.d" derpd.conf
	fill 644 etc/derpd.tmpfiles "$PREFIX/lib/tmpfiles.d" derpd.conf
	fill 644 etc/derpbridged.service "$PREFIX/lib/systemd/system"
	fill 644 etc/derpbridged@.service "$PREFIX/lib/systemd/system"
	fill 644 etc/derpbridge.sysusers "$PREFIX/lib/sysusers.d" \
	    derpbridge.conf
	fill 644 etc/derpbridge.tmpfiles "$PREFIX/lib/tmpfiles.d" \
	    derpbridge.conf
	next="systemd-sysusers; systemd-tmpfiles --create"
	next="$next; systemctl daemon-reload"
	;;
OpenBSD)
	fill 755 etc/derpd.rc /etc/rc.d derpd
	fill 755 etc/derpbridged.rc /etc/rc.d derpbridged
	next="useradd -g =uid -d /var/empty -s /sbin/nologin _derpd"
	next="$next; the same for _derpd_keys, _derpbridge and _derpbridge_keys"
	;;
esac
[ -n "$DESTDIR" ] || [ -z "${next:-}" ] || echo "next, as root: $next"
