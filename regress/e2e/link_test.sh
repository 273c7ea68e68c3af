#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Links of the bridge's worker over real relays: ours and derper.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# drive PORT [OPTION]...: send packets over the relay at the port; none may be
# lost, because fewer are on the way than a relay keeps.
drive() {
	_port=$1
	shift
	run "$SRC/linkdrive" -a 127.0.0.1 -p "$_port" -c "$PWD/ca.pem" "$@" \
	    "$HOST_NAME"
	grep -q ' dropped 0 lost 0$' run.out || e2e_fail "packets were lost"
}

e2e_case derpd 120 "packets of all sizes over derpd with two workers"
derpd_body() {
	e2e_paths
	WORKERS=2
	use_cert ec
	e2e_start
	drive "$TLS_PORT" -n 30000 -w 100
	drive "$TLS_PORT" -n 2000 -w 100 -s 92
	drive "$TLS_PORT" -n 2000 -w 16 -s 65535
	e2e_stop
}

e2e_case derper 120 "packets over derper"
derper_body() {
	e2e_paths
	[ -x "${BENCH_BIN:-/nonexistent}/derper" ] ||
	    atf_skip "no derper in BENCH_BIN (${BENCH_BIN:-unset})"
	use_cert ec
	mkdir certs
	cp relay.crt "certs/$HOST_NAME.crt"
	cp relay.key "certs/$HOST_NAME.key"
	_at=$(free_port)
	"$BENCH_BIN/derper" -c derper.conf -a "127.0.0.1:$_at" -http-port -1 \
	    -stun=false -certmode manual -certdir certs \
	    -hostname "$HOST_NAME" >derper.log 2>&1 &
	echo $! >>pids
	wait_until "derper listens" curl -s -m 2 -o /dev/null --cacert ca.pem \
	    --resolve "$HOST_NAME:$_at:127.0.0.1" \
	    "https://$HOST_NAME:$_at/derp/probe"
	# It keeps 32 packets of a client.
	drive "$_at" -n 5000 -w 16
	drive "$_at" -n 200 -w 16 -s 60000
}

e2e_case refused 60 "a relay whose certificate is for another name"
refused_body() {
	e2e_paths
	use_cert ec
	e2e_start
	"$SRC/linkdrive" -a 127.0.0.1 -p "$TLS_PORT" -c "$PWD/ca.pem" -n 1 \
	    other.test >out 2>&1 && e2e_fail "it was accepted"
	grep -q 'TLS with 127.0.0.1 port' out || e2e_fail "wrong reason"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case derpd
	atf_add_test_case derper
	atf_add_test_case refused
}
