# shellcheck shell=sh
# A relay ends, and both peers meet at the next node of the region.
pair
derp_map relay relay2
# One region with both.
sed -i -e 's/}\]},"902":{.*"Nodes":\[{/},{/' \
    -e 's/"RegionID":902/"RegionID":901/g' map.json
cat map.json
relay
relay relay2
bridge a
bridge b
cut
must pings a 10.77.0.2
# The relay that the peer uses; connections to others may be open.
via=$("$BUILD/derpctl/derpctl" -s "$PWD/bridge-a.sock" bridge status |
    sed -n 's/.* relayed .* \(90[12]\), region 901.*/\1/p')
case $via in
901)	first=relay ;;
902)	first=relay2 ;;
*)	fail "no relay is used: $via" ;;
esac
kill -9 "$(cat "$first.pid")"
sleep 0.5
began=$(now)
within 60 "pings pass over the other relay" answers a 10.77.0.2
echo "$first killed: traffic over the other one after $(since "$began")"
must pings b 10.77.0.1
