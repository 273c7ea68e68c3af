#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The parent: in the background, its control socket, and files that change while
# it runs.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# background: start as a daemon, which returns when it serves.  Its output goes
# through a pipe, which ends only when no process holds it any more.
background() {
	e2e_conf
	run_out=$("$DERPD" -f derpd.conf 2>&1; echo "exit $?")
	echo "$run_out" >derpd.log
	cat derpd.log
	case $run_out in
	*"exit $1") ;;
	*) e2e_fail "wanted: exit $1" ;;
	esac
}

daemon_pid() {
	ctl -j status | sed -n 's/.*"pid":\([0-9]*\),"config".*/\1/p'
}

e2e_case background 60 "the background: back when it serves, reload, stop"
background_body() {
	e2e_paths
	background 0
	PID=$(daemon_pid)
	[ -n "$PID" ] || e2e_fail "no process id in the status"
	echo "$PID" >>pids
	TLS_PORT=$(e2e_port '(tls)')
	run "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" http-upgrades
	# By a relative path, and from another directory than at the start.
	run ctl reload
	_kids=$(e2e_children any)
	kill -TERM "$PID"
	for _p in $PID $_kids; do
		wait_until "process $_p ends" gone_or_zombie "$_p"
	done
	[ ! -e derpd.sock ] || e2e_fail "the control socket was left"
}

gone_or_zombie() {
	case $(ps -o stat= -p "$1" 2>/dev/null) in
	''|Z*) return 0 ;;
	esac
	return 1
}

e2e_case background_fails 60 "the background: exit 1 and the reason"
background_fails_body() {
	e2e_paths
	e2e_conf
	echo nonsense >derper.key
	chmod 600 derper.key
	background 1
	grep -q "/derper.key: not derper's key file" derpd.log ||
	    e2e_fail "the key file is not named"
	rm derper.key
	mkdir derpd.sock
	background 1
	grep -q '/derpd.sock: the file exists and is not a socket' derpd.log ||
	    e2e_fail "the socket is not named"
}

e2e_case control_left 60 "a control socket without a daemon is replaced"
control_left_body() {
	e2e_start
	_kids=$(e2e_children any)
	kill -KILL "$PID"
	for _p in $_kids; do
		wait_until "child $_p ends" gone_or_zombie "$_p"
	done
	[ -S derpd.sock ] || e2e_fail "no socket was left"
	e2e_launch
	run ctl status
	e2e_stop
}

e2e_case control_taken 60 "a second derpd leaves the first one's socket alone"
control_taken_body() {
	e2e_start
	_first=$PID
	"$DERPD" -d -f derpd.conf >second.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "the second one gives up" e2e_stopped
	wait "$PID"
	[ $? -eq 1 ] || e2e_fail "the second one: not exit 1"
	cat second.log
	grep -q 'another derpd answers' second.log ||
	    e2e_fail "the second one prints no reason"
	PID=$_first
	run ctl status
	e2e_stop
}

e2e_case refused_why 60 "derpctl reports why a reload was refused"
refused_why_body() {
	e2e_paths
	use_cert ec
	e2e_start
	cp derpd.conf good.conf
	echo 'nonsense' >>derpd.conf
	refused "derpd.conf:$(wc -l <derpd.conf | tr -d ' '): "
	# This takes another derpd, and clients know the relay by its key.
	sed 's/derper.key/other.key/' good.conf >derpd.conf
	refused 'the key of the relay (`key.) is another one'
	cp good.conf derpd.conf
	cp relay.key saved
	chmod 644 relay.key
	refused '/relay.key: others can read or change it: chmod 600'
	make_cert other "$HOST_NAME" ec
	cat other.key >relay.key
	chmod 600 relay.key
	refused '/relay.crt does not belong to key .*/relay.key'
	cat saved >relay.key
	run ctl reload
	raw coalesced
	e2e_stop
}

# refused PATTERN: a reload fails with this error.
refused() {
	if ctl reload >ctl.out 2>&1; then
		e2e_fail "a reload was not refused: $1"
	fi
	cat ctl.out
	grep -q -e "$1" ctl.out || e2e_fail "the error is not: $1"
	raw coalesced
}

e2e_case keys_and_bad_files 60 "keys is killed while a certificate is broken"
keys_and_bad_files_body() {
	e2e_paths
	use_cert ec
	e2e_start
	DEATHS=yes
	cp relay.crt saved.crt
	cp mesh.key saved.mesh
	echo nonsense >relay.crt
	echo nonsense >mesh.key
	kill -KILL "$(e2e_children keys)"
	wait_until "keys is back" "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" \
	    coalesced
	grep -q 'no mesh until' derpd.log || e2e_fail "no word of the mesh key"
	cp saved.crt relay.crt
	cat saved.mesh >mesh.key
	run ctl reload
	raw coalesced
	e2e_stop
}

e2e_case keys_hangs 60 "a keys that does not answer is replaced"
keys_hangs_body() {
	e2e_start
	DEATHS=yes
	_keys=$(e2e_children keys)
	kill -STOP "$_keys"
	refused_slowly
	wait_until "keys is replaced" e2e_gone "$_keys"
	wait_until "it serves again" "$RAWDERP" -p "$TLS_PORT" \
	    -n "$HOST_NAME" coalesced
	run ctl reload
	e2e_stop
}

# refused_slowly: it waits as long as keys may take to answer.
refused_slowly() {
	if ctl reload >ctl.out 2>&1; then
		e2e_fail "a reload without keys was not refused"
	fi
	cat ctl.out
}

e2e_case stop_closes 60 "a stopping daemon refuses connections"
stop_closes_body() {
	e2e_start
	# The parent waits some seconds for the last child, then kills it.
	kill -STOP "$(e2e_children keys)"
	kill -TERM "$PID"
	wait_until "connections are refused" refuses
	! e2e_stopped || e2e_fail "it did not wait for keys"
	wait_until "it has stopped" e2e_stopped
	wait "$PID" || e2e_fail "exit status $?"
}

refuses() {
	! openssl s_client -connect "127.0.0.1:$TLS_PORT" </dev/null
}

atf_init_test_cases() {
	atf_add_test_case background
	atf_add_test_case background_fails
	atf_add_test_case control_left
	atf_add_test_case control_taken
	atf_add_test_case refused_why
	atf_add_test_case keys_and_bad_files
	atf_add_test_case keys_hangs
	atf_add_test_case stop_closes
}
