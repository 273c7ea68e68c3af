#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The daemon where parts of the sandbox, or of the system's resources, are
# unavailable.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# start_without ERRNO: start derpd with the calls of Landlock failing.
start_without() {
	e2e_conf
	"$SRC/without" landlock "$1" true || atf_skip "no filter here"
	printf '#!/bin/sh\nexec "%s" landlock %s "%s" "$@"\n' \
	    "$SRC/without" "$1" "$REAL" >derpd.wrapped
	chmod +x derpd.wrapped
	DERPD=$PWD/derpd.wrapped
	e2e_launch
}

# levels PATTERN: status reports this level for every child.
levels() {
	ctl -j status | jq -e --arg p "$1" \
	    '[.processes[] | select(.role != "parent") | .sandbox |
	    endswith($p)] | all' >levels.out ||
		e2e_fail "not all end with $1: $(ctl status)"
}

e2e_case landlock_refused 60 "a container's filter refuses Landlock"
landlock_refused_body() {
	e2e_paths
	[ "$(uname)" = Linux ] || atf_skip "only Linux has Landlock"
	REAL=$DERPD
	start_without 1
	levels 'seccomp, no landlock (refused)'
	[ "$(grep -c 'sandbox: Landlock is refused.*landlock_create_ruleset.*continuing' \
	    derpd.log)" -eq 1 ] || e2e_fail "the log does not name Landlock once"
	raw http-requests
	e2e_stop
}

e2e_case landlock_missing 60 "a kernel without Landlock"
landlock_missing_body() {
	e2e_paths
	[ "$(uname)" = Linux ] || atf_skip "only Linux has Landlock"
	REAL=$DERPD
	for _errno in 38 95; do
		start_without "$_errno"
		levels 'seccomp, no landlock'
		! grep -q 'Landlock is refused' derpd.log ||
		    e2e_fail "Landlock is not refused"
		[ "$(grep -c 'sandbox: this kernel has no Landlock' \
		    derpd.log)" -eq 1 ] || e2e_fail "it is not named once"
		e2e_stop
	done
}

e2e_case landlock_broken 60 "another error of Landlock ends the start"
landlock_broken_body() {
	e2e_paths
	[ "$(uname)" = Linux ] || atf_skip "only Linux has Landlock"
	e2e_conf
	"$SRC/without" landlock 22 true || atf_skip "no filter here"
	! "$SRC/without" landlock 22 "$DERPD" -d -f derpd.conf >derpd.log 2>&1 ||
	    e2e_fail "derpd runs"
	grep -q "(landlock_create_ruleset).*sandbox seccomp.*: Invalid argument" \
	    derpd.log || e2e_fail "the log does not name the call and a way out"
}

e2e_case not_locked 60 "a limit on locked memory: a warning that keys may be swapped"
not_locked_body() {
	e2e_need_root "a process without CAP_IPC_LOCK"
	command -v setpriv >/dev/null || atf_skip "there is no setpriv"
	e2e_paths
	e2e_conf
	cat >derpd.wrapped <<END
#!/bin/sh
ulimit -l "\$LIMIT"
exec setpriv --bounding-set=-ipc_lock "$DERPD" "\$@"
END
	chmod +x derpd.wrapped
	DERPD=$PWD/derpd.wrapped
	export LIMIT=64
	e2e_launch
	grep -q "can't lock keys in memory (mlock).*65536.*LimitMEMLOCK" \
	    derpd.log || e2e_fail "the log lacks the warning"
	e2e_stop
	LIMIT=8192
	e2e_launch
	! grep -q "can't lock keys" derpd.log || e2e_fail "it warns about 8 MiB"
	e2e_stop
}

e2e_case descriptors 60 "too few descriptors to start: which limit, and how to raise it"
descriptors_body() {
	e2e_paths
	WORKERS=8
	e2e_conf
	# What a limit reaches depends on the descriptors that are inherited:
	# downwards from what is enough for the programs of the children, but
	# not for the sockets, to what is not enough for the list of users.
	_n=68
	_listen=
	while [ "$_n" -gt 30 ]; do
		# shellcheck disable=SC3045	# every shell here has it
		! (ulimit -n "$_n" && exec "$DERPD" -d -f derpd.conf) \
		    >derpd.log 2>&1 || e2e_fail "derpd runs"
		grep -q "can't .*Too many open files; raise .*LimitNOFILE" \
		    derpd.log || e2e_fail "$_n: the log names another cause"
		! grep -q "can't listen on" derpd.log || _listen=$_n
		! grep -q "can't look for the user" derpd.log || break
		_n=$((_n - 1))
	done
	[ -n "$_listen" ] || e2e_fail "no limit reaches the sockets"
	[ "$(id -u)" -eq 0 ] || return 0
	[ "$_n" -gt 30 ] || e2e_fail "no limit reaches the list of users"
}

atf_init_test_cases() {
	atf_add_test_case landlock_refused
	atf_add_test_case landlock_missing
	atf_add_test_case landlock_broken
	atf_add_test_case not_locked
	atf_add_test_case descriptors
}
