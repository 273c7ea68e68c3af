#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl restart relay N: a relay worker is replaced, and no client notices.

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin [OPTION...]: a daemon with WORKERS, and traffic.
begin() {
	upgrade_need_load restart
	upgrade_install
	: "${NWORKERS:=2}"
	WORKERS=$NWORKERS
	upgrade_start
	load_begin "$@"
	answers_begin
	load_flows
}

# finish: no client has noticed anything, and derpd ends as a whole.
finish() {
	load_flows
	map_same
	answers_end
	load_end
	e2e_stop
	wait_until "all processes end" nothing_left
}

# restart N: replace this relay worker.
restart() {
	_all=$(status_pids relay)
	_old=$(echo "$_all" | sed -n "$(($1 + 1))p")
	_has=$(clients_of "$_old")
	run ctl restart relay "$1"
	status_pids relay >relays
	[ "$(wc -l <relays)" -eq "$WORKERS" ] ||
	    e2e_fail "$WORKERS relay workers have become: $(cat relays)"
	_new=$(sed -n "$(($1 + 1))p" relays)
	[ "$_new" != "$_old" ] || e2e_fail "relay $1 is the same process"
	[ "$(echo "$_all" | grep -vx "$_old")" = "$(grep -vx "$_new" relays)" ] ||
	    e2e_fail "others were replaced: $_all have become: $(cat relays)"
	wait_until "the old relay worker ends" e2e_gone "$_old"
	echo "relay $1: $_has clients"
}

upgrade_case each 120 "one relay worker after the other, again and again"
each_body() {
	begin
	for _round in 1 2 3 4; do
		restart 0
		load_flows
		restart 1
	done
	finish
}

upgrade_case only 120 "the only relay worker"
only_body() {
	NWORKERS=1 begin
	for _round in 1 2 3 4; do
		restart 0
	done
	finish
}

upgrade_case many 120 "with full queues"
many_body() {
	NWORKERS=3 begin -flood 2 -pairs 4 -tls12 1 -ws 1
	for _round in 1 2; do
		for _i in 0 1 2; do
			restart "$_i"
		done
	done
	finish
}

# Mesh peers stay for a day; here those that watch.
upgrade_case mesh_removed 180 "the mesh key was removed"
mesh_removed_body() {
	begin
	sed '/^mesh /d' derpd.conf >derpd.conf.new
	! cmp -s derpd.conf derpd.conf.new || e2e_fail "there is no mesh key"
	mv derpd.conf.new derpd.conf
	run ctl reload
	restart 0
	restart 1
	load_flows
	for _round in 1 2; do
		run ctl upgrade
		load_flows
		restart 1
	done
	finish
}

upgrade_case refused 60 "a worker that is not there"
refused_body() {
	begin
	status_pids >before
	for _n in 2 17 4294967296 -1 x ''; do
		! ctl restart relay $_n >out 2>&1 ||
		    e2e_fail "restart relay $_n is accepted"
		[ -s out ] || e2e_fail "restart relay $_n: no reason"
		cat out
	done
	status_pids >after
	cmp before after || e2e_fail "processes have changed"
	finish
}

# hangs PID: the hold ends after 3 seconds, and all go on.
hangs() {
	kill -STOP "$1"
	ctl restart relay 0 >out 2>&1 &
	_ctl=$!
	wait "$_ctl"
	_rc=$?
	kill -CONT "$1" 2>/dev/null
	cat out
	[ "$_rc" -ne 0 ] || e2e_fail "it is said to have been replaced"
	[ -s out ] || e2e_fail "no reason"
}

upgrade_case other_hangs 120 "another relay worker hangs: all stays as it was"
other_hangs_body() {
	begin
	status_pids >before
	hangs "$(status_pids relay | tail -n 1)"
	status_pids >after
	cmp before after || e2e_fail "processes have changed"
	restart 0
	finish
}

upgrade_case front_hangs 120 "a front hangs: the relay worker is replaced"
front_hangs_body() {
	# A login that the front has is lost.
	DEATHS=yes NWORKERS=1
	begin -deaths
	_front=$(status_pids front | head -n 1)
	kill -STOP "$_front"
	restart 0
	kill -CONT "$_front"
	load_flows
	[ "$(load_value ended)" -eq 0 ] || e2e_fail "sessions have ended"
	finish
}

upgrade_case itself_hangs 120 "the relay worker hangs: all stays as it was"
itself_hangs_body() {
	begin
	status_pids >before
	hangs "$(status_pids relay | head -n 1)"
	status_pids >after
	cmp before after || e2e_fail "processes have changed"
	restart 0
	finish
}

atf_init_test_cases() {
	atf_add_test_case each
	atf_add_test_case only
	atf_add_test_case many
	atf_add_test_case mesh_removed
	atf_add_test_case refused
	atf_add_test_case other_hangs
	atf_add_test_case itself_hangs
	atf_add_test_case front_hangs
}
