#! /usr/bin/env atf-sh
# shellcheck shell=sh
# TLS of other libraries against the relay's own records (lib/net/record.c):
# each suite, key updates from either side, short and padded records.
#
# The cases *_limits run a relay that updates its keys after 5 records and
# requests as much of the client (regress/records/limits.c).

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

SUITES='TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384
TLS_CHACHA20_POLY1305_SHA256'
REQUESTS=30		# on one connection
LEAST=5			# key updates meanwhile, each way

# request [HEADER]: print a request; without HEADER the connection stays.
request() {
	printf 'GET /derp/probe HTTP/1.1\r\nHost: relay.test\r\n%b\r\n' "${1:-}"
}

CLOSE='Connection: close\r\n'

# s_client OPTION...: a request by OpenSSL; the answer goes to "out".
s_client() {
	request "$CLOSE" | openssl s_client -quiet -tls1_3 \
	    -connect "127.0.0.1:$TLS_PORT" -servername "$HOST_NAME" "$@" \
	    >out 2>err || e2e_fail "openssl $*: $(cat err)"
	grep -q '^HTTP/1.1 200' out || e2e_fail "openssl $*: $(cat out err)"
}

# answers N: there are so many in "out".
answers() {
	[ "$(grep -ac 'HTTP/1.1 200' out)" -ge "$1" ]
}

# count WHAT FILE: print how many lines have it.
count() {
	grep -ac -- "$1" "$2"
}

# With fronts and relay workers of small limits from here on.
small_limits() {
	e2e_paths
	mkdir -p suite/bin suite/libexec/derpd
	# It looks for its programs beside itself.
	cp "$DERPD" suite/bin/derpd
	for _p in $(e2e_programs); do
		ln -sf "$SRC/../../$_p" suite/libexec/derpd/
	done
	ln -sf "$SRC/../records/derpd-front" suite/libexec/derpd/derpd-front
	ln -sf "$SRC/../records/derpd-relay" suite/libexec/derpd/derpd-relay
	chmod 755 . suite suite/bin suite/libexec suite/libexec/derpd
	DERPD=$PWD/suite/bin/derpd
}

e2e_case openssl 60 "OpenSSL: all suites, max_fragment_length, padding"
openssl_body() {
	e2e_start
	for _s in $SUITES; do
		s_client -ciphersuites "$_s"
		for _n in 512 4096; do
			s_client -ciphersuites "$_s" -maxfraglen "$_n"
		done
		s_client -ciphersuites "$_s" -record_padding 1000
	done
	# The server asks for another group than the client's first.
	s_client -groups P-521:X25519
	e2e_stop
}

# s_client_begin OPTION...: OpenSSL reads from descriptor 3.
s_client_begin() {
	rm -f in msg
	mkfifo in
	: >out
	openssl s_client -tls1_3 -msg -msgfile msg \
	    -connect "127.0.0.1:$TLS_PORT" -servername "$HOST_NAME" "$@" \
	    <in >out 2>err &
	_pid=$!
	exec 3>in
	wait_until "the handshake" grep -q 'Verify return code' out
}

updates() {
	[ "$(grep -c KEYUPDATE err)" -ge "$1" ]
}

# s_client_update K: a key update, or with k one that needs no answer.  A
# command is the first letter of what OpenSSL reads at once.
s_client_update() {
	_u=$(($(grep -c KEYUPDATE err) + 1))
	echo "$1" >&3
	wait_until "update $_u" updates "$_u"
}

s_client_end() {
	exec 3>&-
	wait "$_pid"
}

e2e_case openssl_updates 60 "OpenSSL: key updates, with and without an answer"
openssl_updates_body() {
	e2e_start
	s_client_begin
	for _cmd in K k K; do
		s_client_update "$_cmd"
	done
	request "$CLOSE" >&3
	wait_until "the answer" answers 1
	s_client_end
	[ "$(count '<<<.*KeyUpdate' msg)" -eq 2 ] ||
	    e2e_fail "not two answers to K: $(count KeyUpdate msg)"
	e2e_stop
}

# Requests by OpenSSL on one connection; the keys are updated meanwhile.
openssl_talk() {
	s_client_begin "$@"
	_i=0
	while [ "$_i" -lt "$REQUESTS" ]; do
		[ $((_i % 10)) -ne 5 ] || s_client_update K
		if [ $((_i % 10)) -ne 7 ]; then
			request >&3
		else
			# One byte each; they are read as they come.
			request | od -An -v -tx1 | tr -s ' ' '\n' |
			    grep . | while read -r _x; do
				printf '%b' "\\0$(printf %o "0x$_x")" >&3
			done
		fi
		_i=$((_i + 1))
		wait_until "answer $_i" answers "$_i"
	done
	s_client_end
	for _way in '>>>' '<<<'; do
		_n=$(count "$_way.*KeyUpdate" msg)
		[ "$_n" -ge "$LEAST" ] ||
		    e2e_fail "openssl $*: only $_n KeyUpdates $_way"
	done
}

e2e_case openssl_limits 120 "OpenSSL: key updates of both sides all the time"
openssl_limits_body() {
	small_limits
	e2e_start
	for _s in $SUITES; do
		openssl_talk -ciphersuites "$_s" -record_padding 100
		openssl_talk -ciphersuites "$_s" -maxfraglen 512
	done
	e2e_stop
}

# gnutls N OPTION...: N requests by GnuTLS, with a key update before each tenth.
gnutls() {
	_requests=$1
	shift
	rm -f end
	: >out
	# What is written ends when the answer is there.
	# shellcheck disable=SC2094
	{
		_n=0
		while [ "$_n" -lt "$_requests" ] && [ ! -e end ]; do
			[ $((_n % 10)) -ne 0 ] || printf '^rekey^\n'
			request
			_n=$((_n + 1))
			until answers "$_n" || [ -e end ]; do
				sleep 0.1
			done
		done
	} | gnutls-cli --inline-commands --insecure --no-ca-verification \
	    -d 4 --port "$TLS_PORT" "$@" 127.0.0.1 >out 2>err
	touch end
	answers "$_requests" || e2e_fail "GnuTLS $*: $(tail -n 5 err)"
}

# gnutls_suites N: the same with each suite, and with short records.
gnutls_suites() {
	command -v gnutls-cli >/dev/null || atf_skip "gnutls-cli is not there"
	e2e_start
	for _c in AES-128-GCM AES-256-GCM CHACHA20-POLY1305; do
		for _size in '' --recordsize=512; do
			gnutls "$1" ${_size:+"$_size"} --priority \
			    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+$_c"
			grep -q "$_c" out || e2e_fail "not $_c: $(cat out)"
			[ "$1" -lt "$REQUESTS" ] || gnutls_updates
		done
	done
	e2e_stop
}

gnutls_updates() {
	for _what in "sending" "received TLS 1.3"; do
		_n=$(count "$_what key update" err)
		[ "$_n" -ge "$LEAST" ] ||
		    e2e_fail "GnuTLS: only $_n times: $_what key update"
	done
}

e2e_case gnutls 60 "GnuTLS: all suites, key updates, short records"
gnutls_body() {
	gnutls_suites 2
}

e2e_case gnutls_limits 120 "GnuTLS: key updates of both sides all the time"
gnutls_limits_body() {
	small_limits
	gnutls_suites "$REQUESTS"
}

# rustls [UPDATES]: the client of regress/records.
rustls() {
	e2e_start
	run "$SRC/../records/records" "127.0.0.1:$TLS_PORT" "$HOST_NAME" "$@"
	e2e_stop
}

need_rustls() {
	e2e_paths
	[ -x "$SRC/../records/records" ] ||
	    atf_skip "the client was not built (regress/records/build.sh)"
}

e2e_case rustls 60 "rustls: all suites, key updates, short records"
rustls_body() {
	need_rustls
	rustls
}

e2e_case rustls_limits 60 "rustls: key updates of both sides all the time"
rustls_limits_body() {
	need_rustls
	small_limits
	rustls "$LEAST"
}

# In e2e/client_test.sh it meets the relay as it is.
e2e_case go_limits 120 "Go: key updates of both sides all the time"
go_limits_body() {
	e2e_need_interop
	small_limits
	e2e_start
	interop records -updates "$LEAST"
	# What is more than records: a session reads and waits.
	interop all
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case openssl
	atf_add_test_case openssl_updates
	atf_add_test_case openssl_limits
	atf_add_test_case gnutls
	atf_add_test_case gnutls_limits
	atf_add_test_case rustls
	atf_add_test_case rustls_limits
	atf_add_test_case go_limits
}
