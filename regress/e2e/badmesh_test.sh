#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd with a mesh process that was taken over (badmesh.c): the relay worker
# closes its channel for what no honest one sends, and the sessions of clients
# are not disturbed.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# The directory of the children's programs and of badmesh's log.
BAD=libexec/derpd

# bad_start: start derpd with badmesh as the process of its only node.
bad_start() {
	e2e_paths
	mkdir -p sbin "$BAD"
	cp "$DERPD" sbin/derpd
	for _p in $(e2e_programs); do
		cp "$SRC/../../$_p" "$BAD"
	done
	cp "$SRC/badmesh" "$BAD/derpd-mesh"
	DERPD=$PWD/sbin/derpd DEATHS=yes
	chmod 755 . sbin libexec "$BAD"
	e2e_random_hex >mesh.key
	chmod 600 mesh.key
	EXTRA="mesh { key file \"$PWD/mesh.key\"
	    with \"relay-2.example.org\" port 1 address 127.0.0.1 }"
	e2e_start
}

tried() {
	grep -q "^$1" "$BAD/mesh.log"
}

e2e_case taken_over 120 "a mesh process that was taken over"
taken_over_body() {
	WORKERS=1
	bad_start
	RELAYS=$(e2e_children relay)
	interop_begin hold -clients 8
	for _try in pipe listening datagrams local self no-descriptor cut \
	    handover unknown huge; do
		wait_until "$_try" tried "$_try closed"
	done
	wait_until "nodes that send junk" tried "junk open"
	wait_until "it does not read" tried "deaf closed"
	wait_until "half a message" tried "half open"
	grep -q 'mesh 0 sent what it must not (.*): its channel is closed' \
	    derpd.log || e2e_fail "no line about it"
	[ "$(grep -c '^started' "$BAD/mesh.log")" = 1 ] ||
	    e2e_fail "the mesh process was replaced"
	interop_end
	raw coalesced
	[ "$(e2e_children relay)" = "$RELAYS" ] ||
	    e2e_fail "the relay worker was replaced"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case taken_over
}
