# shellcheck shell=sh
# shellcheck disable=SC2154	# leader, out and root are those of deb.sh
# derpd under a systemd that runs: read by deb.sh, whose functions it calls,
# when its system could be booted.  derpd is installed and has the configuration of
# configure(); neither it nor stund runs at the beginning and at the end.

UNIT=/run/systemd/system/derpd.service.d
TLS=11443
daemon=derpd

# show PROPERTY: that of derpd.service.
show() {
	inside systemctl show -P "$1" derpd
}

# soon SECONDS COMMAND...: wait until it is true.
soon() {
	soon=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$soon" ] || return 1
		sleep 0.2
	done
}

# mark: journal begins here.  A cursor would skip a line when its own is not
# among those that are selected.
mark() {
	inside journalctl --sync
	since=@$(date +%s.%6N)
}

# journal [OPTION...]: the daemon's lines since mark, those of systemd about it
# too.
journal() {
	inside journalctl --sync
	inside journalctl -q -o cat -u "$daemon" --since="$since" "$@"
}

# want WORDS TEXT: TEXT has WORDS, or it ends.
want() {
	case $2 in
	*"$1"*) ;;
	*) fail "no \"$1\" in: $2" ;;
	esac
}

# processes: those of derpd, as "PID PROGRAM".
processes() {
	for exe in "/proc/$leader/root/proc"/[0-9]*/exe; do
		program=$(readlink "$exe") || continue
		case $program in
		/usr/sbin/derpd|/usr/libexec/derpd/*)
			pid=${exe%/exe}
			echo "${pid##*/} $program" ;;
		esac
	done
}

# gone LIST: no process of this list of processes() is there.
gone() {
	processes >"$out/now"
	! echo "$1" | grep -qxFf "$out/now"
}

# tried N: systemd has started derpd again at least N times.
tried() {
	[ "$(show NRestarts)" -ge "$1" ]
}

# break_conf, mend_conf: an error in derpd.conf, and back.
break_conf() {
	cp "$root/etc/derpd.conf" "$out/derpd.conf"
	echo 'listen on nowhere' >>"$root/etc/derpd.conf"
	line=$(wc -l <"$root/etc/derpd.conf")
}

mend_conf() {
	cp "$out/derpd.conf" "$root/etc/derpd.conf"
}

try_start() {
	say "systemd: a start, a client, no warnings"
	mark
	inside systemctl start derpd
	pin=$(inside derpctl status | sed -n 's/.*pin *\(sha256-raw:\)/\1/p')
	inside derpctl probe -p "$pin" 127.0.0.1 $TLS >"$out/probe.out" 2>&1 ||
	    { cat "$out/probe.out"; fail "derpctl probe fails"; }
	inside systemctl reload derpd
	want "configuration reloaded" "$(journal)"
	said=$(journal -p warning)
	[ -z "$said" ] || fail "warnings of a derpd that is well: $said"
}

try_reload() {
	say "systemd: a reload that is refused"
	main=$(show MainPID)
	break_conf
	mark
	! inside systemctl reload derpd >"$out/reload.out" 2>&1 ||
	    fail "systemctl reload does not fail"
	for text in "$(journal -p warning)" \
	    "$(inside systemctl status derpd)"; do
		want "/etc/derpd.conf:$line: " "$text"
		want "reload refused, nothing was changed" "$text"
	done
	case $(journal -p warning) in
	*"configuration reloaded"*|*"derpd is ready"*)
		fail "usual lines are warnings" ;;
	esac
	active derpd || fail "derpd does not run after a reload"
	[ "$main" = "$(show MainPID)" ] || fail "it is another derpd"
	inside derpctl status >/dev/null || fail "derpd does not answer"
	mend_conf
	inside systemctl reload derpd || fail "systemctl reload fails"
}

try_check() {
	say "systemd: derpd -n leaves no process"
	before=$(processes)
	inside derpd -n >/dev/null
	break_conf
	! inside derpd -n >/dev/null 2>&1 || fail "derpd -n takes it"
	mend_conf
	[ "$before" = "$(processes)" ] || fail "derpd -n leaves a process"
}

try_kill() {
	say "systemd: the parent is killed"
	main=$(show MainPID)
	before=$(processes)
	mark
	inside systemctl kill -s KILL --kill-whom=main derpd
	soon 30 tried 1 || fail "derpd is not started again"
	soon 30 active derpd || fail "derpd does not run again"
	[ "$main" != "$(show MainPID)" ] || fail "it is the same derpd"
	gone "$before" || fail "processes are left: $(processes)"
	want "Failed with result 'signal'" "$(journal -p warning)"
	inside systemctl stop derpd
	[ -z "$(processes)" ] || fail "a stop leaves processes: $(processes)"
}

# With a shorter pause than that of the unit, it is soon tried more often than
# systemd allows by itself.
try_port() {
	say "systemd: a port that is held"
	[ "$(show RestartUSec)" = 5s ] || fail "no pause of 5 seconds"
	mkdir -p "/proc/$leader/root$UNIT"
	printf '[Service]\nRestartSec=100ms\n' \
	    >"/proc/$leader/root$UNIT/quick.conf"
	inside systemctl daemon-reload
	inside systemd-run -q --unit=holder \
	    --socket-property=ListenStream=127.0.0.1:$TLS sleep infinity
	mark
	! inside systemctl start derpd 2>/dev/null || fail "the port is free"
	soon 60 tried 8 || fail "it is not tried again: $(show Result)"
	want "127.0.0.1:$TLS" "$(journal -p warning)"
	want "status=75" "$(journal)"
	inside systemctl stop holder.socket
	soon 30 active derpd || fail "derpd does not run on the free port"
	rm -r "/proc/$leader/root$UNIT"
	inside systemctl daemon-reload
	inside systemctl stop derpd
}

try_error() {
	say "systemd: an error in derpd.conf"
	break_conf
	mark
	! inside systemctl start derpd 2>/dev/null || fail "derpd starts"
	[ "$(show ActiveState) $(show NRestarts)" = "failed 0" ] ||
	    fail "an error in derpd.conf is tried again"
	[ "$(show ExecMainStatus)" = 78 ] || fail "the status is not 78"
	want "/etc/derpd.conf:$line: " "$(inside systemctl status derpd || :)"
	want "/etc/derpd.conf:$line: " "$(journal -p warning)"
	want "derpd did not start" "$(journal -p err)"
	mend_conf
	inside systemctl start derpd || fail "the mended file does not start"
	inside systemctl stop derpd
}

try_systemd() {
	try_start
	try_reload
	try_check
	try_kill
	try_port
	try_error
}
