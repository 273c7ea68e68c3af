#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Clients that are not admitted any more while they are connected, and clients
# that the operator closes: they are told why, and the others go on.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# key N: the key of the n-th client, nodekey:HEX.
key() {
	sed -n 's/^key //p' go.out | sed -n "$1p"
}

# admit N...: these clients are in the clients file, with the names c1 and so
# on.
admit() {
	for _n; do
		echo "$(key "$_n") name c$_n"
	done >clients.new
	mv clients.new clients
}

# is_closed N REASON: the log says that for this reason.
is_closed() {
	grep -q "1 connection closed: $2.* key=$(key "$1")" derpd.log
}

# became N TEXT: that became of the n-th client.
became() {
	grep -qx "$(key "$1") $2" go.out || e2e_fail "client $1 is not $2"
}

another_admit() {
	_now=$(e2e_children admit)
	[ -n "$_now" ] && [ "$_now" != "$1" ]
}

UNLISTED="not admitted: this key is not in the relay's list"

e2e_case revoked 90 "a client that is not admitted any more is told and closed"
revoked_body() {
	e2e_need_interop
	WORKERS=2 DEATHS=yes
	e2e_start
	interop_begin closed -clients 6
	# A reload turns admission on.
	admit 1 2 3 4 5
	EXTRA="admit { keys \"$PWD/clients\" }"
	e2e_conf
	ctl reload || e2e_fail "the reload fails"
	wait_until "client 6 is closed" is_closed 6 "$UNLISTED"
	ctl clients | grep -q "c5" || e2e_fail "a client has no name"
	# The file changes.
	admit 1 2 3 4
	wait_until "client 5 is closed" is_closed 5 "$UNLISTED"
	# So it does after admit was started again, which must hear of all.
	_pid=$(e2e_children admit)
	kill -KILL "$_pid"
	wait_until "another admit" another_admit "$_pid"
	admit 1 2 3
	wait_until "client 4 is closed" is_closed 4 "$UNLISTED"
	ctl clients kick "$(key 3)" || e2e_fail "client 3 can't be closed"
	wait_until "client 3 is closed" is_closed 3 'the operator'
	interop_end
	became 1 connected
	became 2 connected
	became 3 'closed: the operator of this relay closed the connection'
	for _n in 4 5 6; do
		became "$_n" "closed: $UNLISTED"
	done
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case revoked
}
