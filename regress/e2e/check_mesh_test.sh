#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check of a region with several nodes: ours and derper, linked, without
# a link, and with one that lets nobody in.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/mesh.sh
. "$(atf_get_srcdir)/mesh.sh"

# region_check STATUS: derpctl check a map of all nodes; the exit status.
region_check() {
	for _name in $NODES; do
		jq -n --arg name "$_name" --arg host "$REGION" \
		    --argjson port "$(port "$_name")" '{Name: $name,
		    RegionID: 900, HostName: $host, IPv4: "127.0.0.1",
		    IPv6: "none", DERPPort: $port, STUNPort: -1}'
	done | jq -s '{Regions: {"900": {RegionID: 900, RegionCode: "own",
	    RegionName: "Own", Nodes: .}}}' >map.json
	"$DERPCTL" -j check -c ca.pem map.json >check.json 2>check.err
	_rc=$?
	[ "$_rc" -eq "$1" ] && return
	cat check.json check.err >&2
	atf_fail "exit status $_rc, not $1"
}

# faults_are NAME...: these faults were found, once each.
faults_are() {
	jq -r '.places[].findings[] | select(.level == "fault") |
	    "\(.name): \(.what)"' check.json | sort >found
	cat found
	_got=$(cut -d: -f1 found | tr '\n' ' ')
	[ "$_got" = "$*${*:+ }" ] || atf_fail "found were $_got, not $*"
}

e2e_case linked 120 "three nodes with links: no fault"
linked_body() {
	e2e_paths
	region_make a b c
	region_start
	region_check 0
	faults_are
}

e2e_case derper 120 "a node of ours and derper: no fault"
derper_body() {
	e2e_paths
	need_derper
	region_make a b
	region_derper
	region_check 0
	faults_are
}

e2e_case unlinked 120 "a node without links to the others: one fault"
unlinked_body() {
	e2e_paths
	region_make a b c
	for _name in $NODES; do
		node_conf "$_name"
		node_start "$_name"
	done
	node_conf a "$(with b)"
	run node_ctl a reload
	node_conf b "$(with a)"
	run node_ctl b reload
	wait_until "a has its link" linked a
	wait_until "b has its link" linked b
	region_check 1
	faults_are mesh-broken
	grep -q 'from b to c, c to b, c to a, a to c$' found ||
	    atf_fail "it names other nodes"
}

e2e_case refused 120 "a node that lets nobody in: its own fault alone"
refused_body() {
	e2e_paths
	region_make a b
	: >clients
	node_conf a
	node_start a
	EXTRA="admit { keys \"$PWD/clients\" }"
	node_conf b
	node_start b
	region_check 1
	faults_are login-refused
}

atf_init_test_cases() {
	atf_add_test_case linked
	atf_add_test_case derper
	atf_add_test_case unlinked
	atf_add_test_case refused
}
