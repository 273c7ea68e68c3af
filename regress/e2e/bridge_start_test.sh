#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpbridged: its start, its processes, a reload, a stop.  No interface is
# there: what it does with one is tested in regress/vm/ and regress/bridge/.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/bridge.sh
. "$(atf_get_srcdir)/bridge.sh"

ROLES="netlink wgkeys worker derpmapd resolve"

e2e_case start_stop 60 "all processes start, confined, and end"
start_stop_body() {
	bridge_conf 'interface "wgtest0" { }'
	run "$BRIDGED" -n -f bridge.conf
	grep -q 'configuration OK' run.out || e2e_fail "$(cat run.out)"
	[ ! -e state ] || e2e_fail "-n has made the state directory"
	# What -n finds is what would fail later.
	cp bridge.conf good.conf
	for _wrong in 'statedir "'"$PWD"'/no/state"|no/state: no such directory' \
	    'interface "wg1" { ca file "'"$PWD"'/no.pem" }|no.pem: No such'; do
		{ grep -v "^statedir" good.conf; echo "${_wrong%|*}"; } >bad.conf
		! "$BRIDGED" -n -f bad.conf >run.out 2>&1 ||
		    e2e_fail "-n permits ${_wrong%|*}"
		grep -q "${_wrong#*|}" run.out || e2e_fail "$(cat run.out)"
	done
	bridge_start
	for _role in $ROLES; do
		[ "$(readies "$_role")" -eq 1 ] || e2e_fail "no $_role"
		[ -n "$(e2e_children "$_role")" ] || e2e_fail "no $_role runs"
	done
	if [ "$(id -u)" -eq 0 ]; then
		for _pid in $(e2e_children any); do
			awk '$1 == "Uid:" && ($2 == 0 || $5 == 0) { exit(1) }' \
			    "/proc/$_pid/status" ||
			    e2e_fail "$_pid is root: $(ps -o args= "$_pid")"
			case $(ps -o args= "$_pid") in
			*netlink*)	_want=0000000000001000 ;;
			*)		_want=0000000000000000 ;;
			esac
			_has=$(sed -n 's/^CapPrm:	//p' "/proc/$_pid/status")
			[ "$_has" = 0000000000000000 ] ||
			    [ "$_has" = "$_want" ] ||
			    e2e_fail "$(ps -o args= "$_pid") has $_has"
		done
	fi
	wait_until "the map is there" grep -q 'map .* is in force' derpd.log
	grep -q 'wgtest0: can.t read the interface' derpd.log ||
	    wait_until "the interface is missed" \
	    grep -q 'wgtest0: ' derpd.log
	bridge_stop
	! grep -q 'killed\|ended by signal\|ended with status' derpd.log ||
	    e2e_fail "a process did not end by itself"
}

# again ROLE N: it became ready N times.
again() {
	[ "$(readies "$1")" -ge "$2" ]
}

e2e_case killed 120 "each process that is killed is started again"
killed_body() {
	bridge_conf 'interface "wgtest0" { }'
	bridge_start
	for _role in $ROLES; do
		kill -KILL "$(e2e_children "$_role" | head -n 1)"
		wait_until "another $_role is ready" again "$_role" 2
	done
	# A worker that hangs has no status.
	kill -STOP "$(e2e_children worker | head -n 1)"
	if "$DERPCTL" -s "$PWD/bridge.sock" bridge status >ctl.log 2>&1; then
		e2e_fail "a status of a worker that hangs: $(cat ctl.log)"
	fi
	grep -q 'the worker did not answer in time' ctl.log ||
	    e2e_fail "$(cat ctl.log)"
	kill -CONT "$(e2e_children worker | head -n 1)"
	run "$DERPCTL" -s "$PWD/bridge.sock" bridge status
	grep -q 'interface wgtest0, not there' run.out ||
	    e2e_fail "$(cat run.out)"
	# The map reaches the new worker: nothing ends for that.
	sleep 1
	for _role in $ROLES; do
		! again "$_role" 3 ||
		    e2e_fail "$_role is restarted again and again"
	done
	bridge_stop
}

# cert_of: print the path of a certificate that is made anew.
cert_of() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj /CN=test -keyout ca.key -out made.pem 2>/dev/null
	chmod a+r made.pem
	echo made.pem
}

e2e_case reload 60 "a reload takes effect as a whole or not at all"
reload_body() {
	bridge_conf 'interface "wgtest0" { }'
	bridge_start
	echo 'interface "wgtest1" { }' >>bridge.conf
	kill -HUP "$PID"
	wait_until "the reload is over" grep -q 'bridge.conf is in force' \
	    derpd.log
	wait_until "the new interface is missed" grep -q 'wgtest1: ' derpd.log
	echo 'nonsense' >>bridge.conf
	kill -HUP "$PID"
	wait_until "the reload is refused" \
	    grep -q 'reload: the configuration is wrong' derpd.log
	bridge_conf 'interface "wgtest0" { }' 'log format json' 'sandbox off'
	kill -HUP "$PID"
	wait_until "the reload is refused" \
	    grep -q 'sandbox was changed, which needs a restart' derpd.log
	# A CA file that is renewed is read again.
	cp "$(cert_of)" ca.pem
	bridge_conf "interface \"wgtest0\" { ca file \"$PWD/ca.pem\" }"
	kill -HUP "$PID"
	wait_until "the worker has the CAs" again worker 2
	cat "$(cert_of)" >>ca.pem
	kill -HUP "$PID"
	wait_until "the worker has the new CAs" again worker 3
	run "$DERPCTL" -s "$PWD/bridge.sock" log brief
	if "$DERPCTL" -s "$PWD/bridge.sock" status >ctl.log 2>&1; then
		e2e_fail "derpctl status is of derpd"
	fi
	grep -q 'the commands bridge, reload' ctl.log ||
	    e2e_fail "$(cat ctl.log)"
	bridge_stop
}

e2e_case refused 60 "what can't work is said at the start"
refused_body() {
	bridge_conf 'interface "wgtest0" { }'
	bridge_start
	_first=$PID
	# The same again: its control socket is taken.
	! "$BRIDGED" -d -f bridge.conf >second.log 2>&1 ||
	    e2e_fail "two at one control socket"
	grep -q 'another derpbridged answers' second.log ||
	    e2e_fail "$(cat second.log)"
	# -R would work against it.
	! "$BRIDGED" -R -f bridge.conf >restore.log 2>&1 ||
	    e2e_fail "-R beside one that runs"
	grep -q 'a derpbridged runs' restore.log ||
	    e2e_fail "$(cat restore.log)"
	PID=$_first
	bridge_stop
	if [ "$(id -u)" -eq 0 ]; then
		bridge_conf 'interface "wgtest0" { }'
		sed 's/^user .*//' bridge.conf >other.conf
		echo 'user "no_such_user"' >>other.conf
		! "$BRIDGED" -n -f other.conf >other.log 2>&1 ||
		    e2e_fail "a user that does not exist"
		grep -q 'this machine has no such user' other.log ||
		    e2e_fail "$(cat other.log)"
	fi
	! "$BRIDGED" -n -R -f bridge.conf 2>/dev/null || e2e_fail "-n -R"
	! "$BRIDGED" -f nothing.conf 2>/dev/null || e2e_fail "no file"
}

e2e_case daemon 60 "it goes to the background when all is ready"
daemon_body() {
	bridge_conf 'interface "wgtest0" { }'
	run "$BRIDGED" -f bridge.conf
	[ -S bridge.sock ] || e2e_fail "it is not ready"
	PID=$(ps -A -o pid= -o ppid= -o args= | awk -v conf=bridge.conf \
	    '$2 == 1 && /derpbridged/ && index($0, conf) { print $1 }' |
	    while read -r _pid; do
		[ "$(readlink "/proc/$_pid/exe")" != \
		    "$(readlink -f "$BRIDGED")" ] ||
		    ! grep -q . "/proc/$_pid/cmdline" || echo "$_pid"
	    done | tail -n 1)
	[ -n "$PID" ] || e2e_fail "no process"
	echo "$PID" >>pids
	kill -TERM "$PID"
	wait_until "it has ended" test ! -e bridge.sock
}

e2e_case one_interface 60 "-i serves one interface beside others"
one_interface_body() {
	bridge_conf 'interface "wgtest0" { }'
	bridge_start
	_first=$PID
	"$BRIDGED" -d -v -f bridge.conf -i wgtest7 >one.log 2>&1 &
	_second=$!
	echo "$_second" >>pids
	wait_until "both are ready" grep -q 'derpbridged [0-9.]* ready:' \
	    one.log
	[ -S bridge-wgtest7.sock ] || e2e_fail "no socket of its own: $(ls)"
	wait_until "its interface is missed" grep -q 'wgtest7: ' one.log
	! grep -q 'wgtest0' one.log || e2e_fail "it has the other one, too"
	kill -TERM "$_second"
	wait "$_second" || e2e_fail "the second one ended with $?"
	PID=$_first
	bridge_stop
}

atf_init_test_cases() {
	atf_add_test_case start_stop
	atf_add_test_case killed
	atf_add_test_case reload
	atf_add_test_case refused
	atf_add_test_case daemon
	atf_add_test_case one_interface
}
