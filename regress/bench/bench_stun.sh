#!/bin/sh
# Compare stund with derper and coturn; called by `make bench-stun' in the top
# directory.  The server has core 0 and the load core 1.  Prints a table and
# writes bench-stun.json.  A value is the median of the rounds, in which the
# servers alternate, so that noise of the machine affects all of them.
#
# BENCH_SECS is the length of one measurement (3 s), BENCH_ROUNDS their number
# (3), BENCH_RATE the requests a second of the rated measurements (200000),
# BENCH_BIN see bench_lib.sh.
#
# At full speed the load sends as much as it can and also reads the answers.
# With many sources this costs the load as much as the server, so that CPU time
# for each request is the figure to compare.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
secs=${BENCH_SECS:-3}
rounds=${BENCH_ROUNDS:-3}
rate=${BENCH_RATE:-200000}

need_cores
servers=derpd
if need_program derper tailscale.com/cmd/derper "$REFERENCE"; then
	servers="derper $servers"
fi
if command -v turnserver >/dev/null 2>&1; then
	servers="coturn $servers"
else
	echo "bench: no turnserver (Debian package coturn): without it" >&2
fi
make_cert "$HOST"

stun_conf() {
	mkdir -p "$WORK/empty" "$WORK/state"
	chmod 755 "$WORK/empty"
	cat <<END
hostname "$HOST"
stun { listen on 127.0.0.1 port $1 }
control "$WORK/derpd.sock"
statedir "$WORK/state"
END
	derpd_users
}

# start_stun SERVER: on core 0; sets SRV_PID and PORT.
start_stun() {
	PORT=$(free_port)
	case $1 in
	derper)
		set -- "$BENCH_BIN/derper" -a "127.0.0.1:$(free_port)" \
		    -http-port -1 -stun -stun-port "$PORT" \
		    -certmode manual -certdir "$WORK" -hostname "$HOST" \
		    -c "$WORK/derper.json"
		;;
	coturn)
		set -- turnserver -n --stun-only -L 127.0.0.1 -p "$PORT" \
		    --no-tcp --no-tls --no-dtls --no-cli --no-rfc5780 \
		    --no-software-attribute -m 0 --simple-log \
		    -l "$WORK/coturn.log" --pidfile "$WORK/coturn.pid"
		;;
	derpd)
		stun_conf "$PORT" >"$WORK/derpd.conf"
		set -- "$PWD/derpd/derpd" -d -f "$WORK/derpd.conf"
		;;
	esac
	taskset -c 0 "$@" >"$WORK/server.log" 2>&1 &
	SRV_PID=$!
	tries=0
	until load -d 0.1 -r 1000 && [ "$(value rx_pps)" != 0 ]; do
		tries=$((tries + 1))
		if ! kill -0 "$SRV_PID" 2>/dev/null ||
		    [ "$tries" -gt 100 ]; then
			cat "$WORK/server.log" "$WORK/load.err" >&2
			echo "bench: $server does not answer" >&2
			exit 1
		fi
	done
}

# load OPTION...: a measurement by stunload on core 1; its line in LINE.
load() {
	LINE=$(taskset -c 1 regress/bench/stunload -P "$SRV_PID" "$@" \
	    127.0.0.1 "$PORT" 2>"$WORK/load.err") || {
		# Sending fails until the server listens.
		LINE=
		return 1
	}
}

measure() {
	for n in 1 64; do
		case $n in
		1) from="one source" ;;
		*) from="$n sources" ;;
		esac
		load -d "$secs" -n "$n"
		result "flat out, $from: answers" 1/s high "$(value rx_pps)"
		result "flat out, $from: CPU a request" us low \
		    "$(value cpu_us_per_req)"
		load -d "$secs" -n "$n" -r "$rate"
		result "$((rate / 1000)) k/s, $from: answered" share high \
		    "$(value answered)"
		result "$((rate / 1000)) k/s, $from: CPU a request" us low \
		    "$(value cpu_us_per_req)"
	done
	result "bytes of an answer" B low "$(value reply_len)"
}

: >"$WORK/results"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	for server in $servers; do
		start_stun "$server"
		measure
		stop_server
	done
done

coturn=$(turnserver --version 2>/dev/null | tail -n 1)
jq -Rn --arg reference "derper $REFERENCE, coturn ${coturn:-not there}" \
    --arg date "$(date -u +%FT%TZ)" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" '
def median: sort | .[length / 2 | floor];
def ratio(a; b): if a == null or b == null or b == 0 then null
    else a / b end;
[inputs | split("\t") | {server: .[0], what: .[1], unit: .[2],
    better: .[3], value: (.[4] | tonumber)}] |
{date: $date, cpu: $cpu, reference: $reference, results: (
    [.[].what] as $all |
    (reduce $all[] as $w ([]; if index($w) then . else . + [$w] end))
	as $whats |
    [$whats[] as $w | map(select(.what == $w)) |
	{what: $w, unit: .[0].unit, better: .[0].better} +
	(group_by(.server) |
	    map({(.[0].server): (map(.value) | median)}) | add)] |
    map(. + {ratio: ratio(.derpd; .derper),
	ratio_coturn: ratio(.derpd; .coturn)}))}
' <"$WORK/results" >bench-stun.json

echo
jq -r '.results[] | [.what, .unit, (.derper // "-"), (.coturn // "-"),
    (.derpd // "-"), (.ratio // "-"), (.ratio_coturn // "-"), .better] |
    @tsv' bench-stun.json | awk -F'\t' '
BEGIN {
	printf "%-36s %5s %8s %8s %8s %7s %7s\n", "what", "unit", \
	    "derper", "coturn", "derpd", "/derper", "/coturn"
}
function r(x) { return x == "-" ? x : sprintf("%.2f", x) }
{
	printf "%-36s %5s %8s %8s %8s %7s %7s  %s is better\n", $1, $2, $3, \
	    $4, $5, r($6), r($7), $8
}'
echo "written to bench-stun.json"
