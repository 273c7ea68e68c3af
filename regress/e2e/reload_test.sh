#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A reload while a process hangs or dies, or while derpd stops: the control
# socket answers, the result is reported, and no configuration is half in force.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# reload_begin NAME: run derpctl reload in the background; its output is in
# NAME.out.
reload_begin() {
	(
		ctl reload >"$1.out" 2>&1
		echo "$?" >"$1.rc"
	) &
	echo $! >>pids
}

# reload_end NAME STATUS PATTERN: it has ended with this status and output.
reload_end() {
	wait_until "the reload $1 ends" [ -s "$1.rc" ]
	cat "$1.out"
	[ "$(cat "$1.rc")" -eq "$2" ] || e2e_fail "$1 ended with $(cat "$1.rc")"
	grep -q -e "$3" "$1.out" || e2e_fail "$1 does not print: $3"
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

# redirect: add a redirect of / to the configuration.
redirect() {
	RELAY='home redirect "https://www.example.org/"'
	e2e_conf
}

# start_blank: start a daemon that answers / with 200; EXTRA as before.
start_blank() {
	e2e_paths
	use_cert ec
	DEATHS=yes
	RELAY='home blank'
	EXTRA='child timeout 3'
	e2e_start
	home_is 200 || e2e_fail "/ is not answered with 200"
}

# new_child ROLE OLDPID: there is a child of this role with another process id.
new_child() {
	_pid=$(e2e_children "$1")
	[ -n "$_pid" ] && [ "$_pid" != "$2" ]
}

e2e_case keys_hangs 90 "keys hangs: status answers at once, the reload ends"
keys_hangs_body() {
	start_blank
	redirect
	_keys=$(e2e_children keys)
	kill -STOP "$_keys"
	reload_begin one
	reload_begin two
	for _i in 1 2 3 4 5; do
		run timeout 2 "$DERPCTL" -s derpd.sock status
		run timeout 2 "$DERPCTL" -s derpd.sock clients
	done
	[ ! -s one.rc ] || e2e_fail "it did not wait for keys"
	# The second one waited for the first, in either order.
	reload_end one 1 'keys'
	reload_end two 1 'keys'
	cat one.out two.out >both.out
	grep -q 'no answer from keys' both.out || e2e_fail "neither prints a reason"
	home_is 200 || e2e_fail "half of the reload is in force"
	wait_until "keys is replaced" new_child keys "$_keys"
	wait_until "a reload works again" ctl reload
	home_is 302 || e2e_fail "the reload is not in force"
	raw coalesced
	e2e_stop
}

e2e_case front_hangs 90 "a front hangs: its successor gets the reload"
front_hangs_body() {
	e2e_paths
	WORKERS=2
	start_blank
	redirect
	_front=$(e2e_children front | head -n 1)
	kill -STOP "$_front"
	reload_begin one
	run timeout 2 "$DERPCTL" -s derpd.sock status
	reload_end one 0 ''
	for _i in 1 2 3 4 5 6 7 8; do
		home_is 302 || e2e_fail "a front has the old settings"
	done
	e2e_stop
}

e2e_case worker_dies 90 "a relay worker is killed during the reload"
worker_dies_body() {
	dies_in_reload relay
}

e2e_case front_dies 90 "a front is killed during the reload"
front_dies_body() {
	dies_in_reload front
}

dies_in_reload() {
	start_blank
	redirect
	_victim=$(e2e_children "$1")
	# It has received the request, and can't answer.
	kill -STOP "$_victim"
	reload_begin one
	wait_until "the $1 is asked" asked
	kill -KILL "$_victim"
	reload_end one 0 ''
	home_is 302 || e2e_fail "the front has the old settings"
	e2e_stop
}

# asked: keys answers all earlier requests at once; after two answers of derpctl
# the process has the reload.
asked() {
	ctl status && ctl status && [ ! -s one.rc ]
}

e2e_case stops 90 "derpd stops during a reload, and reports it"
stops_body() {
	start_blank
	redirect
	kill -STOP "$(e2e_children keys)"
	reload_begin one
	wait_until "derpd answers" asked
	kill -TERM "$PID"
	wait_until "it has stopped" e2e_stopped
	wait "$PID" || e2e_fail "exit status $?"
	reload_end one 1 "derpd stops"
}

# probed PATTERN: the keepalive timer of a connection to us is so far away.
probed() {
	ss -Htno state established "sport = :$TLS_PORT" |
	    grep -q "timer:(keepalive,$1"
}

e2e_case keepalive 60 "TCP keepalive reaches connections, after a reload new ones"
keepalive_body() {
	e2e_need_interop
	command -v ss >/dev/null || atf_skip "there is no ss"
	e2e_start
	stay_begin alice
	probed '\(10\|9\)min' || e2e_fail "$(ss -tno)"
	sed -i -e 's/^relay {/relay { keepalive 100/' derpd.conf
	run ctl reload
	ALICE=$GO_PID
	stay_begin bob
	probed '1min' || e2e_fail "not of bob: $(ss -tno)"
	probed '\(10\|9\)min' || e2e_fail "no longer of alice: $(ss -tno)"
	sed -i -e 's/keepalive 100/keepalive 0/' derpd.conf
	run ctl reload
	kill "$GO_PID" "$ALICE"
	wait_until "both are gone" gone
	stay_begin carol
	! probed || e2e_fail "it is not off: $(ss -tno)"
	stay_end carol
	e2e_stop
}

gone() {
	! ss -Htn state established "sport = :$TLS_PORT" | grep -q .
}

atf_init_test_cases() {
	atf_add_test_case keys_hangs
	atf_add_test_case front_hangs
	atf_add_test_case worker_dies
	atf_add_test_case front_dies
	atf_add_test_case stops
	atf_add_test_case keepalive
}
