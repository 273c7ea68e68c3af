#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd is killed at each change of ACME's files, starts again from the files on
# disk, and succeeds.  badhelper is in place of acme-helper.

# shellcheck source=regress/acme/bad.sh
. "$(atf_get_srcdir)/bad.sh"

# begin_killed N: start a derpd that is killed before its Nth change of a file
# of ACME's.
begin_killed() {
	rm -f killed.at "$BAD"/helper.cmd
	: >"$BAD"/helper.log
	: >derpd.log
	"$KILLAT" "$1" killed.at "$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
}

# The test is skipped where a process can't be traced.
need_killat() {
	KILLAT=$(cd "$(atf_get_srcdir)" && pwd)/killat
	"$KILLAT" 1000000 killed.at /bin/true >killat.out 2>&1 ||
	    atf_skip "$(cat killat.out)"
}

# killed_or COMMAND...: true if derpd has been killed or the command succeeds.
killed_or() {
	[ -f killed.at ] || "$@"
}

# Wait until all processes have ended; children of a killed derpd end with it.
end_killed() {
	[ -f killed.at ] || kill -KILL "$PID"
	wait "$PID"
	wait_until "the processes end" no_process
}

# No process of this directory runs.
no_process() {
	! pgrep -f "^$PWD/(sbin|libexec)" >/dev/null
}

# again: start derpd on the present files.
again() {
	rm -f "$BAD"/helper.cmd
	: >"$BAD"/helper.log
	e2e_launch
	wait_until "derpd is ready" logged "derpd 1.0 ready"
}

# order JOBS: complete the present order, the JOBSth.
finish_order() {
	leaf chain.pem "$(order_key)" "$HOST_NAME" 90
	printf '%s\n' "chain chain.pem" >cmd.new
	mv cmd.new "$BAD"/helper.cmd
}

# A certificate on disk has its key there.
pair_is_whole() {
	[ -e state/acme.crt ] || return 0
	openssl x509 -in state/acme.crt -noout -pubkey >crt.pub
	for _k in state/acme-????????????????.key; do
		openssl pkey -in "$_k" -pubout -out key.pub 2>/dev/null
		! cmp -s crt.pub key.pub || return 0
	done
	return 1
}

# Another certificate can be ordered, and no file is left over.
ends_well() {
	renew
	finish_order
	wait "$_ctl" || e2e_fail "$1: no other certificate: $(cat renew.out)"
	[ "$(served_serial)" = "$(openssl x509 -in leaf.crt -noout \
	    -serial)" ] || e2e_fail "$1: it is not served"
	set -- "$1" state/acme-????????????????.key
	[ $# -eq 2 ] || e2e_fail "$1: $(($# - 1)) keys"
	[ ! -e state/acme-revoked.crt ] || e2e_fail "$1: a mark is left"
	[ ! -e state/acme-account-next.key ] || e2e_fail "$1: a key is left"
	e2e_stop
}

issued() {
	logged "certificate for $HOST_NAME and"
}

e2e_case order 300 "killed at each change of a file by an order"
order_body() {
	need_killat
	bad_files
	authority good
	_nth=1
	while :; do
		rm -rf state
		mkdir -m 700 state
		begin_killed $_nth
		wait_until "an order" killed_or heard "^job $ISSUE"
		if heard "^job $ISSUE"; then
			finish_order
			wait_until "it is issued" killed_or issued
		fi
		# The last change is that of acme.plan.
		[ -f killed.at ] || wait_until "it is recorded" killed_or \
		    grep -q "^failures 0" state/acme.plan
		[ -f killed.at ] || break
		end_killed
		_at="killed at $(basename "$(cat killed.at)") ($_nth)"
		pair_is_whole || e2e_fail "$_at: there is no pair"
		again
		# An interrupted order is not repeated at once.
		if [ $_nth -gt 1 ] && ! issued; then
			grep -q "^failures [1-9]" state/acme.plan ||
			    e2e_fail "$_at: it is not remembered"
		fi
		ends_well "$_at"
		_nth=$((_nth + 1))
	done
	end_killed
	[ $_nth -gt 6 ] || e2e_fail "there were only $_nth changes"
}

# begin_with DIRECTORY: begin with a copy of this state directory.
begin_with() {
	rm -rf state
	cp -Rp "$1" state
}

# A state directory with a certificate: state.first.
first_state() {
	e2e_launch
	wait_until "derpd is ready" logged "derpd 1.0 ready"
	first
	wait_until "it is kept" grep -q "^ari-why x" state/acme.plan
	e2e_stop
	cp -Rp state state.first
}

# Run derpctl in the background; derpd may be killed meanwhile.
ask_killed() {
	# derpd may not run yet, or no longer.
	(
		until ctl cert "$@" || [ -f killed.at ]; do
			sleep 0.1
		done
	) >ask.out 2>&1 &
}

e2e_case rollover 300 "killed at each change of a file by a rollover"
rollover_body() {
	need_killat
	bad_files
	first_state
	_nth=1
	while :; do
		begin_with state.first
		begin_killed $_nth
		wait_until "derpd is ready" killed_or logged "derpd 1.0 ready"
		_next=
		ask_killed roll
		wait_until "a rollover" killed_or heard "^job $ROLL"
		if heard "^job $ROLL"; then
			cp state/acme-account-next.key next.key
			_next=yes
			fatal_to_helper "end 0"
			wait_until "it is over" killed_or \
			    logged "the account has a new key"
		fi
		[ -f killed.at ] || wait_until "it is recorded" killed_or \
		    grep -q "has a new key" ask.out
		[ -f killed.at ] || break
		end_killed
		_at="killed at $(basename "$(cat killed.at)") ($_nth)"
		again
		if [ -e state/acme-account-next.key ]; then
			wait_until "it goes on" heard "^job $ROLL"
			helper "end 0"
			wait_until "it is over" [ ! -e \
			    state/acme-account-next.key ]
		fi
		# The directory has confirmed this key.
		[ -z "$_next" ] ||
		    cmp -s next.key state/acme-account.key ||
		    e2e_fail "$_at: the account's key is lost"
		[ -s state/acme-account.key ] || e2e_fail "$_at: no key"
		ends_well "$_at"
		_nth=$((_nth + 1))
	done
	end_killed
	[ $_nth -gt 2 ] || e2e_fail "there were only $_nth changes"
}

e2e_case revocation 300 "killed at each change of a file by a revocation"
revocation_body() {
	need_killat
	bad_files
	first_state
	_nth=1
	while :; do
		begin_with state.first
		begin_killed $_nth
		wait_until "derpd is ready" killed_or logged "derpd 1.0 ready"
		_revoked=
		ask_killed revoke keyCompromise
		wait_until "a revocation" killed_or heard "^job $REVOKE"
		if heard "^job $REVOKE"; then
			_revoked=yes
			fatal_to_helper "end 0"
			wait_until "it is told" killed_or \
			    grep -q "^revoked" ask.out
		fi
		[ -f killed.at ] || break
		end_killed
		_at="killed at $(basename "$(cat killed.at)") ($_nth)"
		again
		if [ -n "$_revoked" ] && [ -e state/acme.crt ]; then
			wait_until "$_at: it goes on" heard "^job $REVOKE"
			helper "end 0"
			wait_until "it is revoked" [ ! -e state/acme.crt ]
		fi
		[ -z "$_revoked" ] || ! served_first ||
		    e2e_fail "$_at: what was revoked is served"
		ends_well "$_at"
		_nth=$((_nth + 1))
	done
	end_killed
	[ $_nth -gt 2 ] || e2e_fail "there were only $_nth changes"
}

atf_init_test_cases() {
	for _t in order rollover revocation; do
		atf_add_test_case "$_t"
	done
}
