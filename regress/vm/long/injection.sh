# shellcheck shell=sh
# Datagrams of local users at the bridge's port are counted, and reach nobody.
bridged
cut
endpoint=$(wg_of a b endpoint)
address=${endpoint%:*} port=${endpoint##*:}
received=$(wg_of b a rx)
for _ in 1 2 3 4 5; do
	at a bash -c "head -c 148 /dev/urandom >/dev/udp/$address/$port"
done
sleep 1
[ "$(wg_of b a rx)" = "$received" ] || echo "the peer got other packets as well"
bridge_status a >status.json
tr , '\n' <status.json | grep '"foreign":5' || {
	cat status.json
	fail "the status does not count five foreign datagrams"
}
must pings a 10.77.0.2
