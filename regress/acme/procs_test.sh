#! /usr/bin/env atf-sh
# shellcheck shell=sh
# acme-helper and keys as processes of their own, in their sandboxes, against
# Pebble.

# shellcheck source=regress/acme/pebble.sh
. "$(atf_get_srcdir)/pebble.sh"

# The outcome of lib/ipc/msg.h.
INTERNAL=8

# Options that start the processes.
procs() {
	: "${HELPER:=$SRC/../../acme-helper/acme-helper}"
	: "${KEYS:=$SRC/../../derpd/keys/derpd-keys}"
	PROCS="-H $HELPER -R $KEYS"
}

acme_case jobs 200 "all jobs, with an account binding"
jobs_body() {
	acme_paths
	procs
	EAB='"externalAccountBindingRequired": true,
	    "externalAccountMACKeys": { "kid-1":
	    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	    },'
	pebble_start
	echo zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W \
	    >mac
	# The options are several words.
	# shellcheck disable=SC2086
	good $PROCS -e kid-1:mac -c mailto:a@relay.test -p shortlived issue \
	    relay.test b.relay.test 127.0.0.1
	names_of chain.pem | grep -q "DNS:b.relay.test" ||
	    acme_fail "the wrong names"
	_account=$(sed -n 's/.*: account //p' drive.err)
	cp chain.pem old.pem
	# shellcheck disable=SC2086
	{
		good $PROCS -i old.pem ari relay.test
		grep -Eq '^ok [0-9]{10} [0-9]{10} again [0-9]' drive.out ||
		    acme_fail "no window"
		good $PROCS -n next.key roll relay.test
		cp next.key account.key
		good $PROCS -i old.pem issue relay.test b.relay.test 127.0.0.1
		atf_check_equal "$_account" \
		    "$(sed -n 's/.*: account //p' drive.err)"
		good $PROCS -c mailto:b@relay.test contact relay.test
		cp chain.pem old.pem
		good $PROCS -i old.pem revoke relay.test
	}
}

acme_case keys_killed 200 "keys dies in the middle of an order"
keys_killed_body() {
	acme_paths
	procs
	RETRY_AUTHZ=3
	pebble_start
	# shellcheck disable=SC2086
	drive $PROCS issue relay.test &
	_drive=$!
	echo $_drive >>pids
	wait_until "it is validated" grep -q "validating relay.test" drive.err
	_pid=$(sed -n 's/^keys is process //p' drive.err)
	[ -n "$_pid" ] || acme_fail "no keys"
	kill -KILL "$_pid"
	wait $_drive
	grep -q "^$INTERNAL keys does not" drive.out || acme_fail "what now?"
	# shellcheck disable=SC2086
	good $PROCS issue relay.test
}

atf_init_test_cases() {
	atf_add_test_case jobs
	atf_add_test_case keys_killed
}
