#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A node of a region is replaced: clients of all nodes go on, and their packets
# reach those at other nodes.

# shellcheck source=regress/upgrade/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/mesh.sh
. "$(atf_get_srcdir)/../e2e/mesh.sh"

# begin: three nodes, and pairs of clients, one client of each at b.  There is no
# watcher: it would hear of the other nodes, too.
begin() {
	upgrade_need_load upgrade
	upgrade_install
	WORKERS=2
	region_make a b c
	region_start
	rm -f load.ready load.state
	"$LOAD" -addr "127.0.0.1:$(port a)" -other "127.0.0.1:$(port b)" \
	    -host "$REGION" -ca ca.pem -mesh mesh.key -ready load.ready \
	    -state load.state -pairs 12 -idle 30 -connectors 2 -rate 50 \
	    -watchers 0 "$@" >load.out 2>&1 &
	LOAD_PID=$!
	echo "$LOAD_PID" >>pids
	wait_until "the clients are connected" load_ready
	load_flows
}

# replaced NAME COMMAND...: derpctl replaces what runs of the node, or a part; its
# links are up then.
replaced() {
	_node=$1
	shift
	node_ctl "$_node" -j status >before
	run node_ctl "$_node" "$@"
	wait_until "$_node has its links" linked "$_node"
	node_ctl "$_node" -j status >after
	! cmp -s before after || node_fail "$_node" "nothing was replaced"
	load_flows
}

finish() {
	load_end
	for _name in $NODES; do
		! grep 'another connection uses the key' "$_name/log" ||
		    node_fail "$_name" "there were two links to $_name"
		node_kill "$_name" TERM
	done
	wait_until "all processes end" nothing_left
}

upgrade_case upgrade 120 "derpctl upgrade at one node, then at the other one"
upgrade_body() {
	begin -flood 1
	for _name in a b a; do
		replaced "$_name" upgrade
	done
	# The nodes have other numbers.
	NODES="c b a"
	region_with a
	replaced a upgrade
	finish
}

# The link to b is relay worker 0's, that to c is relay worker 1's.
upgrade_case restart 120 "each relay worker of a node is replaced"
restart_body() {
	begin -flood 1
	for _worker in 0 1 0 0; do
		replaced a restart relay "$_worker"
	done
	replaced b restart relay 0
	finish
}

upgrade_case numbers 120 "another number of relay workers, by a reload"
numbers_body() {
	begin -flood 1
	for _workers in 3 1 2; do
		sed "s/^workers .*/workers $_workers/" a/derpd.conf >a/new
		mv a/new a/derpd.conf
		replaced a reload
	done
	finish
}

atf_init_test_cases() {
	atf_add_test_case upgrade
	atf_add_test_case restart
	atf_add_test_case numbers
}
