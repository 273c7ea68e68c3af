#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The traffic of the other tests sees what it has to see.

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin: a daemon with two relay workers, and traffic.
begin() {
	upgrade_need_load reload
	WORKERS=2
	upgrade_start
	load_begin "$@"
	load_flows
}

# seen NAME: the traffic has counted it.
seen() {
	[ "$(load_value "$1")" -gt 0 ] || {
		cat load.out >&2
		e2e_fail "no $1"
	}
}

e2e_case stun_stopped 60 "STUN hangs: requests have no answer"
stun_stopped_body() {
	begin
	DEATHS=yes
	kill -STOP "$(e2e_children stund)"
	wait_until "no answer comes" load_more unanswered 0
	load_stop
	[ "$LOAD_RC" -eq 1 ] || e2e_fail "it exits $LOAD_RC, not 1"
	[ "$(load_value ended)" -eq 0 ] || e2e_fail "a session ended"
	e2e_stop
}

e2e_case quiet 60 "nothing happens: nothing is seen"
quiet_body() {
	begin
	run ctl reload
	load_flows
	load_end
	e2e_stop
}

e2e_case flood 60 "as much as the clients send comes"
flood_body() {
	begin -flood 2 -pairs 0 -idle 0 -tls12 0 -ws 0
	load_flows
	load_end
	e2e_stop
}

e2e_case relay_killed 60 "a relay worker dies: its sessions ended"
relay_killed_body() {
	begin
	DEATHS=yes
	_relay=$(e2e_children relay | head -n 1)
	_clients=$(ss -Htnp state established "sport = :$TLS_PORT" |
	    grep -c "pid=$_relay,")
	kill -KILL "$_relay"
	wait_until "sessions end" load_more ended $((_clients / 2))
	load_flows
	load_stop
	[ "$LOAD_RC" -eq 1 ] || e2e_fail "it exits $LOAD_RC, not 1"
	seen gone
	seen lost
	e2e_stop
}

e2e_case deaths 60 "a relay worker dies: all log in again"
deaths_body() {
	begin -deaths
	DEATHS=yes
	kill -KILL "$(e2e_children relay | head -n 1)"
	wait_until "sessions end" load_more ended 4
	load_flows
	load_end
	seen gone
	e2e_stop
}

e2e_case front_killed 60 "a front dies: new connections are refused"
front_killed_body() {
	begin
	DEATHS=yes
	# shellcheck disable=SC2046	# two words
	kill -KILL $(e2e_children front)
	wait_until "sessions end" load_more ended 4
	load_flows
	load_stop
	[ "$LOAD_RC" -eq 1 ] || e2e_fail "it exits $LOAD_RC, not 1"
	e2e_stop
}

e2e_case stopped 60 "a relay worker stops for a while: packets are late"
stopped_body() {
	begin -max-delay 250ms
	_relay=$(e2e_children relay | head -n 1)
	kill -STOP "$_relay"
	sleep 1
	kill -CONT "$_relay"
	load_flows
	load_stop
	[ "$LOAD_RC" -eq 1 ] || e2e_fail "it exits $LOAD_RC, not 1"
	[ "$(load_value ended)" -eq 0 ] || e2e_fail "a session ended"
	[ "$(load_value delay_max_ms)" -ge 900 ] || e2e_fail "no delay"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case quiet
	atf_add_test_case flood
	atf_add_test_case relay_killed
	atf_add_test_case deaths
	atf_add_test_case front_killed
	atf_add_test_case stopped
	atf_add_test_case stun_stopped
}
