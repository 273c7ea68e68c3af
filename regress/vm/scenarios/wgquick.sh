# shellcheck shell=sh
# wg-quick with 0.0.0.0/0: the connection to the relay is not in the tunnel.
network
wireguard b 2
new_key a
peer b a 1
at b wg set wg0 peer "$(public a)" allowed-ips 10.77.0.1/32
cat >wg0.conf <<-end
[Interface]
PrivateKey = $(cat "$KEYS/a")
ListenPort = $PORT
Address = 10.77.0.1/24
[Peer]
PublicKey = $(public b)
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 10.2.0.2:$PORT
end
at a wg-quick up "$PWD/wg0.conf" 2>&1 || fail "wg-quick"
derp_map relay
relay
bridge a
bridge b
within 20 "pings pass" answers a 10.77.0.2
cut
at a netstat -tn | grep '10.1.0.2:.*10.9.0.2:443' ||
    fail "the connection to the relay has another source"
at a ip route get 10.9.0.9
must pings a 10.77.0.2
transfer a b 10.77.0.2 256
# A host beyond the peer is reached through the tunnel.
ip -n b addr add 192.0.2.7/32 dev lo
must pings a 192.0.2.7
stop bridge-a
must at a wg-quick down "$PWD/wg0.conf" 2>&1
