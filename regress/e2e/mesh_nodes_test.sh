#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The processes for the other nodes of a region: at the start, after reloads,
# when keys is started again, with a mesh key that is broken.  Nobody listens at
# the addresses of these nodes.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# nodes LINE...: the mesh block of derpd.conf.
nodes() {
	EXTRA="mesh {
key file \"$PWD/mesh.key\"
$(printf '%s\n' "$@")
}"
	e2e_conf
}

# begin: start, until derpctl can ask.
begin() {
	e2e_launch
	wait_until "derpd is ready" grep -q 'derpd .* ready: ' derpd.log
}

# pid_of NUMBER: of the mesh process; "" when there is none.
pid_of() {
	run "$DERPCTL" -s "$PWD/derpd.sock" status |
	    awk -v n="$1" '$1 == "mesh" && $2 == n { print $3 }'
}

# runs NUMBER OLD: there is such a process, another one than OLD.
runs() {
	_pid=$(pid_of "$1")
	[ -n "$_pid" ] && [ "$_pid" != 0 ] && [ "$_pid" != "$2" ]
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

# listed NODE...: derpctl mesh shows these nodes, and no others.
listed() {
	COLUMNS=200 run "$DERPCTL" -s "$PWD/derpd.sock" mesh >mesh.out
	[ "$(grep -c . mesh.out)" -eq $(($# + 1)) ] ||
	    e2e_fail "derpctl mesh: $(cat mesh.out)"
	for _node; do
		grep -q "^$_node " mesh.out || e2e_fail "no $_node in mesh.out"
	done
}

A='with "a.example.org" port 1 address 127.0.0.1'
B='with "b.example.org" port 1 address 127.0.0.1'

e2e_case reload 60 "a reload starts the processes of nodes that changed"
reload_body() {
	e2e_paths
	nodes "$A" "$B"
	begin
	listed 'a.example.org port 1' 'b.example.org port 1'
	a=$(pid_of 0) b=$(pid_of 1)
	nodes "$A" 'with "b.example.org" port 2 address 127.0.0.1'
	run "$DERPCTL" -s "$PWD/derpd.sock" reload
	wait_until "the process of b is another one" runs 1 "$b"
	[ "$(pid_of 0)" = "$a" ] || e2e_fail "the process of a is another one"
	listed 'a.example.org port 1' 'b.example.org port 2'
	# One less: its number is free for another one.
	nodes 'with "b.example.org" port 2 address 127.0.0.1'
	b=$(pid_of 1)
	run "$DERPCTL" -s "$PWD/derpd.sock" reload
	wait_until "the process of a ends" ended "$a"
	listed 'b.example.org port 2'
	nodes 'with "b.example.org" port 2 address 127.0.0.1' \
	    'with "c.example.org" port 1 address 127.0.0.1'
	run "$DERPCTL" -s "$PWD/derpd.sock" reload
	wait_until "c has a process" runs 0 "$a"
	[ "$(pid_of 1)" = "$b" ] || e2e_fail "the process of b is another one"
	listed 'b.example.org port 2' 'c.example.org port 1'
	# A block that is refused changes nothing.
	nodes "$A" "$A"
	! "$DERPCTL" -s "$PWD/derpd.sock" reload >out 2>&1 ||
	    e2e_fail "two times the same node"
	listed 'b.example.org port 2' 'c.example.org port 1'
	e2e_stop
}

e2e_case keys 60 "the mesh goes on when keys and its key are back"
keys_body() {
	e2e_paths
	nodes "$A"
	begin
	a=$(pid_of 0)
	cp mesh.key good.key
	echo junk >mesh.key
	DEATHS=1
	kill -KILL "$("$DERPCTL" -s "$PWD/derpd.sock" status |
	    awk '$1 == "keys" { print $2 }')"
	wait_until "only the mesh is down" \
	    grep -q 'no mesh until its key is restored' derpd.log
	wait_until "keys is back" "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" \
	    http-upgrades
	# A reload refuses what a restart had to go on with.
	! "$DERPCTL" -s "$PWD/derpd.sock" reload >out 2>&1 ||
	    e2e_fail "a broken key is accepted"
	grep -q 'not a mesh key' out || e2e_fail "no reason: $(cat out)"
	cp good.key mesh.key
	run "$DERPCTL" -s "$PWD/derpd.sock" reload
	[ "$(pid_of 0)" = "$a" ] || e2e_fail "the process is another one"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case reload
	atf_add_test_case keys
}
