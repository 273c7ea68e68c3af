#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A machine that goes: derpctl drain.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/mesh.sh
. "$(atf_get_srcdir)/mesh.sh"

STUN='stun { listen on 127.0.0.1 port 0 }'

# answers true|false: status reports this of STUN.
answers() {
	ctl -j status | grep -q "\"answering\":$1"
}

# refused PORT: connections there are.
refused() {
	curl -s -m 5 -o /dev/null "http://127.0.0.1:$1/"
	[ $? -eq 7 ]
}

# drained: derpd has ended by itself, with 0 and a clean log.
drained() {
	wait_until "derpd ends" e2e_stopped
	wait "$PID" || e2e_fail "derpd does not end with 0"
	e2e_check_log
}

# begin TIME: drain, until the port is closed.
begin() {
	run ctl drain "$1"
	wait_until "the port is closed" refused "$TLS_PORT"
}

# left N: so many clients are left.
left() {
	ctl -j status | grep -q "\"drain\":{\"since\":\"[^\"]*\",\"clients\":$1,"
}

# shown N: derpd_draining is that.
shown() {
	curl -s "http://127.0.0.1:$METRICS/metrics" |
	    grep -qx "derpd_draining $1"
}

e2e_case waves 60 "clients are told and closed little by little, then it ends"
waves_body() {
	e2e_need_interop
	WORKERS=2
	METRICS=$(free_port)
	EXTRA="$STUN
metrics { listen on 127.0.0.1 port $METRICS }"
	e2e_start
	wait_until "STUN answers" answers true
	interop_begin drain -clients 40
	begin 8s
	wait_until "all are counted" left '4[0-2]'
	answers false || e2e_fail "STUN answers in a drain"
	[ "$(curl -s -o /dev/null -w '%{http_code}' \
	    "http://127.0.0.1:$PLAIN_PORT/generate_204")" = 204 ] ||
	    e2e_fail "the plain port is closed, too"
	ctl health >health.out && e2e_fail "it is well in a drain"
	grep -q '^derpd drains: .* 4[0-2] are left, .*derpctl drain cancel' \
	    health.out || e2e_fail "health: $(cat health.out)"
	ctl status | grep -q '^draining since .* 4[0-2], ends in [1-8]s at' ||
	    e2e_fail "status: $(ctl status)"
	[ "$(curl -s -o page -w '%{http_code}' \
	    "http://127.0.0.1:$METRICS/health")" = 503 ] ||
	    e2e_fail "/health: $(cat page)"
	grep -q '^derpd drains: ' page || e2e_fail "/health: $(cat page)"
	wait_until "metrics say so" shown 1
	interop_wait
	drained
	logged 'drained: no client is left' || e2e_fail "not drained"
	# Not all at once: in 6.4 seconds.
	_spread=$(sed -n 's/^spread //p' go.out)
	[ "$_spread" -gt 2000 ] || e2e_fail "all were closed in $_spread ms"
	_twins=$(sed -n 's/^twins //p' go.out)
	[ "$_twins" -lt 1000 ] || e2e_fail "twins: $_twins ms apart"
}

e2e_case cancel 60 "a drain that is cancelled has ended no session"
cancel_body() {
	e2e_need_interop
	WORKERS=2
	EXTRA=$STUN
	e2e_start
	wait_until "STUN answers" answers true
	ctl drain cancel 2>err && e2e_fail "cancelled what there was not"
	grep -q 'derpd does not drain' err || e2e_fail "$(cat err)"
	ctl drain 0s 2>err && e2e_fail "0s is a time"
	interop_begin hold -clients 10
	begin 5
	# All its sockets: with others, some would be let in.
	for _i in 1 2 3 4 5 6 7 8; do
		refused "$TLS_PORT" || e2e_fail "a connection is not refused"
	done
	run ctl -j drain cancel
	grep -q '"ok":true' run.out || e2e_fail "cancel: $(cat run.out)"
	raw coalesced
	wait_until "STUN answers again" answers true
	run ctl health
	logged 'ended the listening socket' && e2e_fail "a front is blamed"
	interop_end
	e2e_stop
}

# other ROLE PIDS: the processes of the role are others.
other() {
	_now=$(e2e_children "$1")
	[ "$(echo "$_now" | wc -l)" -eq 2 ] || return 1
	for _old in $2; do
		! echo "$_now" | grep -qx "$_old" || return 1
	done
}

e2e_case goes_on 60 "deaths and reloads do not end a drain; another time does"
goes_on_body() {
	e2e_need_interop
	WORKERS=2 DEATHS=yes
	EXTRA=$STUN
	e2e_start
	wait_until "STUN answers" answers true
	interop_begin drain -clients 10
	begin 10
	wait_until "all are counted" left '[0-9]*'
	_old=$(e2e_children front)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_old
	wait_until "other fronts" other front "$_old"
	run ctl reload
	sleep 1
	refused "$TLS_PORT" || e2e_fail "the port is open again"
	answers false || e2e_fail "STUN answers again"
	_old=$(e2e_children relay)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_old
	wait_until "other workers" other relay "$_old"
	wait "$GO_PID"
	# They have no client, and say so.
	drained
	logged 'drained: no client is left' || e2e_fail "not drained"
}

e2e_case late 60 "who was connected but not logged in is not let in"
late_body() {
	e2e_need_interop
	WORKERS=2
	e2e_start
	interop_begin hold -clients 4
	raw_begin -c 6 held-logins
	begin 10
	: >raw.ready.go
	wait "$RAW_PID"
	grep -q '0 in, 6 refused' raw.out || e2e_fail "late: $(cat raw.out)"
	interop_end
	drained
}

e2e_case shorter 60 "a second drain changes the time"
shorter_body() {
	e2e_need_interop
	e2e_start
	interop_begin drain -clients 10
	begin 60
	run ctl drain 2s
	interop_wait
	drained
	logged 'closed within 2 s' || e2e_fail "not told"
	logged 'drained: no client is left' || e2e_fail "not drained"
}

e2e_case stop 60 "SIGTERM ends a drain as it ends derpd"
stop_body() {
	e2e_need_interop
	e2e_start
	interop_begin restarting -clients 10
	begin 5
	e2e_stop
	interop_wait
	logged 'drained:' && e2e_fail "it was drained"
	return 0
}

e2e_case region 90 "clients go to the other node; the links stay to the end"
region_body() {
	e2e_paths
	region_begin a b
	region_start
	rm -f go.ready
	"$INTEROP" -host "$REGION" -nodes "$(region_nodes)" \
	    -case drain-region -ready go.ready >go.out 2>&1 &
	GO_PID=$!
	echo "$GO_PID" >>pids
	wait_until "the Go client is at a" [ -f go.ready ]
	run node_ctl a drain 10s
	wait_until "the port is closed" refused "$(port a)"
	linked a || node_fail a "a has lost its link"
	linked b || node_fail b "b has lost its link"
	interop_wait
	wait_until "a ends" ended a
	wait "$(cat a/pid)" || node_fail a "a does not end with 0"
	node_check_log a
	node_stop b
}

# ended NAME: it is gone, or a zombie.
ended() {
	case $(ps -o stat= -p "$(cat "$1/pid")" 2>/dev/null) in
	''|Z*) return 0 ;;
	esac
	return 1
}

atf_init_test_cases() {
	for _case in waves cancel goes_on late shorter stop region; do
		atf_add_test_case "$_case"
	done
}
