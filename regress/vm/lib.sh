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
	_ns=$1
	shift
	ip netns exec "$_ns" "$@"
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
	at "$1" wg show wg0 dump | awk -v key="$(public "$2")" -v want="$3" '
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

# transfer CLIENT SERVER ADDRESS MIB: the client gets random bytes over TCP from
# ADDRESS, the server's in the tunnel; they are compared.  Prints the time.
transfer() {
	mkdir -p "www-$2"
	head -c "$(($4 * 1048576))" /dev/urandom >"www-$2/sent"
	at "$2" httpd -f -p 7000 -h "www-$2" &
	_server=$!
	within 5 "httpd listens" listens "$2" 7000
	_began=$(now)
	at "$1" curl -s -m 60 -o received "http://$3:7000/sent" ||
	    fail "the transfer from $3 failed"
	_took=$(($(now) - _began))
	kill "$_server"
	cmp "www-$2/sent" received || fail "other bytes came than were sent"
	echo "$4 MiB in $_took ms"
	rm -rf "www-$2" received
}

# listens NAMESPACE PORT: a TCP socket listens there.
listens() {
	at "$1" netstat -ltn | grep -q ":$2 "
}

# relay [NAMESPACE]: start derpd in r on 10.9.0.2, ports 443 and 3478.
relay() {
	_where=${1:-r}
	mkdir -p derpd-state empty
	cat >derpd.conf <<-end
	hostname "relay.test"
	listen on 10.9.0.2 port 443 tls
	listen on fd09::2 port 443 tls
	stun { listen on 10.9.0.2 port 3478 }
	certificate "/vm/tls/relay.crt" key "/vm/tls/relay.key"
	relay { key "$PWD/derper.key" }
	control "$PWD/derpd.sock"
	statedir "$PWD/derpd-state"
	end
	at "$_where" "$BUILD/derpd/derpd" -d -f derpd.conf >derpd.log 2>&1 &
	within 30 "derpd listens" grep -q "listening on .*443" derpd.log
}
