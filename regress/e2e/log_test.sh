#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The log: its forms, its levels under systemd, what it says of clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# Fail unless each line of log.part is an object with what every line has.
all_json() {
	[ -s log.part ] || e2e_fail "no lines"
	jq -e '(.time | test("^20[0-9-]*T[0-9:]*[.][0-9]{3}Z$")) and
	    (.level | test("^(debug|info|warning|error)$")) and
	    (.process | length > 0) and (.pid > 1) and (.message | length > 0)
	    ' log.part >jq.out 2>jq.err || e2e_fail "no object: $(cat jq.err)"
	! grep -qv true jq.out || e2e_fail "an object lacks a member"
	[ "$(grep -c . log.part)" -eq "$(grep -c . jq.out)" ] ||
	    e2e_fail "not one object a line"
}

# part: what was logged since the last call, in log.part.
part() {
	tail -n +"$((SEEN + 1))" derpd.log >log.part
	SEEN=$(wc -l <derpd.log)
}

# of_front PATTERN: a front has logged that, as JSON, with the client.
of_front() {
	grep -q "\"process\":\"front 0\".*$1.*,\"client\":\"127.0.0.1:[0-9]*\"" \
	    derpd.log
}

e2e_case format 90 "log format: every line of all processes, by start and reload"
format_body() {
	e2e_paths
	command -v jq >/dev/null || atf_skip "needs jq"
	EXTRA="log format json"
	SEEN=0
	e2e_start
	run ctl log verbose
	curl -s -o /dev/null -k "https://127.0.0.1:$TLS_PORT/generate_204"
	wait_until "the front logs the client" of_front 'connection .* closed'
	part
	all_json
	for _p in derpd 'front 0'; do
		grep -q "\"process\":\"$_p\"" log.part ||
		    e2e_fail "no line of $_p"
	done
	EXTRA=
	e2e_conf
	run ctl reload
	part
	curl -s -o /dev/null -k "https://127.0.0.1:$TLS_PORT/generate_204"
	wait_until "the front logs text" grep -q \
	    'front 0: connection .* closed: .* client=127.0.0.1:[0-9]*$' \
	    derpd.log
	part
	! grep -q '^{' log.part || e2e_fail "JSON after the reload"
	e2e_stop
}

# Standard error is what JOURNAL_STREAM names: lines carry their levels.
e2e_case journal 60 "levels under systemd, in all processes"
journal_body() {
	e2e_paths
	[ "$(uname -s)" = Linux ] || atf_skip "systemd is on Linux alone"
	EXTRA="sandbox off"
	: >derpd.log
	JOURNAL_STREAM=$(stat -c %d:%i derpd.log)
	export JOURNAL_STREAM
	e2e_start
	run ctl log verbose
	curl -s -o /dev/null -k "https://127.0.0.1:$TLS_PORT/generate_204"
	wait_until "the front logs" grep -q '^<7>front 0: ' derpd.log
	grep -q '^<6>listening on' derpd.log || e2e_fail "no level info"
	grep -q '^<4>sandbox off' derpd.log || e2e_fail "no level warning"
	! grep -v '^<[3467]>' derpd.log || e2e_fail "lines without a level"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case format
	atf_add_test_case journal
}
