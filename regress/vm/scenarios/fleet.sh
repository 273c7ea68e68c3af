# shellcheck shell=sh
# A peer in user space that sends everything both ways makes no endpoint flap.
network
wireguard a 1
new_key b
peer a b 2 "10.2.0.2:$PORT"
derp_map relay
relay
bridge a
agent b 2 both "$(public a)=10.77.0.1/32,fd77::1/128@10.1.0.2:$PORT"
within 20 "pings pass" answers a 10.77.0.2
within 20 "the peer is direct" direct a b
at a ping -q -i 0.2 -c 75 10.77.0.2 >ping.out 2>&1 &
pinging=$!
stays 15 "the endpoint is direct" direct a b
wait "$pinging"
cat ping.out
block_udp
began=$(now)
within 60 "pings pass over the relay" answers a 10.77.0.2
echo "blocked UDP: traffic over the relay after $(since "$began")"
transfer a b 10.77.0.2 128
unblock
within 100 "the peer is direct again" a_direct
# UDP works in one direction alone.
block_from b
within 60 "pings pass, though no UDP comes from the peer" answers a 10.77.0.2
unblock
within 100 "the peer is direct again" a_direct
block_from a
within 60 "pings pass, though no UDP reaches the peer" answers a 10.77.0.2
