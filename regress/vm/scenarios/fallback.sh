# shellcheck shell=sh
# UDP is cut under traffic and healed: over the relay, and back, by itself.
pair
derp_map relay
relay
bridge a
bridge b
must pings a 10.77.0.2
direct a b || fail "UDP works, and the relay is used"
began=$(now)
block_udp
within 60 "pings pass over the relay" answers a 10.77.0.2
echo "blocked UDP: traffic over the relay after $(since "$began")"
relayed a b || fail "pings pass, but a does not use its bridge"
relayed b a || fail "pings pass, but b does not use its bridge"
must pings b fd77::1 10
# The largest packets of the interface, which has 1420 bytes.
must at a ping -q -c 3 -i 0.2 -W 2 -s 1392 10.77.0.2
transfer a b 10.77.0.2 2048
transfer b a 10.77.0.1 2048
began=$(now)
unblock
within 100 "the peers are direct again" both_direct
echo "healed: direct after $(since "$began")"
must pings a 10.77.0.2
[ "$(wg_of a b endpoint)" = "10.2.0.2:$PORT" ] || fail "another endpoint"
transfer a b 10.77.0.2 2048
stop bridge-a || fail "bridge a ended with $?"
stop bridge-b || fail "bridge b ended with $?"
