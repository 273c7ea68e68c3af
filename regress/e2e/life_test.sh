#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Processes that hang or end at a bad time: they are replaced, sessions
# continue, and logins under way either succeed or fail.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# short_timeout: a daemon with a short child timeout.
short_timeout() {
	e2e_paths
	EXTRA="${EXTRA:+$EXTRA
}child timeout ${1:-2}"
	DEATHS=yes
}

# new_child ROLE OLDPID: there is a child of this role with another process id.
new_child() {
	! e2e_children "$1" | grep -qx "$2" &&
	    [ "$(e2e_children "$1" | wc -l)" -eq "${3:-1}" ]
}

# logins_in, logins_refused: the results of the logins under way.
logins_in() {
	sed -n 's/.*: \([0-9]*\) in, .*/\1/p' raw.out
}

logins_refused() {
	sed -n 's/.* \([0-9]*\) refused$/\1/p' raw.out
}

# clients_of PID: count TCP connections that a process serves.
clients_of() {
	ss -Htnp state established "sport = :$TLS_PORT" |
	    grep -c "pid=$1,"
}

# under_way ROLE SIGNAL WORKERS: signal a process while clients log in.
under_way() {
	rm -rf raw.ready raw.ready.go derpd.sock
	WORKERS=$3
	e2e_start
	_victim=$(e2e_children "$1" | head -n 1)
	raw_begin -c 16 held-logins
	_its=$(clients_of "$_victim")
	kill "-$2" "$_victim"
	: >raw.ready.go
	wait "$RAW_PID" || { cat raw.out >&2; e2e_fail "logins hang"; }
	cat raw.out
	_n=1
	[ "$1" = keys ] || _n=$3
	wait_until "another $1 is there" new_child "$1" "$_victim" "$_n"
	raw coalesced
	e2e_stop
}

e2e_case keys_stops 120 "keys hangs during logins: all get in, with the next"
keys_stops_body() {
	short_timeout
	for _workers in 1 2; do
		under_way keys STOP "$_workers"
		[ "$(logins_in)" -eq 16 ] || e2e_fail "not all came in"
	done
}

e2e_case keys_dies 120 "keys dies during logins: all get in, with the next"
keys_dies_body() {
	short_timeout
	for _workers in 1 2; do
		under_way keys KILL "$_workers"
		[ "$(logins_in)" -eq 16 ] || e2e_fail "not all came in"
	done
}

e2e_case front_stops 120 "a front hangs during logins: its own are refused"
front_stops_body() {
	short_timeout
	for _workers in 1 2; do
		under_way front STOP "$_workers"
		[ "$(logins_refused)" -ge "$_its" ] ||
		    e2e_fail "not the $_its logins of the front were refused"
		[ $(($(logins_in) + $(logins_refused))) -eq 16 ] ||
		    e2e_fail "logins neither came in nor were refused"
	done
}

e2e_case front_dies 120 "a front dies during logins: its own are refused"
front_dies_body() {
	short_timeout
	for _workers in 1 2; do
		under_way front KILL "$_workers"
		[ "$(logins_refused)" -ge "$_its" ] ||
		    e2e_fail "not the $_its logins of the front were refused"
	done
}

e2e_case pings 120 "while keys hangs, sessions get their pongs"
pings_body() {
	short_timeout 6
	e2e_start
	_keys=$(e2e_children keys)
	raw_begin steady-pings
	kill -STOP "$_keys"
	wait_until "another keys is there" new_child keys "$_keys"
	: >raw.ready.go
	wait "$RAW_PID" || { cat raw.out >&2; e2e_fail "a session waited"; }
	cat raw.out
	raw coalesced
	e2e_stop
}

# every_role: a daemon with a process of every role.
every_role() {
	short_timeout 1
	cat >map.json <<-end
	{"Regions": {"900": {"RegionID": 900, "RegionCode": "one",
	  "RegionName": "One", "Nodes": [{"Name": "900a", "RegionID": 900,
	    "HostName": "$HOST_NAME"}]}}}
	end
	CERTS='acme { directory "https://127.0.0.1:1/" }'
	EXTRA="$EXTRA
stun { listen on 127.0.0.1 port 0 }
map \"$PWD/map.json\"
map { path \"/other\" follow \"https://127.0.0.1:1/map\" }
admit { url \"https://127.0.0.1:1/verify\" fail open }"
	e2e_start
}

e2e_case every_role 120 "a hanging process of any role is replaced"
every_role_body() {
	every_role
	for _role in keys signer front relay admit stund derpmapd health; do
		_pid=$(e2e_children "$_role" | head -n 1)
		[ -n "$_pid" ] || e2e_fail "there is no $_role"
		kill -STOP "$_pid"
		wait_until "another $_role is there" new_child "$_role" "$_pid"
		# keys may have owed an answer too.
		grep -Eq "$_role 0 \(pid $_pid\) (gave no sign|did not answer)" \
		    derpd.log || e2e_fail "the log does not mention $_role"
	done
	raw coalesced
	e2e_stop
}

e2e_case resolver_roles 180 \
    "processes that may wait for the resolver are replaced later"
resolver_roles_body() {
	every_role
	_fetch=$(e2e_children fetch) _acme=$(e2e_children acme-helper)
	_verify=$(e2e_children verify)
	[ -n "$_fetch" ] || e2e_fail "there is no fetch"
	[ -n "$_acme" ] || e2e_fail "there is no acme-helper"
	[ -n "$_verify" ] || e2e_fail "there is no verify"
	kill -STOP "$_fetch" "$_acme" "$_verify"
	sleep 50
	[ "$(e2e_children fetch) $(e2e_children acme-helper) $(e2e_children \
	    verify)" = "$_fetch $_acme $_verify" ] ||
	    e2e_fail "one was replaced too soon"
	wait_until "another fetch is there" new_child fetch "$_fetch"
	wait_until "another acme-helper is there" new_child acme-helper "$_acme"
	wait_until "another verify is there" new_child verify "$_verify"
	raw coalesced
	e2e_stop
}

e2e_case suspended 60 "a machine that was suspended loses no process"
suspended_body() {
	e2e_paths
	EXTRA='child timeout 3'
	WORKERS=2
	e2e_start
	_kids=$(e2e_children any)
	# Stop all with a ping under way; the parent continues first.
	for _pid in $_kids; do
		kill -STOP "$_pid"
	done
	sleep 1
	kill -STOP "$PID"
	wait_until "the parent is stopped" stopped
	sleep 4
	kill -CONT "$PID"
	wait_until "derpctl is answered" ctl status
	for _pid in $_kids; do
		kill -CONT "$_pid"
	done
	# It has sent another ping by then.
	sleep 4
	[ "$(e2e_children any)" = "$_kids" ] || e2e_fail "processes changed"
	raw coalesced
	e2e_stop
}

e2e_case busy 120 "a busy process answers pings"
busy_body() {
	short_timeout 2
	DEATHS=''
	WORKERS=1
	e2e_start
	_pids=
	for _i in 1 2 3; do
		"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" connect-floods \
		    slow-reader >"busy.$_i" 2>&1 &
		echo $! >>pids
		_pids="$_pids $!"
	done
	for _pid in $_pids; do
		wait "$_pid" || { cat busy.* >&2; e2e_fail "clients failed"; }
	done
	# No process was killed.
	e2e_stop
}

stopped() {
	case $(ps -o stat= -p "$PID") in
	T*) return 0 ;;
	esac
	return 1
}

e2e_case listening_ended 60 "a listening socket that was shut down is opened again"
listening_ended_body() {
	e2e_need_root "to reach into another process"
	WORKERS=1
	e2e_start
	for _i in 1 2; do
		"$SRC/endsock" "$(e2e_children front)"
		case $? in
		0) ;;
		77) atf_skip "this system can't end another's socket" ;;
		*) e2e_fail "no socket was ended" ;;
		esac
		wait_until "it listens again" "$RAWDERP" -p "$TLS_PORT" \
		    -n "$HOST_NAME" coalesced
		raw http-plain
	done
	grep -q 'front ended the listening socket: it listens again' \
	    derpd.log || e2e_fail "nothing was logged"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case keys_stops
	atf_add_test_case keys_dies
	atf_add_test_case front_stops
	atf_add_test_case front_dies
	atf_add_test_case pings
	atf_add_test_case every_role
	atf_add_test_case resolver_roles
	atf_add_test_case busy
	atf_add_test_case suspended
	atf_add_test_case listening_ended
}
