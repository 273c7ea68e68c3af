#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Memory of idle clients, and of those that read less than they are sent.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# worker_kib FIELD: a field of /proc/PID/status of the only worker.
worker_kib() {
	awk -v f="$1:" '$1 == f { print $2 }' \
	    "/proc/$(e2e_children relay)/status"
}

need_figures() {
	[ -r /proc/self/status ] || atf_skip "needs /proc/PID/status"
	e2e_paths
	e2e_need_plain "its own memory counts"
}

# all_kib FIELD: its sum over all processes of the daemon.
all_kib() {
	for _p in "$PID" $(e2e_children any); do
		cat "/proc/$_p/status"
	done | awk -v f="$1:" '$1 == f { n += $2 } END { print n + 0 }'
}

settled() {
	[ $(($(all_kib VmRSS) - _before)) -lt 8192 ]
}

# flood_goes_back: what 64 clients don't read, and then none of it.
flood_goes_back() {
	need_figures
	RELAY='write timeout 30000'
	WORKERS=$1
	e2e_start
	raw coalesced
	_before=$(all_kib VmRSS)
	raw -c 64 flood
	_peak=$(all_kib VmHWM)
	echo "$_before KiB before, $_peak KiB at most"
	# Otherwise there is nothing to return.
	[ $((_peak - _before)) -gt 65536 ] ||
	    e2e_fail "the packets did not wait in the workers"
	wait_until "the workers are as small as before" settled
	echo "$(all_kib VmRSS) KiB afterwards"
	e2e_stop
}

e2e_case goes_back 120 "the memory of a flood returns to the system"
goes_back_body() {
	flood_goes_back 1
}

e2e_case two_go_back 120 "the memory of a flood returns, with two workers"
two_go_back_body() {
	flood_goes_back 2
}

IDLERS=1500
IDLER=1536		# bytes, with a margin of an eighth

idlers_settled() {
	[ $(($(all_kib RssAnon) - _before)) -lt $((IDLERS * IDLER / 1024)) ]
}

e2e_case idlers 180 "an idle client takes little memory after traffic"
idlers_body() {
	need_figures
	# shellcheck disable=SC3045	# every shell here has it
	ulimit -n $((IDLERS + 100)) 2>/dev/null ||
	    atf_skip "needs $((IDLERS + 100)) open files"
	e2e_start
	[ "$(all_kib RssAnon)" -gt 0 ] ||
	    atf_skip "needs RssAnon in /proc/PID/status"
	raw coalesced
	_before=$(all_kib RssAnon)
	raw_begin -c "$IDLERS" idle
	echo "$(($(all_kib RssAnon) - _before)) KiB for $IDLERS clients"
	# Expanded keys are freed after some seconds.
	wait_until "a client takes at most $IDLER bytes" idlers_settled
	echo "$(($(all_kib RssAnon) - _before)) KiB when they are idle"
	raw_end
	e2e_stop
}

e2e_case many_queues 120 "all queues together are bounded"
many_queues_body() {
	need_figures
	# The bound is 64 times that; without it, 300 clients get 75 MiB.
	RELAY='write timeout 30000
queue bytes 128K'
	e2e_start
	raw coalesced
	_before=$(worker_kib VmRSS)
	raw -c 300 flood
	_peak=$(worker_kib VmHWM)
	echo "$_before KiB before, $_peak KiB at most"
	[ $((_peak - _before)) -lt 40960 ] ||
	    e2e_fail "the worker grew from $_before to $_peak KiB"
	e2e_stop
}

e2e_case unsent 60 "the kernel holds little for a client that does not read"
unsent_body() {
	e2e_paths
	RELAY='write timeout 30000'
	e2e_start
	raw disco-overtakes
	e2e_stop
}

e2e_case connections_gone 120 "the memory of connections returns to the system"
connections_gone_body() {
	need_figures
	e2e_start
	raw coalesced
	_before=$(worker_kib VmRSS)
	raw_begin -c 600 idle
	_full=$(worker_kib VmRSS)
	raw_end
	echo "$_before KiB before, $_full KiB with 600 clients"
	wait_until "half of that is given back" half_settled
	echo "$(worker_kib VmRSS) KiB afterwards"
	e2e_stop
}

half_settled() {
	[ $(($(worker_kib VmRSS) - _before)) -lt $(((_full - _before) / 2)) ]
}

# linked_again: each link that was closed was made anew.
linked_again() {
	[ "$(grep -c 'link to relay . closed' derpd.log)" -eq \
	    "$(grep -c 'linked relays . and . again' derpd.log)" ]
}

e2e_case link 120 "a worker that did not read its link gets a new one"
link_body() {
	e2e_paths
	WORKERS=2
	EXTRA='child timeout 60'
	e2e_start
	raw_begin -m mesh.key news-flood
	# shellcheck disable=SC2046	# two process ids
	set -- $(e2e_children relay)
	kill -STOP "$1"
	raw_end
	kill -CONT "$1"
	# The flood may have filled the new link, too.
	wait_until "the parent links the two" linked_again
	grep 'link to relay . closed: it does not read' derpd.log ||
	    e2e_fail "the log has no reason"
	[ "$(e2e_children relay | tr '\n' ' ')" = "$1 $2 " ] ||
	    e2e_fail "a worker was restarted"
	# Clients of the two workers can reach each other.
	for _i in 1 2 3 4 5; do
		raw coalesced gone-rules
	done
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case goes_back
	atf_add_test_case two_go_back
	atf_add_test_case idlers
	atf_add_test_case many_queues
	atf_add_test_case unsent
	atf_add_test_case connections_gone
	atf_add_test_case link
}
