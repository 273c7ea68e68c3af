#!/bin/sh
# Measure a TCP transfer over the bridge against wireguard-go with Tailscale's
# DERP client; called by `make bench-bridge' in the top directory, as root, after
# regress/bench/bench_bridge.sh, which measures packets.
#
# Two hosts in network namespaces carry BENCH_MIB (200) MiB of TCP over a derpd:
# first with wireguard-go and a derpbridged each, then with agents (agent.go).
# CPU is that of both ends for each GB of the transfer: of the bridges' workers
# alone, which is what the bridge adds to kernel WireGuard, and of the agents,
# which have WireGuard and DERP in one process.
set -u
top=$PWD
mib=${BENCH_MIB:-200}
atf_get_srcdir() {
	echo "$top/regress/bridge"
}
atf_fail() {
	echo "bench-bridge: $*" >&2
	exit 1
}
atf_skip() {
	atf_fail "$@"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/bench-bridge.XXXXXX")
# Other users run in it.
chmod 755 "$work"
cd "$work" || exit 1
# shellcheck source=regress/e2e/common.sh
. "$top/regress/e2e/common.sh"
# shellcheck source=regress/e2e/bridge.sh
. "$top/regress/e2e/bridge.sh"
# shellcheck source=regress/bridge/hosts.sh
. "$top/regress/bridge/hosts.sh"

# shellcheck disable=SC2317	# the trap calls it
end() {
	e2e_cleanup 2>/dev/null
	no_network
	cd / && rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM

# ticks PID...: their time of CPU, in ticks.
ticks() {
	for _pid; do
		sed 's/.*) //' "/proc/$_pid/stat"
	done | awk '{ sum += $12 + $13 } END { print sum }'
}

worker() {
	ps -A -o pid= -o ppid= -o comm= | awk -v parent="$(cat \
	    "bridge-$1.pid")" '$2 == parent && $3 ~ /^derpbridge-wor/ {
	    print $1 }'
}

# carry WHAT PID...: transfer, and print the figures of the processes.
carry() {
	_carried=$1
	shift
	within 30 "pings pass" answers a 10.77.0.2
	_before=$(ticks "$@")
	_began=$(date +%s%N)
	at a curl -sf -o /dev/null "http://10.77.0.2:7000/sent" ||
	    atf_fail "$_carried: the transfer failed"
	_took=$((($(date +%s%N) - _began) / 1000000))
	_after=$(ticks "$@")
	_rtt=$(at a busybox ping -q -i 0.05 -c 40 10.77.0.2 |
	    sed -n 's,.*= [^/]*/\([^/]*\)/.*,\1,p')
	_rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$1/status")
	echo "$_carried $((_after - _before)) $_took $mib $_rtt $_rss" |
	    awk -v hz="$(getconf CLK_TCK)" '{
		printf "%-28s %7.2f s/GB %7.1f MB/s %7.2f ms %6d KB\n", $1,
		    $2 / hz / ($4 * 1.048576) * 1000,
		    $4 * 1.048576 / $3 * 1000, $5, $6 }'
	CARRIED=$((_after - _before))
}

network
keys
relay
head -c "$((mib * 1048576))" /dev/urandom >sent
ip netns exec "${NS}b" busybox httpd -f -p 7000 -h "$work" &
echo $! >>pids
echo "                             CPU            rate         ping      memory"

wireguard a 1 2 relayed
wireguard b 2 1 relayed
bridge a
bridge b
within 30 "the bridges relay" answers a 10.77.0.2
carry bridge "$(worker a)" "$(worker b)"
bridges=$CARRIED
for host in a b; do
	kill "$(cat "bridge-$host.pid")" "$(cat "wg-$host.pid")"
	wait "$(cat "bridge-$host.pid")" "$(cat "wg-$host.pid")" 2>/dev/null
done

agent a 1 2
agent b 2 1
carry wireguard-go-with-DERP "$(cat wg-a.pid)" "$(cat wg-b.pid)"
echo "$bridges $CARRIED" | awk '{
	printf "CPU of the bridge to that of the agents: %.2f\n", $1 / $2 }'
