# shellcheck shell=sh
# derpbridged -R restores the direct endpoints of 200 peers in the kernel.
pair
mkdir -p state empty run
cat >bridge.conf <<end
map file "$PWD/map.json"
control "$PWD/run/bridge.sock"
statedir "$PWD/state"
interface "wg0" { }
end

# Peers that are relayed, as after a crash: with other ports, some at addresses
# of others, each second one with a saved endpoint.  One has allowed IPs for
# several messages of the kernel.
many=10.99.0.0/32
i=0
while [ $((i += 1)) -le 1500 ]; do
	many=$many,10.99.$((i / 250)).$((i % 250))/32
done
echo "derpbridge state 1" >state/endpoints
set --
i=0
while [ $((i += 1)) -le 200 ]; do
	key=$(printf '%042dA=' "$i")
	set -- "$@" peer "$key" endpoint "127.128.0.$((i % 100 + 1)):$i"
	echo "$key" >>all
	[ $((i % 2)) -eq 0 ] || {
		echo "wg0 $key 127.128.0.$i 10.2.0.2:$((1000 + i)) 4000000" \
		    >>state/endpoints
		echo "$key" >>known
	}
done
must at a wg set wg0 "$@"
must at a wg set wg0 peer "$(head -n 1 all)" allowed-ips "$many"
must at a "$BUILD/derpbridge/derpbridged" -R -d -f bridge.conf >restore.log 2>&1
grep -q "100 endpoints are direct again, 100 had none" restore.log ||
    fail "another number was restored"
at a wg show wg0 endpoints >shown
[ "$(grep -c "10.2.0.2:1[0-9][0-9][0-9]$" shown)" -eq 100 ] ||
    fail "the endpoints are others: $(head -n 5 shown)"
while read -r key; do
	grep -qF "$key	10.2.0.2:1" shown || fail "$key is not direct"
done <known
# Nothing else has changed: no peer was added, the direct one works.
[ "$(wc -l <shown)" -eq 201 ] || fail "there are other peers"
[ "$(at a wg show wg0 allowed-ips | grep -F "$(head -n 1 all)" | wc -w)" \
    -eq 1502 ] || fail "allowed IPs have changed"
must pings a 10.77.0.2
# An interface that is gone has nothing to restore, one that is none fails.
ip -n a link del wg0
must at a "$BUILD/derpbridge/derpbridged" -R -d -f bridge.conf >restore.log 2>&1
ip -n a link add wg0 type dummy
at a "$BUILD/derpbridge/derpbridged" -R -d -f bridge.conf >restore.log 2>&1 &&
    fail "a dummy interface was restored"
grep -q "it is not a WireGuard interface" restore.log || fail "for no reason"
