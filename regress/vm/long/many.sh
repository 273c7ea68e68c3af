# shellcheck shell=sh
# 200 peers, eight of which are relayed at once and get their own packets alone.
network
wireguard a 1
new_key b
derp_map relay
relay
for i in $(seq 1 192); do
	echo "[Peer]"
	echo "PublicKey = $(head -c 32 /dev/urandom | base64)"
	echo "AllowedIPs = 10.78.0.$i/32"
	echo "Endpoint = 10.2.0.3:$i"
done >many.conf
at a wg addconf wg0 many.conf
{
	echo "map file \"$PWD/map.json\""
	echo "control \"$PWD/bridge-b.sock\""
	echo "statedir \"$PWD/state-b\""
} >bridge-b.conf
mkdir -p state-b
for i in 1 2 3 4 5 6 7 8; do
	new_key "b$i"
	ip -n b link add "wg$i" type wireguard
	at b wg set "wg$i" private-key "$KEYS/b$i" listen-port $((PORT + i)) \
	    peer "$(public a)" allowed-ips 10.77.0.1/32
	ip -n b addr add "10.77.1.$i/32" dev "wg$i"
	ip -n b link set "wg$i" up
	at b ip rule add from "10.77.1.$i" table $((100 + i))
	at b ip route add default dev "wg$i" table $((100 + i))
	at a wg set wg0 peer "$(public "b$i")" allowed-ips "10.77.1.$i/32"
	ip -n a route add "10.77.1.$i/32" dev wg0
	echo "interface \"wg$i\"" >>bridge-b.conf
done
bridge a
bridge_start b
for i in 1 2 3 4 5 6 7 8; do
	within 60 "pings to peer $i pass" answers a "10.77.1.$i"
done
at a wg show wg0 endpoints | sed -n 's/.*	\(127\.[^:]*\):.*/\1/p' |
    sort | uniq -d | grep . && fail "two peers have one address"
for i in 1 2 3 4 5 6 7 8; do
	must pings a "10.77.1.$i"
done
transfer a b 10.77.1.8 64
worker=$(child bridge-a derpbridge-worker)
grep -E 'VmRSS|VmLck' "/proc/$worker/status"
