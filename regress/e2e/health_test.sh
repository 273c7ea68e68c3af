#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The probe of the relay, which decides whether STUN answers.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

STUN='stun {
	listen on 127.0.0.1 port 0
	probe every 1
}'

# answers true|false: status reports this of STUN.
answers() {
	ctl -j status | grep -q "\"answering\":$1"
}

# logged_times N LINE: the log contains it N times.
logged_times() {
	_told=$(grep -c "$2" derpd.log)
	[ "$_told" -eq "$1" ] || e2e_fail "\"$2\" is logged $_told times"
}

e2e_case well 60 "the probe of a working relay succeeds, from its sandbox"
well_body() {
	e2e_paths
	EXTRA=$STUN
	e2e_start
	wait_until "STUN answers" answers true
	ctl -j status | grep -q '"role":"health"' ||
	    e2e_fail "status does not name the process"
	logged_times 1 'the relay is healthy'
	run ctl health
	[ "$(cat run.out)" = ok ] || e2e_fail "health: $(cat run.out)"
	e2e_stop
	asked 2 health
	asked 2 -j health
}

# asked STATUS ARGUMENT...: derpctl exits with this status.
asked() {
	_want=$1 _rv=0
	shift
	ctl "$@" >health.out 2>health.err || _rv=$?
	[ "$_rv" -eq "$_want" ] || e2e_fail "derpctl $*: exit status $_rv"
}

e2e_case silent 120 "STUN does not answer while the relay hangs"
silent_body() {
	e2e_paths
	EXTRA="$STUN
child timeout 60"
	e2e_start
	wait_until "STUN answers" answers true
	_front=$(e2e_children front)
	kill -STOP "$_front"
	wait_until "STUN is silent" answers false
	ctl -j status | grep -q '"why":"GET /derp/probe of relay.test: ' ||
	    e2e_fail "status has no reason"
	asked 1 health
	grep -q '^the probe of the relay fails, and STUN is silent: ' \
	    health.out || e2e_fail "health: $(cat health.out)"
	# Then a check tells what is wrong.
	wait_until "the fault is named" named tls-silent
	asked 1 health
	grep -q '^the probe .*: tls-silent: the server ' \
	    health.out || e2e_fail "health: $(cat health.out)"
	ctl status | grep -q '^  tls-silent: ' || e2e_fail "$(ctl status)"
	asked 1 -j health
	grep -q '^{"reasons":\["the probe .*"\],"warnings":\[\],"ok":false}$' health.out ||
	    e2e_fail "health in JSON: $(cat health.out)"
	kill -CONT "$_front"
	wait_until "STUN answers again" answers true
	wait_until "the fault is gone" no_fault
	logged_times 1 'check of the relay: tls-silent: '
	logged_times 1 'check of the relay: no tls-silent any more'
	ctl health >health.out || e2e_fail "health: $(cat health.out)"
	logged_times 1 'the relay is unhealthy'
	logged_times 2 'the relay is healthy'
	e2e_stop
}

# named FAULT: status has this fault.
named() {
	ctl -j status | grep -q "\"faults\":\[{\"name\":\"$1\""
}

no_fault() {
	ctl -j status | grep -q '"faults":\[\]'
}

# A fault that clients meet, and the probe as well.
expired() {
	echo "subjectAltName=DNS:$HOST_NAME" >ext
	{ openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$HOST_NAME" -keyout own.key -out own.csr &&
	    openssl x509 -req -in own.csr -signkey own.key -extfile ext \
	    -days -1 -out own.crt; } >openssl.out 2>&1 || {
		cat openssl.out >&2
		atf_fail "openssl"
	}
	chmod 600 own.key
}

e2e_case named 60 "what a probe meets is told as derpctl check tells it"
named_body() {
	e2e_paths
	expired
	# shellcheck disable=SC2034	# e2e_conf uses them
	CERTS="certificate \"$PWD/own.crt\" key \"$PWD/own.key\" allow" EXTRA=$STUN
	# shellcheck disable=SC2034	# e2e_launch uses it
	ANSWERS=http-upgrades
	e2e_start
	wait_until "the fault is named" named cert-expired
	asked 1 health
	grep -q 'cert-expired: the certificate has expired: .*Renew it' \
	    health.out || e2e_fail "health: $(cat health.out)"
	e2e_stop
}

e2e_case killed 60 "health is restarted, and reports the same"
killed_body() {
	e2e_paths
	EXTRA=$STUN DEATHS=yes
	e2e_start
	wait_until "STUN answers" answers true
	_old=$(e2e_children health)
	kill -KILL "$_old"
	wait_until "health is back" new_health "$_old"
	wait_until "STUN answers" answers true
	logged_times 0 'the relay is unhealthy'
	e2e_stop
}

new_health() {
	_new=$(e2e_children health)
	[ -n "$_new" ] && [ "$_new" != "$1" ]
}

e2e_case always 60 "with \"always\" there is no probe"
always_body() {
	e2e_paths
	EXTRA='stun {
	listen on 127.0.0.1 port 0
	always
}'
	e2e_start
	wait_until "STUN answers" answers true
	[ -z "$(e2e_children health)" ] || e2e_fail "health is there"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case well
	atf_add_test_case silent
	atf_add_test_case named
	atf_add_test_case killed
	atf_add_test_case always
}
