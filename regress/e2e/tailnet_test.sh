#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A tailnet of the real programs, with one derpd as relay, STUN and source of
# the DERP map, on their own ports in network namespaces.
#
# BENCH_BIN names the directory of headscale, tailscale and tailscaled, as `make
# bench-wan' builds them.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/bench/tailnet.sh
. "$(atf_get_srcdir)/../bench/tailnet.sh"

need_peers() {
	e2e_need_root "network namespaces"
	e2e_paths
	for _p in headscale tailscale tailscaled; do
		[ -x "${BENCH_BIN:-/nonexistent}/$_p" ] ||
		    atf_skip "no $_p in BENCH_BIN (${BENCH_BIN:-unset})"
	done
	for _p in ip curl jq timeout; do
		command -v "$_p" >/dev/null || atf_skip "there is no $_p"
	done
	ip netns add "${NS}try" 2>/dev/null ||
	    atf_skip "no network namespaces here"
	ip netns del "${NS}try"
}

# in_srv VARIABLE: make it name a script that runs its program within `srv'.
in_srv() {
	_program=
	eval "_program=\$$1"
	cat >"$1" <<-end
	#!/bin/sh
	exec ip netns exec ${NS}srv "$_program" "\$@"
	end
	chmod 755 "$1"
	eval "$1=\$PWD/$1"
}

# tailnet_start [WORKERS]: start derpd with the map of its own node, then the
# rest.
tailnet_start() {
	need_peers
	WORK=$PWD TUN=userspace-networking HOST_NAME=derp.test
	echo "$NS" >namespaces
	net_up "" || e2e_fail "no namespaces"
	in_srv DERPD
	in_srv RAWDERP
	WORKERS=${1:-1} MESH=''
	LISTEN='listen on * port 443 tls
listen on * port 80'
	EXTRA='stun { probe every 1 }'
	e2e_start
	write_map Own
	run ctl map check map.json
	EXTRA="$EXTRA
map \"$PWD/map.json\""
	e2e_conf
	run ctl reload
	: "${TRUST:=$PWD/state/self-signed.crt}"
	MAP_URL=https://derp.test/derpmap/default
	tailnet_up || tail_fail "the tailnet is not up"
	LOG_LINES=$(wc -l <derpd.log)
}

# write_map NAME: write the map of our node, and move it in place.
write_map() {
	ctl map node >node.json
	jq --arg name "$1" '{Regions: {"900": {RegionID: 900,
	    RegionCode: "own", RegionName: $name, Nodes: [.]}}}' node.json \
	    >map.new
	mv map.new map.json
}

tail_fail() {
	for _f in hs a b; do
		sed "s/^/$_f.log: /" "$_f.log" | tail -n 15 >&2
	done
	e2e_fail "$@"
}

tailnet_stop() {
	e2e_stop
	net_down
}

# tailnet_cleanup: remove the namespaces of a body that failed.
tailnet_cleanup() {
	e2e_cleanup
	[ ! -f namespaces ] || {
		NS=$(cat namespaces)
		net_down
	}
}

# tail_case NAME SECONDS DESCRIPTION
tail_case() {
	e2e_case "$@"
	eval "$1_cleanup() { tailnet_cleanup; }"
}

# netcheck_is a|b FILTER: the client's netcheck matches this jq filter.
netcheck_is() {
	ts "$1" netcheck --format=json >"netcheck.$1" 2>/dev/null &&
	    jq -e "$2" "netcheck.$1"
}

# pings: pings pass over the relay, and no other way.
pings() {
	ts a ping -c 1 --timeout 2s --until-direct=false "$PEER" |
	    grep -q 'via DERP(own)'
}

# transfer: a file through the relay arrives unchanged.
transfer() {
	mkdir -p files
	head -c 8000000 /dev/urandom >files/blob
	run ts b serve --bg --http=8099 "$PWD/files"
	_name=$(ts b status --json | jq -r '.Self.DNSName | rtrimstr(".")')
	wait_until "the file arrives" in_ns na curl -sS --fail -m 60 \
	    --socks5 127.0.0.1:1055 -H "Host: $_name:8099" -o got \
	    "http://$PEER:8099/blob"
	cmp files/blob got || tail_fail "another file arrived"
}

# logged LINE: derpd has logged it since the tailnet is up.
logged() {
	tail -n "+$((LOG_LINES + 1))" derpd.log | grep -q "$1"
}

e2e_has_ipv6() {
	ip -n "${NS}na" -6 addr show dev eth0 2>/dev/null | grep -q fd09
}

# finds_us: netcheck of both clients finds us, over all address families.
finds_us() {
	_want='.PreferredDERP == 900 and .UDP and .IPv4'
	! e2e_has_ipv6 || _want="$_want and .IPv6"
	for _x in a b; do
		wait_until "netcheck of $_x finds us" netcheck_is "$_x" "$_want"
		jq -c '{PreferredDERP, UDP, IPv4, IPv6, RegionLatency}' \
		    "netcheck.$_x"
	done
}

tail_case whole 300 "two clients and headscale with nothing but derpd"
whole_body() {
	tailnet_start
	finds_us
	pings || tail_fail "no ping over the relay"
	transfer
	tailnet_stop
}

tail_case three_workers 300 "the same with three workers and a CA's certificate"
three_workers_body() {
	need_peers
	HOST_NAME=derp.test
	use_cert ec
	TRUST=$PWD/ca.pem CLIENT_TRUST=$PWD/ca.pem
	tailnet_start 3
	finds_us
	pings || tail_fail "no ping over the relay"
	transfer
	tailnet_stop
}

# ping_begin: ping constantly, a line each in ping.log, until ping_end.
ping_begin() {
	: >ping.log
	while [ -f ping.log ]; do
		if pings >/dev/null 2>&1; then
			echo passed
		else
			echo lost
		fi >>ping.log
	done >/dev/null 2>&1 &
	echo $! >>pids
	ping_passes 2
}

# ping_passes N: that many more pings pass.
ping_passes() {
	_passed=$(grep -c passed ping.log)
	_more=$1
	wait_until "pings pass" ping_counted
}

ping_counted() {
	[ "$(grep -c passed ping.log)" -ge "$((_passed + _more))" ]
}

lost() {
	grep -c lost ping.log
}

# dies ROLE: kill it; it is replaced soon.
dies() {
	LOG_LINES=$(wc -l <derpd.log)
	_pid=$(e2e_children "$1" | head -n 1)
	[ -n "$_pid" ] || tail_fail "there is no $1"
	kill -KILL "$_pid"
	wait_until "$1 is back" logged "$1.* ready"
}

map_is_served() {
	in_ns srv curl -sS --fail -m 5 --cacert "$TRUST" -o got "$MAP_URL" &&
	    cmp got map.json
}

tail_case deaths 300 "stund, derpmapd and a worker die under pings"
deaths_body() {
	tailnet_start 2
	DEATHS=yes
	ping_begin
	dies stund
	ping_passes 5
	finds_us
	dies derpmapd
	ping_passes 5
	wait_until "the map is served" map_is_served
	[ "$(lost)" -eq 0 ] || tail_fail "pings were lost: $(lost)"
	# Kill both workers, whichever the clients are at.
	dies relay
	dies relay
	ping_passes 5
	finds_us
	echo "pings: $(grep -c passed ping.log) passed, $(lost) lost"
	rm ping.log
	tailnet_stop
}

# connects: how often the two clients have connected to the relay.
connects() {
	cat a.log b.log | grep -c 'derp-900 connected'
}

tail_case upgrades 300 "derpd is replaced under pings"
upgrades_body() {
	tailnet_start 2
	ping_begin
	_connects=$(connects)
	[ "$_connects" -ge 2 ] || tail_fail "no connection was logged"
	for _n in 1 2 3 4 5; do
		run ctl upgrade
		ping_passes 3
	done
	[ "$(lost)" -eq 0 ] || tail_fail "pings were lost: $(lost)"
	[ "$(connects)" -eq "$_connects" ] || tail_fail "a client came again"
	finds_us
	echo "pings: $(grep -c passed ping.log) passed"
	rm ping.log
	tailnet_stop
}

# region_is NAME: client a has this name of the region from headscale.
region_is() {
	ts a debug derp-map | jq -e --arg name "$1" \
	    '.Regions."900".RegionName == $name'
}

# fetches: count headscale's requests for the map.
fetches() {
	grep -c 'Fetching DERPMap' hs.log
}

asked_again() {
	[ "$(fetches)" -gt "$_fetches" ]
}

tail_case changes 300 "clients get a changed map, and outlive a stop of derpd"
changes_body() {
	tailnet_start
	region_is Own >/dev/null || tail_fail "it is another region"
	write_map Changed
	wait_until "the new map is with the client" region_is Changed
	# Clients reconnect to a region that has changed.
	wait_until "pings pass with the new map" pings
	e2e_stop
	_fetches=$(fetches)
	wait_until "headscale asks in vain" asked_again
	region_is Changed >/dev/null || tail_fail "the map is lost"
	e2e_start
	wait_until "pings pass again" pings
	finds_us
	write_map Again
	wait_until "headscale is with us again" region_is Again
	tailnet_stop
}

atf_init_test_cases() {
	atf_add_test_case whole
	atf_add_test_case three_workers
	atf_add_test_case deaths
	atf_add_test_case upgrades
	atf_add_test_case changes
}
