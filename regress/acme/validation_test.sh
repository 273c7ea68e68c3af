#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Pebble validates names on derpd's port 443 (TLS-ALPN-01), and what other
# clients see of that.

# shellcheck source=regress/acme/derpd.sh
. "$(atf_get_srcdir)/derpd.sh"

# A client that offers acme-tls/1 gets nothing when no order is under way.
refuses_validation() {
	! openssl s_client -connect "127.0.0.1:$TLS" -alpn acme-tls/1 \
	    -servername "$HOST_NAME" </dev/null >s_client.out 2>&1
}

acme_case tls_alpn 200 "validated on port 443 alone, addresses as well"
tls_alpn_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	# shellcheck disable=SC2034	# with_acme uses it
	ACME_LISTEN="listen on 127.0.0.1 port $TLS tls
listen on ::1 port $TLS tls"
	with_acme 127.0.0.1 ::1
	wait_until "there is a certificate" served_by_pebble
	logged "validating $HOST_NAME by TLS-ALPN-01" || e2e_fail "by what?"
	names_of state/acme.crt >names.out
	grep -q "DNS:$HOST_NAME,IPAddress:127.0.0.1,IPAddress:0:0:0" \
	    names.out || e2e_fail "it is for $(cat names.out)"
	refuses_validation || e2e_fail "acme-tls/1 is spoken"
	ask_good cert
	if grep -q "trying since\|stun" ctl.out; then
		e2e_fail "$(cat ctl.out)"
	fi
	# The same again, with the key of the certificate in force.
	_old=$(served)
	ask_good cert renew
	[ "$(served)" != "$_old" ] || e2e_fail "the old certificate is served"
	e2e_stop
}

tries_http() {
	ask_derpd cert
	grep -q "trying since 20.* by challenge http" ctl.out
}

acme_case any 200 "port 80 is closed: port 443 is used a few seconds later"
any_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	# shellcheck disable=SC2034	# with_acme uses it
	ACME_LISTEN="listen on 127.0.0.1 port $TLS tls
listen on 127.0.0.1 port 0"
	# The try stays under way until it was seen.
	kill -STOP "$PEBBLE_PID"
	with_acme
	wait_until "it is tried" tries_http
	if ask_derpd health; then
		e2e_fail "it is well without a certificate"
	fi
	cat ctl.out ctl.err | grep -q "it is being requested" ||
	    e2e_fail "$(cat ctl.out ctl.err)"
	kill -CONT "$PEBBLE_PID"
	wait_until "port 80 fails" logged \
	    "no certificate: .* port 80.*next try 20.* over port 443"
	wait_until "there is a certificate" served_by_pebble
	ask_good cert
	if grep -q "last error" ctl.out; then
		e2e_fail "$(cat ctl.out)"
	fi
	# A restart remembers what worked.
	grep -q "^challenge 1$" state/acme.plan || e2e_fail "not remembered"
	e2e_stop
	derpd_launch
	ask_good cert renew
	if logged "HTTP-01"; then
		e2e_fail "port 80 is tried again"
	fi
	e2e_stop
}

# hello OPTION...: the handshake of a client with these options; what it says is
# in hello.out, the certificate in hello.crt.
hello() {
	openssl s_client -connect "127.0.0.1:$TLS_PORT" "$@" </dev/null \
	    >hello.out 2>&1
	openssl x509 -in hello.out -noout -text >hello.crt 2>/dev/null
}

# wrong WHAT: the files of the last client are printed, and the test fails.
wrong() {
	cat hello.out http.out ctl.out ctl.err >&2 2>/dev/null
	e2e_fail "$*"
}

# The directory's view: the extension is that of RFC 8737.
validates() {
	hello -alpn acme-tls/1 "$@"
	grep -Eq '1\.3\.6\.1\.5\.5\.7\.1\.31|[aA][cC][mM][eE] ?Identifier' \
	    hello.crt
}

# An order has come to its validation, and does not leave it.
validation_begins() {
	wait_until "the directory can validate" validates \
	    -servername "$HOST_NAME"
	kill -STOP "$PEBBLE_PID"
	# The server name has no case.
	_upper=$(echo "$HOST_NAME" | tr '[:lower:]' '[:upper:]')
	validates -servername "$_upper" || wrong "the directory can't validate"
}

# ordinary OPTION...: this client gets the certificate $1, and a connection.
ordinary() {
	_want=$1
	shift
	hello "$@"
	[ "$(openssl x509 -in hello.out -noout -issuer -serial)" = "$_want" ] ||
	    wrong "s_client $*: another certificate"
	speaks_http "$@" || wrong "s_client $*: no HTTP"
}

speaks_http() {
	printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' \
	    "$HOST_NAME" | openssl s_client -quiet \
	    -connect "127.0.0.1:$TLS_PORT" "$@" >http.out 2>&1
	grep -q '^HTTP/1\.1 ' http.out
}

# refused OPTION...: this client gets no connection, by an alert.
refused() {
	hello "$@"
	[ ! -s hello.crt ] || wrong "s_client $*: there is a certificate"
	grep -qi 'alert no application protocol' hello.out ||
	    wrong "s_client $*: no alert"
}

# What clients other than the directory see during a validation, with the
# ordinary certificate $1.
others_are_served() {
	ordinary "$1" -servername "$HOST_NAME"
	ordinary "$1" -servername "$HOST_NAME" -alpn http/1.1
	ordinary "$1" -servername "$HOST_NAME" -alpn acme-tls/1,http/1.1
	ordinary "$1" -servername "$HOST_NAME" -alpn http/1.1,acme-tls/1
	ordinary "$1" -noservername
	ordinary "$1" -servername other.test
	refused -servername other.test -alpn acme-tls/1
	refused -noservername -alpn acme-tls/1
	raw good-logins http-upgrades
	# The directory sees a certificate, and no more.
	if speaks_http -servername "$HOST_NAME" -alpn acme-tls/1; then
		e2e_fail "HTTP is spoken where a name is validated"
	fi
	validates -servername "$HOST_NAME" ||
	    wrong "the validation has ended"
}

# stun_says PATTERN: so is the answer to a request.
stun_says() {
	"$(atf_get_srcdir)/../e2e/stunask" -t "${MS:-20000}" 127.0.0.1 \
	    "$(e2e_port '(stun)')" \
	    000100002112a442b7e7a701bc34d686fa87dfae >stun.out ||
	    e2e_fail "stunask failed"
	grep -q "$1" stun.out
}

# derpctl cert says that STUN is silent for want of a certificate.
cert_says_silent() {
	ask_good cert
	grep -q '^  stun .*silent until there is a certificate' ctl.out
}

is_well() {
	ask_derpd health && [ "$(cat ctl.out)" = ok ]
}

acme_case others 200 "during a validation and after it, all others are served"
others_body() {
	acme_paths
	# Of several names one is not valid at once, and is asked for again
	# only after that many seconds: then Pebble is stopped.
	RELAY_ANSWERS=yes RETRY_AUTHZ=10
	pebble_start
	# shellcheck disable=SC2034	# with_acme uses it
	ACME_LISTEN="listen on 127.0.0.1 port $TLS tls
listen on 127.0.0.1 port 0
stun { listen on 127.0.0.1 port 0 probe every 1 }"
	# shellcheck disable=SC2034	# with_acme uses it
	ACME="challenge tls-alpn"
	with_acme "a.$HOST_NAME" "b.$HOST_NAME" "c.$HOST_NAME"
	validation_begins
	_temporary=$(served)
	others_are_served "$_temporary"
	cert_says_silent || wrong "derpctl cert: nothing about STUN"
	MS=300 stun_says '^nothing' || wrong "STUN: $(cat stun.out)"
	! ask_derpd health || e2e_fail "it is well without a certificate"
	grep -q "clients can't use the relay: it is being" ctl.out ||
	    wrong "derpctl health: another reason"
	kill -CONT "$PEBBLE_PID"
	wait_until "the order is over" logged \
	    "certificate for $HOST_NAME .*valid until"
	served_by_pebble || wrong "another certificate is served"
	over "$(served)"

	# The same while a certificate is in force, at a directory that has
	# lost all: Pebble would not validate some names again.
	pebble_stop
	pebble_again || acme_fail "pebble does not start again"
	ctl cert renew >renew.out 2>&1 &
	_renewal=$!
	validation_begins
	_old=$(served)
	others_are_served "$_old"
	! cert_says_silent || wrong "derpctl cert: STUN is silent"
	is_well || wrong "derpctl health: it is not well"
	kill -CONT "$PEBBLE_PID"
	wait "$_renewal" || e2e_fail "it is not renewed: $(cat renew.out)"
	[ "$(served)" != "$_old" ] || e2e_fail "it is the old one"
	over "$(served)"
	e2e_stop
}

# over CERTIFICATE: no name is validated any more, this certificate is served,
# and all is well.
over() {
	refused -servername "$HOST_NAME" -alpn acme-tls/1
	ordinary "$1" -servername "$HOST_NAME"
	ordinary "$1" -servername "$HOST_NAME" -alpn acme-tls/1,http/1.1
	wait_until "all is well" is_well
	stun_says "^0101" || wrong "STUN: $(cat stun.out)"
	! cert_says_silent || wrong "derpctl cert: STUN is silent"
}

atf_init_test_cases() {
	for _t in tls_alpn any others; do
		atf_add_test_case "$_t"
	done
}
