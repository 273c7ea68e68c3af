#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Two derpbridged beside wireguard-go, over derpd, in network namespaces of this
# system: the backend that speaks to the socket of a user-space WireGuard.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"
# shellcheck source=regress/e2e/bridge.sh
. "$(atf_get_srcdir)/../e2e/bridge.sh"

# Namespaces a, b and r have 10.5.1.1, .2 and .3 on one bridge, for the relay;
# a and b have 10.5.2.1 and .2 on another one, for the direct path.
network() {
	e2e_need_root "network namespaces"
	e2e_paths
	GO_PEER=$SRC/bridge
	[ -x "$GO_PEER" ] ||
	    atf_skip "the Go peers were not built (regress/interop/build.sh)"
	for _tool in ip wg busybox jq; do
		command -v "$_tool" >/dev/null || atf_skip "there is no $_tool"
	done
	[ -c /dev/net/tun ] || atf_skip "there is no /dev/net/tun"
	NS=u$$
	for _host in a b r; do
		ip netns add "$NS$_host" 2>/dev/null ||
		    atf_skip "no network namespaces"
		echo "$NS$_host" >>networks
		ip -n "$NS$_host" link set lo up
	done
	link a 1 1
	link b 1 2
	run ip -n "${NS}r" link add br0 type bridge
	run ip -n "${NS}r" link set br0 up
	run ip -n "${NS}r" link set a1 master br0
	run ip -n "${NS}r" link set b1 master br0
	run ip -n "${NS}r" addr add 10.5.1.3/24 dev br0
	run ip -n "${NS}a" link add d0 type veth peer name d0 netns "${NS}b"
	ip -n "${NS}a" addr add 10.5.2.1/24 dev d0
	ip -n "${NS}b" addr add 10.5.2.2/24 dev d0
	ip -n "${NS}a" link set d0 up
	ip -n "${NS}b" link set d0 up
}

# link HOST NET NUMBER: an interface of a host, whose other end is in r.
link() {
	run ip -n "$NS$1" link add "e$2" type veth peer name "$1$2" \
	    netns "${NS}r"
	ip -n "$NS$1" addr add "10.5.$2.$3/24" dev "e$2"
	ip -n "$NS$1" link set "e$2" up
	ip -n "${NS}r" link set "$1$2" up
}

at() {
	_at=$NS$1
	shift
	ip netns exec "$_at" "$@"
}

# relay: start derpd in r, and write map.json with the pin of its certificate.
relay() {
	LISTEN='listen on 10.5.1.3 port 443 tls' MESH=''
	e2e_conf
	ip netns exec "${NS}r" "$DERPD" -d -f derpd.conf >relay.log 2>&1 &
	echo $! >>pids
	wait_until "derpd is ready" grep -q 'derpd [0-9.]* ready:' relay.log
	"$DERPCTL" -s "$PWD/derpd.sock" node |
	    jq '{Regions: {"900": {RegionID: 900, RegionCode: "x",
		RegionName: "x", Nodes: [. + {Name: "900a", RegionID: 900,
		IPv4: "10.5.1.3", IPv6: "none"}]}}}' >map.json ||
	    e2e_fail "derpctl node"
}

# wireguard HOST NUMBER OTHER-NUMBER: start wireguard-go there, with the key of
# HOST.key.
wireguard() {
	_other=b
	[ "$1" = a ] || _other=a
	ip netns exec "$NS$1" "$GO_PEER" wireguard "$NS$1" >"wg-$1.log" 2>&1 &
	echo $! >>pids
	wait_until "wireguard-go is ready" grep -q ready "wg-$1.log"
	run at "$1" wg set "$NS$1" private-key "$1.key" listen-port 51820 \
	    peer "$(wg pubkey <"$_other.key")" \
	    allowed-ips "10.77.0.$3/32" endpoint "10.5.2.$3:51820"
	run ip -n "$NS$1" addr add "10.77.0.$2/24" dev "$NS$1"
	run ip -n "$NS$1" link set "$NS$1" up
}

# bridge HOST: start derpbridged there.
bridge() {
	mkdir -p "$1"
	(
		cd "$1" || exit 1
		MAP="map file \"$PWD/../map.json\"" SRC=$SRC \
		    bridge_conf "interface \"$NS$1\" {
			uapi \"/var/run/wireguard/$NS$1.sock\"
		}"
		mkdir -p state
	)
	ip netns exec "$NS$1" "${BRIDGED:-$SRC/../../derpbridge/derpbridged}" \
	    -d -v -f "$1/bridge.conf" >"bridge-$1.log" 2>&1 &
	echo $! >>pids
	echo $! >"bridge-$1.pid"
	wait_until "derpbridged is ready" \
	    grep -q 'derpbridged [0-9.]* ready:' "bridge-$1.log"
}

answers() {
	at "$1" busybox ping -q -c 1 -W 1 "$2" >/dev/null 2>&1
}

# endpoint HOST: where its wireguard-go sends.
endpoint() {
	at "$1" wg show "$NS$1" endpoints | cut -f 2
}

relayed() {
	case $(endpoint "$1") in
	127.0.*) return 1 ;;
	127.*)	return 0 ;;
	esac
	return 1
}

# both_direct: a ping passes, and neither host uses the relay.
both_direct() {
	answers a 10.77.0.2
	! relayed a && ! relayed b
}

# within SECONDS WHAT COMMAND...: as wait_until, for what takes longer.
within() {
	_bound=$1
	shift
	BOUND=$((_bound * 5)) wait_until "$@"
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
	wg genkey >a.key
	wg genkey >b.key
	chmod 600 a.key b.key
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
	[ ! -f networks ] || while read -r _ns; do
		ip netns del "$_ns" 2>/dev/null
		rm -f "/var/run/wireguard/$_ns.sock"
	done <networks
}

atf_init_test_cases() {
	atf_add_test_case fallback
}
