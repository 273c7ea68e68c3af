#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The map of derpbridged: from a URL, over failures and restarts; and the names
# on the way to it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/bridge.sh
. "$(atf_get_srcdir)/bridge.sh"
# shellcheck source=regress/e2e/source.sh
. "$(atf_get_srcdir)/source.sh"

# from_url [LINE...]: write a configuration with the map of the other server.
from_url() {
	MAP="map url \"https://localhost:$SOURCE_PORT/map.json\" every 1 \
	    ca file \"$PWD/ca.pem\""
	bridge_conf 'interface "wgtest0" { fwmark none }' "$@"
}

# logged LINE [N]: the log contains it, N times.
logged() {
	[ "$(grep -c "$1" derpd.log)" -ge "${2:-1}" ]
}

# kept: the copy of the last good map equals that of the other server.
kept() {
	cmp -s map.json state/*map*.json
}

e2e_case url 120 "a map is followed through changes, failures and a restart"
url_body() {
	e2e_paths
	HOST_NAME=relay.test
	write_map map.json one
	source_start
	from_url
	bridge_start
	wait_until "the map is there" kept
	write_map map.json two
	wait_until "the new map is there" kept
	logged 'is in force' 2 || e2e_fail "the new map is not in force"
	echo '{"Regions":{}}' >map.json
	wait_until "a bad map is noticed" logged 'the last good one stays'
	! kept || e2e_fail "a bad map is kept"
	write_map map.json two
	wait_until "it is good again" logged 'is good again'
	source_stop
	wait_until "its end is noticed" logged 'Connection refused'
	kill -KILL "$(e2e_children fetch | head -n 1)"
	wait_until "another fetch is ready" logged 'fetch ready' 2
	bridge_stop
	# A start without the source.
	bridge_start
	wait_until "the copy is used" \
	    logged 'copy of the last good map .* is in force'
	source_start "$SOURCE_PORT"
	write_map map.json three
	wait_until "the third map is there" kept
	source_stop
	bridge_stop
}

e2e_case dns 120 "names are resolved by the server of the configuration alone"
dns_body() {
	e2e_paths
	grep -q '^CARES = cares' "$SRC/../../config.mk" ||
	    atf_skip "built without libc-ares"
	HOST_NAME=relay.test
	write_map map.json one
	source_start
	_port=$(free_port)
	from_url "dns server 127.0.0.1 port $_port"
	bridge_start
	wait_until "the DNS server is missed" \
	    logged "localhost port $SOURCE_PORT: 127.0.0.1:$_port: "
	# A reload that names none: the system's resolver knows the host.
	from_url
	kill -HUP "$PID"
	wait_until "another resolve is ready" logged 'resolve ready' 2
	wait_until "the map is there" kept
	source_stop
	bridge_stop
}

e2e_case check 60 "a check of the configuration includes the map"
check_body() {
	bridge_conf 'interface "wgtest0" { }'
	run "$BRIDGED" -n -f bridge.conf
	grep -q 'configuration OK' run.out || e2e_fail "$(cat run.out)"
	[ ! -e state ] || e2e_fail "-n has made the state directory"
	echo '{"Regions":{"900":{"RegionID":901}}}' >map.json
	! "$BRIDGED" -n -f bridge.conf >out 2>&1 ||
	    e2e_fail "a bad map is no error: $(cat out)"
	grep -q 'map.json:1:[0-9]*: .*RegionID' out || e2e_fail "$(cat out)"
	rm map.json
	! "$BRIDGED" -n -f bridge.conf >out 2>&1 ||
	    e2e_fail "a missing map is no error: $(cat out)"
	grep -q 'map.json: No such file' out || e2e_fail "$(cat out)"
}

atf_init_test_cases() {
	atf_add_test_case check
	atf_add_test_case url
	atf_add_test_case dns
}
