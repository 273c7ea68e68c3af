#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Tailscale's own STUN and netcheck, and those who fetch maps, against relay,
# STUN and map of one derpd.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# serve [STUN-STATEMENTS]: relay, STUN and, after a reload, the map of both.
serve() {
	e2e_need_interop
	HOST_NAME=localhost
	LISTEN='listen on 127.0.0.1 port 0 tls
listen on 127.0.0.1 port 0'
	STUN_LISTEN='listen on 127.0.0.1 port 0'
	if have_ipv6; then
		STUN_LISTEN="$STUN_LISTEN
	listen on ::1 port 0"
	fi
	EXTRA="stun {
	$STUN_LISTEN
	probe every 1
	${1:-}
}"
	e2e_start
	wait_until "STUN answers" answering
}

have_ipv6() {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null
}

answering() {
	ctl -j status | jq -e '.stun.answering'
}

# give_map FILTER: the map of our node, changed by a filter of jq, is served.
give_map() {
	ctl map node | jq "$1" >node.json
	jq '{Regions: {"900": {RegionID: 900, RegionCode: "own",
	    RegionName: "Own", Nodes: [.]}}}' node.json >map.json
	run ctl map check map.json
	EXTRA="$EXTRA
map \"$PWD/map.json\""
	# The ports stay those of the sockets that are open.
	e2e_conf
	run ctl reload
}

e2e_case one_worker 120 "netcheck chooses our region from our map"
one_worker_body() {
	serve
	give_map '. + {IPv6: "none"}'
	interop map-get,stun,netcheck
	e2e_stop
}

e2e_case three_workers 120 "the same with three relay workers and two of stund"
three_workers_body() {
	e2e_need_interop
	WORKERS=3
	serve 'workers 2'
	give_map '. + {IPv6: "none"}'
	interop map-get,stun,netcheck
	e2e_stop
}

e2e_case ipv6 60 "STUN over IPv6, as Tailscale asks"
ipv6_body() {
	have_ipv6 || atf_skip "there is no IPv6 loopback here"
	serve
	_port=$(ctl -j status | jq -r '.stun.listen[] |
	    select(startswith("[")) | sub(".*:"; "")')
	give_map ". + {IPv4: \"none\", IPv6: \"::1\", STUNPort: $_port}"
	interop stun
	e2e_stop
}

e2e_case https 120 "without STUN netcheck finds the relay over HTTPS"
https_body() {
	serve
	give_map '. + {IPv6: "none", STUNPort: -1}'
	interop netcheck-https
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case one_worker
	atf_add_test_case three_workers
	atf_add_test_case ipv6
	atf_add_test_case https
}
