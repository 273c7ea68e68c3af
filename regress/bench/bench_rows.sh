# shellcheck shell=sh disable=SC2154
# What bench.sh measures: a function for each case, which starts $server as it
# needs it and writes rows by result (bench_lib.sh).  Sourced by bench.sh.
#
# bench.sh sets secs, conns, idle and rest.

# once PAIRS RATE: true if at most 1 % is lost at this rate, in half the time of
# a measurement: a search takes ten to twenty of them.
once() {
	load -m tput -p "$1" -r "$2" -d "$(echo "$secs" | awk '{ print $1 / 2 }')"
	awk -v loss="$(value loss)" -v tx="$(value tx_pps)" -v rate="$2" \
	    'BEGIN { exit !(tx >= 0.97 * rate && loss <= 0.01) }'
}

# sustains PAIRS RATE: the same in one of two tries, so that a single
# disturbance of the machine does not count.
sustains() {
	once "$1" "$2" || once "$1" "$2"
}

# highest PAIRS: HIGHEST, the highest rate in packets a second, to about 3 %.
highest() {
	HIGHEST=0
	_high=20000
	while sustains "$1" "$_high"; do
		HIGHEST=$_high
		_high=$((_high * 2))
		[ "$_high" -le 5000000 ] || break
	done
	while [ $(((_high - HIGHEST) * 32)) -gt "$_high" ]; do
		_mid=$(((HIGHEST + _high) / 2))
		if sustains "$1" "$_mid"; then
			HIGHEST=$_mid
		else
			_high=$_mid
		fi
	done
}

# ping KEY: a time of LINE, "-" when no ping came back.
ping() {
	if [ "$(value n)" -eq 0 ]; then
		echo -
	else
		value "$1"
	fi
}

case_idle() {
	start_server "$server"
	result "start to first client" ms low "$STARTED"
	load -m idle -n "$conns" -d 2
	result "CPU a new connection" ms low "$(value server_cpu_ms_per_conn)"
	result "memory an idle client, first $conns" KB low \
	    "$(value pss_kb_per_conn)"
	# Once more, now that the server has its buffers.
	sleep 1
	load -m idle -n "$conns" -d 2
	result "memory an idle client, after warm-up" KB low \
	    "$(value pss_kb_per_conn)"
	# A new server: what an earlier one gives back late would count.
	stop_server
	start_server "$server"
	load -m idle -n "$conns" -c 20 -d "$rest"
	result "memory an idle client, $rest s after traffic" KB low \
	    "$(value pss_kb_per_conn)"
}

case_round_trip() {
	start_server "$server"
	load -m latency -p 1 -r 5000 -d "$secs"
	result "round trip p99, 5 kpps beside" us low "$(ping p99_us)"
	for _r in 30 60; do
		load -m latency -p 50 -s 100 -r "${_r}000" -d "$secs"
		result "round trip p50, $_r kpps of 100 B beside" us low \
		    "$(ping p50_us)" 0.8
		result "round trip p99, $_r kpps of 100 B beside" us low \
		    "$(ping p99_us)" 0.3
	done
}

case_rate() {
	start_server "$server"
	for _r in 40 60; do
		load -m tput -p 4 -r "${_r}000" -d "$secs"
		result "CPU at $_r kpps, 4 pairs" s/GB low \
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

case_highest() {
	start_server "$server"
	for _p in 4 16; do
		highest "$_p"
		result "highest rate with 1 % loss, $_p pairs" pps high \
		    "$HIGHEST"
		load -m tput -p "$_p" -d "$secs"
		result "flat out, $_p pairs: goodput" pps high "$(value rx_pps)"
		result "flat out, $_p pairs: loss" share low "$(value loss)"
		result "flat out, $_p pairs: CPU" s/GB low \
		    "$(value cpu_s_per_gb)"
	done
}

# A few busy clients among many that are idle.
case_crowd() {
	start_server "$server"
	load -m latency -i "$idle" -p 4 -r 20000 -d "$secs"
	result "CPU at 20 kpps, $idle idle beside" s/GB low \
	    "$(value cpu_s_per_gb)"
	result "round trip p50, $idle idle, 20 kpps" us low "$(ping p50_us)"
	result "round trip p99, $idle idle, 20 kpps" us low "$(ping p99_us)"
}

# Receivers that read nothing: memory at the end of the flood, and after all
# have left.
case_mute() {
	start_server "$server"
	load -m mute -p 64 -d "$secs" -R "$rest"
	result "memory in a flood, 64 mute receivers" MB low \
	    "$(value grown_mb)"
	result "memory $rest s after that flood" MB low "$(value kept_mb)"
}

# Workers on the same core, at the same rate.
case_workers() {
	[ "$server" = derpd ] || return 0
	for _w in 1 2; do
		start_server derpd "$_w"
		load -m tput -p 16 -r 40000 -d "$secs"
		result "CPU at 40 kpps, 16 pairs, workers: $_w" s/GB low \
		    "$(value cpu_s_per_gb)"
		stop_server
	done
}

# worker_counts: for derpd 1, 2 and 4; for the others 1.
worker_counts() {
	if [ "$server" = derpd ]; then
		echo 1 2 4
	else
		echo 1
	fi
}

# One key on 50 connections that send in turn, against a key for each.
case_one_key() {
	for _w in $(worker_counts); do
		start_server "$server" "$_w"
		for _k in "50 keys" "one key"; do
			_one=
			[ "$_k" = "50 keys" ] || _one=-K
			# shellcheck disable=SC2086
			load -m tput -p 50 -r 20000 $_one -d "$secs"
			result "20 kpps, $_k, workers: $_w, CPU" s/GB low \
			    "$(value cpu_s_per_gb)"
			result "20 kpps, $_k, workers: $_w, loss" share low \
			    "$(value loss)"
		done
		stop_server
	done
}

# Connections of one key that all speak at once, and the pings of two others.
# derpd keeps 16384 of a key (derp(7)).
case_burst() {
	for _w in $(worker_counts); do
		[ "$_w" -le 2 ] || continue
		start_server "$server" "$_w"
		for _n in 4000 8000; do
			load -m burst -n "$_n" -K -s 100 -d "$secs"
			_what="$_n of one key speak, workers: $_w"
			result "$_what: connected" "" high "$(value left)"
			result "$_what: ping p99" us low "$(value p99_us)"
			result "$_what: longest" us low "$(value max_us)"
			sleep 1
		done
		stop_server
	done
}

# Half handshakes, 512 under way at a time, beside sessions with 10 kpps: pings
# of sessions, and the time of logins.
case_flood() {
	for _c in P-256 RSA-2048 RSA-4096; do
		make_cert "$HOST" "$_c"
		start_server "$server"
		load -m latency -p 4 -r 10000 -F 512 -d "$secs"
		result "handshake flood, $_c: answers a second" /s high \
		    "$(value flood_per_s)"
		result "handshake flood, $_c: ping p50" us low "$(ping p50_us)"
		result "handshake flood, $_c: ping p99" us low "$(ping p99_us)"
		result "handshake flood, $_c: lost or late" share low \
		    "$(value bg_loss)"
		load_behind -m tput -p 4 -r 10000 -F 512 -d 600
		sleep 3
		load -m login -d "$secs"
		result "handshake flood, $_c: login p50" ms low \
		    "$(value p50_ms)"
		result "handshake flood, $_c: longest login" ms low \
		    "$(value max_ms)"
		end_behind
		stop_server
	done
	make_cert "$HOST" P-256
}
