#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd with a front that was taken over (badfront.c) beside an honest one: what
# it sends is refused, it is replaced when no honest front sends that, and the
# sessions of others are not disturbed.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# The directory of the children's programs and of badfront's commands.
BAD=libexec/derpd

# bad_start: start derpd with badfront as front 1.
bad_start() {
	e2e_paths
	mkdir -p sbin "$BAD"
	cp "$DERPD" sbin/derpd
	for _p in $(e2e_programs); do
		cp "$SRC/../../$_p" "$BAD"
	done
	mv "$BAD/derpd-front" "$BAD/derpd-front.real"
	cp "$SRC/badfront" "$BAD/derpd-front"
	DERPD=$PWD/sbin/derpd FRONTS=2 DEATHS=yes
	chmod 755 . sbin libexec "$BAD"
	e2e_start
	wait_until "derpd is ready" logged 'derpd 1.0 ready'
}

# The honest front's clients, whose packets go round from now on.
others_begin() {
	interop_begin hold -clients 8
}

# Nothing of theirs was lost, and logins still work.
others_end() {
	interop_end
	raw coalesced
	[ "$(e2e_children relay)" = "$RELAYS" ] ||
	    e2e_fail "a relay worker was replaced"
	e2e_stop
}

# begin WORKERS: start, with as many relay workers.
begin() {
	e2e_need_interop
	WORKERS=$1
	bad_start
	RELAYS=$(e2e_children relay)
	others_begin
}

logged() {
	grep -Eq "$1" derpd.log
}

count() {
	grep -Ec "$1" "$2"
}

more_than() {
	[ "$(count "$2" "$3")" -gt "$1" ]
}

# orders COMMANDS: give badfront these lines.
orders() {
	printf '%s\n' "$@" >cmd.new
	mv cmd.new "$BAD"/front.cmd
}

# front COMMANDS: the same, and wait until it is done.
front() {
	_n=$(count '^done' "$BAD"/front.log)
	orders "$@"
	wait_until "the front does: $*" more_than $((_n + $# - 1)) '^done' \
	    "$BAD"/front.log
}

# saw LINE: the last line but "done" of badfront.
saw() {
	[ "$(grep -v -e '^done' -e '^channel' "$BAD"/front.log |
	    tail -n 1)" = "$1" ] || e2e_fail "$(tail "$BAD"/front.log), not: $1"
}

# killed REASON COMMANDS: badfront is reported for that reason and replaced.
killed() {
	_why=$1
	shift
	_n=$(count 'front 1 .*as relay . reports: killed' derpd.log)
	_s=$(count '^started' "$BAD"/front.log)
	orders "$@"
	wait_until "$_why" more_than "$_n" \
	    'front 1 .*as relay . reports: killed' derpd.log
	grep 'handed over what it must not' derpd.log | tail -n 1 |
	    grep -q "front 1 handed over what it must not ($_why)" ||
	    e2e_fail "the log does not say: $_why"
	wait_until "the front is replaced" more_than "$_s" '^started' \
	    "$BAD"/front.log
}

# fine COMMANDS: badfront is not replaced.
fine() {
	_pid=$(bad_pid)
	front "$@"
	[ "$(bad_pid)" = "$_pid" ] || e2e_fail "the front was replaced"
}

bad_pid() {
	e2e_children 'front 1'
}

# A worker's report counts 10 s after its last one, and three count in ten
# minutes: use another worker for each, and wait before the first one's turn
# comes again.
REST=11

e2e_case control 60 "a front that hands over a client of its own serves it"
control_body() {
	begin 2
	for _w in 0 1; do
		fine "ticket $_w" "hand $_w" in
		saw in
		fine "ticket $_w" 'fd unix' proxied "hand $_w" in ping
		saw in
	done
	others_end
}

e2e_case forged 120 "a front that forges or repeats a ticket is replaced"
forged_body() {
	begin 4
	killed 'its ticket is forged' 'ticket 0' 'invent 8' 'hand 0'
	# time, number, client, mesh, MAC
	killed 'its ticket is forged' 'ticket 1' 'flip 15' 'hand 1'
	killed 'its ticket is forged' 'ticket 2' 'flip 16' 'hand 2'
	killed 'its ticket is forged' 'ticket 3' 'flip 32' 'hand 3'
	sleep $REST
	killed 'its ticket is forged' 'ticket 0' 'flip 64' mesh 'hand 0'
	killed 'its ticket is forged' 'ticket 1' 'flip 96' 'hand 1'
	killed 'its ticket was used before' 'ticket 2' 'hand 2' in 'hand 2'
	killed 'a key of another worker' 'ticket 1 3' 'hand 3'
	others_end
}

e2e_case refused 60 "a ticket for another start or worker lets nobody in"
refused_body() {
	begin 2
	fine 'ticket 0' 'invent 0' 'hand 0' refused
	saw refused
	fine 'ticket 0' 'flip 0' 'hand 0' refused
	saw refused
	fine 'ticket 0 1' 'hand 0' refused
	saw refused
	fine 'ticket 0' 'hand 1' refused
	saw refused
	# A mesh peer by its own word is a plain client.
	fine 'ticket 0' mesh 'hand 0' in
	ctl clients >clients.out
	! grep -i mesh clients.out || e2e_fail "it is a mesh peer"
	others_end
}

# Nobody can be asked, so that admit admits everybody who asks it.
e2e_case admission 120 "a front hands over nobody whom admit did not admit"
admission_body() {
	e2e_paths
	EXTRA='admit { url "http://127.0.0.1:1/" fail open }'
	begin 4
	for _w in 0 1; do
		fine "ticket $_w" "admit $_w" "hand $_w" in
		saw in
	done
	# For another worker.
	fine 'ticket 0' 'admit 1' 'hand 0' refused
	saw refused
	# client, group, MAC
	killed 'its ticket of admit is forged' 'ticket 0' 'admit 0' 'bend 32' \
	    'hand 0'
	killed 'its ticket of admit is forged' 'ticket 1' 'admit 1' 'bend 64' \
	    'hand 1'
	killed 'its ticket of admit is forged' 'ticket 2' 'admit 2' 'bend 115' \
	    'hand 2'
	# The ticket of an older login, and of another client.
	killed 'its ticket of admit is for another login' 'ticket 3' 'admit 3' \
	    'hand 3' in 'ticket 3' 'hand 3'
	fine 'ticket 0' 'admit 0'
	sleep $REST
	fine 'hand 0' refused
	saw refused
	killed 'its ticket of admit is for another login' 'ticket 0' 'other 0' \
	    'hand 0'
	# None, when admission has long been in force.
	sleep $((2 * REST))
	killed 'it has no ticket of admit' 'ticket 1' strip 'hand 1'
	killed 'it has no ticket of admit' 'ticket 2' strip mesh 'hand 2'
	others_end
}

e2e_case descriptors 120 "a front that hands over no connection is replaced"
descriptors_body() {
	begin 4
	killed 'no connection' 'ticket 0' 'fd pipe' 'hand 0'
	killed 'no connection' 'ticket 1' 'fd listen' 'hand 1'
	killed 'no connection' 'ticket 2' 'fd udp' 'hand 2'
	killed 'no connection' 'ticket 3' 'fd unix' 'hand 3'
	sleep $REST
	killed 'no connection' 'ticket 0' proxied 'hand 0'
	killed 'missing or unexpected descriptor' 'naked 1'
	killed '.*' 'slip 2 5'
	others_end
}

e2e_case junk 120 "a front that hands over junk is replaced"
junk_body() {
	begin 4
	killed 'too many bytes behind the login' 'ticket 0' 'plain 65537' \
	    'hand 0'
	killed 'too many bytes behind the login' 'ticket 1' 'cipher 262144' \
	    'hand 1'
	killed 'malformed state of records' 'ticket 2' 'record random' 'hand 2'
	killed 'malformed state of records' 'ticket 3' 'record short' 'hand 3'
	sleep $REST
	killed 'malformed state of records' 'ticket 0' 'fd unix' proxied \
	    'record wild' 'hand 0'
	killed 'message that it may not send' 'raw 1 0'
	killed 'message that it may not send' 'raw 2 65535'
	others_end
}

e2e_case wild 120 "states of records of any kind end that session alone"
wild_body() {
	begin 2
	_pid=$(bad_pid)
	: >cmd
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		for _w in 0 1; do
			printf '%s\n' "ticket $_w" 'record wild' \
			    "cipher ${_i}000" "hand $_w" 'send 20000' refused \
			    drop >>cmd
		done
	done
	_n=$(wc -l <cmd)
	mv cmd "$BAD"/front.cmd
	wait_until "the front is done" more_than $((_n - 1)) '^done' \
	    "$BAD"/front.log
	[ "$(bad_pid)" = "$_pid" ] || e2e_fail "the front was replaced"
	grep -q '^not refused' "$BAD"/front.log ||
	    e2e_fail "no session got an answer"
	# Junk in place of frames.
	fine 'ticket 0' 'plain 65536' 'hand 0' drop
	fine 'ticket 1' 'hand 1' in 'send 60000' drop
	others_end
}

# SO_LINGER, by which the last close of a copy waits, is for the front's sandbox
# to refuse (sandbox_refused_net_test).
e2e_case copies 120 "what a front does with copies of descriptors is in vain"
copies_body() {
	e2e_paths
	RELAY='write timeout 2000'
	begin 2
	for _w in 0 1; do
		fine "ticket $_w" "hand $_w" in block ping
		fine 'stuff 2000' "ticket $_w" "hand $_w" in
		fine "ticket $_w" "hand $_w" in shut drop
		fine "ticket $_w" "hand $_w" shut drop
		# It reads nothing.
		fine "ticket $_w" 'fd unix' proxied "hand $_w" in block \
		    'stuff 100'
	done
	others_end
}

e2e_case floods 120 "floods of a front end it, or nothing"
floods_body() {
	begin 2
	fine 'ticket 0' 'invent 0' 'again 0 5000'
	fine 'half 1' 'links 0' 'hands 20000'
	fine 'keyless 20000'
	fine 'logins 3000'
	fine 'slip 0 4'
	others_end
}

e2e_case parent 120 "a front that sends the parent what it may not is replaced"
parent_body() {
	begin 2
	for _order in 'parent 0' 'parent 65535' 'links 1' exit; do
		_pid=$(bad_pid)
		_s=$(count '^started' "$BAD"/front.log)
		orders "$_order"
		wait_until "another front: $_order" more_than "$_s" \
		    '^started' "$BAD"/front.log
		[ "$(bad_pid)" != "$_pid" ] || e2e_fail "it is the same"
	done
	grep -E 'front 1 \(pid .*\) .*: killed' derpd.log
	others_end
}

e2e_case deaf 120 "a front that does not read is replaced"
deaf_body() {
	e2e_paths
	EXTRA='child timeout 2'
	begin 2
	_s=$(count '^started' "$BAD"/front.log)
	orders sleep
	wait_until "another front" more_than "$_s" '^started' "$BAD"/front.log
	logged 'front 1 .* gave no sign of life' || e2e_fail "no reason"
	others_end
}

e2e_case full 120 "a worker that a front filled gets its channels"
full_body() {
	e2e_paths
	e2e_need_plain "its own descriptors count"
	ULIMIT_N=256
	begin 1
	front 'fill 0'
	_n=$(sed -n 's/^filled //p' "$BAD"/front.log)
	[ "$_n" -gt 100 ] || e2e_fail "only $_n sessions"
	logged 'not taken over: .* open files are in use' ||
	    e2e_fail "the worker was not full"
	fine 'slip 0 4'
	for _role in keys 'front 0'; do
		_pid=$(e2e_children "$_role")
		kill -KILL "$_pid"
		wait_until "another $_role" another "$_role" "$_pid"
	done
	# No more of them: the front is replaced before the table is full.
	killed '.*' 'slip 0 60'
	others_end
}

# another ROLE PID: there is one with another process id.
another() {
	_now=$(e2e_children "$1")
	[ -n "$_now" ] && [ "$_now" != "$2" ] && logged "$1 ready.*"
}

atf_init_test_cases() {
	atf_add_test_case control
	atf_add_test_case forged
	atf_add_test_case refused
	atf_add_test_case admission
	atf_add_test_case descriptors
	atf_add_test_case junk
	atf_add_test_case wild
	atf_add_test_case copies
	atf_add_test_case floods
	atf_add_test_case parent
	atf_add_test_case deaf
	atf_add_test_case full
}
