#! /usr/bin/env atf-sh
# shellcheck shell=sh
# TLS of other libraries against the relay's own records (lib/net/record.c):
# each suite, key updates from either side, short records.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

PROBE='GET /derp/probe HTTP/1.1\r\nHost: relay.test\r\nConnection: close\r\n\r\n'

# s_client OPTION...: a request by OpenSSL; the answer goes to "out".
s_client() {
	printf '%b' "$PROBE" | openssl s_client -quiet -tls1_3 \
	    -connect "127.0.0.1:$TLS_PORT" -servername "$HOST_NAME" "$@" \
	    >out 2>err || e2e_fail "openssl $*: $(cat err)"
	grep -q '^HTTP/1.1 200' out || e2e_fail "openssl $*: $(cat out err)"
}

e2e_case openssl 60 "OpenSSL: all suites, and max_fragment_length"
openssl_body() {
	e2e_start
	for _s in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 \
	    TLS_CHACHA20_POLY1305_SHA256; do
		s_client -ciphersuites "$_s"
		for _n in 512 4096; do
			s_client -ciphersuites "$_s" -maxfraglen "$_n"
		done
	done
	# The server asks for another group than the client's first.
	s_client -groups P-521:X25519
	e2e_stop
}

e2e_case openssl_updates 60 "OpenSSL: key updates, with and without an answer"
openssl_updates_body() {
	e2e_start
	mkfifo in
	openssl s_client -tls1_3 -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" <in >out 2>err &
	_pid=$!
	exec 3>in
	wait_until "the handshake" grep -q 'Verify return code' out
	_n=0
	for _cmd in K k K; do
		# A command is the first letter of what is read at once.
		echo "$_cmd" >&3
		_n=$((_n + 1))
		wait_until "update $_n" sh -c \
		    "[ \$(grep -c KEYUPDATE err) -ge $_n ]"
	done
	printf '%b' "$PROBE" >&3
	wait_until "the answer" grep -q '^HTTP/1.1 200' out
	exec 3>&-
	wait "$_pid"
	e2e_stop
}

# gnutls OPTION...: the same by GnuTLS, with a key update before the request.
gnutls() {
	# What is written ends when the answer is there.
	# shellcheck disable=SC2094
	{
		printf '^rekey^\n'
		printf '%b' "$PROBE"
		until grep -q '^HTTP/1.1 200' out || [ -e end ]; do
			sleep 0.1
		done
	} | gnutls-cli --inline-commands --insecure --no-ca-verification \
	    --port "$TLS_PORT" "$@" 127.0.0.1 >out 2>err
	touch end
}

e2e_case gnutls 60 "GnuTLS: all suites, and key updates"
gnutls_body() {
	command -v gnutls-cli >/dev/null || atf_skip "gnutls-cli is not there"
	e2e_start
	for _c in AES-128-GCM AES-256-GCM CHACHA20-POLY1305; do
		rm -f end
		: >out
		gnutls --priority \
		    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+$_c"
		grep -q '^HTTP/1.1 200' out ||
		    e2e_fail "GnuTLS with $_c: $(cat out err)"
		grep -q "$_c" out || e2e_fail "not with $_c: $(cat out)"
	done
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case openssl
	atf_add_test_case openssl_updates
	atf_add_test_case gnutls
}
