#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl restart relay 0, while processes end: whatever ends at whatever step,
# sessions of the others go on, and derpd serves.
#
# A step lasts while something that it waits for is stopped:
#
#	holding		relay 1
#	moving		the new process of relay 0

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# new_relay: NEW is the relay worker that is not in the status.
new_relay() {
	NEW=$(ps -A -o pid= -o ppid= -o args= | awk -v parent="$PID" \
	    -v known=" $RELAYS " '$2 == parent && /derpd: relay/ &&
	    index(known, " " $1 " ") == 0 { print $1 }')
	[ -n "$NEW" ]
}

stopped() {
	[ "$(ps -o stat= -p "$1" | cut -c 1)" = T ]
}

# stop PID: it stops, and is in FROZEN.
stop() {
	kill -STOP "$1"
	wait_until "process $1 stops" stopped "$1"
	FROZEN="$FROZEN $1"
}

go() {
	for _p in $FROZEN; do
		kill -CONT "$_p" 2>/dev/null
	done
	FROZEN=''
}

# logged TEXT: derpd says so.
logged() {
	grep -q "$1" derpd.log
}

WATCHERS=2

# clients_at N: how many connections worker N has.
clients_at() {
	ctl -j clients | tr '{' '\n' | grep -c "\"worker\":$1"
}

# begin: a daemon with two workers and traffic.
begin() {
	upgrade_need_load restart
	upgrade_install
	use_cert ec
	WORKERS=2 DEATHS=yes FROZEN=''
	e2e_start
	run ctl log verbose
	load_begin -deaths -watchers "$WATCHERS"
	load_flows
	RELAYS=$(status_pids relay | tr "\n" " ")
	OLD=${RELAYS%% *}
	OTHER=${RELAYS#* }
	OTHER=${OTHER% }
	# A word a process.
	# shellcheck disable=SC2046
	PUMPED=$(clients_of $(status_pids front))
	# Those of a worker, and watchers of the other one.
	CLIENTS_0=$(($(clients_at 0) + WATCHERS))
	CLIENTS_1=$(($(clients_at 1) + WATCHERS))
}

# step_holding, step_moving: begin, and return within that step.
step_holding() {
	stop "$OTHER"
	"$DERPCTL" -s "$PWD/derpd.sock" restart relay 0 >ctl.out 2>&1 &
	CTL_PID=$!
	echo "$CTL_PID" >>pids
	wait_until "all are to be held" logged 'are to be held'
	wait_until "the new process" new_relay
}

step_moving() {
	step_holding
	stop "$NEW"
	kill -CONT "$OTHER"
	FROZEN=$NEW
	wait_until "sessions move" logged 'its sessions move'
}

# ended_at_most N: so many sessions may have ended.
ended_at_most() {
	_ended=$(load_value ended)
	echo "sessions ended: $_ended, at most $1"
	[ "$_ended" -le "$1" ] || {
		cat load.out >&2
		e2e_fail "$_ended sessions ended, not $1"
	}
}

all_connected() {
	[ "$(load_value connected)" = "$(load_value clients)" ]
}

relays_run() {
	[ "$(status_pids relay | wc -l)" -eq 2 ] &&
	    ! status_pids relay | grep -q '^0$'
}

# inject STEP TARGET STATUS: kill it at that step; derpctl exits with STATUS.
inject() {
	begin
	"step_$1"
	case $2 in
	old)	_victim=$OLD ;;
	new)	_victim=$NEW ;;
	other)	_victim=$OTHER ;;
	front)	_victim=$(status_pids front | head -n 1) ;;
	esac
	_may=0
	[ "$_victim" != "$OLD" ] || _may=$CLIENTS_0
	[ "$_victim" != "$OTHER" ] || _may=$CLIENTS_1
	# What it pumps ends with a front.
	[ "$2" != front ] || _may=$PUMPED
	kill -KILL "$_victim"
	wait_until "it ends" e2e_gone "$_victim"
	go
	_rc=0
	wait "$CTL_PID" || _rc=$?
	cat ctl.out
	[ "$_rc" -eq "$3" ] || e2e_fail "derpctl exits $_rc, not $3"
	wait_until "relay workers run" relays_run
	wait_until "all are connected" all_connected
	load_flows
	ended_at_most "$_may"
	load_end
	e2e_stop
	wait_until "all processes end" nothing_left
}

upgrade_case holding_old 120 "the old process ends while all are held"
holding_old_body() {
	inject holding old 1
}

upgrade_case holding_new 120 "the new process ends while all are held"
holding_new_body() {
	inject holding new 1
}

upgrade_case holding_other 120 "another worker ends while all are held"
holding_other_body() {
	inject holding other 1
}

upgrade_case moving_old 120 "the old process ends while sessions move"
moving_old_body() {
	inject moving old 1
}

upgrade_case moving_new 120 "the new process ends while sessions move"
moving_new_body() {
	inject moving new 1
}

upgrade_case moving_other 120 "another worker ends while sessions move"
moving_other_body() {
	inject moving other 1
}

upgrade_case moving_front 120 "a front ends while sessions move"
moving_front_body() {
	inject moving front 0
}

# keys_ready N: keys has been started so many times.
keys_ready() {
	[ "$(grep -c 'keys ready' derpd.log)" -ge "$1" ]
}

# What keys loads is staged in the old process, while a front owes its answer:
# the new one must not take its place.
upgrade_case moving_keys 120 "keys is started again while sessions move"
moving_keys_body() {
	begin
	step_moving
	_front=$(status_pids front | head -n 1)
	kill -STOP "$_front"
	wait_until "the front stops" stopped "$_front"
	kill -KILL "$(status_pids keys)"
	wait_until "keys is back" keys_ready 2
	go
	_rc=0
	wait "$CTL_PID" || _rc=$?
	kill -CONT "$_front"
	cat ctl.out
	[ "$_rc" -eq 1 ] || e2e_fail "derpctl exits $_rc, not 1"
	grep -q 'keys was started again' ctl.out || e2e_fail "that is not why"
	[ "$(status_pids relay | tr '\n' ' ')" = "$RELAYS" ] ||
	    e2e_fail "relay workers are others: $(status_pids relay)"
	load_flows
	run ctl restart relay 0
	load_flows
	ended_at_most 0
	load_end
	e2e_stop
	wait_until "all processes end" nothing_left
}

upgrade_case often 240 "20 times in a row, with TLS 1.2 and WebSocket"
often_body() {
	upgrade_need_load restart
	upgrade_install
	use_cert ec
	WORKERS=2
	e2e_start
	load_begin -pairs 9 -tls12 3 -ws 3
	load_flows
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		run ctl restart relay 0
		run ctl restart relay 1
	done
	load_flows
	load_end
	e2e_stop
	wait_until "all processes end" nothing_left
}

atf_init_test_cases() {
	atf_add_test_case holding_old
	atf_add_test_case holding_new
	atf_add_test_case holding_other
	atf_add_test_case moving_old
	atf_add_test_case moving_new
	atf_add_test_case moving_other
	atf_add_test_case moving_front
	atf_add_test_case moving_keys
	atf_add_test_case often
}
