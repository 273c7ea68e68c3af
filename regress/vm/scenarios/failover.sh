# shellcheck shell=sh
# A relay ends, and both peers meet at the next node of the region.
pair
derp_map relay relay2
# One region with both.
sed -i 's/}\]},"902":{.*"Nodes":\[{/},{/; s/"RegionID":902/"RegionID":901/g' map.json
cat map.json
relay
relay relay2
bridge a
bridge b
cut
must pings a 10.77.0.2
used=$(at a netstat -tn | sed -n 's/.* \(10.9.0.[23]\):443 *ESTAB.*/\1/p')
case $used in
10.9.0.2)	first=relay ;;
10.9.0.3)	first=relay2 ;;
*)	fail "connections to $used" ;;
esac
kill -9 "$(cat "$first.pid")"
sleep 0.5
began=$(now)
within 60 "pings pass over the other relay" answers a 10.77.0.2
echo "$first killed: traffic over the other one after $(since "$began")"
must pings b 10.77.0.1
