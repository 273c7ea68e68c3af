#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Signers: handshakes while keys is away, signers that end, and what is left of
# keys that were replaced.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# shakes N: N handshakes, one after the other, succeed.
shakes() {
	for _i in $(seq "$1"); do
		[ -n "$(served_serial)" ] ||
		    e2e_fail "handshake $_i of $1 failed"
	done
}

# new_child ROLE OLDPIDS: as many children of this role, with other process ids.
new_child() {
	_now=$(e2e_children "$1")
	[ "$(echo "$_now" | wc -l)" -eq "$(echo "$2" | wc -l)" ] || return 1
	for _old in $2; do
		! echo "$_now" | grep -qx "$_old" || return 1
	done
}

e2e_case keys_stopped 60 "keys is stopped: handshakes go on, logins wait"
keys_stopped_body() {
	e2e_start
	_keys=$(e2e_children keys)
	kill -STOP "$_keys"
	shakes 10
	"$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" coalesced >raw.out 2>&1 &
	_login=$!
	echo "$_login" >>pids
	sleep 1
	! e2e_gone "$_login" || e2e_fail "a login without keys: $(cat raw.out)"
	kill -CONT "$_keys"
	wait "$_login" || { cat raw.out >&2; e2e_fail "no login"; }
	e2e_stop
}

e2e_case keys_killed 60 "keys is killed: handshakes never fail"
keys_killed_body() {
	e2e_paths
	use_cert ec
	WORKERS=2 DEATHS=yes
	e2e_start
	for _n in 1 2 3; do
		_keys=$(e2e_children keys)
		kill -KILL "$_keys"
		shakes 10
		wait_until "keys is back" new_child keys "$_keys"
		shakes 5
		raw coalesced fast-start tls-versions
	done
	e2e_stop
}

e2e_case bad_certificate 60 \
    "keys starts anew and can't read a key: handshakes with it go on"
bad_certificate_body() {
	e2e_paths
	use_cert ec
	DEATHS=yes
	e2e_start
	echo nonsense >relay.key
	_keys=$(e2e_children keys)
	kill -KILL "$_keys"
	wait_until "keys is back" new_child keys "$_keys"
	wait_until "logins work" "$RAWDERP" -p "$TLS_PORT" -n "$HOST_NAME" \
	    coalesced
	shakes 10
	e2e_stop
}

e2e_case signer_killed 60 "a signer is killed under handshakes: the next one signs"
signer_killed_body() {
	e2e_paths
	use_cert rsa
	WORKERS=2 DEATHS=yes
	e2e_start
	while [ ! -e end ]; do
		served_serial >/dev/null
	done &
	echo $! >>pids
	for _n in 1 2 3; do
		_signers=$(e2e_children signer)
		# shellcheck disable=SC2086	# two words
		kill -KILL $_signers
		wait_until "signers are back" new_child signer "$_signers"
		wait_until "handshakes work" "$RAWDERP" -p "$TLS_PORT" \
		    -n "$HOST_NAME" coalesced
	done
	: >end
	# Both at once.
	_signers=$(e2e_children signer)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_signers "$(e2e_children keys)"
	wait_until "signers are back" new_child signer "$_signers"
	wait_until "handshakes work" "$RAWDERP" -p "$TLS_PORT" \
	    -n "$HOST_NAME" coalesced
	e2e_stop
}

e2e_case sessions_stay 60 "signers and keys are killed: sessions stay"
sessions_stay_body() {
	e2e_paths
	WORKERS=2 DEATHS=yes
	e2e_start
	raw_begin -c 20 idle
	_signers=$(e2e_children signer)
	# shellcheck disable=SC2086	# two words
	kill -KILL $_signers "$(e2e_children keys)"
	wait_until "signers are back" new_child signer "$_signers"
	wait_until "handshakes work" "$RAWDERP" -p "$TLS_PORT" \
	    -n "$HOST_NAME" coalesced
	raw_end
	e2e_stop
}

# ec_secret FILE: print the private number of an EC key in hex.
ec_secret() {
	openssl pkey -in "$1" -noout -text | awk '
	/^priv:/ { on = 1; next }
	/^pub:/ { on = 0 }
	on { gsub(/[ :]/, ""); text = text $0 }
	END {
		if (length(text) % 64 != 0)
			sub(/^00/, "", text)
		print text
	}'
}

e2e_case replaced 60 "nothing is left of a key that was replaced"
replaced_body() {
	[ -r /proc/self/maps ] || atf_skip "needs /proc/PID/maps"
	e2e_need_root "to read other processes' memory"
	e2e_paths
	e2e_need_plain "its own memory is terabytes to search"
	use_cert ec
	EXTRA='child timeout 5'
	e2e_start
	shakes 3
	_old=$(ec_secret relay.key)
	for _role in keys signer; do
		"$MEMSCAN" "$(e2e_children $_role)" "$_old" >scan.out 2>&1
		case $? in
		0) e2e_fail "$_role does not have the key" ;;
		1) ;;
		*) atf_skip "memory can't be read: $(cat scan.out)" ;;
		esac
	done
	make_cert relay "$HOST_NAME" ec
	run ctl reload
	shakes 3
	for _role in keys signer relay; do
		run "$MEMSCAN" "$(e2e_children $_role)" "$_old"
	done
	# The node key and the mesh key are in keys alone.
	# shellcheck disable=SC2046	# two words
	run "$MEMSCAN" "$(e2e_children signer)" "$(cat mesh.key)" \
	    "$(sed -n 's/.*privkey:\([0-9a-f]*\).*/\1/p' derper.key)"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case keys_stopped
	atf_add_test_case keys_killed
	atf_add_test_case bad_certificate
	atf_add_test_case signer_killed
	atf_add_test_case sessions_stay
	atf_add_test_case replaced
}
