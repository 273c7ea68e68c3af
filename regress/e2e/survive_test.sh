#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A process of any role ends or hangs while clients send packets all the time
# and others log in: sessions that are not its own go on without a lost packet,
# and logins work again soon.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin: 2 fronts, 2 relay workers, and clients whose packets go round.
begin() {
	e2e_need_interop
	use_cert ec
	WORKERS=2 DEATHS=yes
	EXTRA='child timeout 2'
	e2e_start
	interop_begin hold -clients 20
	HOLD=$GO_PID
	mv go.out hold.out
	# Handshakes and logins all the time; they may fail.
	while [ ! -e end ]; do
		"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" coalesced
	done >load.out 2>&1 &
	LOAD=$!
	echo "$LOAD" >>pids
}

# unharmed: stop; no session of a relay worker has lost anything.
unharmed() {
	: >end
	wait "$LOAD"
	kill -TERM "$HOLD"
	wait "$HOLD" || { cat hold.out >&2; e2e_fail "a session was harmed"; }
	cat hold.out
	raw coalesced
	e2e_stop
}

# replaced ROLE PIDS: none of these is left, and as many run.
replaced() {
	_now=$(e2e_children "$1")
	[ "$(echo "$_now" | wc -l)" -eq 2 ] || [ "$1" = keys ] || return 1
	for _old in $2; do
		! echo "$_now" | grep -qx "$_old" || return 1
	done
	[ -n "$_now" ]
}

# soon SECONDS: a login works within that time from now.
soon() {
	_from=$(date +%s)
	wait_until "a login" "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" coalesced
	_took=$(($(date +%s) - _from))
	[ "$_took" -le "$1" ] || e2e_fail "a login took $_took s"
}

# each SIGNAL ROLE SECONDS: one process of the role after the other.
each() {
	for _pid in $(e2e_children "$2"); do
		kill "-$1" "$_pid"
		[ "$1" = STOP ] || soon "$3"
		wait_until "another $2" replaced "$2" "$_pid"
		soon "$3"
	done
}

e2e_case front_killed 120 "fronts are killed: sessions stay, logins work"
front_killed_body() {
	begin
	each KILL front 3
	# All at once.
	_fronts=$(e2e_children front)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_fronts
	soon 3
	wait_until "other fronts" replaced front "$_fronts"
	unharmed
}

e2e_case front_stopped 120 "fronts hang: they are replaced, sessions stay"
front_stopped_body() {
	begin
	each STOP front 3
	grep -c 'front . (pid .*) gave no sign of life' derpd.log
	unharmed
}

e2e_case proxied 120 "clients with TLS 1.2 end with their front and come back"
proxied_body() {
	begin
	interop_begin survive -clients 10 -tls12
	_fronts=$(e2e_children front)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_fronts
	wait_until "other fronts" replaced front "$_fronts"
	interop_end
	grep -qx 'broken 10 of 10' go.out || e2e_fail "they are not proxied"
	unharmed
}

e2e_case keys_stopped 120 "keys hangs: sessions and handshakes go on"
keys_stopped_body() {
	begin
	_keys=$(e2e_children keys)
	kill -STOP "$_keys"
	for _i in 1 2 3 4 5; do
		[ -n "$(served_serial)" ] || e2e_fail "handshake $_i failed"
	done
	wait_until "another keys" replaced keys "$_keys"
	soon 3
	unharmed
}

e2e_case signers_stopped 120 "signers hang: sessions stay, handshakes go on"
signers_stopped_body() {
	begin
	each STOP signer 3
	each KILL signer 3
	unharmed
}

# under_way SIGNAL: a relay worker ends while clients log in, whose keys are
# its own and the other's.
under_way() {
	e2e_paths
	rm -rf raw.ready raw.ready.go derpd.sock
	WORKERS=2 DEATHS=yes
	EXTRA='child timeout 2'
	e2e_start
	raw_begin -c 24 held-logins
	_relay=$(e2e_children relay | head -n 1)
	kill "-$1" "$_relay"
	# What is handed over to a process that ends is lost with it.
	[ "$1" = STOP ] || until grep -q 'relay .* ended by' derpd.log; do
		sleep 0.01
	done
	: >raw.ready.go
	_from=$(date +%s)
	wait "$RAW_PID" || { cat raw.out >&2; e2e_fail "logins hang"; }
	_took=$(($(date +%s) - _from))
	cat raw.out
	wait_until "another relay" replaced relay "$_relay"
	soon 3
	e2e_stop
}

e2e_case relay_killed 120 "a relay worker dies: logins for its keys wait for it"
relay_killed_body() {
	for _i in 1 2 3; do
		under_way KILL
		grep -q ': 24 in, 0 refused' raw.out || e2e_fail "not all came in"
		[ "$_took" -le 3 ] || e2e_fail "the logins took $_took s"
	done
}

e2e_case relay_stopped 120 "a relay worker hangs: it is replaced"
relay_stopped_body() {
	under_way STOP
	# Those that it was handed end with it.
	[ "$(sed -n 's/.*: \([0-9]*\) in, .*/\1/p' raw.out)" -ge 1 ] ||
	    e2e_fail "the other one served nobody"
	grep 'relay 0 (pid .*) gave no sign of life' derpd.log ||
	    e2e_fail "the log does not say why"
}

e2e_case relay_others 120 "a relay worker hangs: the other's sessions go on"
relay_others_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2 DEATHS=yes
	EXTRA='child timeout 2'
	e2e_start
	_relay=$(e2e_children relay | head -n 1)
	interop_begin survive -clients 40
	_all=$(ss -Htnp state established "sport = :$TLS_PORT" |
	    grep -c "pid=$_relay,")
	kill -STOP "$_relay"
	wait_until "another relay" replaced relay "$_relay"
	interop_end
	grep -qx "broken $_all of 40" go.out || e2e_fail "not $_all broke"
	[ "$_all" -lt 40 ] || e2e_fail "every connection broke"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case front_killed
	atf_add_test_case front_stopped
	atf_add_test_case proxied
	atf_add_test_case keys_stopped
	atf_add_test_case signers_stopped
	atf_add_test_case relay_killed
	atf_add_test_case relay_stopped
	atf_add_test_case relay_others
}
