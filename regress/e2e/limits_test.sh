#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Limits on logged-in clients, by their exact values.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case client_burst 60 "a burst is exact, to the frame"
client_burst_body() {
	e2e_paths
	RELAY='client rate 1 burst 65568'
	e2e_start
	raw client-burst
	e2e_stop
}

e2e_case client_rate 60 "a client never exceeds its rate, and loses no packets"
client_rate_body() {
	e2e_paths
	RELAY='client rate 32K burst 65568'
	WORKERS=2
	e2e_start
	raw client-rate
	e2e_stop
}

# reload_rate LINE: put another client rate in force, "" for none.
reload_rate() {
	rm go.ready
	RELAY=$1
	e2e_conf
	ctl reload || e2e_fail "the reload fails"
}

e2e_case rate_change 60 "a changed rate is told to connected clients, and kept"
rate_change_body() {
	e2e_need_interop
	RELAY='client rate 1 burst 65568'
	WORKERS=2
	e2e_start
	interop_begin rate-change
	reload_rate ''
	wait_until "the clients know that there is no limit" [ -f go.ready ]
	reload_rate 'client rate 1 burst 65568'
	interop_wait
	e2e_stop
}

e2e_case mesh_rate 60 "the rate is not for mesh peers"
mesh_rate_body() {
	e2e_paths
	RELAY='client rate 1 burst 65568'
	e2e_start
	raw mesh-rate
	e2e_stop
}

e2e_case write_timeout 60 "the write timeout closes clients, not mesh peers"
write_timeout_body() {
	e2e_paths
	RELAY='write timeout 1000'
	e2e_start
	raw write-timeout
	e2e_stop
}

e2e_case unsent_limit 60 "the kernel gets no more than the unsent limit"
unsent_limit_body() {
	case $(uname -s) in
	Linux|Darwin) ;;
	*) atf_skip "this system does not tell how much is unsent" ;;
	esac
	for _limit in 16 512; do
		rm -rf state
		RELAY=''
		e2e_paths
		# CoDel must not drop packets: the test counts those before the
		# disco packet.
		RELAY="unsent limit ${_limit}K
		codel off"
		e2e_start
		raw -c "$_limit" unsent-limit
		e2e_stop
	done
}

e2e_case watch_pong 60 "a pong is not sent within a split frame"
watch_pong_body() {
	e2e_paths
	RELAY='unsent limit 16K'
	e2e_start
	raw -c 400 watch-pong
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case client_burst
	atf_add_test_case client_rate
	atf_add_test_case rate_change
	atf_add_test_case mesh_rate
	atf_add_test_case write_timeout
	atf_add_test_case unsent_limit
	atf_add_test_case watch_pong
}
