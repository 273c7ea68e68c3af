#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Admission is turned on and off, and processes that it needs die and hang: no
# session is harmed, logins wait, and the verdicts stay the right ones.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

UNKNOWN="not admitted: this key is not in the relay's list"

# begin: clients that are connected, and others that log in all the time.
begin() {
	admit_by "keys \"$PWD/clients\""
	admit_keys
	clients "$K_alice" "$K_bob" "$K_carol"
	WORKERS=2 DEATHS=yes
	# A busy machine makes clients slow.
	RELAY='codel off'
	EXTRA="$EXTRA
child timeout 2"
	e2e_start
	stay_begin alice,bob,bob
	while [ ! -e end ]; do
		go_client -case try -keys carol,eve
	done >load.out 2>&1 &
	LOAD=$!
	echo "$LOAD" >>pids
}

# more N: N more rounds of those that log in.
more() {
	_want=$(($(rounds) + $1))
	wait_until "clients log in" enough "$_want"
}

rounds() {
	grep -c '^pass try' load.out
}

enough() {
	[ "$(rounds)" -ge "$1" ]
}

# unharmed NAME...: all had the right verdict, and these sessions lost nothing.
unharmed() {
	: >end
	wait "$LOAD"
	grep -v -e '^pass try' -e '^carol in$' -e "^eve refused: $UNKNOWN\$" \
	    -e "${MAY_BE:-^pass}" load.out >other && e2e_fail "another verdict: $(cat other)"
	stay_end "$@"
	e2e_stop
}

# another ROLE PID: there is a process of the role, and not this one.
another() {
	_now=$(e2e_children "$1")
	[ -n "$_now" ] && ! echo "$_now" | grep -qx "$2"
}

# restarts ROLE N: status names so many restarts of the process.
restarts() {
	ctl status >status.out && grep -q "^$1  *[0-9][0-9]*  *$2 " status.out
}

e2e_case on_off 60 "a reload turns admission on and off for connected clients"
on_off_body() {
	e2e_need_interop
	admit_keys
	clients "$K_alice" "$K_bob"
	WORKERS=2
	e2e_start
	[ -z "$(e2e_children admit)" ] || e2e_fail "admit is there"
	stay_begin alice,bob,eve,eve
	admit_by "keys \"$PWD/clients\""
	e2e_conf
	run ctl reload
	wait_until "eve is closed" told "eve closed: $UNKNOWN"
	want_tries bob/ws,eve 'bob in' "eve refused: $UNKNOWN"
	run "$DERPD" -n -f derpd.conf
	grep -q 'clients may relay that this admits: keys' run.out ||
	    e2e_fail "-n does not say who may relay"
	EXTRA=
	e2e_conf
	run ctl reload
	want_tries eve 'eve in'
	run ctl status
	grep -q '^admission  *everybody may relay$' run.out ||
	    e2e_fail "status does not say that everybody may relay"
	wait_until "admit is gone" no_admit
	stay_end alice
	e2e_stop
}

no_admit() {
	[ -z "$(e2e_children admit)" ]
}

e2e_case admit_killed 90 "admit is killed: sessions go on, logins wait"
admit_killed_body() {
	begin
	for _i in 1 2 3; do
		more 1
		_admit=$(e2e_children admit)
		kill -KILL "$_admit"
		more 1
		wait_until "another admit" another admit "$_admit"
	done
	wait_until "status counts them" restarts admit 3
	# The new one knows who is connected.
	clients "$K_alice" "$K_carol"
	wait_until "bob is closed" told "bob closed: $UNKNOWN"
	unharmed alice
}

e2e_case admit_stopped 90 "admit hangs: sessions go on, logins wait, status answers"
admit_stopped_body() {
	begin
	_admit=$(e2e_children admit)
	kill -STOP "$_admit"
	run timeout 2 "$DERPCTL" -s derpd.sock status
	wait_until "admit is replaced" another admit "$_admit"
	more 2
	wait_until "status counts it" restarts admit 1
	unharmed alice bob
}

e2e_case front_killed 90 "a front is killed: sessions go on, logins work again"
front_killed_body() {
	begin
	_front=$(e2e_children front | head -n 1)
	kill -KILL "$_front"
	wait_until "another front" another front "$_front"
	more 2
	MAY_BE='^[a-z]* failed: '	# at the front that died
	unharmed alice bob
}

e2e_case relay_killed 90 "a relay worker is killed: clients come back"
relay_killed_body() {
	begin
	wait_until "they log in" enough 2
	for _relay in $(e2e_children relay); do
		kill -KILL "$_relay"
		wait_until "another worker" another relay "$_relay"
	done
	: >end
	wait "$LOAD"
	! grep -q -e '^eve in' -e '^carol refused' load.out ||
	    e2e_fail "another verdict: $(cat load.out)"
	wait_until "all can log in" tries alice,bob,carol,eve 'alice in' \
	    'bob in' 'carol in' "eve refused: $UNKNOWN"
	e2e_stop
}

e2e_case health 90 "STUN answers for an empty list; it is silent while no login ends"
health_body() {
	admit_by "keys \"$PWD/clients\""
	clients '# nobody'
	STUN='stun { listen on 127.0.0.1 port 0 probe every 1 }'
	EXTRA="$EXTRA
$STUN
child timeout 3"
	DEATHS=yes
	e2e_start
	wait_until "STUN answers" answers true
	want_tries eve "eve refused: $UNKNOWN"
	# Replaced soon: no probe fails.
	_admit=$(e2e_children admit)
	kill -STOP "$_admit"
	wait_until "admit is replaced" another admit "$_admit"
	wait_until "logins end" tries eve "eve refused: $UNKNOWN"
	answers true || e2e_fail "STUN is silent"
	! logged 'the relay is unhealthy' || e2e_fail "it was unhealthy"
	# A relay that lets nobody in is no good home.
	sed -i -e 's/^child timeout 3/child timeout 60/' derpd.conf
	run ctl reload
	_admit=$(e2e_children admit)
	kill -STOP "$_admit"
	wait_until "STUN is silent" answers false
	kill -CONT "$_admit"
	wait_until "STUN answers again" answers true
	[ "$(e2e_children admit)" = "$_admit" ] || e2e_fail "another admit"
	e2e_stop
}

# answers true|false: status reports this of STUN.
answers() {
	ctl -j status | grep -q "\"answering\":$1"
}

atf_init_test_cases() {
	atf_add_test_case on_off
	atf_add_test_case admit_killed
	atf_add_test_case admit_stopped
	atf_add_test_case front_killed
	atf_add_test_case relay_killed
	atf_add_test_case health
}
