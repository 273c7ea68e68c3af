#!/bin/sh
# Measure what a packet to a client of another node of the region costs each of
# the two nodes, against one to a client of the same node; called by `make
# bench-mesh' in the top directory.  The nodes have core 0 and the load core 1.
# Prints ratios of CPU time for each byte, the median of the rounds.
#
# BENCH_SECS is the length of one measurement (3 s), BENCH_ROUNDS their number
# (5), BENCH_RATE the packets a second (40000; 0 is as many as possible),
# BENCH_WORKERS the relay workers of each node (1).
set -u
# shellcheck source=regress/bench/bench_lib.sh
. regress/bench/bench_lib.sh
secs=${BENCH_SECS:-3}
rounds=${BENCH_ROUNDS:-5}
rate=${BENCH_RATE:-40000}
workers=${BENCH_WORKERS:-1}

# node NAME PORT OTHER: start one of the two nodes on core 0; its process in
# NODE_PID.
node() {
	mkdir -p "$WORK/$1"
	chmod 755 "$WORK"
	{
		derpd_conf "$workers" "$2" "$WORK/$1"
		echo "mesh {"
		echo "key file \"$WORK/mesh.key\""
		echo "ca file \"$WORK/$HOST.crt\""
		echo "with \"$HOST\" port $3 address 127.0.0.1"
		echo "}"
	} >"$WORK/$1/derpd.conf"
	taskset -c 0 "$PWD/derpd/derpd" -d -f "$WORK/$1/derpd.conf" \
	    >"$WORK/$1/log" 2>&1 &
	NODE_PID=$!
}

# linked NAME: its link is up.
linked() {
	derpctl/derpctl -s "$WORK/$1/derpd.sock" mesh 2>/dev/null |
	    grep -qw up
}

end_nodes() {
	kill "$PID_A" "$PID_B" 2>/dev/null
	wait "$PID_A" "$PID_B" 2>/dev/null
	bench_end
}

# one PID [OPTION]...: CPU time for each byte of that node.
one() {
	SRV_PID=$1
	shift
	load -m tput -d "$secs" -r "$rate" -s 1400 "$@"
	SRV_PID=
	value cpu_s_per_gb
}

# median COLUMN: of the ratios so far.
median() {
	cut -f"$1" "$WORK/ratios" | sort -n | awk '{ v[NR] = $1 }
	END { print v[int((NR + 1) / 2)] }'
}

need_cores
make_cert "$HOST" P-256
od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$WORK/mesh.key"
chmod 600 "$WORK/mesh.key"
PORT_A=$(free_port) PORT_B=$(free_port)
PORT=$PORT_A
node a "$PORT_A" "$PORT_B"
PID_A=$NODE_PID
node b "$PORT_B" "$PORT_A"
PID_B=$NODE_PID
trap end_nodes EXIT
until linked a && linked b; do
	if ! kill -0 "$PID_A" || ! kill -0 "$PID_B"; then
		cat "$WORK"/[ab]/log >&2
		exit 1
	fi
	sleep 0.2
done

: >"$WORK/ratios"
for _ in $(seq "$rounds"); do
	_local=$(one "$PID_A")
	_sender=$(one "$PID_A" -E "$PORT_B")
	_receiver=$(one "$PID_B" -E "$PORT_B")
	echo "local $_local, sender's node $_sender," \
	    "receiver's node $_receiver s a GB"
	echo "$_local $_sender $_receiver" | awk '{
		printf "%.3f\t%.3f\n", $2 / $1, $3 / $1
	}' >>"$WORK/ratios"
done
echo "a forward against a local delivery, CPU a GB:" \
    "$(median 1) at the sender's node, $(median 2) at the receiver's"
