#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl probe: against a relay, and against other servers.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# probe_fails PATTERN ARGUMENT...: exit 1, and the error on standard error.
probe_fails() {
	_pattern=$1
	shift
	"$DERPCTL" probe "$@" >probe.out 2>probe.err
	_rc=$?
	cat probe.out probe.err
	[ "$_rc" -eq 1 ] || e2e_fail "exit status $_rc, not 1: probe $*"
	grep -q "$_pattern" probe.err ||
	    e2e_fail "not on standard error: $_pattern"
	if grep -q 'the relay works' probe.out; then
		e2e_fail "it reports success"
	fi
}

e2e_case pinned 60 "by pin: the right one, a wrong one, another name"
pinned_body() {
	e2e_paths
	WORKERS=2
	e2e_start
	run "$DERPCTL" probe -p "$(e2e_pin)" -H "$HOST_NAME" -n 24 \
	    127.0.0.1 "$TLS_PORT"
	for _line in 'a logged in over TLSv1.3 .* by HTTP upgrade' \
	    'b logged in over TLSv1.3 .* by fast start' \
	    '24 packets each way, of 0 to 65536 bytes: all as sent' \
	    'b left, and a received PeerGone' 'the relay works'; do
		grep -q "$_line" run.out || e2e_fail "not printed: $_line"
	done
	_zeros=0000000000000000000000000000000000000000000000000000000000000000
	probe_fails 'does not match the pin' -p "sha256-raw:$_zeros" \
	    -H "$HOST_NAME" 127.0.0.1 "$TLS_PORT"
	probe_fails 'other\.test' -p "$(e2e_pin)" -H other.test \
	    127.0.0.1 "$TLS_PORT"
	probe_fails '64 hexadecimal digits' -p "sha256-raw:12" \
	    -H "$HOST_NAME" 127.0.0.1 "$TLS_PORT"
	e2e_stop
}

e2e_case verified 60 "by authority: ours, the system's, none"
verified_body() {
	e2e_paths
	use_cert rsa
	e2e_start
	run "$DERPCTL" probe -c ca.pem -H "$HOST_NAME" 127.0.0.1 "$TLS_PORT"
	run "$DERPCTL" probe -k 127.0.0.1 "$TLS_PORT"
	probe_fails 'TLS: ' -H "$HOST_NAME" 127.0.0.1 "$TLS_PORT"
	probe_fails 'missing\.pem' -c missing.pem -H "$HOST_NAME" \
	    127.0.0.1 "$TLS_PORT"
	e2e_stop
}

e2e_case json 60 "one JSON object, good or not"
json_body() {
	e2e_start
	run "$DERPCTL" -j probe -k 127.0.0.1 "$TLS_PORT"
	[ "$(wc -l <run.out)" -eq 1 ] || e2e_fail "more than a line"
	grep -q '^{"steps":\[".*\],"ok":true}$' run.out ||
	    e2e_fail "not the object that was expected"
	e2e_stop
	"$DERPCTL" -j probe -k 127.0.0.1 "$TLS_PORT" >run.out 2>/dev/null
	cat run.out
	grep -q '^{"ok":false,"error":".*"}$' run.out ||
	    e2e_fail "not the object that was expected"
}

e2e_case refused 60 "a relay for known clients is told from a broken one"
refused_body() {
	e2e_paths
	e2e_start
	: >clients
	echo "admit { keys \"$PWD/clients\" }" >>derpd.conf
	run ctl reload
	"$DERPCTL" probe -k 127.0.0.1 "$TLS_PORT" >probe.out 2>probe.err
	_rc=$?
	[ "$_rc" -eq 2 ] || e2e_fail "exit status $_rc, not 2"
	[ "$(cat probe.err)" = "derpctl: probe: the relay answers, but does$(
	    ) not let a in: not admitted: this key is not in the relay's list" ] ||
	    e2e_fail "not the reason: $(cat probe.err)"
	"$DERPCTL" -j probe -k 127.0.0.1 "$TLS_PORT" >probe.out 2>/dev/null
	grep -q '^{"refused":true,"ok":false,"error":"the relay answers, ' \
	    probe.out || e2e_fail "not the object that was expected"
	e2e_stop
}

e2e_case no_relay 60 "a closed port, a plain one, another TLS server"
no_relay_body() {
	e2e_start
	probe_fails 'TLS' -k 127.0.0.1 "$PLAIN_PORT"
	e2e_stop
	probe_fails 'refused' -k 127.0.0.1 "$TLS_PORT"
	make_ca
	openssl s_server -accept 127.0.0.1:0 -cert ca.pem -key ca.key -www \
	    >other.log 2>&1 &
	echo "$!" >>pids
	wait_until "the other server listens" grep -q ACCEPT other.log
	probe_fails 'not a DERP server' -k 127.0.0.1 \
	    "$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' other.log)"
}

e2e_case arguments 30 "invalid arguments are rejected"
arguments_body() {
	e2e_paths
	probe_fails usage
	probe_fails 'port is missing' -k 127.0.0.1
	probe_fails 'expected 1 to 65535' -k 127.0.0.1 70000
	probe_fails usage -k -c ca.pem 127.0.0.1 443
	probe_fails usage -x 127.0.0.1 443
	probe_fails '1 to 1000000' -n 0 127.0.0.1 443
}

atf_init_test_cases() {
	atf_add_test_case pinned
	atf_add_test_case verified
	atf_add_test_case json
	atf_add_test_case refused
	atf_add_test_case no_relay
	atf_add_test_case arguments
}
