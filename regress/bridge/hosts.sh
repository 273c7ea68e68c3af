# shellcheck shell=sh
# Two hosts and a relay in network namespaces, wireguard-go, peers in user space
# and derpbridged in them: sourced by uapi_test.sh and bench.sh, after
# e2e/common.sh and e2e/bridge.sh.

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
	# shellcheck disable=SC2034	# e2e_conf uses them
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

# keys: a.key and b.key.
keys() {
	(umask 077 && wg genkey >a.key && wg genkey >b.key)
}

# wireguard HOST NUMBER OTHER-NUMBER [relayed]: start wireguard-go there; it has
# the other's endpoint on the direct path, or none.
wireguard() {
	_other=b
	[ "$1" = a ] || _other=a
	ip netns exec "$NS$1" "$GO_PEER" wireguard "$NS$1" >"wg-$1.log" 2>&1 &
	echo $! >>pids
	echo $! >"wg-$1.pid"
	wait_until "wireguard-go is ready" grep -q ready "wg-$1.log"
	run at "$1" wg set "$NS$1" private-key "$1.key" listen-port 51820 \
	    peer "$(wg pubkey <"$_other.key")" \
	    allowed-ips "10.77.0.$3/32"
	[ "${4:-}" = relayed ] || run at "$1" wg set "$NS$1" \
	    peer "$(wg pubkey <"$_other.key")" endpoint "10.5.2.$3:51820"
	run ip -n "$NS$1" addr add "10.77.0.$2/24" dev "$NS$1"
	run ip -n "$NS$1" link set "$NS$1" up
}

# agent HOST NUMBER OTHER-NUMBER: start a peer with Tailscale's DERP client there,
# which sends over the relay alone.
agent() {
	_other=b
	[ "$1" = a ] || _other=a
	rm -f "wg-$1.log"
	ip netns exec "$NS$1" "$GO_PEER" agent \
	    -iface "$NS$1" -key "$1.key" -map map.json -mode relay \
	    "$(wg pubkey <"$_other.key")=10.77.0.$3/32" >"wg-$1.log" 2>&1 &
	echo $! >>pids
	echo $! >"wg-$1.pid"
	wait_until "the agent is ready" grep -q ready "wg-$1.log"
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

# within SECONDS WHAT COMMAND...: as wait_until, for what takes longer.
within() {
	_bound=$1
	shift
	BOUND=$((_bound * 5)) wait_until "$@"
}

# no_network: nothing of it is left.
no_network() {
	[ ! -f networks ] || while read -r _ns; do
		ip netns del "$_ns" 2>/dev/null
		rm -f "/var/run/wireguard/$_ns.sock"
	done <networks
}
