# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154	# variables of deb.sh and systemd.sh
# The package derpd is upgraded while clients are connected: read by deb.sh,
# whose functions it calls, as those of systemd.sh, when its system could be
# booted.  derpd runs at the beginning and at the end, in the version of
# build-deb.

ALL="derpbridge derpd-common derpd stund"
NEXT=99.1
BROKEN=99.2
holds=

# rebuild DIRECTORY: give the programs of a package another build (ipc.h), by
# which they are strangers to those of the first one.
rebuild() {
	id=$(grep -ao '[0-9]\{4,\}-[0-9]\{6,\}' "$root/usr/sbin/derpd")
	find "$1/usr" -type f -perm -u+x \
	    -exec sed -i "s/$id/$(echo "$id" | tr 0-9 1-90)/g" {} +
	[ ! -e "$1/usr/sbin/derpd" ] ||
	    ! cmp -s "$1/usr/sbin/derpd" "$root/usr/sbin/derpd" ||
	    fail "no other build: $id"
}

# spoil DIRECTORY: its derpd only fails.
spoil() {
	[ ! -e "$1/usr/sbin/derpd" ] || cat >"$1/usr/sbin/derpd" <<-END
	#!/bin/sh
	echo "derpd: this one is broken" >&2
	exit 78
	END
}

# others: the packages of another version, with another build, as
# /deb/PACKAGE-next.deb, and of one that is broken, as /deb/PACKAGE-next-new.deb.
others() {
	for p in $ALL; do
		again "$p" "$NEXT" rebuild
		mv "$root/deb/$p-new.deb" "$root/deb/$p-next.deb"
		again "$p-next" "$BROKEN" spoil
	done
}

# version SUFFIX: install all of /deb/PACKAGE SUFFIX.deb; mark before it.
version() {
	mark
	pid=$(show MainPID)
	inside apt-get install -y --allow-downgrades --no-install-recommends \
	    -o Dpkg::Options::=--force-confold "/deb/derpbridge$1.deb" \
	    "/deb/derpd-common$1.deb" "/deb/derpd$1.deb" "/deb/stund$1.deb" \
	    >"$out/install.out" 2>&1 ||
	    { cat "$out/install.out"; fail "apt-get install of derpd$1.deb"; }
	active derpd || fail "derpd does not run: $(journal)"
}

# members: the processes of derpd.service, of whatever generation.
members() {
	inside sh -c 'find /sys/fs/cgroup -path \
	    "*/system.slice/derpd.service/cgroup.procs" -exec cat {} +' |
	    sort -un
}

# many NUMBER: there are so many of them.
many() {
	[ "$(members | wc -l)" = "$1" ]
}

# runs_installed: the running derpd is the one on disk.
runs_installed() {
	inside cmp -s "/proc/$(show MainPID)/exe" /usr/sbin/derpd
}

# replaced: another process runs, which is the program on disk.
replaced() {
	[ "$pid" != "$(show MainPID)" ] ||
	    { cat "$out/install.out"; fail "it is the same derpd: $(journal)"; }
	runs_installed || fail "the old program runs: $(journal)"
	active stund || fail "stund does not run after the upgrade"
}

# kept: the process from before runs on, and the log says that a new one failed.
kept() {
	grep -q 'did not take over, and the old one goes on' \
	    "$out/install.out" ||
	    { cat "$out/install.out"; fail "the package does not say so"; }
	[ "$pid" = "$(show MainPID)" ] || fail "it is another derpd: $(journal)"
	inside derpctl status >/dev/null || fail "derpd does not answer"
	! runs_installed || fail "the new program runs"
}

# taken_over: replaced without an end of anything.
taken_over() {
	replaced
	! grep -q restarting "$out/install.out" ||
	    { cat "$out/install.out"; fail "derpd was restarted"; }
	[ "$(show ActiveState) $(show SubState) $(show NRestarts)" = \
	    "active running 0" ] || fail "$(inside systemctl status derpd)"
	said=$(journal -p warning)
	[ -z "$said" ] || fail "warnings of an upgrade: $said"
	held
}

# ended NAME: the clients of hold have ended.
ended() {
	[ -e "$root/deb/$1.end" ]
}

# hold NAME OPTION...: real clients in a ring, between which no packet gets lost
# until unhold.
hold() {
	name=$1
	shift
	rm -f "$root/deb/$name".*
	# shellcheck disable=SC2016	# of the shell inside
	inside sh -c 'name=$1; shift
	    /deb/interop "$@" -ready "/deb/$name.ready" >"/deb/$name.out" 2>&1
	    echo $? >"/deb/$name.end"' hold "$name" -case hold -clients 10 \
	    -addr "127.0.0.1:$TLS" -host relay.example.org "$@" &
	holds="$holds $name"
	soon 30 [ -e "$root/deb/$name.ready" ] ||
	    { cat "$root/deb/$name.out"; fail "no clients of $name"; }
}

# knock PIN: log in with two clients, again and again, until unhold; what fails
# is in /deb/knock.out.  By a copy of the program, which no upgrade replaces.
knock() {
	cp "$root/usr/sbin/derpctl" "$root/deb/knock"
	rm -f "$root/deb/knock."*
	# shellcheck disable=SC2016	# of the shell inside
	inside sh -c 'until [ -e /deb/knock.stop ]; do
		/deb/knock probe -p "$1" 127.0.0.1 "$2" >/deb/probe 2>&1 ||
		    cat /deb/probe >>/deb/knock.out
	    done; echo >/deb/knock.end' knock "$1" "$TLS" &
}

# held: the clients are still there, and none of knock was refused.
held() {
	for name in $holds; do
		! ended "$name" ||
		    { cat "$root/deb/$name.out"; fail "$name ended"; }
	done
	[ ! -s "$root/deb/knock.out" ] ||
	    { cat "$root/deb/knock.out"; fail "logins were refused"; }
}

# unhold: end the clients of hold and knock; nothing was lost.
unhold() {
	held
	: >"$root/deb/knock.stop"
	# shellcheck disable=SC2016	# of the shell inside
	inside sh -c 'for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe")" != /deb/interop ] ||
		    kill -TERM "${p#/proc/}"
	    done'
	for name in $holds knock; do
		soon 30 ended "$name" || fail "$name does not end"
	done
	for name in $holds; do
		tail -n 1 "$root/deb/$name.out"
		[ "$(cat "$root/deb/$name.end")" = 0 ] ||
		    { cat "$root/deb/$name.out"; fail "$name lost something"; }
	done
	holds=
	held
}

# try_fallback: a derpd that reloads, and does not know more, is restarted; one
# that can't even do that goes on.
try_fallback() {
	say "upgrade: from a derpd that can't be replaced"
	mkdir -p "/proc/$leader/root$UNIT"
	printf '[Service]\nExecReload=\nExecReload=/bin/true\n' \
	    >"/proc/$leader/root$UNIT/before.conf"
	inside systemctl daemon-reload
	count=$(members | wc -l)
	version -next
	grep -q "restarting, the old version can't be replaced" \
	    "$out/install.out" ||
	    { cat "$out/install.out"; fail "the package does not say so"; }
	replaced
	many "$count" || fail "processes are left: $(members)"

	printf '[Service]\nExecReload=\nExecReload=/bin/false\n' \
	    >"/proc/$leader/root$UNIT/before.conf"
	inside systemctl daemon-reload
	version ""
	kept
	rm -r "/proc/$leader/root$UNIT"
	inside systemctl daemon-reload
	inside systemctl restart derpd
	replaced
}

# try_replaced: the upgrade, and back, with the clients of hold and knock.
try_replaced() {
	say "upgrade: clients stay connected"
	version -next
	taken_over
	inside systemctl reload derpd || fail "no reload: $(journal)"

	say "upgrade: a downgrade"
	version ""
	taken_over

	say "upgrade: an error in derpd.conf"
	break_conf
	version -next
	kept
	want "/etc/derpd.conf:$line: " "$(journal -p warning)"
	mend_conf
	inside systemctl reload derpd || fail "no reload: $(journal)"
	mark
	taken_over

	say "upgrade: to a derpd that is broken"
	version -next-new
	kept
	version -next
	held
}

# try_half: between unpacking and configuring a reload changes nothing.
try_half() {
	say "upgrade: half unpacked"
	pid=$(show MainPID)
	mark
	inside dpkg -B --force-downgrade --unpack /deb/derpd-common.deb \
	    >"$out/unpack.out" 2>&1 || { cat "$out/unpack.out"; fail "dpkg"; }
	! inside systemctl reload derpd 2>/dev/null ||
	    fail "half a derpd takes over"
	[ "$pid" = "$(show MainPID)" ] || fail "it is another derpd: $(journal)"
	want "another build" "$(journal -p warning)"
	held
	mark
	install /deb/derpd-common.deb /deb/derpd.deb /deb/derpbridge.deb \
	    /deb/stund.deb
	taken_over
}

# try_last: the unit after many generations.  Fronts of old ones pump for
# clients with TLS 1.2 as long as these are there, and until the unit stops.
try_last() {
	say "upgrade: restart and stop afterwards"
	unhold
	soon 30 many "$count" || fail "old processes are left: $(members)"
	hold tls12 -tls12 -ca /var/db/derpd/self-signed.crt
	version -next
	taken_over
	! many "$count" || fail "no old process has clients with TLS 1.2"
	# systemd notices the end of the new one, which the old one has started.
	inside systemctl kill -s KILL --kill-whom=main derpd
	soon 30 tried 1 || fail "derpd is not started again"
	soon 30 active derpd || fail "derpd does not run again"
	many "$count" || fail "processes are left: $(members)"

	holds=
	hold tls12 -tls12 -ca /var/db/derpd/self-signed.crt
	version ""
	replaced
	inside systemctl restart derpd
	many "$count" || fail "a restart leaves processes: $(members)"
	holds=
	hold tls12 -tls12 -ca /var/db/derpd/self-signed.crt
	version -next
	taken_over
	version ""
	taken_over
	holds=
	mark
	inside systemctl stop derpd
	[ -z "$(members)" ] || fail "a stop leaves processes: $(members)"
	[ "$(show Result)" = success ] || fail "a stop: $(show Result)"
	said=$(journal -p warning)
	[ -z "$said" ] || fail "warnings of a stop: $said"
	inside systemctl start derpd
}

try_upgrade() {
	others
	try_fallback
	if ! inside derpctl -h | grep -q '^  upgrade '; then
		say "upgrade: this derpd can't be replaced while it runs"
		return 0
	fi
	sh regress/interop/build.sh "$out/interop" ||
	    { say "upgrade: there are no clients"; return 0; }
	cp "$out/interop" "$root/deb/interop"
	pin=$(inside derpctl status | sed -n 's/.*pin *\(sha256-raw:\)/\1/p')
	hold tls13 -pin "$pin"
	hold tls12 -tls12 -ca /var/db/derpd/self-signed.crt
	knock "$pin"
	try_replaced
	try_half
	try_last
}
