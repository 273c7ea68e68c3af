#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Who may relay while admit is killed or hangs, and when admission begins and
# ends by a reload; the rate of clients from a file.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# Clients of rawderp have numbers.

# key N: the node key of client N.
key() {
	"$RAWDERP" -p 1 -c "$1" admit-key | grep '^nodekey:'
}

# list N...: replace the list of clients by these.
list() {
	for _n; do
		key "$_n"
	done >clients.new
	mv clients.new clients
}

admitted() {
	raw -c "$1" admit-in
}

refused() {
	raw -c "$1" admit-out
}

logged() {
	grep -q "$1" derpd.log
}

# new_child ROLE OLDPID: there is a child of this role with another process id.
new_child() {
	_pid=$(e2e_children "$1")
	[ -n "$_pid" ] && [ "$_pid" != "$2" ]
}

# start_with N...: start with a list of these clients.
start_with() {
	e2e_paths
	# Without a login.
	ANSWERS=http-keepalive
	list "$@"
	EXTRA="admit { keys \"$PWD/clients\" }${EXTRA:+
$EXTRA}"
	e2e_start
}

e2e_case killed 60 "admit is killed: sessions go on, and the list in force stays"
killed_body() {
	e2e_paths
	WORKERS=2
	start_with 1 2
	DEATHS=yes
	raw_begin -c 1 admit-stays
	echo junk >>clients
	wait_until "the change is refused" logged 'read before stay in force'
	_admit=$(e2e_children admit)
	kill -KILL "$_admit"
	wait_until "another admit is there" new_child admit "$_admit"
	# It has not read the file that is there now.
	admitted 2
	refused 3
	raw_end
	list 1 3
	wait_until "the mended list is in force" logged \
	    'changed files of clients and names are in force'
	admitted 3
	refused 2
	e2e_stop
	[ "$(grep -c 'read before stay in force' derpd.log)" -eq 1 ] ||
	    e2e_fail "the file was read without need"
}

e2e_case hangs 60 "admit hangs: sessions go on, logins wait for the next one"
hangs_body() {
	e2e_paths
	EXTRA='child timeout 3'
	start_with 1 2
	DEATHS=yes
	raw_begin -c 1 admit-stays
	_admit=$(e2e_children admit)
	kill -STOP "$_admit"
	# Within the time of a login.
	admitted 2
	new_child admit "$_admit" || e2e_fail "there is no other admit"
	raw_end
	e2e_stop
}

e2e_case reloaded 60 "admission begins and ends by a reload"
reloaded_body() {
	e2e_paths
	WORKERS=2
	e2e_start
	[ -z "$(e2e_children admit)" ] || e2e_fail "admit runs without need"
	ctl status | grep -q '^admission  *everybody may relay$' ||
	    e2e_fail "status does not say who may relay"
	raw_begin -c 2 admit-closed
	admitted 1
	# A list that is not good begins nothing.
	echo junk >clients
	EXTRA="admit { keys \"$PWD/clients\" }"
	e2e_conf
	! ctl reload || e2e_fail "a bad list is put in force"
	admitted 3
	wait_until "admit has ended" no_admit
	list 1
	run ctl reload
	wait "$RAW_PID" || { cat raw.out >&2; e2e_fail "client 2 stays"; }
	admitted 1
	refused 2
	ctl status | grep -q "^admission  *clients may relay .*$PWD/clients\$" ||
	    e2e_fail "status does not say who may relay"
	# And it ends.
	EXTRA=''
	e2e_conf
	run ctl reload
	admitted 2
	wait_until "admit has ended" no_admit
	e2e_stop
}

no_admit() {
	[ -z "$(e2e_children admit)" ]
}

e2e_case rate_file 60 "the rate of clients comes from a file"
rate_file_body() {
	e2e_paths
	_rate='"PerClientRateLimitBytesPerSec"'
	echo "{$_rate: 32768}" >rate
	RELAY="client rate file \"$PWD/rate\""
	e2e_start
	raw client-rate
	# The least burst, as in derper.
	echo "{$_rate: 1, \"PerClientRateBurstBytes\": 2}" >rate
	wait_until "the change is in force" logged \
	    'client rate: 1 bytes a second, burst 65568'
	raw client-burst
	echo "{$_rate:" >rate
	wait_until "the change is refused" logged \
	    'the client rate that was read before stays in force'
	logged "$PWD/rate:[12]: not JSON" || e2e_fail "it does not say why"
	! ctl reload || e2e_fail "a reload does not read the file"
	raw client-burst
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case killed
	atf_add_test_case hangs
	atf_add_test_case reloaded
	atf_add_test_case rate_file
}
