#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Two derpbridged beside wireguard-go, over derpd, in network namespaces of this
# system: the backend that speaks to the socket of a user-space WireGuard.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"
# shellcheck source=regress/e2e/bridge.sh
. "$(atf_get_srcdir)/../e2e/bridge.sh"

# shellcheck source=regress/bridge/hosts.sh
. "$(atf_get_srcdir)/hosts.sh"

# both_direct: a ping passes, and neither host uses the relay.
both_direct() {
	answers a 10.77.0.2
	! relayed a && ! relayed b
}

uapi_fail() {
	tail -n 30 bridge-*.log relay.log >&2
}

atf_test_case fallback cleanup
fallback_head() {
	atf_set descr "wireguard-go is relayed while its direct path is dead"
	atf_set timeout 240
}
fallback_body() {
	trap 'uapi_fail' EXIT
	network
	keys
	relay
	wireguard a 1 2
	wireguard b 2 1
	bridge a
	bridge b
	within 20 "pings pass" answers a 10.77.0.2
	! relayed a || atf_fail "the direct path works, and the relay is used"
	# The direct path loses everything, and says nothing.
	run ip -n "${NS}b" addr del 10.5.2.2/24 dev d0
	run ip -n "${NS}a" neigh replace 10.5.2.2 lladdr 02:00:00:00:00:01 \
	    dev d0
	within 60 "pings pass over the relay" answers a 10.77.0.2
	relayed a || atf_fail "pings pass, and a sends to $(endpoint a)"
	run at a busybox ping -q -c 10 -i 0.1 -W 2 -s 1392 10.77.0.2
	run ip -n "${NS}b" addr add 10.5.2.2/24 dev d0
	run ip -n "${NS}a" neigh del 10.5.2.2 dev d0
	within 90 "the hosts are direct again" both_direct
	kill "$(cat bridge-a.pid)"
	wait "$(cat bridge-a.pid)" || atf_fail "derpbridged ended with $?"
	[ "$(endpoint a)" = 10.5.2.2:51820 ] ||
	    atf_fail "the endpoint at the end is $(endpoint a)"
	trap - EXIT
}
fallback_cleanup() {
	e2e_cleanup
	no_network
}

atf_init_test_cases() {
	atf_add_test_case fallback
}
