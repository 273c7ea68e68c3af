#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A derpd that takes over (derpd -U): it starts beside the old one, which
# oldparent plays, serves after the commit alone, and leaves nothing behind when
# it does not take over.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# begin: the configuration, with ports that stay.
begin() {
	e2e_paths
	TLS_PORT=$(free_port)
	PLAIN_PORT=
	LISTEN="listen on 127.0.0.1 port $TLS_PORT tls"
	e2e_conf
}

# new STEP...: a new derpd, while the old one takes these steps.
new() {
	: >derpd.log
	"$SRC/oldparent" "$@" -- "$DERPD" -d -v -U 3 -f derpd.conf \
	    >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
}

# old_done: the old one has taken all its steps.
old_done() {
	wait_until "the old derpd is done" grep -q '^done$' derpd.log
}

# serves: the new derpd serves clients, and derpctl.
serves() {
	wait_until "derpd answers" "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" \
	    "$ANSWERS"
	run "$DERPCTL" -s "$PWD/derpd.sock" status
	[ "$(ctl status | grep -c derpd)" -gt 0 ] || e2e_fail "no status"
}

# gives_up [PATTERN]: it exits, without children, and the old one knows why.
gives_up() {
	_pids=$(e2e_children any)
	wait_until "derpd gives up" e2e_stopped
	! wait "$PID" || e2e_fail "derpd exits with 0"
	old_done
	for _p in $_pids; do
		wait_until "process $_p has ended" e2e_gone "$_p"
	done
	[ $# -eq 0 ] || grep -Eq "^failed .*$1" derpd.log ||
	    e2e_fail "the reason is not: $1"
}

# left: what the old derpd has is as it was.
left() {
	[ -S derpd.sock ] || e2e_fail "its control socket was removed"
	_now=$(cd state && ls -lc --time-style=full-iso)
	[ "$_now" = "$BEFORE" ] || e2e_fail "state was changed: $_now"
}

e2e_case takes_over 120 "a derpd takes over sockets, and serves after the commit"
takes_over_body() {
	begin
	WORKERS=2
	e2e_conf
	new "listen:$TLS_PORT" "control:$PWD/derpd.sock" begin:0 ready \
	    touch:ready wait:go accept commit taken
	wait_until "it is ready" [ -f ready ]
	# It runs, and serves nobody: a connection waits.
	[ "$(e2e_children relay | wc -l)" -eq 2 ] || e2e_fail "no workers"
	for _role in stund health metrics fetch acme-helper; do
		[ -z "$(e2e_children "$_role")" ] || e2e_fail "$_role runs"
	done
	"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" "$ANSWERS" >raw.out 2>&1 &
	_raw=$!
	echo "$_raw" >>pids
	grep -q 'derpd .* ready' derpd.log && e2e_fail "it serves too early"
	: >go
	old_done
	wait "$_raw" || e2e_fail "who came before was not served: $(cat raw.out)"
	serves
	grep -q 'ready: .*; took over 0 sessions from derpd oldbuild' \
	    derpd.log || e2e_fail "the log does not say from whom"
	raw coalesced
	e2e_stop
	[ ! -e derpd.sock ] || e2e_fail "the control socket was left"
}

e2e_case moves 120 "each new relay worker hears from each old one"
moves_body() {
	begin
	WORKERS=2 FRONTS=1
	e2e_conf
	new "listen:$TLS_PORT" "control:$PWD/derpd.sock" begin:3 ready accept \
	    move:0:0 move:0:1 move:1:0 move:1:1 move:2:0 move:2:1 empty took \
	    commit taken
	old_done
	grep -q '^ready 2$' derpd.log || e2e_fail "it says other workers"
	grep -q '^took 0$' derpd.log || e2e_fail "it says other sessions"
	serves
	raw coalesced
	e2e_stop

	# An old worker that ends too early: the old derpd goes on.
	rm -f derpd.sock
	new "listen:$TLS_PORT" "control:$PWD/derpd.sock" begin:2 ready accept \
	    move:0:0 move:0:1 move:1:0 move:1:1 cut failed closed
	gives_up "sessions|relay|stream|ended"
	[ -S derpd.sock ] || e2e_fail "the control socket was removed"
}

e2e_case comes 120 "what the old one does not have comes at the commit"
comes_body() {
	begin
	EXTRA="metrics { listen on 127.0.0.1 port $(free_port) }
stun { listen on 127.0.0.1 port 0 }"
	e2e_conf
	new "control:$PWD/other.sock" begin:0 ready touch:ready wait:go accept \
	    commit taken
	wait_until "it is ready" [ -f ready ]
	[ ! -e derpd.sock ] || e2e_fail "it has a control socket"
	[ -z "$(e2e_children metrics)" ] || e2e_fail "metrics runs"
	: >go
	old_done
	serves
	wait_until "metrics runs" [ -n "$(e2e_children metrics)" ]
	wait_until "stund runs" [ -n "$(e2e_children stund)" ]
	[ ! -e other.sock ] || e2e_fail "the old control socket was left"
	e2e_stop
}

e2e_case refuses 120 "a derpd that can't start tells the old one why"
refuses_body() {
	begin
	BEFORE=$(cd state && ls -lc --time-style=full-iso)
	echo 'listen on 127.0.0.1 port banana tls' >>derpd.conf
	new "control:$PWD/derpd.sock" begin:1 failed closed
	gives_up "derpd.conf:.*banana"
	left
	rm derpd.sock

	# A certificate that is not there.
	CERTS="certificate \"$PWD/no.crt\" key \"$PWD/no.key\""
	e2e_conf
	new "control:$PWD/derpd.sock" begin:1 failed closed
	gives_up "no.crt"
	left
	rm derpd.sock

	# An old derpd of the future.
	CERTS=
	e2e_conf
	new version:77 begin:1 failed closed
	gives_up "form 77"
	! grep -q 'listening on' derpd.log || e2e_fail "it began to start"
}

e2e_case aborts 120 "a derpd that is not to take over leaves all as it was"
aborts_body() {
	begin
	use_cert ec
	e2e_conf
	e2e_launch
	e2e_stop
	BEFORE=$(cd state && ls -lc --time-style=full-iso)
	for _until in "" accept; do
		new "listen:$TLS_PORT" "control:$PWD/derpd.sock" begin:0 ready \
		    $_until abort:other closed
		gives_up
		grep -q 'did not start' derpd.log &&
		    e2e_fail "it complains of the old one's end"
		left
		rm derpd.sock
	done
	# It breaks off where the old one does what it may not.
	new "control:$PWD/derpd.sock" begin:1 ready commit failed closed
	gives_up "UP_COMMIT"
	left
}

# state_files: the files of the old derpd, and when they changed.
state_files() {
	ls -lc --time-style=full-iso state/self-signed.crt \
	    state/self-signed.key state/map-*.json derper.key
	cat state/self-signed.crt state/map-*.json
}

# map NAME: a valid map in map.json.
map() {
	cat >map.json <<-end
	{"Regions": {"900": {"RegionID": 900, "RegionCode": "$1",
	  "RegionName": "$1", "Nodes": [{"Name": "900a", "RegionID": 900,
	  "HostName": "$HOST_NAME"}]}}}
	end
}

e2e_case state 120 "the files of the old derpd change at the commit alone"
state_body() {
	begin
	map one
	EXTRA="map \"$PWD/map.json\" { }"
	e2e_conf
	e2e_launch
	wait_until "the map is kept" grep -q one state/map-*.json
	e2e_stop
	state_files >before
	# The next one has another name and another map.
	map two
	EXTRA="$EXTRA
hostname \"other.test\""
	e2e_conf
	new "control:$PWD/derpd.sock" begin:0 ready abort:other closed
	gives_up
	state_files >after
	cmp before after || e2e_fail "a file of the old derpd was changed"
	rm derpd.sock
	new "control:$PWD/derpd.sock" begin:0 ready touch:ready wait:go accept \
	    commit taken
	wait_until "it is ready" [ -f ready ]
	state_files >after
	cmp before after || e2e_fail "a file was changed before the commit"
	: >go
	old_done
	serves
	grep -q two state/map-*.json || e2e_fail "the new map is not kept"
	openssl x509 -in state/self-signed.crt -noout -ext subjectAltName |
	    grep -q other.test || e2e_fail "the new certificate is not in place"
	[ ! -e state/self-signed-new.crt ] || e2e_fail "half a pair is left"
	openssl s_client -connect "127.0.0.1:$TLS_PORT" -servername other.test \
	    </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName |
	    grep -q other.test || e2e_fail "it is not served"
	e2e_stop
}

e2e_case stops 120 "a signal ends a derpd that has not taken over"
stops_body() {
	begin
	new "control:$PWD/derpd.sock" begin:0 ready touch:ready failed closed
	wait_until "it is ready" [ -f ready ]
	kill -TERM "$PID"
	gives_up "told to stop"
	[ -S derpd.sock ] || e2e_fail "the control socket was removed"
}

# The old derpd is killed: the new one serves.
e2e_case orphan 240 "a derpd whose old one is killed serves"
orphan_body() {
	begin
	for _until in "" begin:2 "begin:2 ready" "begin:0 ready accept" \
	    "begin:2 ready accept" "begin:2 ready accept move:1:0" \
	    "begin:1 ready accept move:0:0 cut" \
	    "begin:1 ready accept move:0:0 empty took"; do
		# Several words.
		# shellcheck disable=SC2086
		new "listen:$TLS_PORT" "control:$PWD/derpd.sock" $_until
		old_done
		serves
		DEATHS=
		e2e_stop
	done
}

e2e_case not_a_socket 60 "derpd -U without its channel is refused"
not_a_socket_body() {
	begin
	"$DERPD" -d -U 3 -f derpd.conf >out 2>&1 3</dev/null && atf_fail "taken"
	grep -q 'expected a stream socket' out || atf_fail "$(cat out)"
	"$DERPD" -d -U two -f derpd.conf >out 2>&1 && atf_fail "taken"
	grep -q 'expected the number of a descriptor' out ||
	    atf_fail "$(cat out)"
	"$DERPD" -n -U 3 -f derpd.conf >out 2>&1 && atf_fail "taken"
	grep -q 'expected one of them' out || atf_fail "$(cat out)"
	[ ! -e derper.key ] || atf_fail "something was done before"
}

atf_init_test_cases() {
	atf_add_test_case takes_over
	atf_add_test_case moves
	atf_add_test_case comes
	atf_add_test_case refuses
	atf_add_test_case aborts
	atf_add_test_case state
	atf_add_test_case stops
	atf_add_test_case orphan
	atf_add_test_case not_a_socket
}
