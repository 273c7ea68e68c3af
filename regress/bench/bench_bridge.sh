#!/bin/sh
# Compare derpbridged with WireGuard and DERP in Go; called by `make
# bench-bridge' in the top directory.  Prints a table and writes
# bench-bridge.json.  A value is the median of the rounds, in which the programs
# alternate, so that noise of the machine affects all of them.
#
#	bridge	derpbridged, between bridgeload (in place of the kernel's
#		WireGuard) and the relay; all its processes count
#	go	wireguard-go with Tailscale's DERP client, between its interface
#		and the relay: it encrypts the packets, too
#	carry	only what derpbridged does, with Tailscale's DERP client
#
# The program has core 0; load and relay (derpd for all of them) have core 1.  A
# GB is 10^9 bytes of IP packets in the tunnel; "out" is towards the relay.  As
# an ordinary user, or without namespaces, there is no "go".  Exits 1 if a
# packet of one peer was delivered as another's.
#
# BENCH_SECS is the length of one measurement (3 s), BENCH_ROUNDS their number
# (5), BENCH_RATE the packets a second of the rated measurements (20000),
# BENCH_PEERS the numbers of peers whose memory is measured (1 200 2000),
# BENCH_CASES the cases, BENCH_BIN see bench_lib.sh.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
secs=${BENCH_SECS:-3}
rounds=${BENCH_ROUNDS:-5}
rate=${BENCH_RATE:-20000}
counts=${BENCH_PEERS:-1 200 2000}
ALL="stream ping memory verify switch"
LOAD=regress/bench/bridgeload
GO_PEER=regress/bridge/bridge
NEAR_NS=derpbench-near$$ FAR_NS=derpbench-far$$ LINK=db$$n
PROGRAM='' FAR='' ENDS=''

bridge_end() {
	end_program
	bench_end
}
trap bridge_end EXIT

need_cores
programs=bridge
if ! sh regress/interop/build.sh "$PWD/$GO_PEER" regress/bridge; then
	echo "bench: measuring without the programs in Go" >&2
elif [ "$(id -u)" -ne 0 ] || ! ip netns add "$NEAR_NS" 2>/dev/null; then
	echo "bench: no namespaces: measuring without wireguard-go" >&2
	programs="bridge carry"
else
	ip netns del "$NEAR_NS"
	programs="bridge go carry"
fi
make_cert "$HOST"
eval "$($LOAD -m keys)"
# Set by eval: near_key, near_private, far_key, far_private.
echo "${near_private:?}" >"$WORK/near.private"
echo "${far_private:?}" >"$WORK/far.private"
: >"$WORK/results"

# start_relay: for all measurements, on core 1.
start_relay() {
	PORT=$(free_port)
	derpd_conf 1 "$PORT" >"$WORK/derpd.conf"
	taskset -c 1 derpd/derpd -d -f "$WORK/derpd.conf" \
	    >"$WORK/server.log" 2>&1 &
	SRV_PID=$!
	until regress/bench/derpload -m idle -n 1 -d 0 "$HOST" "$PORT" \
	    >/dev/null 2>&1; do
		kill -0 "$SRV_PID" || exit 1
		sleep 0.1
	done
	cat >"$WORK/map.json" <<-END
	{"Regions":{"901":{"RegionID":901,"RegionCode":"one",
	"RegionName":"one","Nodes":[{"Name":"1","RegionID":901,
	"HostName":"$HOST","IPv4":"127.0.0.1","IPv6":"none",
	"DERPPort":$PORT,"STUNPort":-1,"InsecureForTests":true}]}}}
	END
}

bridge_conf() {
	mkdir -p "$WORK/bridge"
	cat <<-END
	map file "$WORK/map.json"
	control "$WORK/bridge.sock"
	statedir "$WORK/bridge"
	interface "wg0" {
		uapi "$WORK/uapi.sock"
		ca file "$WORK/$HOST.crt"
		fwmark none
	}
	END
	[ "$(id -u)" -eq 0 ] || return 0
	echo "chroot \"$WORK/empty\""
	id _derpbridge >/dev/null 2>&1 || echo 'user "nobody"'
	id _derpbridge_keys >/dev/null 2>&1 || echo 'keys user "daemon"'
}

# await: a moment, if the program has not ended.
await() {
	if ! kill -0 "$PROGRAM" 2>/dev/null; then
		cat "$WORK"/*.log >&2
		echo "bench: $server did not start" >&2
		exit 1
	fi
	sleep 0.1
}

# agent NAMESPACE NUMBER CORE KEY PEERS: wireguard-go with DERP, its interface
# in the namespace; sets PROGRAM.
agent() {
	ip netns add "$1"
	rm -f "$WORK/agent$2.log"
	# shellcheck disable=SC2086
	taskset -c "$3" "$GO_PEER" agent -iface "$LINK$2" -shared \
	    -key "$WORK/$4.private" -map "$WORK/map.json" -mode relay -port 0 \
	    $5 >"$WORK/agent$2.log" 2>&1 &
	PROGRAM=$!
	until grep -qs ready "$WORK/agent$2.log"; do
		await
	done
	ip link set "$LINK$2" netns "$1"
	ip -n "$1" addr add "10.77.0.$2/24" dev "$LINK$2"
	ip -n "$1" link set "$LINK$2" up
}

# start_program NAME [PEERS]: sets PROGRAM, its process, and ENDS, options of
# bridgeload.
start_program() {
	case $1 in
	bridge)
		bridge_conf >"$WORK/bridge.conf"
		rm -rf "$WORK/bridge/"* "$WORK/bridge.log"
		# It waits for the socket of WireGuard.
		taskset -c 0 derpbridge/derpbridged -d -f "$WORK/bridge.conf" \
		    >"$WORK/bridge.log" 2>&1 &
		PROGRAM=$!
		until grep -qs ' ready:' "$WORK/bridge.log"; do
			await
		done
		ENDS="-u $WORK/uapi.sock"
		;;
	go)
		agent "$FAR_NS" 2 1 far "${near_key:?}=10.77.0.1/32"
		FAR=$PROGRAM
		agent "$NEAR_NS" 1 0 near "${far_key:?}=10.77.0.2/32"
		ENDS="-N $NEAR_NS -F $FAR_NS"
		;;
	carry)
		rm -f "$WORK/carry.log"
		taskset -c 0 "$GO_PEER" carry -key "$WORK/near.private" \
		    -map "$WORK/map.json" "${far_key:?}" \
		    >"$WORK/carry.log" 2>&1 &
		PROGRAM=$!
		until grep -qs listening "$WORK/carry.log"; do
			await
		done
		ENDS="-t $(sed -n 's/listening on //p' "$WORK/carry.log")"
		;;
	esac
}

end_program() {
	for _p in $PROGRAM $FAR; do
		kill "$_p" 2>/dev/null
		wait "$_p" 2>/dev/null
	done
	PROGRAM='' FAR=''
	if [ -e "/run/netns/$NEAR_NS" ]; then
		ip netns del "$NEAR_NS"
		ip netns del "$FAR_NS"
	fi
}

# bridge_load OPTION...: on core 1; the line of results in LINE.
bridge_load() {
	# shellcheck disable=SC2086
	LINE=$(taskset -c 1 "$LOAD" -P "${PROGRAM:-1}" $ENDS "$@" "$HOST" \
	    "$PORT" 2>"$WORK/load.err") || {
		echo "bench: $server: bridgeload $*:" \
		    "$(cat "$WORK/load.err")" >&2
		LINE=failed=1
	}
	[ "$(value wrong)" -eq 0 ] || {
		echo "bench: $server: wrong packets: $LINE" >&2
		bad=1
	}
}

# stream NAME OPTION...: one direction.
stream() {
	_name=$1
	shift
	start_program "$server"
	bridge_load -m stream -d "$secs" "$@"
	end_program
	result "$_name: CPU a GB" s low "$(value cpu_s_per_gb)" 0.3
	result "$_name: packets a s of one core" 1/s high "$(value core_pps)"
	result "$_name: packets a s" 1/s high "$(value rx_pps)"
}

case_stream() {
	for size in 1420 200; do
		stream "$size B out, $((rate / 1000)) k/s" -s "$size" -r "$rate"
		stream "$size B out, flat out" -s "$size"
		stream "$size B in, $((rate / 1000)) k/s" -b -s "$size" \
		    -r "$rate"
		stream "$size B in, flat out" -b -s "$size"
	done
}

# What the relay and the far end take is subtracted; the tunnel in Go has two
# ends.
case_ping() {
	ENDS=
	bridge_load -m ping -d "$secs" -s 200
	bare=$(value rtt_p50_us)
	start_program "$server"
	bridge_load -m ping -d "$secs" -s 200
	end_program
	result "added round trip" us low "$(echo "$(value rtt_p50_us) $bare" |
	    awk -v ends="$([ "$server" = go ] && echo 2 || echo 1)" \
	    '{ printf "%.1f", ($1 - $2) / ends }')"
}

pss() {
	result "memory, $1 peers" KB low "$(value pss_kb)"
}

# peers COUNT: print arguments for the agent.
peers() {
	$LOAD -m keys -p "$1" | sed -n 's/^peer=//p' | awk '{
		printf "%s=10.100.%d.%d/32 ", $1, NR / 256, NR % 256
	}'
}

case_memory() {
	[ "$server" != carry ] || return 0
	for count in $counts; do
		if [ "$server" = go ]; then
			agent "$NEAR_NS" 1 0 near "$(peers "$count")"
			ip netns add "$FAR_NS"
			sleep "$secs"
			ENDS=
			bridge_load -m usage
		else
			start_program "$server"
			bridge_load -m memory -d "$secs" -p "$count" -c 1
		fi
		end_program
		pss "$count"
	done
}

case_verify() {
	[ "$server" = bridge ] || return 0
	start_program "$server"
	bridge_load -m verify -d "$secs" -p 50
	end_program
	result "50 peers, both ways: packets" 1 high \
	    "$(($(value out) + $(value in)))"
	result "50 peers, both ways: wrong" 1 low "$(value wrong)"
}

# Once: this takes two minutes.  The direct path heals before the first try of
# it, and after one in vain.
case_switch() {
	[ "$server" = bridge ] && [ "$round" -eq 1 ] || return 0
	for relayed in 5 25; do
		start_program "$server"
		bridge_load -m switch -d "$relayed"
		end_program
		result "UDP blocked, until relayed" s low \
		    "$(value to_relay_s)"
		result "UDP works after $relayed s, until direct" s low \
		    "$(value to_direct_s)"
	done
}

start_relay
round=0 bad=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	for case in ${BENCH_CASES:-$ALL}; do
		case " $ALL " in
		*" $case "*) ;;
		*)
			echo "bench: no case $case: $ALL" >&2
			exit 1
			;;
		esac
		for server in $programs; do
			"case_$case"
		done
	done
done

jq -Rn --arg date "$(date -u +%FT%TZ)" \
    --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" '
def median: map(select(. != null)) | sort | .[length / 2 | floor];
def ratio(a; b): if a == null or b == null or b == 0 then null
    else a / b end;
[inputs | split("\t") | {server: .[0], what: .[1], unit: .[2],
    better: .[3], value: (.[4] | tonumber? // null),
    goal: (.[6] | tonumber? // null)}] |
{date: $date, cpu: $cpu, results: (
    [.[].what] as $all |
    (reduce $all[] as $w ([]; if index([$w]) then . else . + [$w] end))
	as $whats |
    [$whats[] as $w | map(select(.what == $w)) |
	{what: $w, unit: .[0].unit, better: .[0].better, goal: .[0].goal} +
	(group_by(.server) |
	    map({(.[0].server): (map(.value) | median)}) | add)] |
    map(. + {ratio: ratio(.bridge; .go),
	ratio_carry: ratio(.bridge; .carry)}))}
' <"$WORK/results" >bench-bridge.json

echo
jq -r '.results[] | [.what, .unit, (.go // "-"), (.carry // "-"),
    (.bridge // "-"), (.ratio // "-"), (.ratio_carry // "-"), .better,
    (.goal // "-")] | @tsv' bench-bridge.json | awk -F'\t' '
BEGIN {
	printf "%-38s %4s %10s %10s %10s %6s %7s\n", "what", "unit", \
	    "go", "carry", "bridge", "/go", "/carry"
}
function r(x) { return x == "-" ? x : sprintf("%.2f", x) }
{
	printf "%-38s %4s %10s %10s %10s %6s %7s  %s is better%s\n", $1, $2, \
	    r($3), r($4), r($5), r($6), r($7), $8, \
	    $9 == "-" ? "" : ", goal: /go at most " $9
}'
echo "written to bench-bridge.json"
[ "$bad" -eq 0 ]
