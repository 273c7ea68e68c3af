#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd with a misbehaving process in place of acme-helper (badhelper.c,
# bad.sh): no message of it may change what is in force.

# shellcheck source=regress/acme/bad.sh
. "$(atf_get_srcdir)/bad.sh"

# renew_refused WHY COMMANDS: a renewal that derpd refuses.
renew_refused() {
	_why=$1
	shift
	helper "$@"
	if wait "$_ctl"; then
		e2e_fail "it is taken: $_why"
	fi
	grep -q "$_why" renew.out || e2e_fail "$(cat renew.out), not: $_why"
	cmp -s first.crt state/acme.crt ||
	    e2e_fail "the good certificate is gone: $_why"
	set -- state/acme-????????????????.key
	[ $# -eq 1 ] || e2e_fail "$# keys: $_why"
}

# The first certificate is in force, also after a restart.
first_stands() {
	served_first || e2e_fail "another one is served"
	e2e_stop
	e2e_launch
	served_first || e2e_fail "another one is served after a restart"
	e2e_stop
}

e2e_case other_key 120 "a certificate for another key, or other names"
other_key_body() {
	bad_start
	first
	renew
	run openssl ecparam -name prime256v1 -genkey -noout -out other.key
	leaf other.pem other.key "$HOST_NAME" 90
	renew_refused "it does not belong to the order's key" "chain other.pem"
	# The key of the certificate in force is a different one, too.
	renew
	renew_refused "it does not belong to the order's key" "chain chain.pem"
	renew
	leaf names.pem "$(order_key)" "other.$HOST_NAME" 90
	renew_refused "it does not have all names" "chain names.pem"
	first_stands
}

e2e_case bad_chains 120 "certificates that may not be served"
bad_chains_body() {
	bad_start
	first
	renew
	leaf long.pem "$(order_key)" "$HOST_NAME" 401
	renew_refused "valid for more than 400 days" "chain long.pem"
	renew
	leaf old.pem "$(order_key)" "$HOST_NAME" -1
	renew_refused "times make no sense\|has expired" "chain old.pem"
	renew
	leaf wrong.pem "$(order_key)" "$HOST_NAME" 90
	authority wrong
	cat leaf.crt wrong.ca.crt >"$BAD"/wrong.pem
	renew_refused "not signed by the next" "chain wrong.pem"
	renew
	leaf key.pem "$(order_key)" "$HOST_NAME" 90
	cat wrong.ca.key >>"$BAD"/key.pem
	renew_refused "other text than certificates in PEM" "chain key.pem"
	renew
	printf '%s\n' '-----BEGIN CERTIFICATE-----' \
	    'Proc-Type: 4,ENCRYPTED' \
	    'DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF' '' \
	    MIIB '-----END CERTIFICATE-----' >"$BAD"/encrypted.pem
	renew_refused "no certificate in it" "chain encrypted.pem"
	renew
	: >"$BAD"/empty.pem
	renew_refused "no certificate in it" "chain empty.pem"
	# A correct one.
	renew
	leaf chain.pem "$(order_key)" "$HOST_NAME" 90
	helper "chain chain.pem"
	wait "$_ctl" || e2e_fail "a good one is not taken: $(cat renew.out)"
	! served_first || e2e_fail "the first one is still served"
	e2e_stop
}

e2e_case plan_unwritable 60 "no attempt that could not be remembered"
plan_unwritable_body() {
	mkdir -p state/acme.plan
	chmod 700 state
	bad_start
	ctl cert renew >renew.out 2>&1 &
	wait_until "it is refused" e2e_gone $!
	grep -q "acme.plan can't be written" renew.out ||
	    e2e_fail "$(cat renew.out)"
	logged "acme.plan: can't be replaced" || e2e_fail "it is not said"
	if heard "^job"; then
		e2e_fail "an attempt was begun"
	fi
	rmdir state/acme.plan
	renew
	grep -q "^failures" state/acme.plan || e2e_fail "not remembered"
	e2e_stop
}

challenge() {
	curl -s "http://127.0.0.1:$PLAIN_PORT/.well-known/acme-challenge/$1"
}

challenge_is() {
	challenge "$1" | grep -q "^$1\\."
}

# No front answers the token, in several tries.
challenge_none() {
	for _i in 1 2 3 4 5 6 7 8; do
		if challenge_is "$1"; then
			return 1
		fi
	done
}

e2e_case tokens 120 "tokens are answered in an order, and not else"
tokens_body() {
	command -v curl >/dev/null 2>&1 || atf_skip "there is no curl"
	BAD_WORKERS=2
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	helper "token abc" set
	for _i in 1 2 3 4 5 6 7 8; do
		challenge_is abc || e2e_fail "abc is not answered"
	done
	helper "end $UNREACHABLE nothing"
	wait_until "they are forgotten" challenge_none abc
	# Outside an order the message is malformed.
	fatal_to_helper "token def"
	wait_until "it is ended" logged "acme-helper .* malformed message: ki"
	challenge_none def || e2e_fail "a token is answered without order"
	wait_until "another is there" heard_times 2 "^started"
	# Also in another kind of job, and after its death in an order.
	renew
	helper "token ghi" set
	challenge_is ghi || e2e_fail "ghi is not answered"
	fatal_to_helper exit
	wait_until "they are forgotten" challenge_none ghi
	if wait "$_ctl"; then
		e2e_fail "it is taken"
	fi
	e2e_stop
}

e2e_case all_fronts 60 "a token is set when all fronts answer it"
all_fronts_body() {
	BAD_WORKERS=2
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	# shellcheck disable=SC2046	# one word a process
	set -- $(e2e_children front)
	[ $# -eq 2 ] || e2e_fail "$# fronts"
	kill -STOP "$2"
	helper "token abc"
	# Now the other front answers, which is not enough.
	_n=0
	while [ $_n -lt 15 ]; do
		if heard "^set"; then
			kill -CONT "$2"
			e2e_fail "one of the fronts does not answer it yet"
		fi
		_n=$((_n + 1))
		sleep 0.1
	done
	kill -CONT "$2"
	wait_until "all answer it" heard "^set abc"
	e2e_stop
}

e2e_case flood 120 "more tokens than an order has, faster than they are set"
flood_body() {
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	_pids=$(e2e_children front)
	fatal_to_helper "flood 2000"
	wait_until "it is ended" logged "acme-helper .* malformed message: ki"
	wait_until "another is there" heard_times 2 "^started"
	# One after the other, endlessly.
	renew
	yes "$(printf 'token t\nset\nforget')" | head -n 1500 >cmd.new
	mv cmd.new "$BAD"/helper.cmd
	wait_until "it is ended" logged_times 2 "malformed message: killed"
	[ "$(e2e_children front)" = "$_pids" ] || e2e_fail "a front died"
	e2e_stop
}

e2e_case words 120 "what it says can't forge a line of the log or the record"
words_body() {
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	helper "end $REFUSED no\\nderpd: forged\\e[31m"
	wait_until "it is said" logged "no certificate: no\\?derpd: forged\\?"
	if grep -q "^derpd: forged" derpd.log || ctl cert | grep -q "^derpd"
	then
		e2e_fail "a line is forged"
	fi
	first_again
	helper "await" "window 2000000000 2000000100 a\\nfailures 9\\nb"
	wait_until "it is kept" grep -q "^ari-why a?failures" state/acme.plan
	e2e_stop
	e2e_launch
	if logged "is damaged"; then
		e2e_fail "the record is damaged"
	fi
	# Of other jobs, too.
	ctl cert revoke >revoke.out 2>&1 &
	helper await "end $REFUSED a\\nderpd: forged"
	wait_until "it is said" logged "not revoked: a\\?derpd"
	e2e_stop
}

# The first certificate after a failure.
first_again() {
	authority good
	renew
	leaf chain.pem "$(order_key)" "$HOST_NAME" 90
	helper "chain chain.pem"
	wait "$_ctl" || e2e_fail "$(cat renew.out)"
}

e2e_case account_key 120 "an account key that the directory takes no more"
account_key_body() {
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	cp state/acme-account.key was.key
	helper "end $ACCOUNT the account is deactivated"
	wait_until "it is put aside" [ ! -e state/acme-account.key ]
	cmp -s was.key state/acme-account-*.old || e2e_fail "the old is gone"
	renew
	[ -s state/acme-account.key ] || e2e_fail "there is no other key"
	cp state/acme-account.key is.key
	! cmp -s was.key is.key || e2e_fail "it is the same key"
	# Not again on the same day, whatever the helper reports.
	helper "end $ACCOUNT again"
	wait_until "it is said" logged "a new one will be made tomorrow"
	wait_until "the order ends" e2e_gone "$_ctl"
	cmp -s is.key state/acme-account.key || e2e_fail "the key is gone"
	# There is no next key.
	renew
	helper "end $NEXT_KEY"
	wait_until "the order ends" e2e_gone "$_ctl"
	cmp -s is.key state/acme-account.key || e2e_fail "the key is gone"
	grep -q "^failures [1-9]" state/acme.plan || e2e_fail "no failure"
	# Now there is one: the helper receives its name, and it is used.
	run openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out state/acme-account-next.key
	chmod 600 state/acme-account-next.key
	cp state/acme-account-next.key next.key
	ctl cert renew >renew.out 2>&1 &
	wait_until "it is to be rolled over" heard "^job $ROLL"
	helper "end $UNREACHABLE nobody knows"
	[ -e state/acme-account-next.key ] || e2e_fail "the next key is gone"
	wait_until "the next key is named" heard "^job $ISSUE next 1"
	helper "end $NEXT_KEY"
	wait_until "it is taken" cmp -s next.key state/acme-account.key
	e2e_stop
}

# The next rollover of the account key, which is begun; $1 of them so far.
roll_job() {
	wait_until "rollover $1" heard_times "$1" "^job $ROLL"
	[ -s state/acme-account-next.key ] || e2e_fail "there is no next key"
	cmp -s was.key state/acme-account.key || e2e_fail "the old is gone"
}

e2e_case roll 120 "no account key is lost, whatever comes of a rollover"
roll_body() {
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	helper "end $UNREACHABLE nobody"
	cp state/acme-account.key was.key
	# Refused twice, the second time after a short wait.
	ctl cert roll >roll.out 2>&1 &
	_ctl=$!
	roll_job 1
	cp state/acme-account-next.key next.key
	helper "end $REFUSED no"
	roll_job 2
	cmp -s next.key state/acme-account-next.key ||
	    e2e_fail "another key is asked for"
	helper "end $REFUSED no, never"
	wait_until "it is told" e2e_gone "$_ctl"
	grep -q "no, never" roll.out || e2e_fail "$(cat roll.out)"
	[ ! -e state/acme-account-next.key ] || e2e_fail "the next is there"
	cmp -s was.key state/acme-account.key || e2e_fail "the old is gone"
	# An unknown result changes nothing, nor does a crash.
	ctl cert roll >roll.out 2>&1 &
	_ctl=$!
	roll_job 3
	cp state/acme-account-next.key next.key
	helper "end $UNREACHABLE who knows"
	wait_until "it is told" e2e_gone "$_ctl"
	_pids=$(e2e_children any)
	kill -KILL "$PID"
	wait "$PID"
	for _p in $_pids; do
		wait_until "process $_p ends" e2e_gone "$_p"
	done
	e2e_launch
	roll_job 4
	cmp -s next.key state/acme-account-next.key ||
	    e2e_fail "another key is asked for"
	helper "end 0"
	wait_until "it is taken" cmp -s next.key state/acme-account.key
	[ ! -e state/acme-account-next.key ] || e2e_fail "the next is there"
	e2e_stop
}

e2e_case not_in_force 120 "a new certificate that can't be put in force"
not_in_force_body() {
	make_ca
	make_cert other other.test ec
	OTHER="certificate \"$PWD/other.crt\" key \"$PWD/other.key\""
	bad_start
	authority good
	wait_until "a first order" heard "^job $ISSUE"
	cp other.crt was.crt
	echo broken >other.crt
	leaf chain.pem "$(order_key)" "$HOST_NAME" 90
	helper "chain chain.pem"
	wait_until "it is said" logged "on the disk, but not in force"
	[ -s state/acme.crt ] || e2e_fail "it is not on the disk"
	grep -q "^end 8" state/acme.plan || e2e_fail "it is not remembered"
	# No other certificate is ordered because of that.
	if ctl cert renew >renew.out 2>&1; then
		e2e_fail "the other one is broken"
	fi
	cp was.crt other.crt
	run ctl cert renew
	[ "$(served_serial)" = "$(openssl x509 -in leaf.crt -noout -serial)" ] ||
	    e2e_fail "it is not served"
	[ "$(grep -c "^job $ISSUE" "$BAD"/helper.log)" -eq 1 ] ||
	    e2e_fail "another one was ordered"
	e2e_stop
}

e2e_case binding 60 "the key of an account binding that is gone"
binding_body() {
	echo zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W \
	    >mac
	chmod 600 mac
	ACME="eab \"kid-1\" key file \"$PWD/mac\""
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	helper "end $UNREACHABLE nobody"
	# The account may exist, which needs no binding.
	rm mac
	renew
	logged "eab key .*mac: No such file" || e2e_fail "it is not said"
	helper "end $UNREACHABLE nobody"
	echo short >mac
	chmod 600 mac
	renew
	logged "mac: .*MAC key" || e2e_fail "it is not said"
	e2e_stop
}

e2e_case idle 60 "one that says it was told to end, and one that says no more"
idle_body() {
	bad_start
	wait_until "a first order" heard "^job $ISSUE"
	helper "end $STOPPED I would rather not"
	wait_until "it counts as failed" grep -q "^failures 1" state/acme.plan
	fatal_to_helper garbage
	wait_until "it is ended" logged "acme-helper .* malformed message: ki"
	wait_until "another is there" heard_times 2 "^started"
	renew
	fatal_to_helper garbage
	if wait "$_ctl"; then
		e2e_fail "garbage is taken"
	fi
	grep -q "acme-helper ended" renew.out || e2e_fail "$(cat renew.out)"
	e2e_stop
}

atf_init_test_cases() {
	for _t in other_key bad_chains plan_unwritable tokens all_fronts \
	    flood words account_key roll not_in_force binding idle; do
		atf_add_test_case "$_t"
	done
}
