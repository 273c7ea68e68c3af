#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Connections that are not logged in: how many, and what is kept of them.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# metric NAME: its value in /debug/varz.
metric() {
	curl -s -o varz "http://127.0.0.1:$PLAIN_PORT/debug/varz" ||
	    e2e_fail "/debug/varz is not answered"
	awk -v name="$1" '$1 == name { print $2 }' varz
}

# grown NAME BEFORE BY: the metric has grown by so much.
grown() {
	_now=$(metric "$1")
	[ "$_now" -eq $(($2 + $3)) ] ||
	    e2e_fail "$1 grew from $2 to $_now, not by $3"
}

e2e_case counts 60 "what is counted as accepted is what derper counts"
counts_body() {
	e2e_start
	_accepts=$(metric derp_accepts)
	_tls=$(metric tls_listener_accepted_connections)
	# A probe for the key and 7 upgrades; then 4 of TCP that come to nothing.
	raw http-upgrades
	for _i in 1 2 3 4; do
		curl -s -m 5 "http://127.0.0.1:$TLS_PORT/" && e2e_fail "no TLS"
	done
	grown derp_accepts "$_accepts" 8
	grown tls_listener_accepted_connections "$_tls" 12
	grown tls_listener_rejected_connections 0 0
	e2e_stop
}

e2e_case accept_rate 60 "no more than the accept rate"
accept_rate_body() {
	e2e_start
	_tls=$(metric tls_listener_accepted_connections)
	_rejected=$(metric tls_listener_rejected_connections)
	# By a reload, so that the start could be awaited.
	RELAY='accept rate 1 burst 5'
	e2e_conf
	run ctl reload
	raw accept-rate
	RELAY=
	e2e_conf
	run ctl reload
	[ "$(metric tls_listener_rejected_connections)" -ge \
	    $((_rejected + 30)) ] || e2e_fail "the rejected are not counted"
	[ "$(metric tls_listener_accepted_connections)" -le \
	    $((_tls + 25)) ] || e2e_fail "the rejected count as accepted"
	e2e_stop
}

e2e_case max_clients 60 "as many clients as configured, and no more"
max_clients_body() {
	e2e_paths
	RELAY='max clients 10'
	e2e_start
	raw -c 10 max-clients
	grep -q 'max clients (10) reached' derpd.log ||
	    e2e_fail "nothing was logged"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case counts
	atf_add_test_case accept_rate
	atf_add_test_case max_clients
}
