#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Deaths of processes, reloads and a stop: their effects on clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case keys_killed 120 \
    "keys is killed under load: sessions continue, logins work"
keys_killed_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2 DEATHS=yes
	e2e_start
	interop_begin hold -clients 10
	for _i in 1 2 3; do
		_keys=$(e2e_children keys)
		kill -KILL "$_keys"
		interop login
		wait_until "keys is back" new_child keys "$_keys"
	done
	raw coalesced fast-start tls-versions
	interop_end
	[ "$(grep -c 'keys .*ended by signal 9' derpd.log)" -eq 3 ] ||
	    e2e_fail "the deaths were not logged"
	e2e_stop
}

# new_child ROLE OLDPID: there is a child of this role with another process id.
new_child() {
	_pid=$(e2e_children "$1")
	[ -n "$_pid" ] && [ "$_pid" != "$2" ]
}

e2e_case worker_killed 120 \
    "one of two workers is killed: the others' clients stay"
worker_killed_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2 DEATHS=yes
	e2e_start
	_victim=$(e2e_children relay | head -n 1)
	interop_begin survive -clients 40
	_all=$(clients_of "$_victim")
	kill -KILL "$_victim"
	wait_until "the worker is back" two_relays "$_victim"
	interop_end
	_broken=$(sed -n 's/^broken \([0-9]*\) of 40$/\1/p' go.out)
	echo "$_broken of 40 connections broke, the worker had $_all"
	[ "$_broken" = "$_all" ] || e2e_fail "$_broken broke, not $_all"
	[ "$_broken" -lt 40 ] || e2e_fail "every connection broke"
	interop crowd,dup,gone,mesh-watch -clients 30
	e2e_stop
}

two_relays() {
	_now=$(e2e_children relay)
	[ "$(echo "$_now" | wc -l)" -eq 2 ] &&
	    ! echo "$_now" | grep -qx "$1"
}

# clients_of PID: count TCP connections that a process serves.
clients_of() {
	ss -Htnp state established "sport = :$TLS_PORT" |
	    grep -c "pid=$1,"
}

e2e_case crash_loop 90 "a process that is killed again and again comes back"
crash_loop_body() {
	DEATHS=yes
	e2e_start
	DEATHS=yes
	for _role in relay front; do
		for _i in 1 2 3 4; do
			_pid=$(e2e_children "$_role")
			kill -KILL "$_pid"
			wait_until "$_role is back" new_child "$_role" "$_pid"
		done
		wait_until "it serves" "$RAWDERP" -p "$TLS_PORT" \
		    -n "$HOST_NAME" coalesced
	done
	e2e_stop
}

e2e_case parent_killed 60 "when the parent is killed the children end"
parent_killed_body() {
	e2e_paths
	WORKERS=2
	e2e_start
	_kids=$(e2e_children any)
	[ -n "$_kids" ] || e2e_fail "there are no children"
	kill -KILL "$PID"
	for _p in $_kids; do
		wait_until "child $_p ends" gone_or_zombie "$_p"
	done
}

gone_or_zombie() {
	case $(ps -o stat= -p "$1" 2>/dev/null) in
	''|Z*) return 0 ;;
	esac
	return 1
}

e2e_case stop_tells 60 "SIGTERM: clients are notified and closed, exit 0"
stop_tells_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2
	e2e_start
	interop_begin restarting -clients 20
	e2e_stop
	interop_wait
}

e2e_case stop_under_load 60 "SIGTERM under load, with a client that does not read"
stop_under_load_body() {
	e2e_start
	raw_begin -c 30 idle
	"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" slow-reader \
	    >reader.out 2>&1 &
	echo $! >>pids
	"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" slow-logins \
	    >logins.out 2>&1 &
	echo $! >>pids
	# It is connected until the write timeout, with much output pending.
	wait_until "one does not read" grep -q '32 MiB were sent to' reader.out
	[ ! -s logins.out ] || e2e_fail "no slow login: $(cat logins.out)"
	e2e_stop
}

e2e_case stop_sending 60 "SIGTERM: a client that keeps sending is notified, not reset"
stop_sending_body() {
	e2e_start
	raw_begin stop-sending
	e2e_stop
	if ! wait "$RAW_PID"; then
		cat raw.out >&2
		e2e_fail "the client was not notified"
	fi
}

e2e_case stop_reset 60 "SIGTERM, and a client with unread bytes resets"
stop_reset_body() {
	e2e_start
	run ctl log verbose
	raw_begin reset-unread
	# The worker receives the stop first, then the reset.
	_worker=$(e2e_children relay)
	kill -STOP "$_worker"
	kill -TERM "$PID"
	wait_until "derpd stops" grep -q 'stopping' derpd.log
	raw_end
	kill -CONT "$_worker"
	wait_until "derpd stopped" e2e_stopped
	# At once, and not after the time for pending output.
	grep 'closed:' derpd.log
	grep -q 'closed: connection lost' derpd.log ||
	    e2e_fail "the reset was not noticed"
	e2e_check_log
}

e2e_case reload 90 \
    "reload of valid and invalid configurations, by signal and derpctl"
reload_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2
	e2e_start
	interop_begin hold -clients 10
	_kids=$(e2e_children any)
	for _i in 1 2 3 4 5; do
		kill -HUP "$PID"
		run ctl reload
		interop login
	done
	cp derpd.conf good.conf
	echo 'nonsense' >>derpd.conf
	if ctl reload >ctl.out 2>&1; then
		e2e_fail "a bad configuration was accepted"
	fi
	_line=$(wc -l <derpd.conf | tr -d ' ')
	grep -q "derpd.conf:$_line: " ctl.out ||
	    e2e_fail "nothing names line $_line"
	interop login
	cp good.conf derpd.conf
	run ctl reload
	[ "$(e2e_children any)" = "$_kids" ] || e2e_fail "processes changed"
	interop_end
	e2e_stop
}

e2e_case home_by_reload 60 "a reload changes what is served"
home_by_reload_body() {
	e2e_paths
	RELAY='home blank'
	e2e_start
	home_is 200 || e2e_fail "/ is not answered with 200"
	RELAY='home redirect "https://www.example.org/"'
	e2e_conf
	kill -HUP "$PID"
	wait_until "/ redirects" home_is 302
	e2e_stop
}

# home_is STATUS: the status of / is this.
home_is() {
	{
		printf 'GET / HTTP/1.1\r\nHost: %s\r\n' "$HOST_NAME"
		printf 'Connection: close\r\n\r\n'
	} | openssl s_client -quiet -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" 2>/dev/null | head -n 1 |
	    grep -q "^HTTP/1.1 $1"
}

atf_init_test_cases() {
	atf_add_test_case keys_killed
	atf_add_test_case worker_killed
	atf_add_test_case crash_loop
	atf_add_test_case parent_killed
	atf_add_test_case stop_tells
	atf_add_test_case stop_under_load
	atf_add_test_case stop_sending
	atf_add_test_case stop_reset
	atf_add_test_case reload
	atf_add_test_case home_by_reload
}
