#!/bin/sh
# Compare the relay with derper and with the bare libtls loop (bareloop.c), one
# case (bench_rows.sh) after the other, in each case each server in turn, with
# the same certificate and load; called by `make bench' in the top directory.
# The server has core 0 and the load core 1.  Prints a table and writes
# bench.json.
#
# BENCH_SECS is the length of one measurement (3 s), BENCH_CONNS the number of
# idle clients whose memory is measured (2000), BENCH_IDLE of those beside busy
# ones (10000), BENCH_REST the seconds that clients rest after traffic before
# memory is measured (10), BENCH_CASES the cases, BENCH_BIN see bench_lib.sh.
#
# A value with a star: the load generator had work for 95 % of the time or more,
# so that it may have been the limit, not the server.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
# shellcheck source=regress/bench/bench_rows.sh
. regress/bench/bench_rows.sh
secs=${BENCH_SECS:-3}
conns=${BENCH_CONNS:-2000}
idle=${BENCH_IDLE:-10000}
rest=${BENCH_REST:-10}
ALL="idle round_trip rate highest crowd mute workers one_key burst flood"

need_cores
servers="derper bare derpd"
if ! need_program derper tailscale.com/cmd/derper "$REFERENCE"; then
	echo "bench: measuring without derper" >&2
	servers="bare derpd"
fi
# Debian's and OpenBSD's sh both have -n and -H.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -Hn)"
make_cert "$HOST" P-256
: >"$WORK/results"

for case in ${BENCH_CASES:-$ALL}; do
	case " $ALL " in
	*" $case "*) ;;
	*)
		echo "bench: no case $case: $ALL" >&2
		exit 1
		;;
	esac
	for server in $servers; do
		"case_$case"
		stop_server
	done
done

jq -Rn --arg reference "derper $REFERENCE" --arg date "$(date -u +%FT%TZ)" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" '
[inputs | split("\t") | {server: .[0], what: .[1], unit: .[2],
    better: .[3], value: (.[4] | tonumber? // null),
    busy: (.[5] | tonumber), goal: (.[6] | tonumber? // null)}] |
{date: $date, cpu: $cpu, reference: $reference, results: (
    reduce .[] as $r ([]; if any(.[]; .what == $r.what)
	then . else . + [{what: $r.what, unit: $r.unit, better: $r.better,
	    goal: $r.goal, load_was_limit: []}] end |
	map(if .what == $r.what then .[$r.server] = $r.value |
	    if $r.busy >= 0.95 then .load_was_limit += [$r.server] else . end
	    else . end)) |
    map(if .derper != null and .derpd != null and .derper != 0
	then .ratio = .derpd / .derper else . end |
	if .bare != null and .derpd != null and .bare != 0
	then .ratio_bare = .derpd / .bare else . end))}
' <"$WORK/results" >bench.json

echo
jq -r 'def show($s): if .[$s] == null then "-" else "\(.[$s])" +
	if any(.load_was_limit[]; . == $s) then "*" else "" end end;
    .results[] | [.what, .unit, show("derper"), show("bare"), show("derpd"),
    (.ratio // "-"), (.ratio_bare // "-"), .better, (.goal // "-")] |
    @tsv' bench.json | awk -F'\t' '
function ratio(r) {
	return r == "-" ? "-" : sprintf("%.2f", r)
}
BEGIN {
	printf "%-46s %5s %10s %10s %10s %8s %6s\n", "what", "unit", \
	    "derper", "bare loop", "derpd", "/derper", "/bare"
}
{
	printf "%-46s %5s %10s %10s %10s %8s %6s  %s is better", $1, $2, \
	    $3, $4, $5, ratio($6), ratio($7), $8
	if ($9 != "-")
		printf ", at most %s of derper%s", $9, \
		    $6 == "-" || $6 <= $9 ? "" : ": missed"
	printf "\n"
}'
echo "* the load generator was busy all the time: it may have been the limit"
echo "written to bench.json"
