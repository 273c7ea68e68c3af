#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Unauthenticated connections: how many, and how much memory they use.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# grown NAME BEFORE BY: the metric has grown by so much.
grown() {
	_now=$(metric "$1")
	[ "$_now" -eq $(($2 + $3)) ] ||
	    e2e_fail "$1 grew from $2 to $_now, not by $3"
}

e2e_case counts 60 "accepted connections are counted as in derper"
counts_body() {
	e2e_start
	_accepts=$(metric derp_accepts)
	_tls=$(metric tls_listener_accepted_connections)
	# A probe for the key and 7 upgrades; then 4 of plain TCP.
	raw http-upgrades
	for _i in 1 2 3 4; do
		curl -s -m 5 "http://127.0.0.1:$TLS_PORT/" && e2e_fail "no TLS"
	done
	grown derp_accepts "$_accepts" 8
	grown tls_listener_accepted_connections "$_tls" 12
	grown tls_listener_rejected_connections 0 0
	e2e_stop
}

e2e_case accept_rate 60 "no more than the accept rate"
accept_rate_body() {
	e2e_start
	_tls=$(metric tls_listener_accepted_connections)
	_rejected=$(metric tls_listener_rejected_connections)
	# Set by a reload, so that the start itself is not affected.
	RELAY='accept rate 1 burst 5'
	e2e_conf
	run ctl reload
	raw accept-rate
	RELAY=
	e2e_conf
	run ctl reload
	[ "$(metric tls_listener_rejected_connections)" -ge \
	    $((_rejected + 30)) ] || e2e_fail "the rejected are not counted"
	[ "$(metric tls_listener_accepted_connections)" -le \
	    $((_tls + 25)) ] || e2e_fail "the rejected count as accepted"
	e2e_stop
}

e2e_case source_rate 60 "no more than the rate of a source; others come in"
source_rate_body() {
	e2e_start
	_rejected=$(metric tls_listener_rejected_connections)
	# Set by a reload, so that the start itself is not affected.
	RELAY='source rate 1 burst 5'
	e2e_conf
	run ctl reload
	raw accept-rate
	# Its source is above its rate; another one, and a /24 of them, is not.
	curl -s -o /dev/null -m 5 --interface 127.0.0.2 \
	    "http://127.0.0.1:$PLAIN_PORT/generate_204" ||
	    e2e_fail "another source is limited, too"
	RELAY='source rate 1 burst 5
	source prefix 24 64'
	e2e_conf
	run ctl reload
	_served=0
	for _i in 1 2 3 4 5 6 7 8 9; do
		curl -s -o /dev/null -m 5 --interface "127.0.0.$_i" \
		    "http://127.0.0.1:$PLAIN_PORT/generate_204" &&
		    _served=$((_served + 1))
	done
	if [ "$_served" -lt 5 ] || [ "$_served" -gt 7 ]; then
		e2e_fail "$_served of 9 of one prefix were served"
	fi
	RELAY=
	e2e_conf
	run ctl reload
	grep -q 'closed: its source is above .* client=127.0.0.1' \
	    derpd.log || e2e_fail "nothing was logged"
	[ "$(metric tls_listener_rejected_connections)" -ge \
	    $((_rejected + 30)) ] || e2e_fail "the rejected are not counted"
	[ "$(metric derp_source_refused)" -ge 30 ] ||
	    e2e_fail "those of a source are not counted"
	e2e_stop
}

e2e_case max_clients 60 "as many clients as configured, and no more"
max_clients_body() {
	e2e_paths
	RELAY='max clients 10'
	e2e_start
	raw -c 10 max-clients
	grep -q 'max clients (10) reached' derpd.log ||
	    e2e_fail "nothing was logged"
	e2e_stop
}

e2e_case linger 60 "input after an answer that closes is limited"
linger_body() {
	e2e_start
	raw linger
	e2e_stop
}

e2e_case unfinished 90 "unauthenticated connections are closed for new ones"
unfinished_body() {
	e2e_paths
	RELAY='max unfinished 20 per source 8'
	e2e_start
	raw unfinished
	grep -q 'max unfinished per source (8) reached' derpd.log ||
	    e2e_fail "nothing was logged"
	e2e_stop
}

e2e_case memory 90 "unauthenticated connections use at most 24 KiB each"
memory_body() {
	[ -r /proc/self/status ] || atf_skip "needs /proc/PID/status"
	e2e_paths
	e2e_need_plain "its own memory counts"
	memory_of hello 0
	memory_of record 0
	memory_of head 0
	# Those with large input have 2 MiB together.
	memory_of info 2048
}

# memory_of WHAT MORE: 300 of them use at most 24 KiB each plus MORE KiB.
memory_of() {
	e2e_start
	raw good-logins
	_before=$(peak_kib)
	raw_begin -c 300 "unfinished-$1"
	_after=$(peak_kib)
	echo "$1: the front grew from $_before to $_after KiB"
	[ $((_after - _before)) -le $((300 * 24 + $2)) ] ||
	    e2e_fail "$1: the front grew from $_before to $_after KiB"
	raw_end
	e2e_stop
}

peak_kib() {
	awk '/^VmHWM/ { print $2 }' "/proc/$(e2e_children front)/status"
}

e2e_case reserve 90 "with all descriptors in use, keys can be restarted"
reserve_body() {
	e2e_need_linux_fds
	e2e_paths
	ULIMIT_N=80 DEATHS=yes
	e2e_start
	_front=$(e2e_children front)
	_relay=$(e2e_children relay)
	# The reserve is at most a quarter.
	_room=$((80 - 20 - $(find "/proc/$_relay/fd" -type l | wc -l)))
	raw_begin -c "$_room" full-house
	wait_until "it is full" grep -q 'of 80 open files are in use' derpd.log
	for _i in 1 2 3; do
		_keys=$(e2e_children keys)
		kill -KILL "$_keys"
		wait_until "keys is back" new_keys "$_keys"
		wait_until "the front has it" has_keys "$_i"
	done
	[ "$(e2e_children front)" = "$_front" ] || e2e_fail "the front died"
	[ "$(e2e_children relay)" = "$_relay" ] || e2e_fail "the relay died"
	raw_end
	e2e_stop
}

e2e_case shakes 60 "a client is served before many handshakes are"
shakes_body() {
	e2e_start
	FRONT_PID=$(e2e_children front)
	export FRONT_PID
	raw -c 500 shakes
	e2e_stop
}

e2e_case finish_first 60 "a handshake that has begun goes before others"
finish_first_body() {
	e2e_start
	FRONT_PID=$(e2e_children front)
	export FRONT_PID
	raw -c 500 finish-first
	e2e_stop
}

e2e_case left 60 "no handshake begins for a client that has left"
left_body() {
	[ "$(uname)" = Linux ] || atf_skip "the kernel does not tell"
	e2e_start
	_left=$(metric 'derp_handshakes_not_begun{reason="left"}')
	FRONT_PID=$(e2e_children front)
	export FRONT_PID
	raw -c 100 hello-left
	grown 'derp_handshakes_not_begun{reason="left"}' "$_left" 100
	grown 'derp_handshakes_not_begun{reason="waited"}' 0 0
	e2e_stop
}

somaxconn() {
	ip netns exec "$NS" sysctl -qw "net.core.somaxconn=$1" ||
	    atf_skip "can't set net.core.somaxconn"
}

e2e_case backlog 60 "a short listen backlog is told"
backlog_body() {
	e2e_paths
	e2e_namespace
	in_namespace DERPD
	in_namespace RAWDERP
	somaxconn 128
	e2e_start
	logged "at most 128 connections wait to be accepted, not 4096" ||
	    e2e_fail "nothing is said about 128"
	logged "net.core.somaxconn" || e2e_fail "no advice"
	raw coalesced
	e2e_stop
	somaxconn 4096
	e2e_start
	! logged "wait to be accepted" || e2e_fail "4096 are too few"
	e2e_stop
}

backlog_cleanup() {
	e2e_cleanup
	e2e_namespace_end
}

e2e_need_linux_fds() {
	[ -d /proc/self/fd ] || atf_skip "needs /proc/PID/fd"
}

new_keys() {
	_pid=$(e2e_children keys)
	[ -n "$_pid" ] && [ "$_pid" != "$1" ]
}

# has_keys: count the parent's reports that keys is ready.
has_keys() {
	[ "$(grep -c 'keys ready' derpd.log)" -eq $(($1 + 1)) ]
}

atf_init_test_cases() {
	atf_add_test_case counts
	atf_add_test_case accept_rate
	atf_add_test_case source_rate
	atf_add_test_case max_clients
	atf_add_test_case linger
	atf_add_test_case unfinished
	atf_add_test_case memory
	atf_add_test_case reserve
	atf_add_test_case shakes
	atf_add_test_case finish_first
	atf_add_test_case left
	atf_add_test_case backlog
}
