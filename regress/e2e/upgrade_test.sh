#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl upgrade, and reloads that are one: how it is asked for, what is
# refused, and what whoever started derpd sees.  Traffic beside it is in
# regress/upgrade/.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# serving: the process of the parent that serves, as the log says.
serving() {
	sed -n 's/.*derpd was replaced by process \([0-9]*\).*/\1/p' derpd.log |
	    tail -n 1
}

# replaced COMMAND...: this replaces derpd; NEW is the parent that serves then.
replaced() {
	_old=$(serving)
	run "$@"
	NEW=$(serving)
	[ "$NEW" != "$_old" ] || e2e_fail "derpd was not replaced: $*"
	echo "$NEW" >>pids
	! e2e_gone "$NEW" || e2e_fail "process $NEW is not there"
	raw coalesced
}

# refused PATTERN COMMAND...: this fails for that reason, and all goes on.
refused() {
	_why=$1
	shift
	_old=$(serving)
	e2e_children any >before
	if "$@" >refused.out 2>&1; then
		e2e_fail "it was not refused: $_why"
	fi
	cat refused.out
	grep -q -e "$_why" refused.out || e2e_fail "the reason is not: $_why"
	[ "$(serving)" = "$_old" ] || e2e_fail "derpd was replaced"
	e2e_children any >after
	cmp before after || e2e_fail "processes were replaced"
	raw coalesced
}

# set_conf SED: change derpd.conf.
set_conf() {
	sed "$1" derpd.conf >derpd.conf.new
	mv derpd.conf.new derpd.conf
}

e2e_case client 180 "two clients exchange packets, and are replaced under"
client_body() {
	e2e_paths
	WORKERS=2
	e2e_start
	ctl probe -k -n 20000 127.0.0.1 "$TLS_PORT" >probe.out 2>&1 &
	_probe=$!
	echo "$_probe" >>pids
	wait_until "its clients are in" clients_are 2
	replaced ctl upgrade
	replaced ctl upgrade
	[ "$(grep -c 'replaced by process [0-9]*: [2-9][0-9]* session' \
	    derpd.log)" -eq 2 ] || e2e_fail "the sessions were not moved"
	wait "$_probe" || {
		cat probe.out >&2
		e2e_fail "the clients have noticed something"
	}
	e2e_stop
}

clients_are() {
	[ "$(ctl -j clients | grep -o nodekey: | wc -l)" -eq "$1" ]
}

e2e_case reload 120 "a reload changes the numbers of workers and fronts"
reload_body() {
	e2e_start
	set_conf 's/workers 1/workers 3/;s/fronts 1/fronts 2/'
	replaced ctl reload
	grep -q '`workers. has changed: derpd is replaced' derpd.log ||
	    e2e_fail "the log does not say why"
	for _p in relay:3 front:2 signer:2; do
		[ "$(processes "${_p%:*}")" -eq "${_p#*:}" ] ||
		    e2e_fail "not $_p"
	done
	# By a signal, which the first process passes on.
	set_conf 's/workers 3/workers 1/;s/fronts 2/fronts 1/'
	kill -HUP "$PID"
	wait_until "derpd is replaced again" replaced_since "$NEW"
	serving >>pids
	[ "$(processes relay)" -eq 1 ] || e2e_fail "not 1 relay worker"
	# Nothing has changed: nothing is replaced.
	_now=$(serving)
	run ctl reload
	[ "$(serving)" = "$_now" ] || e2e_fail "replaced without need"
	raw coalesced
	e2e_stop
}

replaced_since() {
	[ "$(serving)" != "$1" ]
}

# processes ROLE: how many of this role the parent that serves has.
processes() {
	ctl -j status | grep -o "\"role\":\"$1\"" | wc -l
}

e2e_case program 120 "a reload with another program on disk replaces derpd"
program_body() {
	e2e_paths
	installed
	e2e_start
	run ctl reload
	[ -z "$(serving)" ] || e2e_fail "replaced without need"
	cp -p inst/sbin/derpd inst/sbin/derpd.new
	touch inst/sbin/derpd.new
	mv inst/sbin/derpd.new inst/sbin/derpd
	replaced ctl reload
	grep -q 'the program has changed: derpd is replaced' derpd.log ||
	    e2e_fail "the log does not say why"
	run ctl reload
	[ "$(serving)" = "$NEW" ] || e2e_fail "replaced without need"
	e2e_stop
}

# installed: DERPD is a copy in a folder of its own.
installed() {
	mkdir -p inst/sbin inst/libexec/derpd
	cp -p "$DERPD" inst/sbin/derpd
	for _program in $(e2e_programs); do
		cp -p "$SRC/../../$_program" inst/libexec/derpd/
	done
	DERPD=$PWD/inst/sbin/derpd
}

e2e_case refusals 120 "what can't be replaced goes on, and the reason is said"
refusals_body() {
	e2e_paths
	DEATHS=yes
	installed
	e2e_start
	cp derpd.conf good.conf
	echo nonsense >>derpd.conf
	refused "derpd.conf:$(wc -l <derpd.conf | tr -d ' '): " ctl upgrade
	cp good.conf derpd.conf
	set_conf 's/derper.key/other.key/'
	refused '(`key.) is another one' ctl reload
	# Another file of the same key.
	cp derper.key other.key
	replaced ctl reload
	PARENT=$PID PID=$NEW
	chmod go+w inst/sbin
	refused '/inst/sbin, and so replace the program' ctl upgrade
	chmod go-w inst/sbin
	chmod go+w inst/sbin/derpd
	refused 'chmod go-w' ctl upgrade
	chmod go-w inst/sbin/derpd
	mv inst/sbin/derpd inst/sbin/derpd.gone
	refused '/inst/sbin/derpd can.t be found' ctl upgrade
	printf '#!/bin/sh\nexit 9\n' >inst/sbin/derpd
	chmod 755 inst/sbin/derpd
	refused 'ended with status 9' ctl upgrade
	printf '#!/bin/sh\nkill -KILL $$\n' >inst/sbin/derpd
	refused 'ended by signal 9' ctl upgrade
	rm inst/sbin/derpd
	mv inst/sbin/derpd.gone inst/sbin/derpd
	run ctl drain 5
	refused_plainly 'derpctl drain cancel' ctl upgrade
	run ctl drain cancel
	PID=$PARENT
	replaced ctl upgrade
	e2e_stop
}

# The same while nobody is let in.
refused_plainly() {
	if "${2}" "$3" >refused.out 2>&1; then
		e2e_fail "it was not refused: $1"
	fi
	grep -q -e "$1" refused.out || e2e_fail "the reason is not: $1"
}

e2e_case others 60 "root alone, or derpd's own user, may have it replaced"
others_body() {
	e2e_need_root "to be another user"
	command -v setpriv >/dev/null || atf_skip "there is no setpriv"
	_dir=$(mktemp -d /tmp/derpd-e2e.XXXXXX)
	echo "$_dir" >folder
	chmod 711 "$_dir"
	e2e_conf
	set_conf "s,control .*,control \"$_dir/derpd.sock\","
	e2e_launch
	chmod 666 "$_dir/derpd.sock"
	cp "$DERPCTL" "$_dir/derpctl"
	setpriv --reuid 12345 --regid 12345 --clear-groups "$_dir/derpctl" \
	    -s "$_dir/derpd.sock" status >others.out 2>&1 ||
	    e2e_fail "another user can't ask: $(cat others.out)"
	setpriv --reuid 12345 --regid 12345 --clear-groups "$_dir/derpctl" \
	    -s "$_dir/derpd.sock" upgrade >others.out 2>&1 &&
	    e2e_fail "another user has replaced derpd"
	grep -q 'permission denied' others.out || e2e_fail "$(cat others.out)"
	e2e_stop
	rm -r "$_dir"
}
others_cleanup() {
	e2e_cleanup
	[ ! -f folder ] || rm -rf "$(cat folder)"
}

e2e_case stands_in 180 "who started derpd sees one process, however many follow"
stands_in_body() {
	e2e_start
	for _round in 1 2 3 4 5 6; do
		replaced ctl upgrade
		raw coalesced
	done
	wait_until "parents in between end" parents_are 2
	! e2e_gone "$PID" || e2e_fail "the first process has ended"
	# It ends as the one that serves does.
	kill -KILL "$NEW"
	wait_until "the first process ends" e2e_stopped
	_rc=0
	wait "$PID" || _rc=$?
	[ "$_rc" -eq 137 ] || e2e_fail "the exit status is $_rc, not 137"
}

# parents_are N: so many parents run.
parents_are() {
	[ "$(parents | wc -l)" -eq "$1" ]
}

# The first process, and its children that are parents.
parents() {
	echo "$PID"
	ps -A -o pid= -o ppid= -o args= | awk -v first="$PID" '
	    $2 == first && / -U 3 / { print $1 }'
}

atf_init_test_cases() {
	atf_add_test_case client
	atf_add_test_case reload
	atf_add_test_case program
	atf_add_test_case refusals
	atf_add_test_case others
	atf_add_test_case stands_in
}
