# shellcheck shell=sh
# Datagrams of local users at the bridge's port reach nobody.
bridged
cut
endpoint=$(wg_of a b endpoint)
address=${endpoint%:*} port=${endpoint##*:}
for source in 127.0.0.1 127.0.0.2 "$address"; do
	head -c 200 /dev/urandom |
	    at a nc -u -w 1 -s "$source" "$address" "$port" || :
done
must pings a 10.77.0.2
bridge_status a | tee status.json
grep -qE '"[a-z-]*(source|sender|foreign)[a-z-]*":[1-9]' status.json ||
    fail "the status does not count the injected datagrams"
