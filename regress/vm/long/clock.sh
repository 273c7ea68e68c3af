# shellcheck shell=sh
# The clock jumps by a day, forward and back, and no path changes.
jump() {
	date -s "@$(($1 + $(date +%s)))" >/dev/null
}

bridged
within 20 "pings pass" answers a 10.77.0.2
for seconds in 86400 -172800 86400; do
	jump "$seconds"
	stays 4 "the path is direct" direct a b
	must pings a 10.77.0.2
done
cut
for seconds in 86400 -172800 86400; do
	jump "$seconds"
	sleep 3
	within 20 "pings pass" answers a 10.77.0.2
	relayed a b || fail "the peer is direct"
done
