#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Certificates: several by SNI, and new ones put in force by a reload.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case sni 60 "several certificates, chosen by SNI; the first is the default"
sni_body() {
	e2e_paths
	make_ca
	make_cert relay "$HOST_NAME" ec
	make_cert other other.test rsa
	make_cert wild '*.wild.test' p384
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\"
certificate \"$PWD/other.crt\" key \"$PWD/other.key\"
certificate \"$PWD/wild.crt\" key \"$PWD/wild.key\""
	EXTRA='hostname "other.test"
hostname "a.wild.test"'
	e2e_start
	wants_name "$HOST_NAME" "$HOST_NAME"
	wants_name other.test other.test
	wants_name OTHER.test other.test
	wants_name a.wild.test '*.wild.test'
	wants_name a.b.wild.test "$HOST_NAME"
	wants_name unknown.test "$HOST_NAME"
	raw tls-sni
	e2e_stop
}

wants_name() {
	_got=$(served_name "$1")
	[ "$_got" = "$2" ] ||
	    e2e_fail "with SNI $1 the certificate of $_got came, not of $2"
}

e2e_case replaced 90 "a new certificate by reload, no session is closed"
replaced_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=2
	e2e_start
	interop_begin hold -clients 10
	_old=$(served_serial)
	for _kind in rsa ec rsa; do
		make_cert new "$HOST_NAME" $_kind
		mv new.crt relay.crt
		mv new.key relay.key
		kill -HUP "$PID"
		wait_until "the new certificate is served" serial_differs
		_old=$(served_serial)
	done
	interop login,tls-verified,tls12
	interop_end
	e2e_stop
}

serial_differs() {
	_now=$(served_serial)
	[ -n "$_now" ] && [ "$_now" != "$_old" ]
}

e2e_case bad_new 90 "a bad new certificate leaves the old one in force"
bad_new_body() {
	e2e_paths
	use_cert ec
	make_cert other "$HOST_NAME" ec
	WORKERS=2
	e2e_start
	_old=$(served_serial)
	cp relay.crt good.crt
	cp relay.key good.key

	echo nonsense >relay.crt
	refused_reload '/relay\.crt: there is no PEM certificate'
	cp good.crt relay.crt
	cp other.key relay.key
	refused_reload 'relay\.crt does not belong to key .*/relay\.key'
	cp good.key relay.key
	rm relay.crt
	refused_reload '/relay\.crt: .*No such file'
	cp good.crt relay.crt

	ctl reload || e2e_fail "a good configuration was refused"
	raw coalesced
	e2e_stop
}

# refused_reload PATTERN: derpctl reload fails with this error and changes
# nothing.
refused_reload() {
	if ctl reload >ctl.out 2>&1; then
		e2e_fail "a bad certificate was accepted"
	fi
	cat ctl.out
	grep -q "$1" ctl.out || e2e_fail "the error is not: $1"
	[ "$(served_serial)" = "$_old" ] || e2e_fail "another one is served"
}

# is_served SERIAL: the server presents that certificate.
is_served() {
	[ "$(served_serial)" = "$1" ]
}

# certs MEMBER: a member of the first certificate in derpctl's output.
certs() {
	ctl -j cert | jq -r ".certificates[0].$1"
}

e2e_case watched 120 "certificates renewed by other programs are loaded automatically"
watched_body() {
	e2e_paths
	use_cert ec
	e2e_start
	cp relay.crt old.crt
	[ "$(certs kind)" = file ] || e2e_fail "kind: $(certs kind)"
	[ "$(certs issuer)" = "Test CA" ] || e2e_fail "issuer: $(certs issuer)"
	make_cert next "$HOST_NAME" ec
	mv next.key relay.key
	mv next.crt relay.crt
	_new=$(openssl x509 -noout -serial -in relay.crt)
	wait_until "the new certificate" is_served "$_new"
	cp old.crt relay.crt
	wait_until "a pair that does not fit is refused" grep -q \
	    'a new certificate is not valid' derpd.log
	is_served "$_new" || e2e_fail "another certificate is served"
	certs error | grep -q 'does not belong to key' ||
	    e2e_fail "error: $(certs error)"
	ctl cert | grep -q 'last error .*does not belong' ||
	    e2e_fail "$(ctl cert)"
	echo junk >relay.crt
	wait_until "junk is refused" grep -q 'no PEM certificate' derpd.log
	is_served "$_new" || e2e_fail "another certificate is served"
	make_cert next "$HOST_NAME" rsa
	mv next.key relay.key
	mv next.crt relay.crt
	_new=$(openssl x509 -noout -serial -in relay.crt)
	wait_until "the next certificate" is_served "$_new"
	[ -z "$(certs error)" ] || e2e_fail "error: $(certs error)"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case watched
	atf_add_test_case sni
	atf_add_test_case replaced
	atf_add_test_case bad_new
}
