#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl against a daemon with clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case status 60 "status names every process, listener and certificate"
status_body() {
	e2e_paths
	use_cert ec
	WORKERS=2
	e2e_start
	run ctl status
	for _line in "^derpd  *[0-9][^,]*, process $PID, up " \
	    "^listening on  *127.0.0.1:$TLS_PORT tls, " \
	    "127.0.0.1:$PLAIN_PORT plain\$" \
	    "^certificate  *$HOST_NAME\$" \
	    "^keys  *$(e2e_children keys)  *0  " \
	    "^front 0  *[0-9][0-9]*  *0  " "^front 1  *[0-9][0-9]*  *0  " \
	    "^relay 0  *[0-9][0-9]*  *0  " "^relay 1  *[0-9][0-9]*  *0  "; do
		grep -q "$_line" run.out || e2e_fail "no line: $_line"
	done
	_kids=$(e2e_children any)
	[ "$(echo "$_kids" | wc -l)" -ge 5 ] || e2e_fail "children: $_kids"
	run ctl -j status
	for _p in $_kids; do
		grep -q "\"pid\":${_p}[,}]" run.out ||
		    e2e_fail "process $_p is missing"
	done
	if command -v jq >/dev/null 2>&1; then
		cp run.out status.json
		run jq -e ".pid == $PID and (.processes |
		    map(select(.role == \"relay\")) | length == 2)" status.json
	fi
	e2e_stop
}

e2e_case clients 60 "clients lists each connection once"
clients_body() {
	e2e_paths
	WORKERS=3
	e2e_start
	raw_begin -c 12 idle
	run ctl clients
	cp run.out clients.txt
	run ctl -j clients
	_n=$(grep -o 'nodekey:[0-9a-f]\{64\}' run.out | sort -u | wc -l)
	[ "$_n" -eq 12 ] || e2e_fail "$_n clients are listed, not 12"
	_n=$(grep -c '127\.0\.0\.1' clients.txt)
	[ "$_n" -eq 12 ] || e2e_fail "$_n lines of text, not 12"
	raw_end
	wait_until "they are gone" no_clients
	e2e_stop
}

no_clients() {
	! ctl -j clients | grep -q 'nodekey:[0-9a-f]'
}

e2e_case log 60 "log verbose and brief"
log_body() {
	e2e_start
	! logs_more || e2e_fail "it logs in detail from the start"
	run ctl log verbose
	# The parent, fronts and workers, which are notified by message.
	logs_more || e2e_fail "the parent does not log in detail"
	raw coalesced
	wait_until "the worker logs in detail" grep -q 'connection .* closed' \
	    derpd.log
	run ctl log brief
	! logs_more || e2e_fail "the parent still logs in detail"
	ctl_fails '^usage: ' log banana
	e2e_stop
}

# logs_more: a control request is logged, which a brief log omits.
logs_more() {
	_was=$(grep -c 'control socket: user' derpd.log)
	run ctl status >/dev/null
	[ "$(grep -c 'control socket: user' derpd.log)" -gt "$_was" ]
}

e2e_case refused 60 "no daemon, no such command: exit 1, one line"
refused_body() {
	e2e_paths
	ctl_fails "^derpctl: .*$PWD/derpd.sock: No such file or directory: is" \
	    status
	[ "$(wc -l <ctl.err)" -eq 1 ] || e2e_fail "more than a line"
	ctl_fails '^usage: ' banana
}

# ctl_fails PATTERN ARGUMENT...: exit 1, and the error on standard error.
ctl_fails() {
	_pattern=$1
	shift
	ctl "$@" >ctl.out 2>ctl.err
	_rc=$?
	cat ctl.out ctl.err
	[ "$_rc" -eq 1 ] || e2e_fail "derpctl $*: exit status $_rc, not 1"
	grep -q "$_pattern" ctl.err || e2e_fail "the error is not: $_pattern"
}

e2e_case socket 60 "the control socket is for its group, without derpd's users"
socket_body() {
	e2e_start
	case $(ls -l derpd.sock) in
	srw-rw----*) ;;
	*) e2e_fail "derpd.sock: $(ls -l derpd.sock)" ;;
	esac
	if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
		_relay=$(conf_user user _derpd) _gid=$(stat -c %g derpd.sock)
		_keys=$(conf_user 'keys user' _derpd_keys)
		[ "$_gid" -eq "$(id -g "$_relay")" ] ||
		    e2e_fail "its group is $_gid, not that of $_relay"
		copy_ctl
		as_user 54321 "$_gid" || e2e_fail "refused: $(cat as.err)"
		for _user in "$_relay" "$_keys"; do
			! as_user "$(id -u "$_user")" "$_gid" ||
			    e2e_fail "$_user has access"
			grep -q 'it closed the connection' as.err ||
			    e2e_fail "$_user: $(cat as.err)"
		done
		! as_user 54321 54321 || e2e_fail "another user has access"
		grep -q 'Permission denied: only root and' as.err ||
		    e2e_fail "another user: $(cat as.err)"
	fi
	run ctl status
	e2e_stop
	[ ! -e derpd.sock ] || e2e_fail "the socket was left"
}

# conf_user STATEMENT DEFAULT: a user in the configuration.
conf_user() {
	sed -n "s/^$1 \"\(.*\)\"/\1/p" derpd.conf | grep . || echo "$2"
}

# copy_ctl: copy derpctl to a path where other users can execute it.
copy_ctl() {
	mkdir here
	cp "$DERPCTL" here/derpctl
	chmod 755 . here here/derpctl
}

# as_user UID GID: run derpctl status as that user, from within the directory,
# because its path may be inaccessible.
as_user() {
	setpriv --reuid="$1" --regid="$2" --clear-groups \
	    ./here/derpctl -s derpd.sock status >as.out 2>as.err
}

atf_init_test_cases() {
	atf_add_test_case status
	atf_add_test_case clients
	atf_add_test_case log
	atf_add_test_case refused
	atf_add_test_case socket
}
