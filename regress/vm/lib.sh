# shellcheck shell=sh
# What scenarios in the virtual machine share: sourced by enter.sh.  All run as
# root in /tmp/try, which is empty at first, as all network namespaces and
# processes of the scenario before are gone.
#
# The network: namespaces a and b are hosts, r has the relay, and net is the
# router between them, where rules cut what they should not reach.
#
#	a 10.1.0.2 -- 10.1.0.1 net 10.2.0.1 -- 10.2.0.2 b
#	                       10.9.0.1 -- 10.9.0.2 r
#	wg0 of a: 10.77.0.1, fd77::1; of b: 10.77.0.2, fd77::2

BUILD=/build
KEYS=/tmp/try/keys
PORT=51820

# at NAMESPACE COMMAND...: run the command there.
at() {
	_at=$1
	shift
	ip netns exec "$_at" "$@"
}

# fail REASON...: end the scenario, with the last lines of all logs.
fail() {
	echo "FAILED: $*"
	for _log in *.log; do
		[ ! -s "$_log" ] || tail -n 20 "$_log" | sed "s/^/$_log: /"
	done
	exit 1
}

skip() {
	echo "SKIPPED: $*"
	exit 77
}

# must COMMAND...: fail with the command's output if it fails.
must() {
	"$@" || fail "$*"
}

# within SECONDS WHAT COMMAND...: poll until the command succeeds.
within() {
	_end=$(($(now) + $1 * 1000)) _what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt "$_end" ] || fail "waited in vain: $_what"
		sleep 0.1
	done
}

# now: print milliseconds since the boot.
now() {
	read -r _up _ </proc/uptime
	_whole=${_up%.*}
	echo "$_whole$(printf %s "${_up#*.}0")"
}

# host NAME NUMBER: make a namespace that is linked to net, 10.NUMBER.0.2.
host() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip link add "to-$1" netns net type veth peer name eth0 netns "$1"
	ip -n net addr add "10.$2.0.1/24" dev "to-$1"
	ip -n net -6 addr add "fd0$2::1/64" dev "to-$1" nodad
	ip -n net link set "to-$1" up
	ip -n "$1" addr add "10.$2.0.2/24" dev eth0
	ip -n "$1" -6 addr add "fd0$2::2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "10.$2.0.1"
	ip -n "$1" -6 route add default via "fd0$2::1"
}

# network: the hosts a, b and r, and the router net.
network() {
	ip netns add net
	ip -n net link set lo up
	at net sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
	    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	host a 1
	host b 2
	host r 9
	ip -n r addr add 10.9.0.3/24 dev eth0
	ip -n r -6 addr add fd09::3/64 dev eth0 nodad
}

# block_udp: no UDP goes through the router any more, but nothing else is cut.
block_udp() {
	must at net nft -f - <<-'rules'
	table inet cut
	delete table inet cut
	table inet cut {
		chain forward {
			type filter hook forward priority 0;
			meta l4proto udp counter drop
		}
	}
	rules
}

# block_from NAMESPACE: no UDP comes from that host any more.
block_from() {
	must at net nft -f - <<-rules
	table inet cut
	delete table inet cut
	table inet cut {
		chain forward {
			type filter hook forward priority 0;
			iifname "to-$1" meta l4proto udp counter drop
		}
	}
	rules
}

unblock() {
	at net nft delete table inet cut
}

# new_key NAME: make a key, its public half in NAME.pub.
new_key() {
	mkdir -p "$KEYS"
	(umask 077 && wg genkey >"$KEYS/$1")
	wg pubkey <"$KEYS/$1" >"$KEYS/$1.pub"
}

public() {
	cat "$KEYS/$1.pub"
}

# wireguard NAMESPACE NUMBER [DEVICE]: make an interface with its key and
# address 10.77.0.NUMBER.
wireguard() {
	_dev=${3:-wg0}
	[ -f "$KEYS/$1" ] || new_key "$1"
	must ip -n "$1" link add "$_dev" type wireguard
	must at "$1" wg set "$_dev" private-key "$KEYS/$1" listen-port "$PORT"
	ip -n "$1" addr add "10.77.0.$2/24" dev "$_dev"
	ip -n "$1" -6 addr add "fd77::$2/64" dev "$_dev" nodad
	ip -n "$1" link set "$_dev" up
}

# peer NAMESPACE PEER NUMBER [ENDPOINT]: let it know the other.
peer() {
	# shellcheck disable=SC2086	# an option and its value
	must at "$1" wg set wg0 peer "$(public "$2")" \
	    allowed-ips "10.77.0.$3/32,fd77::$3/128" ${4:+endpoint "$4"}
}

# pair: the network, and a and b with an interface each that know the other.
pair() {
	network
	wireguard a 1
	wireguard b 2
	peer a b 2 "${1:-10.2.0.2:$PORT}"
	peer b a 1 "${2:-10.1.0.2:$PORT}"
}

# wg_of NAMESPACE PEER FIELD: print what wg shows of the peer: endpoint,
# handshake, rx or tx.
wg_of() {
	_dev=wg0
	[ ! -f "agent-$1.pid" ] || _dev=wg-$1
	at "$1" wg show "$_dev" dump | awk -v key="$(public "$2")" -v want="$3" '
	    BEGIN { at["endpoint"] = 3; at["handshake"] = 5
	        at["rx"] = 6; at["tx"] = 7 }
	    $1 == key { print $at[want] }'
}

# pings NAMESPACE ADDRESS [COUNT]: all of so many pings are answered.
pings() {
	at "$1" ping -q -c "${3:-3}" -i 0.2 -W 2 "$2" |
	    grep -q " 0% packet loss"
}

# answers NAMESPACE ADDRESS: one ping is answered within a second.
answers() {
	at "$1" ping -q -c 1 -W 1 "$2" >/dev/null 2>&1
}

# transfer CLIENT SERVER ADDRESS KIB: the client gets random bytes over TCP from
# ADDRESS, the server's in the tunnel; they are compared.  Prints the time.
transfer() {
	mkdir -p "www-$2"
	head -c "$(($4 * 1024))" /dev/urandom >"www-$2/sent"
	# Not by at: the process must be the server itself.
	ip netns exec "$2" httpd -f -p 7000 -h "www-$2" &
	_server=$!
	within 5 "httpd listens" listens "$2" 7000
	_began=$(now)
	at "$1" curl -s -m 60 -o received "http://$3:7000/sent" ||
	    fail "the transfer from $3 failed"
	_took=$(($(now) - _began))
	kill "$_server"
	wait "$_server" 2>/dev/null
	cmp "www-$2/sent" received || fail "other bytes came than were sent"
	echo "$4 KiB in $_took ms"
	rm -rf "www-$2" received
}

# listens NAMESPACE PORT [ADDRESS]: a TCP socket listens there.
listens() {
	at "$1" netstat -ltn | grep -q "${3:-}:$2 "
}

# relay [NAME]: start derpd in r as relay (the default) or relay2; a second call
# starts it again.
# shellcheck disable=SC2120
relay() {
	_name=${1:-relay}
	mkdir -p "state-$_name" empty
	cat >"$_name.conf" <<-end
	hostname "$_name.test"
	listen on $(address "$_name") port 443 tls
	listen on $(address6 "$_name") port 443 tls
	stun { listen on $(address "$_name") port 3478 }
	certificate "/vm/tls/$_name.crt" key "/vm/tls/$_name.key"
	relay { key "$PWD/$_name.derper.key" }
	control "$PWD/$_name.sock"
	statedir "$PWD/state-$_name"
	end
	started "$_name" r "$BUILD/derpd/derpd" -d -f "$_name.conf"
}

# started NAME NAMESPACE COMMAND...: start a daemon, NAME.pid, with NAME.log, and
# wait until it is ready.  On a busy system its children may not be in time.
started() {
	_daemon=$1 _ns=$2
	shift 2
	for _try in 1 2 3; do
		ip netns exec "$_ns" "$@" >"$_daemon.log" 2>&1 &
		echo $! >"$_daemon.pid"
		within 60 "$_daemon is ready" \
		    grep -qE ' ready: |did not start' "$_daemon.log"
		grep -q 'not ready within' "$_daemon.log" || break
		echo "$_daemon: once more, after $_try"
	done
	grep -q ' ready: ' "$_daemon.log" || fail "$_daemon did not start"
}

# derper [NAME]: start a relay of Tailscale's code in its place.
derper() {
	_name=${1:-relay}
	need_go
	ip netns exec r "$BUILD/regress/bridge/bridge" derper \
	    -listen "$(address "$_name"):443" -cert "/vm/tls/$_name.crt" \
	    -key "/vm/tls/$_name.key" >"$_name.log" 2>&1 &
	echo $! >"$_name.pid"
	within 30 "derper listens" listens r 443 "$(address "$_name")"
}

need_go() {
	[ -x "$BUILD/regress/bridge/bridge" ] ||
	    skip "the Go peers were not built (regress/interop/build.sh)"
}

# stop NAME: end a relay, an agent or a bridge, and wait for its end.
stop() {
	_pid=$(cat "$1.pid")
	kill "$_pid"
	wait "$_pid"
}

# child NAME PROGRAM: print the process of NAME.pid's child with that program;
# fail if there is none.
child() {
	ps -o pid,ppid,comm | awk -v parent="$(cat "$1.pid")" -v name="$2" '
	    BEGIN { name = substr(name, 1, 15) }
	    $2 == parent && $3 == name { print $1; found = 1 }
	    END { exit(!found) }'
}

# children NAME: print all children of it.
children() {
	ps -o pid,ppid | awk -v parent="$(cat "$1.pid")" '$2 == parent {
	    print $1 }'
}

# address RELAY: print where it is.
address() {
	case $1 in
	relay)	echo 10.9.0.2 ;;
	relay2)	echo 10.9.0.3 ;;
	esac
}

address6() {
	case $1 in
	relay)	echo fd09::2 ;;
	relay2)	echo fd09::3 ;;
	esac
}

# derp_map RELAY...: write map.json with a region for each, from 901 on.
derp_map() {
	_id=900
	{
		printf '{"Regions":{'
		for _name; do
			_id=$((_id + 1))
			[ "$_id" -eq 901 ] || printf ,
			printf '"%d":{"RegionID":%d,"RegionCode":"%s",' "$_id" \
			    "$_id" "$_name"
			printf '"RegionName":"%s","Nodes":[{"Name":"%d",' \
			    "$_name" "$_id"
			printf '"RegionID":%d,"HostName":"%s.test",' "$_id" \
			    "$_name"
			printf '"IPv4":"%s"}]}' "$(address "$_name")"
		done
		printf '}}\n'
	} >map.json
}

# agent NAMESPACE NUMBER MODE PEER=PREFIX[@ADDRESS:PORT]...: start a peer in user
# space, with the interface wg-NAMESPACE; it sends over udp, relay or both.
agent() {
	_host=$1 _number=$2 _mode=$3
	shift 3
	need_go
	[ -f "$KEYS/$_host" ] || new_key "$_host"
	ip netns exec "$_host" "$BUILD/regress/bridge/bridge" agent \
	    -iface "wg-$_host" -key "$KEYS/$_host" -map map.json -mode "$_mode" "$@" \
	    >"agent-$_host.log" 2>&1 &
	echo $! >"agent-$_host.pid"
	within 20 "the agent is ready" grep -q ready "agent-$_host.log"
	ip -n "$_host" addr add "10.77.0.$_number/24" dev "wg-$_host"
	ip -n "$_host" -6 addr add "fd77::$_number/64" dev "wg-$_host" nodad
	ip -n "$_host" link set "wg-$_host" up
}

# bridge NAMESPACE [FILE]: start derpbridged there, for wg0 and map.json; it
# adds the options of FILE to the block of the interface.
bridge() {
	mkdir -p "state-$1"
	cat >"bridge-$1.conf" <<-end
	map file "$PWD/map.json"
	control "$PWD/bridge-$1.sock"
	statedir "$PWD/state-$1"
	interface "wg0" {
	$([ $# -lt 2 ] || cat "$2")
	}
	end
	bridge_start "$1"
}

# bridge_start NAMESPACE: start it with the configuration that it has.
bridge_start() {
	started "bridge-$1" "$1" "$BUILD/derpbridge/derpbridged" -d -v \
	    -f "bridge-$1.conf"
}

# relayed NAMESPACE PEER: the kernel sends to the bridge there.
relayed() {
	case $(wg_of "$1" "$2" endpoint) in
	127.0.*) return 1 ;;
	127.*)	return 0 ;;
	esac
	return 1
}

direct() {
	! relayed "$1" "$2"
}

# both_direct: a ping passes, and both hosts use the direct path.  The bridges
# test it while there is traffic.
both_direct() {
	answers a 10.77.0.2
	direct a b && direct b a
}

# a_direct: the same of host a alone.
a_direct() {
	answers a 10.77.0.2
	direct a b
}

# stays SECONDS WHAT COMMAND...: poll: the command succeeds all the time.
stays() {
	_end=$(($(now) + $1 * 1000)) _what=$2
	shift 2
	while [ "$(now)" -lt "$_end" ]; do
		"$@" >/dev/null 2>&1 || fail "not so any more: $_what"
		sleep 0.3
	done
}

# since MILLISECONDS: print the seconds from then to now.
since() {
	echo "$(($(now) - $1))" | awk '{ printf "%.1f s", $1 / 1000 }'
}

# bridged: two hosts with kernel WireGuard and a bridge each, and one relay.
bridged() {
	pair "$@"
	derp_map relay
	relay relay
	bridge a
	bridge b
}

# cut: UDP is blocked, and traffic has gone over to the relay.
cut() {
	block_udp
	within 60 "pings pass over the relay" answers a 10.77.0.2
}

# bridge_status NAMESPACE: print the status as JSON.
bridge_status() {
	"$BUILD/derpctl/derpctl" -s "$PWD/bridge-$1.sock" -j bridge status
}
