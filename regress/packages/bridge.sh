# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154	# variables of deb.sh and systemd.sh
# The package derpbridge: read by deb.sh, whose functions it calls, as those of
# systemd.sh.  When its system could be booted and this one has tunnels, an
# interface of wireguard-go with one peer is there, whose direct endpoint nobody
# answers at; the relay is the derpd of the system.

BRIDGE=derpbridged@wg0
DIRECT=192.0.2.1:9
tunnel=

# endpoint: where wg0's peer is.
endpoint() {
	inside wg show wg0 endpoints | cut -f 2
}

# direct, relayed: where it is to be.
direct() {
	[ -z "$tunnel" ] || [ "$(endpoint)" = $DIRECT ]
}

relayed() {
	case $(endpoint) in
	127.*) ;;
	*) return 1 ;;
	esac
}

# main: the parent of derpbridged@wg0.
main() {
	inside systemctl show -P MainPID $BRIDGE
}

# another PID: derpbridged@wg0 runs, and is not this one.
another() {
	# No process has 0, between two of them.
	new=$(main)
	[ "$new" != "$1" ] && [ "$new" != 0 ] && active $BRIDGE
}

# logged_in: derpd has the interface as a client.
logged_in() {
	inside derpctl clients | grep -q 127.0.0.1
}

# kill_bridge: kill all processes of the bridge; first those that would restore
# endpoints when their parent ends.
kill_bridge() {
	pids=
	for exe in "/proc/$leader/root/proc"/[0-9]*/exe; do
		each=${exe%/exe}
		case $(readlink "$exe") in
		/usr/libexec/derpd/derpbridge-*) pids="${each##*/} $pids" ;;
		/usr/sbin/derpbridged) pids="$pids ${each##*/}" ;;
		esac
	done
	inside sh -c "kill -KILL $pids"
}

# bridge_installed: the package waits for an operator.
bridge_installed() {
	grep -q 'derpbridge: not started' "$out/install.out" ||
	    { cat "$out/install.out"; fail "derpbridge does not say what is next"; }
	inactive derpbridged || fail "derpbridged runs without a configuration"
	[ ! -e "$root/etc/derpbridge.conf" ] || fail "there is a configuration"
	inside getent passwd _derpbridge _derpbridge_keys >/dev/null ||
	    fail "no users of the bridge"
	private derpbridge
	[ -z "$leader" ] || ! inside systemctl -q is-enabled derpbridged ||
	    fail "derpbridged is enabled"
}

# bridge_interface: make wg0, if that is possible.
bridge_interface() {
	[ -n "$leader" ] || return 0
	if ! inside test -c /dev/net/tun; then
		say "no /dev/net/tun: the bridge gets no interface"
		return 0
	fi
	inside systemd-run -q --unit=wireguard-go wireguard-go -f wg0
	soon 20 inside wg show wg0 >/dev/null 2>&1 ||
	    fail "wireguard-go makes no interface"
	tunnel=1
	# Packets are sent and end there.
	inside ip route add 192.0.2.0/24 dev lo
	inside wg genkey >"$out/wg.key"
	inside wg set wg0 listen-port 51820 private-key /dev/stdin <"$out/wg.key"
	inside wg set wg0 peer "$(inside wg genkey | inside wg pubkey)" \
	    endpoint $DIRECT persistent-keepalive 1 allowed-ips 10.77.0.2/32
	inside ip link set wg0 up
	rm -f "$out/wg.key"
}

# bridge_configure PIN: a configuration with the derpd of the system as relay.
bridge_configure() {
	mkdir -p "$root/etc/derpbridge"
	cat >"$root/etc/derpbridge/derp-map.json" <<-END
	{"Regions": {"900": {"RegionID": 900, "RegionCode": "here",
	    "RegionName": "Here", "Nodes": [{"Name": "900a",
	    "RegionID": 900, "HostName": "relay.example.org",
	    "IPv4": "127.0.0.1", "IPv6": "none", "DERPPort": 11443,
	    "STUNPort": -1, "CertName": "$1"}]}}}
	END
	cat >"$root/etc/derpbridge.conf" <<-END
	map file "/etc/derpbridge/derp-map.json"
	interface "wg0" {
		region 900
		${tunnel:+uapi "/run/wireguard/wg0.sock"}
	}
	END
	inside derpbridged -n -i wg0 >"$out/bridge.out" 2>&1 ||
	    { cat "$out/bridge.out"; fail "derpbridged -n refuses it"; }
}

# try_bridge: derpbridged under systemd; it runs at the end, and so does derpd.
try_bridge() {
	daemon=$BRIDGE
	say "derpbridged: a start, a relayed peer, no warnings"
	bridge_interface
	inside systemctl start derpd
	bridge_configure "$(inside derpctl status |
	    sed -n 's/.*pin *\(sha256-raw:\)/\1/p')"
	mark
	inside systemctl -q enable --now $BRIDGE
	inside systemctl reload $BRIDGE
	want "reloaded" "$(journal)"
	if [ -n "$tunnel" ]; then
		soon 40 relayed || fail "the peer is not relayed: $(journal)"
		soon 20 logged_in || fail "no login at the relay: $(journal)"
	fi
	said=$(journal -p warning)
	[ -z "$said" ] || fail "warnings of a bridge that is well: $said"
	inside systemctl stop $BRIDGE
	direct || fail "a stop leaves the peer at $(endpoint)"

	say "derpbridged: all processes are killed"
	inside systemctl start $BRIDGE
	[ -z "$tunnel" ] || soon 40 relayed || fail "the peer is not relayed"
	pid=$(main)
	mark
	kill_bridge
	soon 30 another "$pid" || fail "derpbridged does not run again"
	[ -z "$tunnel" ] || want "1 endpoints are direct again" "$(journal)"
	daemon=derpd
}

# bridge_upgraded PID: it is another process after the upgrade.
bridge_upgraded() {
	[ -n "$leader" ] || return 0
	soon 20 another "$1" || fail "the upgrade does not restart derpbridged"
	[ -z "$tunnel" ] || soon 40 relayed ||
	    fail "the peer is not relayed after the upgrade"
}

# bridge_removed: nothing is relayed, and the files are as before.
bridge_removed() {
	inactive $BRIDGE || fail "derpbridged runs after it was removed"
	direct || fail "the package leaves the peer at $(endpoint)"
	[ -e "$root/etc/derpbridge.conf" ] || fail "remove takes files away"
	[ -z "$tunnel" ] || inside systemctl stop wireguard-go
}
