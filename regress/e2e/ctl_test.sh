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
	grep -q keys run.out || atf_fail "keys is missing"
	grep -q relay run.out || atf_fail "the workers are missing"
	grep -q "$HOST_NAME" run.out || atf_fail "the certificate is missing"
	run ctl -j status
	if command -v jq >/dev/null 2>&1; then
		run jq -e '.processes | map(select(.role == "relay")) |
		    length == 2' run.out
		run ctl -j status
		run jq -e ".pid == $PID" run.out
	fi
	for _p in $(e2e_children any); do
		ctl -j status | grep -q "$_p" ||
		    atf_fail "process $_p is missing"
	done
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
	run ctl log verbose
	run ctl log brief
	if ctl log banana >ctl.out 2>&1; then
		atf_fail "log banana was taken"
	fi
	e2e_stop
}

e2e_case refused 60 "no daemon, no such command: exit 1, one line"
refused_body() {
	e2e_paths
	if ctl status >ctl.out 2>&1; then
		atf_fail "status without a daemon succeeded"
	fi
	cat ctl.out
	grep -q derpd.sock ctl.out || atf_fail "the socket is not named"
	if ctl banana >ctl.out 2>&1; then
		atf_fail "there is no banana"
	fi
}

e2e_case socket 60 "the control socket is 0660, and refuses strangers"
socket_body() {
	e2e_start
	case $(ls -l derpd.sock) in
	srw-rw----*) ;;
	*) e2e_fail "derpd.sock: $(ls -l derpd.sock)" ;;
	esac
	e2e_stop
	[ ! -e derpd.sock ] || e2e_fail "the socket was left"
}

atf_init_test_cases() {
	atf_add_test_case status
	atf_add_test_case clients
	atf_add_test_case log
	atf_add_test_case refused
	atf_add_test_case socket
}
