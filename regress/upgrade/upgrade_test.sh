#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl upgrade, and a reload that changes what a running derpd can't change:
# all processes are replaced, and no client notices.  What can't take over is
# refused, and all goes on.  UPGRADE_ALL=1 (make check-upgrade) adds long runs;
# OLD_DERPD names the tree of an older release that was built.

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin [OPTION...]: a daemon with NWORKERS workers, and traffic.
begin() {
	upgrade_need_load upgrade
	upgrade_install
	WORKERS=${NWORKERS:-2}
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

# replaced COMMAND...: this replaces all processes, which have the numbers
# WORKERS and FRONTS then.
replaced() {
	status_pids >before
	run "$@"
	status_pids >after
	! grep -xFf before after || e2e_fail "these processes are old ones"
	[ "$(status_pids relay | wc -l)" -eq "$WORKERS" ] ||
	    e2e_fail "not $WORKERS relay workers: $(cat after)"
	[ "$(status_pids front | wc -l)" -eq "${FRONTS:-$WORKERS}" ] ||
	    e2e_fail "not ${FRONTS:-$WORKERS} fronts: $(cat after)"
}

# numbers WORKERS FRONTS: change them by a reload.
numbers() {
	WORKERS=$1 FRONTS=$2
	sed "s/^	workers .*/	workers $1/
	    s/^	fronts .*/	fronts $2/" derpd.conf >derpd.conf.new
	mv derpd.conf.new derpd.conf
	replaced ctl reload
}

# build_is DIGIT: what serves is of that build.
build_is() {
	_id=$(sed -n 's/^BUILD = //p' "$TOP/sources.mk")
	for _p in $(status_pids); do
		grep -q "$1${_id#?}" "/proc/$_p/exe" ||
		    e2e_fail "process $_p is of another build"
	done
}

upgrade_case same 120 "to the same program, several times"
same_body() {
	begin
	for _round in 1 2 3 4; do
		replaced ctl upgrade
		load_flows
	done
	finish
}

upgrade_case other 120 "to another build, and back"
other_body() {
	begin
	upgrade_install X
	replaced ctl upgrade
	build_is X
	load_flows
	upgrade_install Y
	replaced ctl upgrade
	build_is Y
	load_flows
	upgrade_install
	replaced ctl upgrade
	finish
}

upgrade_case numbers 120 "other numbers of workers and fronts, by a reload"
numbers_body() {
	begin -flood 1
	numbers 3 1
	load_flows
	numbers 1 2
	load_flows
	numbers 4 3
	load_flows
	numbers 2 2
	finish
}

upgrade_case nothing_new 60 "a reload that changes nothing replaces nothing"
nothing_new_body() {
	begin
	status_pids >before
	run ctl reload
	status_pids >after
	cmp before after || e2e_fail "processes were replaced"
	finish
}

upgrade_case listen 120 "addresses to listen on come and go"
listen_body() {
	begin
	_port=$(free_port)
	sed "1a\\
listen on 127.0.0.1 port $_port tls" derpd.conf >derpd.conf.new
	cp derpd.conf derpd.conf.old
	mv derpd.conf.new derpd.conf
	replaced ctl reload
	run "$RAWDERP" -p "$_port" -n "$HOST_NAME" coalesced
	load_flows
	mv derpd.conf.old derpd.conf
	replaced ctl reload
	! curl -sk -m 5 -o /dev/null "https://127.0.0.1:$_port/" ||
	    e2e_fail "port $_port is still open"
	finish
}

upgrade_case proxied 120 "clients with TLS 1.2 and WebSocket, alone"
proxied_body() {
	begin -pairs 10 -tls12 5 -ws 5 -idle 0 -duplicates 0 -connectors 1
	# shellcheck disable=SC2046	# a word a process
	_before=$(clients_of $(status_pids front))
	[ "$_before" -ge 10 ] || e2e_fail "only $_before clients at the fronts"
	status_pids front >fronts
	replaced ctl upgrade
	# shellcheck disable=SC2046	# a word a process
	_after=$(clients_of $(cat fronts))
	[ "$_after" -ge 10 ] || e2e_fail "only $_after of them are left"
	replaced ctl upgrade
	load_flows
	answers_end
	load_end
	# Nobody is left for the old fronts.
	while read -r _p; do
		wait_until "an old front ends" e2e_gone "$_p"
	done <fronts
	e2e_stop
	wait_until "all processes end" nothing_left
}

upgrade_case old_ones_end 60 "what has nothing left ends"
old_ones_end_body() {
	begin -tls12 0 -ws 0 -idle 0
	status_pids >before
	replaced ctl upgrade
	grep -vx "$PID" before >old
	while read -r _p; do
		wait_until "an old process ends" e2e_gone "$_p"
	done <old
	finish
}

# refuses WHY: an upgrade is refused, with this in the reason; all goes on.
refuses() {
	status_pids >before
	! ctl upgrade >out 2>&1 || e2e_fail "the upgrade is accepted: $1"
	cat out
	grep -q -e "$1" out || e2e_fail "no reason of: $1"
	status_pids >after
	cmp before after || e2e_fail "processes have changed: $1"
	load_flows
}

upgrade_case refused 180 "what can't take over: all stays as it was"
refused_body() {
	begin
	DEATHS=yes
	cp derpd.conf derpd.conf.old
	echo 'nonsense on' >>derpd.conf
	refuses 'derpd.conf'
	sed "s/^certificate.*/certificate \"none.crt\" key \"none.key\"/" \
	    derpd.conf.old >derpd.conf
	refuses 'none.crt'
	mv derpd.conf.old derpd.conf

	chmod 644 installed/sbin/derpd
	refuses 'installed/sbin/derpd'
	chmod 777 installed/sbin/derpd
	refuses 'installed/sbin/derpd'
	chmod 755 installed/sbin/derpd
	chmod 777 installed/sbin
	refuses 'installed/sbin'
	chmod 755 installed/sbin
	mv installed/sbin/derpd derpd.moved
	refuses 'installed/sbin/derpd'

	# An older one knows nothing of upgrades; another one says nothing.
	printf '#!/bin/sh\necho "derpd: unknown option" >&2\nexit 1\n' \
	    >installed/sbin/derpd
	chmod 755 installed/sbin/derpd
	refuses '.'
	printf '#!/bin/sh\nexit 0\n' >installed/sbin/derpd.new
	chmod 755 installed/sbin/derpd.new
	mv installed/sbin/derpd.new installed/sbin/derpd
	refuses '.'
	mv derpd.moved installed/sbin/derpd
	replaced ctl upgrade
	finish
}

upgrade_case half_unpacked 180 "one program is of another build"
half_unpacked_body() {
	begin
	DEATHS=yes
	for _p in derpd/derpd derpd/keys/derpd-keys derpd/front/derpd-front \
	    derpd/relay/derpd-relay derpd/signer/derpd-signer; do
		upgrade_install X "$_p"
		refuses 'ended'
		logged 'of another build' || e2e_fail "the log does not say why"
		upgrade_install
	done
	rm installed/libexec/derpd/derpd-front
	refuses 'derpd-front'
	upgrade_install X
	replaced ctl upgrade
	build_is X
	finish
}

upgrade_case older 120 "an older release: all stays as it was"
older_body() {
	[ -n "${OLD_DERPD:-}" ] || atf_skip "OLD_DERPD is not set"
	begin
	DEATHS=yes
	for _p in derpd/derpd $(e2e_programs | tr ' ' '\n' |
	    grep -v derpbridge); do
		_to=installed/libexec/derpd/${_p##*/}
		[ "${_p##*/}" != derpd ] || _to=installed/sbin/derpd
		cp "$OLD_DERPD/$_p" "$_to.new"
		mv "$_to.new" "$_to"
	done
	refuses '.'
	upgrade_install
	replaced ctl upgrade
	finish
}

# The path of a program that was replaced since it was executed is marked.
upgrade_case early 60 "the program is replaced while derpd starts"
early_body() {
	upgrade_need_load upgrade
	upgrade_install
	exec 9<installed/sbin/derpd
	upgrade_install '' derpd/derpd
	DERPD=/proc/self/fd/9
	WORKERS=1
	upgrade_start
	readlink "/proc/$PID/exe" | grep -q deleted ||
	    e2e_fail "derpd runs from its path"
	replaced ctl reload
	e2e_stop
	wait_until "all processes end" nothing_left
}

upgrade_case at_once 120 "several are asked for at once"
at_once_body() {
	begin
	for _i in 1 2 3; do
		ctl upgrade >"out.$_i" 2>&1 &
		eval "_pid$_i=\$!"
	done
	_good=0
	for _i in 1 2 3; do
		eval "_pid=\$_pid$_i"
		if wait "$_pid"; then
			_good=$((_good + 1))
		else
			[ -s "out.$_i" ] || e2e_fail "no reason"
		fi
		cat "out.$_i"
	done
	[ "$_good" -ge 1 ] || e2e_fail "none succeeded"
	finish
}

# many N COMMAND...: replace it so many times.
many() {
	_left=$1
	shift
	while [ "$_left" -gt 0 ]; do
		_left=$((_left - 1))
		N=$_left
		"$@"
		[ "$((_left % 10))" -ne 0 ] || cat load.state
	done
}

long_upgrade() {
	upgrade_install "$((N % 2 + 6))"
	replaced ctl upgrade
}

long_numbers() {
	numbers "$((N % 4 + 1))" "$((N % 3 + 1))"
}

# 250 ms is the bound of a packet, on a machine that has nothing else to do.
upgrade_case hundred 1200 "100 upgrades in a row"
hundred_body() {
	LOAD_OPTIONS="-rate 50 -idle 300 -flood 1 -max-delay ${MAX_DELAY:-0}"
	begin
	many 100 long_upgrade
	finish
}

upgrade_case hundred_numbers 1200 "100 other numbers of workers in a row"
hundred_numbers_body() {
	LOAD_OPTIONS="-rate 50 -idle 300 -max-delay ${MAX_DELAY:-0}"
	begin
	many 100 long_numbers
	finish
}

atf_init_test_cases() {
	atf_add_test_case same
	atf_add_test_case other
	atf_add_test_case numbers
	atf_add_test_case nothing_new
	atf_add_test_case listen
	atf_add_test_case proxied
	atf_add_test_case old_ones_end
	atf_add_test_case refused
	atf_add_test_case half_unpacked
	atf_add_test_case older
	atf_add_test_case early
	atf_add_test_case at_once
	[ -n "${UPGRADE_ALL:-}" ] || return 0
	atf_add_test_case hundred
	atf_add_test_case hundred_numbers
}
