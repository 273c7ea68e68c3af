# shellcheck shell=sh
# Each process of a bridge is killed under traffic; then the bridge itself.
bridged
cut
for program in derpbridge-netlink derpbridge-keys derpbridge-worker derpmapd; do
	pid=$(child bridge-a "$program") || fail "there is no $program"
	began=$(now)
	kill -9 "$pid"
	sleep 0.5
	within 40 "pings pass again without $program" answers a 10.77.0.2
	echo "$program killed: pings pass after $(since "$began")"
	within 10 "a new $program" child bridge-a "$program"
done
must pings a 10.77.0.2
relayed a b || fail "the peer is direct"

direct_endpoint() {
	[ "$(wg_of a b endpoint)" = "10.2.0.2:$PORT" ]
}

# The parent alone: the others end, and leave the direct endpoint.
kill -9 "$(cat bridge-a.pid)"
within 10 "the endpoint is the direct one" direct_endpoint
bridge_start a
within 60 "the new bridge relays" answers a 10.77.0.2
relayed a b || fail "the peer is direct"

# All at once, so that nobody can restore anything; derpbridged -R does.
# shellcheck disable=SC2046	# one word a process
kill -9 "$(cat bridge-a.pid)" $(children bridge-a)
relayed a b || fail "all were killed, and the endpoint is the direct one"
must at a "$BUILD/derpbridge/derpbridged" -R -f bridge-a.conf
direct_endpoint || fail "-R left the endpoint $(wg_of a b endpoint)"
