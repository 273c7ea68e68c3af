#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A region of several nodes, ours and derper, with the Go client at all of them.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/mesh.sh
. "$(atf_get_srcdir)/mesh.sh"

# stop_all: end all nodes of ours.
stop_all() {
	for _name in $NODES; do
		node_stop "$_name"
	done
}

# pairs WORKERS NAME...: each client reaches each other in a region of these.
pairs() {
	e2e_paths
	WORKERS=$1
	shift
	region_begin "$@"
	region_start
	region_go region-pairs
	for _name in $NODES; do
		wait_until "$_name knows that all clients have left" \
		    only_nodes "$_name"
		# Its own links are no clients.
		[ "$(node_ctl "$_name" -j clients | grep -o '"key"' |
		    wc -l)" -eq $(($# - 1)) ] || node_fail "$_name" \
		    "$_name lists more than mesh peers as clients"
	done
	stop_all
}

# only_nodes NAME: its own keys are those of the other nodes, and it has none of
# them at other nodes but itself.
only_nodes() {
	_n=$(echo "$NODES" | wc -w)
	[ "$(node_metric "$1" derp_clients_local)" -eq $((_n - 1)) ]
}

e2e_case two 120 "two nodes with a worker each"
two_body() {
	pairs 1 a b
}

e2e_case two_workers 120 "two nodes with two workers each"
two_workers_body() {
	pairs 2 a b
}

e2e_case three 120 "three nodes with three workers each"
three_body() {
	pairs 3 a b c
}

e2e_case four_workers 120 "two nodes with four workers each"
four_workers_body() {
	pairs 4 a b
}

e2e_case derper 120 "a node of ours and derper"
derper_body() {
	e2e_paths
	need_derper
	region_begin a b
	region_derper
	wait_until "derper has its link" grep -q 'mesh.*connected' b/log
	region_go region-pairs -derper
	run node_ctl a mesh
	node_stop a
}

# chaos_begin [CLIENTS]: clients at all nodes, in the background.
chaos_begin() {
	rm -f go.ready
	"$INTEROP" -host "$REGION" -nodes "$(region_nodes)" -clients "$1" \
	    -case region-chaos -ready go.ready >go.out 2>&1 &
	GO_PID=$!
	echo "$GO_PID" >>pids
	wait_until "the Go clients run" [ -f go.ready ]
}

# chaos_end: nothing happens any more, and within 10 seconds each reaches each.
chaos_end() {
	kill -TERM "$GO_PID"
	wait "$GO_PID" || {
		cat go.out >&2
		node_fail all "the Go clients saw what they should not"
	}
	cat go.out
}

# child NAME ROLE: a process of that node.
child() {
	PID=$(cat "$1/pid")
	e2e_children "$2" | head -n 1
}

# pick WORD...: one of the words, by chance.
pick() {
	shift "$(($(od -An -N1 -tu1 /dev/urandom) % $#))"
	echo "$1"
}

# disturb: do something to a node.
disturb() {
	# shellcheck disable=SC2086	# names
	_victim=$(pick $NODES)
	_what=$(pick restart kill relay relay keys mesh hang)
	echo "$_what $_victim"
	case $_what in
	restart) node_kill "$_victim" TERM; sleep 1; node_again "$_victim" ;;
	kill) node_kill "$_victim" KILL; sleep 2; node_again "$_victim" ;;
	hang)
		_child=$(child "$_victim" relay)
		kill -STOP "$_child"; sleep 1; kill -CONT "$_child" ;;
	*) kill -KILL "$(child "$_victim" "$_what")" ;;
	esac
}

# CHAOS_SECONDS is how long it goes on.
e2e_case chaos 900 "nodes and their processes end and start under load"
chaos_body() {
	e2e_paths
	DEATHS=1
	WORKERS=2
	region_begin a b c
	region_start
	chaos_begin 12
	_until=$(($(date +%s) + ${CHAOS_SECONDS:-20}))
	while [ "$(date +%s)" -lt "$_until" ]; do
		disturb
		sleep "$(pick 0.3 1 3)"
	done
	for _name in $NODES; do
		wait_until "$_name runs" node_ctl "$_name" status
	done
	chaos_end
	stop_all
}

e2e_case worker 120 "a relay worker that dies costs no link for long"
worker_body() {
	e2e_paths
	DEATHS=1
	WORKERS=2
	region_begin a b
	region_start
	for _pid in $(PID=$(cat a/pid); e2e_children relay); do
		kill -KILL "$_pid"
		wait_until "a has its link again" linked a
	done
	kill -KILL "$(child b mesh)" "$(child a keys)"
	region_go region-pairs
	for _name in $NODES; do
		wait_until "$_name has its link again" linked "$_name"
	done
	stop_all
}

e2e_case self 60 "a node that is this one is not dialled again"
self_body() {
	e2e_paths
	region_begin a
	node_conf a
	node_start a
	node_conf a "$(with a)"
	run node_ctl a reload
	wait_until "a sees itself" is_state a "this node"
	[ "$(node_metric a derp_clients_total)" -eq 0 ] ||
	    node_fail a "it is logged in at itself"
	node_stop a
}

# is_state NAME STATE: that is what derpctl says of its first link.
is_state() {
	node_ctl "$1" mesh >"$1/mesh.out" && grep -qw "$2" "$1/mesh.out"
}

e2e_case wrong_key 60 "another mesh key: the link is down, and says why"
wrong_key_body() {
	e2e_paths
	region_begin a b
	for _name in a b; do
		node_conf "$_name"
		node_start "$_name"
	done
	e2e_random_hex >mesh.key
	region_with a
	run node_ctl a reload
	wait_until "it says why" says_why a 'mesh key'
	# The right one again.
	region_with b
	run node_ctl b reload
	wait_until "a has its link" linked a
	wait_until "b has its link" linked b
	stop_all
}

# says_why NAME TEXT: derpctl mesh says so.
says_why() {
	node_ctl "$1" mesh >"$1/mesh.out" && grep -q "$2" "$1/mesh.out"
}

e2e_case certificate 90 "the certificate: another CA, another name, a pin"
certificate_body() {
	e2e_paths
	region_begin a b
	node_conf b
	node_start b
	node_conf a
	node_start a
	# Without the CA, by the system's.
	node_conf a "with \"$REGION\" port $(port b) address 127.0.0.1"
	grep -v 'ca file' a/derpd.conf >conf && cat conf >a/derpd.conf
	run node_ctl a reload
	wait_until "it is not trusted" says_why a certificate
	node_conf a "with \"other.test\" port $(port b) address 127.0.0.1"
	run node_ctl a reload
	wait_until "it has another name" says_why a other.test
	node_conf a "with \"other.test\" port $(port b) address 127.0.0.1 \
	    certname \"$REGION\""
	run node_ctl a reload
	wait_until "another name is expected" linked a
	node_conf a "with \"$REGION\" port $(port b) address 127.0.0.1 \
	    certname \"$(pin_of a)\""
	run node_ctl a reload
	wait_until "another pin is expected" says_why a "the pin"
	stop_all
}

e2e_case kick 60 "a client of another node is kicked"
kick_body() {
	e2e_paths
	region_begin a b
	region_start
	_alice=$(node_key alice)
	TLS_PORT=$(port b)
	interop_begin stay -keys alice -mesh mesh.key
	wait_until "a knows of it" knows a
	run node_ctl a clients kick "$_alice"
	wait_until "it is closed" grep -q 'alice.*closed' go.out
	kill "$GO_PID"
	stop_all
}

# knows NAME: it has a far key besides those of nodes.
knows() {
	[ "$(node_metric "$1" derp_clients_remote)" -ge 1 ]
}

# A mesh link that is cut: the route to its address is gone for a while.
e2e_case partition 120 "a link that is cut comes back, and what it says is true"
partition_body() {
	e2e_paths
	e2e_need_interop
	e2e_namespace
	in_namespace DERPD
	in_namespace INTEROP
	NODE_RUN="ip netns exec $NS"
	CUT=127.0.0.2
	region_begin a b
	region_start
	chaos_begin 6
	run ip -n "$NS" route add blackhole $CUT table local
	for _name in $NODES; do
		wait_until "$_name notices it" is_state "$_name" down
	done
	run ip -n "$NS" route del blackhole $CUT table local
	for _name in $NODES; do
		wait_until "$_name has its link again" linked "$_name"
	done
	chaos_end
	stop_all
}

partition_cleanup() {
	e2e_cleanup
	e2e_namespace_end
}

atf_init_test_cases() {
	atf_add_test_case two
	atf_add_test_case two_workers
	atf_add_test_case three
	atf_add_test_case four_workers
	atf_add_test_case derper
	atf_add_test_case worker
	atf_add_test_case self
	atf_add_test_case wrong_key
	atf_add_test_case certificate
	atf_add_test_case kick
	atf_add_test_case partition
	atf_add_test_case chaos
}
