#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Raw sockets against the daemon: input that no real client sends.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case one_worker 120 "every quick raw case, one worker"
one_worker_body() {
	e2e_paths
	e2e_start
	# shellcheck disable=SC2086	# a list of names
	raw $QUICK
	e2e_stop
}

e2e_case two_workers 120 "every quick raw case, two workers"
two_workers_body() {
	e2e_paths
	WORKERS=2
	e2e_start
	# shellcheck disable=SC2086	# a list of names
	raw $QUICK
	e2e_stop
}

e2e_case three_workers 120 "cases with several sessions, three workers"
three_workers_body() {
	e2e_paths
	WORKERS=3
	e2e_start
	for _i in 1 2 3; do
		raw coalesced bad-frames gone-rules abrupt-ends garbage \
		    slow-reader varz-pipelined ping-flight
	done
	e2e_stop
}

e2e_case rules 120 "homes, the active connection, a node that watches itself"
rules_body() {
	e2e_paths
	for WORKERS in 1 3; do
		e2e_start
		raw -k derper.key home-gauge dup-activity self-watch
		e2e_stop
	done
}

e2e_case slow_logins 120 "connections that stop half-way are closed"
slow_logins_body() {
	e2e_start
	raw slow-logins
	e2e_stop
}

QUICK='split-head split-login split-frames split-fast one-byte-records
one-byte-segments records-at-once coalesced fast-start bad-frames
bad-mesh-frames unknown-frames garbage ping-limits gone-rules bad-logins
good-logins replayed-logins http-requests http-refused http-keepalive
http-bodies http-plain http-upgrades tls-alpn tls-sni tls-versions
tls-key-update tls-junk
record-behind-finished record-refused
abrupt-ends connect-floods slow-reader varz-pipelined ping-flight
ws-close-last'

e2e_case exhaustion 120 \
    "more connections than descriptors: keep serving, recover, no spin"
exhaustion_body() {
	e2e_paths
	ULIMIT_N=100
	e2e_start
	raw_begin -c 300 exhaustion
	if [ -r /proc/self/stat ]; then
		_before=$(cpu_ticks)
		sleep 3
		_used=$(($(cpu_ticks) - _before))
		_all=$((3 * $(getconf CLK_TCK)))
		echo "$_used of $_all ticks of CPU while exhausted"
		[ "$_used" -lt $((_all / 2)) ] ||
		    e2e_fail "derpd spins: $_used of $_all ticks"
	fi
	raw_end
	_lines=$(grep -c 'max unfinished (4[0-9])' derpd.log)
	[ "$_lines" -ge 1 ] || e2e_fail "nothing was logged"
	[ "$_lines" -le 10 ] || e2e_fail "$_lines lines were logged"
	e2e_stop
}

# cpu_ticks: CPU ticks of the daemon and its children so far.
cpu_ticks() {
	for _p in $PID $(e2e_children any); do
		sed 's/.*) //' "/proc/$_p/stat"
	done | awk '{ n += $12 + $13 } END { print n }'
}

e2e_case memory 120 "unknown frames of 16 MiB and slow readers cost no memory"
memory_body() {
	[ -r /proc/self/status ] || atf_skip "needs /proc/PID/status"
	e2e_paths
	e2e_need_plain "its own memory counts"
	e2e_start
	raw coalesced
	_before=$(peak_kib)
	raw unknown-frames ping-limits
	_after=$(peak_kib)
	echo "peak of the worker: $_before KiB before, $_after KiB after"
	[ $((_after - _before)) -lt 8192 ] ||
	    e2e_fail "the worker grew from $_before to $_after KiB"
	e2e_stop
}

peak_kib() {
	awk '/^VmHWM/ { print $2 }' "/proc/$(e2e_children relay)/status"
}

atf_init_test_cases() {
	atf_add_test_case one_worker
	atf_add_test_case two_workers
	atf_add_test_case three_workers
	atf_add_test_case rules
	atf_add_test_case slow_logins
	atf_add_test_case exhaustion
	atf_add_test_case memory
}
