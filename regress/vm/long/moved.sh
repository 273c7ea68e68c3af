# shellcheck shell=sh
# An interface that was moved to another namespace, goes, and comes back.
network
wireguard b 2
new_key a
peer b a 1
ip netns add vpn
ip -n vpn link set lo up
# make: wg0 is made in a and moved to vpn, as containers have it.
make() {
	ip -n a link add wg0 type wireguard
	at a wg set wg0 private-key "$KEYS/a" listen-port "$PORT" \
	    peer "$(public b)" allowed-ips 10.77.0.2/32 \
	    endpoint "10.2.0.2:$PORT"
	ip -n a link set wg0 netns vpn
	ip -n vpn addr add 10.77.0.1/24 dev wg0
	ip -n vpn link set wg0 up
}
make
derp_map relay
relay
echo 'namespace "/run/netns/vpn"' >options
bridge a options
bridge b
within 20 "pings pass" answers vpn 10.77.0.2
block_udp
within 60 "pings pass over the relay" answers vpn 10.77.0.2
at vpn wg show wg0 endpoints
ip -n vpn link del wg0
sleep 3
make
within 60 "pings pass over the relay" answers vpn 10.77.0.2
