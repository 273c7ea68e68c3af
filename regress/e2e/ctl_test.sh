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
	    "^admission  *everybody may relay\$" \
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

e2e_case chosen 60 "clients: by key and address, and in an order"
chosen_body() {
	e2e_paths
	WORKERS=3
	e2e_start
	raw_begin -c 12 idle
	run ctl clients
	_key=$(sed -n '2s/^\([0-9a-f]*\) .*/\1/p' run.out)
	run ctl clients "$_key"
	[ "$(grep -c '127\.0\.0\.1' run.out)" -eq 1 ] || e2e_fail "not one"
	grep -qx '1 of 12 connections' run.out || e2e_fail "not counted"
	run ctl clients 127.0.0.0/8
	grep -qx '12 connections' run.out || e2e_fail "not all of the prefix"
	run ctl clients 192.0.2.0/24
	[ "$(cat run.out)" = "0 of 12 connections" ] || e2e_fail "not none"
	for _order in rx tx age drops name; do
		run ctl clients -r -s "$_order"
		[ "$(grep -c '127\.0\.0\.1' run.out)" -eq 12 ] ||
		    e2e_fail "-s $_order: not all of them"
	done
	COLUMNS=80 run ctl clients
	[ "$(awk 'length > 80' run.out | wc -l)" -eq 0 ] ||
	    e2e_fail "more than 80 columns"
	ctl_fails '^derpctl: nobody: no client' clients kick nobody
	raw_end
	e2e_stop
}

e2e_case kick 60 "clients kick and deny close the connections of one client"
kick_body() {
	e2e_paths
	WORKERS=3
	e2e_start
	raw_begin -c 12 idle
	# The youngest first: the driver speaks to the oldest two.
	ctl clients -r -s age >list
	_key=$(sed -n '2s/^\([0-9a-f]*\) .*/\1/p' list)
	run ctl clients kick "$_key"
	grep -q "^closed nodekey:${_key}[0-9a-f]*, 1 connection\$" run.out ||
	    e2e_fail "it does not say what was closed"
	wait_until "the client is gone" last_of '11 connections'
	run ctl clients "$_key"
	[ "$(cat run.out)" = "0 of 11 connections" ] || e2e_fail "another one"
	_key=$(sed -n '3s/^\([0-9a-f]*\) .*/\1/p' list)
	run ctl clients deny -f clients "$_key"
	grep -q "^deny nodekey:${_key}[0-9a-f]*\$" clients ||
	    e2e_fail "the file does not deny it: $(cat clients)"
	wait_until "the client is gone" last_of '10 connections'
	# The driver misses those sessions.
	pkill -KILL -P "$RAW_PID"
	e2e_stop
}

e2e_case named 60 "names and groups of clients, and the file that denies them"
named_body() {
	e2e_paths
	WORKERS=2
	{
		echo "group staff connections 9 quota 1G"
		"$RAWDERP" -p 1 group-keys | grep nodekey
	} >clients
	ANSWERS=group-none EXTRA="admit { keys \"$PWD/clients\" }"
	e2e_start
	raw_begin group-stay
	run ctl status
	grep -q "^admission .* keys $PWD/clients\$" run.out ||
	    e2e_fail "the admission"
	grep -q "^  clients .*$PWD/clients, .*(keys: 7)\$" run.out ||
	    e2e_fail "the clients file"
	# The names come from admit, a moment after the login.
	wait_until "the names are there" last_of '1 of 4 connections' \
	    'client 8'
	wait_until "the groups are there" last_of '3 of 4 connections' -g staff
	run ctl clients -s name
	cp run.out list
	[ "$(sed -n '2,5s/.* \(client [0-9]\) *\([a-z-]*\) .*/\1 \2/p' list)" \
	    = "client 1 staff
client 2 staff
client 3 staff
client 8 -" ] || e2e_fail "not by their names"
	run ctl groups
	grep -q '^staff  *3  *3  *9  *- .* 1.0G ' run.out ||
	    e2e_fail "the group"
	run ctl top -b
	grep -q '^client 1  *staff  *[0-9a-f]*  *1 ' run.out ||
	    e2e_fail "top without names"
	run ctl clients kick 'client 8'
	grep -q '(client 8), 1 connection$' run.out || e2e_fail "not closed"
	wait_until "it is gone" last_of '3 connections'
	run ctl clients deny 'client 3'
	grep -q "^$PWD/clients: changed\$" run.out || e2e_fail "not that file"
	grep -q '^deny nodekey:[0-9a-f]* # client 3$' clients ||
	    e2e_fail "not denied: $(cat clients)"
	wait_until "it is gone" last_of '2 connections'
	wait_until "derpd has read the file" status_has '(keys: 6)'
	raw_end
	e2e_stop
}

# last_of LINE [ARGUMENT]...: the last line of derpctl clients.
last_of() {
	_line=$1
	shift
	[ "$(ctl clients "$@" | tail -n 1)" = "$_line" ]
}

# status_has TEXT
status_has() {
	ctl status | grep -qF "$1"
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
	ctl_fails '^derpctl: unknown command "banana"$' banana
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
	atf_add_test_case chosen
	atf_add_test_case kick
	atf_add_test_case named
	atf_add_test_case log
	atf_add_test_case refused
	atf_add_test_case socket
}
