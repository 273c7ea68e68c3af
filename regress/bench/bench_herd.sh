#!/bin/sh
# A herd after a power cut: clients that all connect within a second, while
# sessions that are in exchange packets.  Compare the relay with derper; called
# by `make bench-herd' in the top directory.  Prints a table and writes
# bench-herd.json.
#
# BENCH_CLIENTS is the number of clients (10000), BENCH_ROUNDS how often each
# case is measured (3; the table has medians), BENCH_CASES the cases, BENCH_BIN
# see bench_lib.sh.
#
# Cases: `many' and `one', clients of 1000 addresses and of one, as behind one
# NAT, with the server on core 0 and the load on core 1; `both', as many, but
# server and load share all cores; `slow', as many, with a certificate of
# RSA-4096, which takes so long that clients wait for longer than they do.
#
# Of the clients half try again at once, half as Tailscale's client does.  A
# value with a star: the herd came late, because its process was not scheduled
# in time.  Packets of sessions are timed by a process of its own, ahead of all
# others (herdload.c).
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
clients=${BENCH_CLIENTS:-10000}
rounds=${BENCH_ROUNDS:-3}
ALL="many one both slow"

need_cores
servers="derper derpd"
if ! need_program derper tailscale.com/cmd/derper "$REFERENCE"; then
	echo "bench: measuring without derper" >&2
	servers=derpd
fi
# Debian's and OpenBSD's sh both have -n and -H.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -Hn)"
# shellcheck disable=SC3045
if [ "$(ulimit -n)" -lt $((clients + 1000)) ]; then
	echo "bench: $clients clients need as many open files and 1000 more" >&2
	exit 1
fi
: >"$WORK/results"

# herd CASE: start $server for it, let a herd come, and write rows.
herd() {
	_sources=1000 _secs=60
	SERVER_CORES=0 _load_cores=1
	case $1 in
	one) _sources=1 ;;
	both) SERVER_CORES=$ALL_CORES _load_cores=$ALL_CORES ;;
	slow) _secs=120 ;;
	esac
	start_server "$server" "$(workers_of "$1")"
	LINE=$(taskset -c "$_load_cores" regress/bench/herdload \
	    -n "$clients" -S "$_sources" -l "$_secs" -P "$SRV_PID" \
	    "$HOST" "$PORT" 2>"$WORK/load.err") || {
		echo "bench: herdload: $(cat "$WORK/load.err")" >&2
		LINE=
	}
	stop_server
	echo "$server $1: $LINE"
	printf '%s\n' "$LINE" | tr ' ' '\n' | awk -F= -v server="$server" \
	    -v what="$1" 'NF == 2 { printf "%s\t%s\t%s\t%s\n", server, what, \
	    $1, $2 }' >>"$WORK/results"
}

# workers_of CASE: relay workers; on one core one.
workers_of() {
	if [ "$1" = both ]; then
		getconf _NPROCESSORS_ONLN
	else
		echo 1
	fi
}

ALL_CORES=0-$(($(getconf _NPROCESSORS_ONLN) - 1))
for case in ${BENCH_CASES:-$ALL}; do
	case " $ALL " in
	*" $case "*) ;;
	*)
		echo "bench: no case $case: $ALL" >&2
		exit 1
		;;
	esac
	if [ "$case" = slow ]; then
		make_cert "$HOST" RSA-4096
	else
		make_cert "$HOST" P-256
	fi
	for _ in $(seq "$rounds"); do
		for server in $servers; do
			herd "$case"
		done
	done
done

# One object a case, with the values of each server.
jq -Rn --arg reference "derper $REFERENCE" --arg date "$(date -u +%FT%TZ)" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
    --argjson clients "$clients" '
def median: sort | .[((length - 1) / 2) | floor];
[inputs | split("\t") | {server: .[0], what: .[1], key: .[2],
    value: (.[3] | tonumber?)} | select(.value != null)] |
{date: $date, cpu: $cpu, reference: $reference, clients: $clients, cases:
    (group_by(.what) | map({(.[0].what): (group_by(.server) |
    map({(.[0].server): (group_by(.key) |
    map({(.[0].key): (map(.value) | median)}) | add)}) | add)}) | add)}
' <"$WORK/results" >bench-herd.json

echo
jq -r '
def show: if . == null or . < 0 then "-" else tostring end;
.cases | to_entries[] | .key as $case | .value as $v |
    ["in50_ms", "in99_ms", "in100_ms", "refused_for_good", "tries_max",
    "no_connect", "reset", "closed", "late", "before_p99_us", "during_p50_us",
    "during_p99_us", "during_max_us", "after_p99_us", "lost", "server_cpu_s",
    "herd_cpu_s"][] | . as $k | ($v.derper // {})[$k] as $a |
    ($v.derpd // {})[$k] as $b |
    [$case, $k, ($a | show), ($b | show), (if $a == null or $b == null or
    $a <= 0 or $b < 0 then "-" else $b / $a end),
    (if ($v.derper.begun_ms // 0) > 1500 then "*" else "" end),
    (if ($v.derpd.begun_ms // 0) > 1500 then "*" else "" end)] | @tsv
' bench-herd.json | awk -F'\t' '
BEGIN {
	printf "%-6s %-18s %12s %12s %8s\n", "case", "what", "derper", \
	    "derpd", "/derper"
}
{
	printf "%-6s %-18s %11s%1s %11s%1s %8s\n", $1, $2, $3, $6, $4, $7, \
	    $5 == "-" ? "-" : sprintf("%.3f", $5)
}'
echo "* the herd was not scheduled in time"
echo "written to bench-herd.json"
