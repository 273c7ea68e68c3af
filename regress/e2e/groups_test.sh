#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Limits of groups of clients, by their exact values.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# groups LIMITS: write the clients file, with these limits of the group.
groups() {
	e2e_paths
	{
		echo "group staff $*"
		"$RAWDERP" -p 1 group-keys | grep nodekey
	} >clients
	ANSWERS=group-none
	EXTRA="admit { keys \"$PWD/clients\" }"
}

e2e_case group_rate 60 "clients of a group share its rate"
group_rate_body() {
	groups rate 64K burst 65568
	for WORKERS in 1 3; do
		e2e_start
		raw group-rate
		e2e_stop
	done
}

e2e_case group_admit 60 "a rate is kept while admit is started again"
group_admit_body() {
	groups rate 64K burst 65568
	WORKERS=3 DEATHS=1
	e2e_start
	raw_begin group-rate-again
	sleep 1
	kill -KILL "$(e2e_children admit)"
	if ! wait "$RAW_PID"; then
		cat raw.out >&2
		e2e_fail "the clients did not share the rate"
	fi
	cat raw.out
	[ "$(grep -c 'admit ready' derpd.log)" -eq 2 ] ||
	    e2e_fail "admit was not started again"
	e2e_stop
}

e2e_case group_quota 60 "a quota closes and refuses, also after a restart"
group_quota_body() {
	groups quota 1M
	e2e_start
	raw group-quota
	ctl -j groups >groups.json
	grep -q '"name":"staff".*"over":true' groups.json ||
	    e2e_fail "derpctl groups says: $(cat groups.json)"
	e2e_stop
	e2e_launch
	raw group-over
	groups quota 2M
	run ctl reload
	raw group-open
	groups quota 1K
	run ctl reload
	raw group-over
	e2e_stop
}

e2e_case group_connections 60 "a group has no more connections than it may"
group_connections_body() {
	groups connections 2
	WORKERS=2
	e2e_start
	raw group-connections
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case group_rate
	atf_add_test_case group_admit
	atf_add_test_case group_quota
	atf_add_test_case group_connections
}
