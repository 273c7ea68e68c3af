#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A reload that takes away a part of what derpd does, STUN or the relay, and one
# that brings it back: the other parts go on.

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin [OPTION...]: a daemon, and traffic.
begin() {
	upgrade_need_load upgrade
	upgrade_install
	: "${STUNASK:=$TOP/regress/e2e/stunask}"
	WORKERS=2
	upgrade_start
	cp derpd.conf whole.conf
	STUN_PORT=$(e2e_port '(stun)')
	load_begin "$@"
	answers_begin
	load_flows
}

# reload_with FILE: this is the configuration from now on.
reload_with() {
	cp "$1" derpd.conf.new
	mv derpd.conf.new derpd.conf
	run ctl reload
}

stun_answers() {
	"$STUNASK" -t 1000 127.0.0.1 "$STUN_PORT" \
	    000100002112a442010203040506070809101112 >answer 2>&1 &&
	    grep -q '^0101' answer
}

upgrade_case stun 120 "STUN goes and comes back: no session notices"
stun_body() {
	begin -stun ''
	grep -v '^stun' whole.conf >part.conf
	for _round in 1 2; do
		reload_with part.conf
		load_flows
		! ctl -j status | grep '"role":"stun' || e2e_fail "stund runs"
		! stun_answers || e2e_fail "STUN is answered"
		reload_with whole.conf
		load_flows
		wait_until "STUN is answered" stun_answers
	done
	map_same
	answers_end
	load_end
	e2e_stop
	wait_until "all processes end" nothing_left
}

upgrade_case relay 120 "the relay goes and comes back: STUN is answered"
relay_body() {
	begin -deaths
	sed '/^relay {/,/^}/d; /^mesh/d' whole.conf >part.conf
	reload_with part.conf
	[ -z "$(status_pids relay)" ] || e2e_fail "a relay worker runs"
	map_same
	reload_with whole.conf
	_had=$(load_value received)
	wait_until "packets come again" load_more received $((_had + 200))
	map_same
	answers_end
	load_stop
	# All were told, and nobody was left without STUN.
	[ "$(load_value restarting)" -eq "$(load_value clients)" ] ||
	    e2e_fail "not all clients were told that the server restarts"
	[ "$(load_value connected)" -eq "$(load_value clients)" ] ||
	    e2e_fail "not all clients are back"
	[ "$(load_value stun)" -gt 0 ] || e2e_fail "STUN was not asked"
	[ "$(load_value unanswered)" -eq 0 ] ||
	    e2e_fail "STUN was not answered"
	e2e_stop
	wait_until "all processes end" nothing_left
}

atf_init_test_cases() {
	atf_add_test_case stun
	atf_add_test_case relay
}
