#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check: its forms of output and their exit statuses, against a relay
# that works and one that is gone.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# check STATUS ARGUMENT...: run it with the target; the output is in out.
check() {
	_want=$1
	shift
	"$DERPCTL" "$@" "$TARGET" >out 2>err </dev/null
	_rc=$?
	cat out err
	[ "$_rc" -eq "$_want" ] || e2e_fail "exit status $_rc, not $_want: $*"
}

# has PATTERN: a line of the output matches.
has() {
	grep -q -e "$1" out || e2e_fail "not in the output: $1"
}

# relay: start one, the TARGET, with the options TRUST.
relay() {
	e2e_paths
	EXTRA='stun { listen on 127.0.0.1 port 0 probe every 1 }'
	e2e_start
	_stun=$(e2e_port '(stun)')
	TARGET=127.0.0.1:$TLS_PORT:$_stun
	wait_until "STUN answers" "$DERPCTL" stun 127.0.0.1 "$_stun"
	TRUST="-p $(e2e_pin)"
}

# metrics: what is in `out' is accepted by promtool.
metrics() {
	_promtool=${BENCH_BIN:-/nonexistent}/promtool
	[ -x "$_promtool" ] || _promtool=$(command -v promtool) || return 0
	"$_promtool" check metrics <out >promtool.out 2>&1 ||
	    [ $? -eq 3 ] || e2e_fail "promtool: $(head -n 1 promtool.out)"
}

e2e_case good 60 "a relay that works: no fault in any form"
good_body() {
	relay
	# shellcheck disable=SC2086	# two words
	set -- check $TRUST
	check 0 "$@"
	has '^good '
	has '^1 node: all good'
	check 0 "$@" -q
	[ ! -s out ] || e2e_fail "-q is not quiet"
	check 0 "$@" -N
	has '^DERP OK - [^|]*| faults=0;;0;0 '
	[ "$(wc -l <out)" -eq 1 ] || e2e_fail "-N: more than a line"
	check 0 "$@" --prometheus
	has '^derp_check_faults 0$'
	metrics
	check 0 -j "$@"
	has '^{"ok":true,.*"faults":0,.*}$'
	e2e_stop
}

e2e_case gone 60 "a relay that is gone: its fault in every form"
gone_body() {
	relay
	e2e_stop
	check 1 check
	has '^FAULT port-closed  '
	has '1 fault at 1 place'
	check 1 check -q
	has '^FAULT port-closed '
	[ "$(wc -l <out)" -eq 1 ] || e2e_fail "-q: more than a line"
	check 2 check --nagios
	has '^DERP CRITICAL - port-closed .* | faults=1;;0;0 '
	check 1 check -P
	has '^derp_check_fault{.*fault="port-closed"} 1$'
	metrics
	check 1 -j check
	has '^{"ok":false,.*"faults":1,.*"name":"port-closed",.*}$'
}

e2e_case failed 60 "what can't be checked, in every form"
failed_body() {
	e2e_paths
	TARGET=$PWD/missing.json
	check 2 check
	has '^FAILED '
	has 'no fault found, 1 not checked'
	check 2 check -q
	has '^FAILED '
	check 3 check -N
	has '^DERP UNKNOWN - not checked: '
	check 2 check -P
	has '^derp_check_failed{.*} 1$'
	metrics
	check 2 -j check
	has '^{"ok":false,.*"failed":1,'
	# Nobody could read the result.
	"$DERPCTL" check "$TARGET" >/dev/full 2>err
	[ $? -eq 2 ] || e2e_fail "another exit status with a full disk"
	"$DERPCTL" check -N "$TARGET" >/dev/full 2>err
	[ $? -eq 3 ] || e2e_fail "another exit status with -N"
}

# words STATUS REASON ARGUMENT...: refused at once.
words() {
	_reason=$2
	_status=$1
	shift 2
	check "$_status" check "$@"
	grep -q -e "$_reason" err || e2e_fail "not refused: $*"
}

e2e_case refused 60 "command lines that can't be meant"
refused_body() {
	e2e_paths
	TARGET=127.0.0.1:1:off
	words 2 'No such file' -c missing.pem
	words 2 'sha256-raw' -p 0123
	words 3 '-w excludes -N and -P' -N -w 60
	words 2 '-w excludes -N and -P' -P -w 60
	TARGET=-v
	words 2 'options precede' 127.0.0.1:1:off
}

e2e_case watch 90 "-w: changes alone, until a signal"
watch_body() {
	relay
	# shellcheck disable=SC2086	# two words
	"$DERPCTL" check $TRUST -w 5 "$TARGET" >>out 2>err &
	_pid=$!
	echo "$_pid" >>pids
	wait_until "it was checked once" grep -q '1 node: all good' out
	: >out
	e2e_stop
	wait_until "the fault came" grep -q ' FAULT port-closed ' out
	kill -TERM "$_pid"
	wait "$_pid"
	_rc=$?
	cat out err
	[ "$_rc" -eq 143 ] || e2e_fail "exit status $_rc after SIGTERM"
	! grep -v '^[-0-9]* [:0-9]* FAULT ' out || e2e_fail "more than changes"
}

atf_init_test_cases() {
	atf_add_test_case good
	atf_add_test_case gone
	atf_add_test_case failed
	atf_add_test_case refused
	atf_add_test_case watch
}
