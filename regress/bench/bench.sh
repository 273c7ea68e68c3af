#!/bin/sh
# Compare the relay with derper and with the bare libtls loop (bareloop.c), each
# in turn, with the same certificate and load; called by `make bench' in the top
# directory.  The server has core 0 and the load core 1.  Prints a table and
# writes bench.json.
#
# BENCH_SECS is the length of one measurement (4 s), BENCH_CONNS the number of
# idle clients (2000), BENCH_BIN see bench_lib.sh.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
secs=${BENCH_SECS:-4}
conns=${BENCH_CONNS:-2000}

need_cores
servers="derper bare derpd"
if ! need_program derper tailscale.com/cmd/derper "$REFERENCE"; then
	echo "bench: measuring without derper" >&2
	servers="bare derpd"
fi
make_cert "$HOST"
# Debian's and OpenBSD's sh both have -n and -H.
# shellcheck disable=SC3045
ulimit -n "$((conns + 1000))" 2>/dev/null || ulimit -n "$(ulimit -Hn)"
: >"$WORK/results"

# sustains PAIRS RATE: true if at most 1 % is lost at this rate, in one of two
# tries: a single disturbance of the machine does not count.
sustains() {
	once "$1" "$2" || once "$1" "$2"
}

once() {
	load -m tput -p "$1" -r "$2" -d "$secs"
	awk -v loss="$(value loss)" -v tx="$(value tx_pps)" -v rate="$2" \
	    'BEGIN { exit !(tx >= 0.97 * rate && loss <= 0.01) }'
}

# highest PAIRS: the highest rate in packets a second, to about 3 %.
highest() {
	_low=0
	_high=20000
	while sustains "$1" "$_high"; do
		_low=$_high
		_high=$((_high * 2))
		[ "$_high" -le 5000000 ] || break
	done
	while [ $(((_high - _low) * 32)) -gt "$_high" ]; do
		_mid=$(((_low + _high) / 2))
		if sustains "$1" "$_mid"; then
			_low=$_mid
		else
			_high=$_mid
		fi
	done
	echo "$_low"
}

measure() {
	result "start to first client" ms low "$STARTED"
	load -m idle -n "$conns" -d 2
	result "CPU a new connection" ms low "$(value server_cpu_ms_per_conn)"
	result "memory an idle client, first $conns" KB low \
	    "$(value pss_kb_per_conn)"
	# Once more, now that the server has its buffers.
	load -m idle -n "$conns" -d 2
	result "memory an idle client, after warm-up" KB low \
	    "$(value pss_kb_per_conn)"
	sleep 1
	load -m latency -p 1 -r 5000 -d "$secs"
	result "round trip p99, 5 kpps beside" us low "$(value p99_us)"
	for r in 40000 60000; do
		load -m tput -p 4 -r "$r" -d "$secs"
		result "CPU at $((r / 1000)) kpps, 4 pairs" s/GB low \
		    "$(value cpu_s_per_gb)"
	done
	for p in 4 16; do
		result "highest rate with 1 % loss, $p pairs" pps high \
		    "$(highest "$p")"
		load -m tput -p "$p" -d "$secs"
		result "flat out, $p pairs: goodput" pps high "$(value rx_pps)"
		result "flat out, $p pairs: loss" share low "$(value loss)"
		result "flat out, $p pairs: CPU" s/GB low \
		    "$(value cpu_s_per_gb)"
	done
	load -m tput -s 100 -p 4 -t -d "$secs"
	result "flat out, 100 bytes, 4 pairs: goodput" pps high \
	    "$(value rx_pps)"
	result "flat out, 100 bytes, 4 pairs: CPU" s/GB low \
	    "$(value cpu_s_per_gb)"
	load -m streams -p 20 -d "$secs"
	result "20 streams that wait for each packet" pps high "$(value pps)"
}

for server in $servers; do
	start_server "$server"
	measure
	stop_server
done

# Two workers against one, on the same core and at the same rate.
server=derpd
for w in 1 2; do
	start_server derpd "$w"
	load -m tput -p 16 -r 40000 -d "$secs"
	result "CPU at 40 kpps, 16 pairs, workers: $w" s/GB low \
	    "$(value cpu_s_per_gb)"
	stop_server
done

jq -Rn --arg reference "derper $REFERENCE" --arg date "$(date -u +%FT%TZ)" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" '
[inputs | split("\t") | {server: .[0], what: .[1], unit: .[2],
    better: .[3], value: (.[4] | tonumber)}] |
{date: $date, cpu: $cpu, reference: $reference, results: (
    reduce .[] as $r ([]; if any(.[]; .what == $r.what)
	then map(if .what == $r.what then .[$r.server] = $r.value else . end)
	else . + [{what: $r.what, unit: $r.unit, better: $r.better,
	    ($r.server): $r.value}] end) |
    map(if .derper != null and .derpd != null and .derper != 0
	then .ratio = .derpd / .derper else . end |
	if .bare != null and .derpd != null and .bare != 0
	then .ratio_bare = .derpd / .bare else . end))}
' <"$WORK/results" >bench.json

echo
jq -r '.results[] | [.what, .unit, (.derper // "-"), (.bare // "-"),
    (.derpd // "-"), (.ratio // "-"), (.ratio_bare // "-"), .better] |
    @tsv' bench.json | awk -F'\t' '
function ratio(r) {
	return r == "-" ? "-" : sprintf("%.2f", r)
}
BEGIN {
	printf "%-40s %5s %10s %10s %10s %8s %6s\n", "what", "unit", \
	    "derper", "bare loop", "derpd", "/derper", "/bare"
}
{
	printf "%-40s %5s %10s %10s %10s %8s %6s  %s is better\n", $1, $2, \
	    $3, $4, $5, ratio($6), ratio($7), $8
}'
echo "written to bench.json"
