# shellcheck shell=sh
# Other programs set endpoints while a peer is relayed: wg set, wg syncconf.
bridged
cut
at a wg set wg0 peer "$(public b)" endpoint 10.2.0.99:1234
within 60 "pings pass again" answers a 10.77.0.2
sleep 2
cat >new.conf <<-end
[Interface]
PrivateKey = $(cat "$KEYS/a")
ListenPort = $PORT
[Peer]
PublicKey = $(public b)
AllowedIPs = 10.77.0.2/32, fd77::2/128
Endpoint = 10.2.0.2:$PORT
end
at a wg syncconf wg0 new.conf
within 60 "pings pass again" answers a 10.77.0.2
unblock
within 100 "the peer is direct" a_direct
must pings a 10.77.0.2
# What was set last is what is left behind.
block_udp
within 60 "pings pass over the relay" answers a 10.77.0.2
stop bridge-a
[ "$(wg_of a b endpoint)" = "10.2.0.2:$PORT" ] ||
    fail "the endpoint at the end is $(wg_of a b endpoint)"
