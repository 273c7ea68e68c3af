#! /usr/bin/env atf-sh
# shellcheck shell=sh
# No private key is in the memory of a process that must not have it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# ec_secret FILE: print the private number of an EC key, 32 or 48 bytes in hex.
ec_secret() {
	openssl pkey -in "$1" -noout -text | awk '
	/^priv:/ { on = 1; next }
	/^pub:/ { on = 0 }
	on { gsub(/[ :]/, ""); text = text $0 }
	END {
		if (length(text) % 64 != 0 && length(text) % 96 != 0)
			sub(/^00/, "", text)
		print text
	}'
}

# rsa_secrets FILE: print the primes and the private exponent of an RSA key,
# each up to 128 bytes.
rsa_secrets() {
	openssl rsa -in "$1" -noout -text 2>/dev/null | awk '
	/^[a-zA-Z]/ { flush(); on = /^(privateExponent|prime1|prime2)/; next }
	on { gsub(/[ :]/, ""); text = text $0 }
	END { flush() }
	function flush() {
		if (text != "") {
			sub(/^00/, "", text)
			print substr(text, length(text) - 255)
		}
		text = ""
	}'
}

secrets() {
	sed -n 's/.*privkey:\([0-9a-f]*\).*/\1/p' derper.key
	cat mesh.key
	ec_secret relay.key
	rsa_secrets other.key
}

e2e_case scan 120 "no TLS, node or mesh key in a worker, after use of each"
scan_body() {
	[ -r /proc/self/maps ] || atf_skip "needs /proc/PID/maps"
	e2e_need_root "to read other processes' memory"
	e2e_paths
	e2e_need_plain "its own memory is terabytes to search"
	make_ca
	make_cert relay "$HOST_NAME" ec
	make_cert other other.test rsa
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\"
certificate \"$PWD/other.crt\" key \"$PWD/other.key\""
	EXTRA='hostname "other.test"'
	WORKERS=2
	e2e_start
	_secrets=$(secrets)
	[ "$(echo "$_secrets" | wc -l)" -eq 6 ] ||
	    atf_fail "not six secrets: $_secrets"

	# Verify the search itself: keys has the secrets.
	for _s in $_secrets; do
		"$MEMSCAN" "$(e2e_children keys)" "$_s" >scan.out 2>&1
		case $? in
		0) cat scan.out >&2; e2e_fail "keys does not have $_s" ;;
		1) ;;
		*) atf_skip "memory can't be read: $(cat scan.out)" ;;
		esac
	done

	raw_begin -c 20 idle
	raw bad-mesh-frames good-logins tls-versions coalesced fast-start
	[ "$(served_name other.test)" = other.test ] ||
	    e2e_fail "the RSA certificate was not used"
	kill -HUP "$PID"
	raw coalesced
	for _p in $(e2e_children front) $(e2e_children relay) "$PID"; do
		# shellcheck disable=SC2086
		run "$MEMSCAN" "$_p" $_secrets
	done
	raw_end
	e2e_stop
}

e2e_case self_signed 60 "the key of a self-signed certificate is made in keys"
self_signed_body() {
	[ -r /proc/self/maps ] || atf_skip "needs /proc/PID/maps"
	e2e_need_root "to read other processes' memory"
	e2e_paths
	e2e_need_plain "its own memory is terabytes to search"
	e2e_start
	_key=$(find state -type f | while read -r _f; do
		grep -l 'PRIVATE KEY' "$_f"
	done)
	[ -n "$_key" ] || e2e_fail "no key in the state directory"
	_secret=$(ec_secret "$_key")
	[ "${#_secret}" -eq 64 ] || e2e_fail "not 32 bytes: $_secret"
	"$MEMSCAN" "$(e2e_children keys)" "$_secret" >scan.out 2>&1
	case $? in
	0) e2e_fail "keys does not have $_secret" ;;
	1) ;;
	*) atf_skip "memory can't be read: $(cat scan.out)" ;;
	esac
	raw coalesced
	for _p in $(e2e_children front) $(e2e_children relay) "$PID"; do
		run "$MEMSCAN" "$_p" "$_secret"
	done
	e2e_stop
}

# session_secrets LABEL: the secrets of that kind in the clients' key log.
session_secrets() {
	awk -v l="$1" '$1 == l { print $3 }' keys.log
}

# expand SECRET LENGTH: the key of LENGTH bytes for records (RFC 8446 7.3).
expand() {
	_md=SHA256
	[ "${#1}" -eq 64 ] || _md=SHA384
	openssl kdf -keylen "$2" -kdfopt "digest:$_md" \
	    -kdfopt mode:EXPAND_ONLY -kdfopt "hexkey:$1" -kdfopt \
	    "hexinfo:$(printf '%04x' "$2")09746c733133206b657900" HKDF |
	    tr -d ':\n'
	echo
}

# tls_clients N: N connections that wait until the file "end" is there, of all
# suites.
tls_clients() {
	for _i in $(seq "$1"); do
		case $((_i % 3)) in
		0) _suite=TLS_AES_128_GCM_SHA256 ;;
		1) _suite=TLS_AES_256_GCM_SHA384 ;;
		2) _suite=TLS_CHACHA20_POLY1305_SHA256 ;;
		esac
		{
			printf 'GET /derp/probe HTTP/1.1\r\nHost: %s\r\n\r\n' \
			    "$HOST_NAME"
			until [ -e end ]; do sleep 0.1; done
		} | openssl s_client -quiet -keylogfile keys.log \
		    -ciphersuites "$_suite" \
		    -connect "127.0.0.1:$TLS_PORT" -servername "$HOST_NAME" \
		    >"client.$_i" 2>&1 &
	done
	for _i in $(seq "$1"); do
		wait_until "an answer to client $_i" \
		    grep -q '^HTTP/1.1 200' "client.$_i"
	done
}

e2e_case sessions 120 "secrets of ended sessions and of handshakes are gone"
sessions_body() {
	[ -r /proc/self/maps ] || atf_skip "needs /proc/PID/maps"
	e2e_need_root "to read other processes' memory"
	e2e_paths
	e2e_need_plain "its own memory is terabytes to search"
	e2e_start
	_front=$(e2e_children front)
	tls_clients 8
	_shake="$(session_secrets CLIENT_HANDSHAKE_TRAFFIC_SECRET)
$(session_secrets SERVER_HANDSHAKE_TRAFFIC_SECRET)
$(session_secrets EXPORTER_SECRET)"
	_data="$(session_secrets CLIENT_TRAFFIC_SECRET_0)
$(session_secrets SERVER_TRAFFIC_SECRET_0)"
	[ "$(echo "$_shake" | wc -l) $(echo "$_data" | wc -l)" = "24 16" ] ||
	    e2e_fail "the clients' key log: $(cat keys.log)"

	_keys=$(for _s in $_data; do
		[ "${#_s}" -eq 96 ] || expand "$_s" 16
		expand "$_s" 32
	done)

	# Those in use are there, so the search can find something.
	for _s in $_data; do
		"$MEMSCAN" "$_front" "$_s" >scan.out 2>&1
		case $? in
		0) e2e_fail "the front does not have $_s" ;;
		1) ;;
		*) atf_skip "memory can't be read: $(cat scan.out)" ;;
		esac
	done
	# shellcheck disable=SC2086
	! "$MEMSCAN" "$_front" $_keys >scan.out 2>&1 ||
	    e2e_fail "the front has none of the keys for records"
	# shellcheck disable=SC2086
	run "$MEMSCAN" "$_front" $_shake

	touch end
	# The last of them goes when the front has closed its end.
	# shellcheck disable=SC2086
	wait_until "the end of the sessions' secrets" \
	    "$MEMSCAN" "$_front" $_data
	# shellcheck disable=SC2086
	run "$MEMSCAN" "$_front" $_shake $_data $_keys
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case scan
	atf_add_test_case sessions
	atf_add_test_case self_signed
}
