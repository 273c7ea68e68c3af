# shellcheck shell=sh
# Packets of the full size pass over the relay: MTU 1420, 8920 and 65440.
#
# Over the relay each is one datagram of the loopback device.  No direct path is
# tried meanwhile, which would cost packets; first the jumbo ones pass directly.

# mtu LINK TUNNEL: set the MTU of all links, and that of wg0.
mtu() {
	for _host in a b r; do
		must ip -n net link set "to-$_host" mtu "$1"
		must ip -n "$_host" link set eth0 mtu "$1"
	done
	must ip -n a link set wg0 mtu "$2"
	must ip -n b link set wg0 mtu "$2"
}

# count SIZE: count what comes out of the tunnel of b: pings of that size that
# may not be fragmented, and fragments.
count() {
	must at b nft -f - <<-rules
	table inet seen
	delete table inet seen
	table inet seen {
		chain input {
			type filter hook prerouting priority -450;
			iifname != "wg0" accept
			ip frag-off & 0x3fff != 0 counter comment "parts"
			exthdr frag exists counter comment "parts6"
			ip length $1 ip frag-off & 0x4000 != 0 \
			    ip protocol icmp counter comment "whole"
			ip6 length $(($1 - 40)) \
			    ip6 nexthdr icmpv6 counter comment "whole6"
		}
	}
	rules
}

# counted NAME: print that counter.
counted() {
	at b nft list table inet seen |
	    sed -n "s/.*counter packets \([0-9]*\) .* \"$1\"$/\1/p"
}

# full SIZE: pings of an MTU of that size, over IPv4 and IPv6.
full() {
	count "$1"
	for _to in "10.77.0.2 28" "fd77::2 48"; do
		at a ping -q -c 5 -i 0.2 -W 5 -s $(($1 - ${_to#* })) \
		    "${_to% *}" >pings.log
		grep -q '5 packets received, 0% packet loss' pings.log || {
			cat pings.log
			fail "pings of $1 bytes to ${_to% *} are lost"
		}
	done
	_seen="$(counted whole) $(counted whole6)"
	_seen="$_seen $(counted parts) $(counted parts6)"
	[ "$_seen" = "5 5 0 0" ] || {
		at b nft list table inet seen
		fail "not all of the pings of $1 bytes came whole"
	}
}

# both SIZE: pings, and bytes both ways.
both() {
	full "$1"
	transfer a b 10.77.0.2 2048
	transfer b a 10.77.0.1 2048
	transfer a b "[fd77::2]" 512
}

network
wireguard a 1
wireguard b 2
peer a b 2 "10.2.0.2:$PORT"
peer b a 1 "10.1.0.2:$PORT"
derp_map relay
relay
bridge a
bridge b
mtu 9000 8920
within 20 "pings pass" answers a 10.77.0.2
full 8920
both_direct || fail "a peer is relayed"
stop bridge-a
stop bridge-b
echo 'direct never' >options
bridge a options
bridge b options
cut
for sizes in "1500 1420" "9000 8920" "65535 65440"; do
	mtu "${sizes% *}" "${sizes#* }"
	echo "MTU ${sizes#* }"
	both "${sizes#* }"
	if direct a b || direct b a; then
		fail "a peer is direct"
	fi
done
