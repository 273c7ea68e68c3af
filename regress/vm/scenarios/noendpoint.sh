# shellcheck shell=sh
# Peers without an endpoint, and hosts with IPv6 alone, are relayed at once.
network
wireguard a 1
wireguard b 2
peer a b 2
peer b a 1
ip -n a addr del 10.1.0.2/24 dev eth0
derp_map relay
sed -i 's/"IPv4":"[^"]*"/"IPv4":"10.9.0.2","IPv6":"fd09::2"/' map.json
relay
bridge a
bridge b
began=$(now)
within 15 "pings pass over the relay" answers a 10.77.0.2
echo "traffic after $(since "$began")"
at a netstat -tn | grep 'fd09::2:443' || fail "the relay is not at IPv6"
must pings b 10.77.0.1
