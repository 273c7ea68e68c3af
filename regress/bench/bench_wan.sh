#!/bin/sh
# Real clients over a wide-area network: their throughput through derper and
# through this relay, and the time of a ping meanwhile; called by `make
# bench-wan' in the top directory, as root on Linux.  Prints a table and writes
# bench-wan.json.
#
# WAN_SECS is the length of one transfer (15 s), WAN_CASES the cases, BENCH_BIN
# see bench_lib.sh.
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
# shellcheck source=regress/bench/tailnet.sh
. regress/bench/tailnet.sh
secs=${WAN_SECS:-15}
HOST=derp.test

# Delay in ms, Mbit/s up and down, loss in %, queue in ms, of each client's link.
link_of() {
	case $1 in
	loss) echo "20 100 100 0.5 100" ;;
	clean) echo "20 100 100 0 100" ;;
	slow) echo "20 100 20 0 100" ;;
	*) return 1 ;;
	esac
}

if [ "$(id -u)" -ne 0 ] || [ ! -c /dev/net/tun ]; then
	echo "bench-wan: needs root, network namespaces and /dev/net/tun" >&2
	exit 1
fi
need_program derper tailscale.com/cmd/derper "$REFERENCE" &&
    need_program tailscale tailscale.com/cmd/tailscale "$REFERENCE" &&
    need_program tailscaled tailscale.com/cmd/tailscaled "$REFERENCE" &&
    need_program headscale github.com/juanfont/headscale/cmd/headscale \
    v0.28.0 || exit 1
make_cert "$HOST"
CLIENT_TRUST=$WORK/$HOST.crt
trap 'net_down; bench_end' EXIT
: >"$WORK/results"

relay_up() {
	case $1 in
	derper)
		begin srv "$WORK/relay.log" "$BENCH_BIN/derper" -a 0.0.0.0:443 \
		    -http-port -1 -stun=false -certmode manual \
		    -certdir "$WORK" -hostname "$HOST" -c "$WORK/derper.json"
		;;
	derpd)
		LISTEN=0.0.0.0 derpd_conf 1 443 >"$WORK/derpd.conf"
		begin srv "$WORK/relay.log" "$PWD/derpd/derpd" -d \
		    -f "$WORK/derpd.conf"
		;;
	esac
	wait_for 20 in_ns srv curl -s --cacert "$WORK/$HOST.crt" -o /dev/null \
	    "https://$HOST/derp/probe" || { cat "$WORK/relay.log" >&2; return 1; }
}

# pings: times of pings through the tunnel, in ms, a line each, while the
# process $1 lives.
pings() {
	while kill -0 "$1" 2>/dev/null; do
		ts a ping --tsmp -c 1 --timeout 5s "$PEER" 2>&1 |
		    sed -n -e 's/.* in \([0-9.]*\)ms.*/\1/p' \
		    -e 's/.* in \([0-9.]*\)s.*/\1 1000/p' |
		    awk '{ print $1 * (NF > 1 ? $2 : 1) }'
		sleep 0.3
	done
}

# transfer SERVER CASE DIRECTION [-R]: a line of the results.
transfer() {
	_server=$1 _case=$2 _way=$3
	shift 3
	in_ns na iperf3 -c "$PEER" -p 5201 -t "$secs" -O 3 -J "$@" \
	    >"$WORK/iperf.json" 2>&1 &
	_iperf=$!
	sleep 4
	pings "$_iperf" >"$WORK/pings"
	wait "$_iperf"
	_rest=$(sort -n "$WORK/pings" | awk '{ v[NR] = $1 } END {
	    printf "%s\t%s", NR ? v[int((NR + 1) / 2)] : 0, NR ? v[NR] : 0 }')
	_got=$(jq -r '[((.end.sum_received.bits_per_second // 0) / 1e6 | floor),
	    .end.sum_sent.retransmits // 0] | @tsv' "$WORK/iperf.json")
	printf '%s\t%s\t%s\t%s\t%s\n' "$_server" "$_case" "$_way" "$_got" \
	    "$_rest" | tee -a "$WORK/results"
}

for case in ${WAN_CASES:-loss clean slow}; do
	link=$(link_of "$case") || {
		echo "bench-wan: no case $case: loss, clean or slow" >&2
		exit 1
	}
	for server in derper derpd; do
		if ! net_up "$link" || ! relay_up "$server" || ! tailnet_up; then
			echo "bench-wan: $server, $case: not up" >&2
			exit 1
		fi
		begin nb "$WORK/iperf.log" iperf3 -s -p 5201
		sleep 1
		transfer "$server" "$case" up
		transfer "$server" "$case" down -R
		net_down
	done
done

jq -Rn '[inputs | split("\t") | {server: .[0], case: .[1], way: .[2],
    mbit: (.[3] | tonumber), retransmits: (.[4] | tonumber),
    ping_median_ms: (.[5] | tonumber), ping_max_ms: (.[6] | tonumber)}]' \
    <"$WORK/results" >bench-wan.json
echo
awk -F'\t' '
BEGIN {
	print "case   way   server   Mbit/s  retransmits  ping median/max (ms)"
}
{
	printf "%-6s %-5s %-8s %6s  %11s  %s/%s\n", $2, $3, $1, $4, $5, $6, $7
	key = $2 "\t" $3
	if ($1 == "derper")
		ref[key] = $4
	else if (ref[key] > 0)
		printf "%21s %5.2f times derper\n", "", $4 / ref[key]
}' "$WORK/results"
echo "written to bench-wan.json"
