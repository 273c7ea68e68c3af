#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The whole service requests its certificates from Pebble.

# shellcheck source=regress/acme/derpd.sh
. "$(atf_get_srcdir)/derpd.sh"

# Pebble's root certificates, for verification.
pebble_root() {
	curl -sf --cacert ca.crt "https://localhost:$MANAGE/roots/0" >ca.pem ||
	    acme_fail "no root"
}

issued_times() {
	[ "$(grep -c "certificate for $HOST_NAME .*valid until" derpd.log)" \
	    -ge "$1" ]
}

acme_case fresh 200 "from an empty state directory, three renewals in traffic"
fresh_body() {
	acme_paths
	RELAY_ANSWERS=yes VALIDITY=45
	pebble_start
	with_acme
	logged "made self-signed certificate" ||
	    e2e_fail "nothing was served at first"
	wait_until "there is a certificate" served_by_pebble
	if [ -x "$INTEROP" ]; then
		pebble_root
		interop login,tls-verified
		interop_begin hold -clients 10
	fi
	_serials=$(served | grep serial)
	BOUND=1500
	for _i in 2 3 4; do
		wait_until "renewal $_i" issued_times "$_i"
		case $_serials in
		*"$(served | grep serial)"*) e2e_fail "the same is served" ;;
		esac
		_serials="$_serials $(served | grep serial)"
	done
	[ ! -x "$INTEROP" ] || interop_end
	# Keys of former certificates are removed.
	set -- state/acme-*.key
	[ $# -le 3 ] || e2e_fail "$# keys, that of the account included"
	e2e_stop
}

acme_case killed 300 "kill -9 at each step of an order leaves the old pair"
killed_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	e2e_stop
	_i=0
	for _step in "requesting its directory" "ordering a certificate" \
	    "validating $HOST_NAME|sending" "sending the certificate" \
	    "downloading the certificate"; do
		_i=$((_i + 1))
		rm -f state/acme.plan
		with_acme "n$_i.$HOST_NAME"
		served_by_pebble || e2e_fail "the old one is not served"
		wait_until "$_step" logged "acme-helper: ($_step)"
		_pids=$(e2e_children any)
		kill -KILL "$PID"
		wait "$PID"
		for _p in $_pids; do
			wait_until "process $_p ends" e2e_gone "$_p"
		done
		derpd_launch
		served_by_pebble || e2e_fail "nothing is served after: $_step"
		# An incomplete try counts as failed: the next one waits for
		# the back-off.
		names_of state/acme.crt | grep -q "n$_i.$HOST_NAME" ||
		    grep -q "^failures 1$" state/acme.plan ||
		    e2e_fail "it is not remembered"
		e2e_stop
	done
	rm -f state/acme.plan
	with_acme last."$HOST_NAME"
	wait_until "all goes well again" issued_times 1
	e2e_stop
}

acme_case helper_killed 200 "acme-helper, keys or a worker dies in an order"
helper_killed_body() {
	acme_paths
	RELAY_ANSWERS=yes RETRY_AUTHZ=2
	pebble_start
	with_acme
	DEATHS=yes
	wait_until "an order" logged "validating $HOST_NAME"
	# shellcheck disable=SC2046	# one word a process
	kill -KILL $(e2e_children acme-helper)
	wait_until "it is said" logged "no certificate: acme-helper ended"
	wait_until "it is started again" ready_twice acme-helper
	rm -f state/acme.plan
	kill -HUP "$PID"
	wait_until "a second order" times 2 "validating $HOST_NAME"
	# shellcheck disable=SC2046
	kill -KILL $(e2e_children front)
	wait_until "there is a certificate" issued_times 1
	wait_until "it is served" served_by_pebble
	kill -TERM "$PID"
	wait "$PID"
}

ready_twice() {
	times 2 "derpd: $1 ready"
}

times() {
	[ "$(grep -c "$2" derpd.log)" -ge "$1" ]
}

acme_case down 200 "no directory at the start, and mended by a reload"
down_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	pebble_stop
	with_acme
	wait_until "it is said" logged \
	    "no certificate: can't query the directory.*next try 20"
	served | grep -q "CN *= *$HOST_NAME" ||
	    e2e_fail "the temporary certificate is not served"
	grep -q "^failures 1$" state/acme.plan || e2e_fail "not remembered"
	# A restart does not send a request at once.
	e2e_stop
	derpd_launch
	pebble_again || acme_fail "pebble does not start again"
	sleep 3
	if logged "requesting its directory"; then
		e2e_fail "asked again after a restart"
	fi
	kill -HUP "$PID"
	wait_until "there is a certificate" served_by_pebble
	e2e_stop
}

acme_case wrong_port 200 "who answers on port 80 is another: which is said"
wrong_port_body() {
	acme_paths
	pebble_start
	HTTP=0
	with_acme
	wait_until "it is said" logged "no certificate: $HOST_NAME: another server"
	served | grep -q "CN *= *$HOST_NAME" ||
	    e2e_fail "the temporary certificate is not served"
	e2e_stop
}

# The public key in a key file, to tell keys apart.
public_of() {
	openssl pkey -in "$1" -pubout 2>/dev/null
}

acme_case renew 200 "derpctl cert renew: at once, after failures too"
renew_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	_old=$(served)
	ask_good cert renew
	grep -q "a new certificate, valid until 20" ctl.out ||
	    e2e_fail "derpctl prints another line: $(cat ctl.out)"
	[ "$(served)" != "$_old" ] || e2e_fail "the old certificate is served"
	pebble_stop
	if ask_derpd cert renew; then
		e2e_fail "it succeeds without a directory"
	fi
	grep -q "can't query the directory" ctl.err ||
	    e2e_fail "the reason is missing: $(cat ctl.err)"
	pebble_again || acme_fail "pebble does not start again"
	# Its accounts and orders are gone, its CA key is new.
	_old=$(served)
	ask_good cert renew
	[ "$(served)" != "$_old" ] || e2e_fail "the same is served"
	grep -q "^failures 0$" state/acme.plan || e2e_fail "failures remain"
	e2e_stop
}

acme_case revoke 200 "derpctl cert revoke, and nothing new until renew"
revoke_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	if ask_derpd cert revoke unheardOf; then
		e2e_fail "a reason that is none"
	fi
	_serial=$(openssl x509 -in state/acme.crt -noout -serial |
	    sed 's/serial=//' | tr A-F a-f)
	ask_good cert revoke superseded
	_hex=$(printf '%s' "$_serial" | sed 's/^0*//')
	curl -sf --cacert ca.crt \
	    "https://localhost:$MANAGE/cert-status-by-serial/$_hex" >status ||
	    e2e_fail "no status of $_hex"
	grep -q Revoked status || e2e_fail "$(cat status)"
	grep -q '"Reason": *4' status || e2e_fail "$(cat status)"
	served | grep -q "CN *= *$HOST_NAME" ||
	    e2e_fail "the temporary certificate is not served"
	if ask_derpd cert revoke; then
		e2e_fail "it was revoked twice"
	fi
	# Not after a restart either.
	e2e_stop
	derpd_launch
	ask_good cert
	grep -q "it was revoked" ctl.out || e2e_fail "$(cat ctl.out)"
	if logged "requesting its directory"; then
		e2e_fail "a new one is ordered"
	fi
	served | grep -q "CN *= *$HOST_NAME" ||
	    e2e_fail "the temporary certificate is not served"
	ask_good cert renew
	served_by_pebble || e2e_fail "the new one is not served"
	[ ! -e state/acme-revoked.crt ] || e2e_fail "the mark is still there"
	e2e_stop
}

acme_case revoke_other 200 "revocation when the account is another one"
revoke_other_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	rm state/acme-account.key
	_serial=$(openssl x509 -in state/acme.crt -noout -serial |
	    sed 's/serial=0*//' | tr A-F a-f)
	ask_good cert revoke keyCompromise
	logged "revoking by the certificate's key" ||
	    e2e_fail "the other account may revoke it"
	curl -sf --cacert ca.crt \
	    "https://localhost:$MANAGE/cert-status-by-serial/$_serial" \
	    >status || e2e_fail "no status of $_serial"
	grep -q Revoked status || e2e_fail "$(cat status)"
	grep -q '"Reason": *1' status || e2e_fail "$(cat status)"
	e2e_stop
}

acme_case roll 200 "derpctl cert roll: a new account key, whatever happens"
roll_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	_old=$(public_of state/acme-account.key)
	cp state/acme-account.key was.key
	ask_good cert roll
	_new=$(public_of state/acme-account.key)
	[ "$_new" != "$_old" ] || e2e_fail "the key is the same"
	[ ! -e state/acme-account-next.key ] || e2e_fail "the next is there"
	ask_good cert renew
	# A crash after the directory accepted: both keys exist.
	e2e_stop
	mv state/acme-account.key state/acme-account-next.key
	mv was.key state/acme-account.key
	derpd_launch
	wait_until "it is found out" logged "the account has a new key"
	[ "$(public_of state/acme-account.key)" = "$_new" ] ||
	    e2e_fail "it is another key"
	# A crash before the request.
	e2e_stop
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    >state/acme-account-next.key 2>/dev/null
	chmod 600 state/acme-account-next.key
	_next=$(public_of state/acme-account-next.key)
	derpd_launch
	wait_until "it is made up for" logged "the account has a new key"
	[ "$(public_of state/acme-account.key)" = "$_next" ] ||
	    e2e_fail "it is another key"
	ask_good cert renew
	e2e_stop
}

acme_case roll_down 200 "a new account key without a directory comes later"
roll_down_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	_old=$(public_of state/acme-account.key)
	pebble_stop
	if ask_derpd cert roll; then
		e2e_fail "there is no directory"
	fi
	[ -e state/acme-account-next.key ] || e2e_fail "the next key is gone"
	[ "$(public_of state/acme-account.key)" = "$_old" ] ||
	    e2e_fail "the key is another one"
	# This directory has lost all accounts: it has neither key.
	pebble_again || acme_fail "pebble does not start again"
	if ask_derpd cert roll; then
		e2e_fail "there is no account"
	fi
	grep -q "no account yet whose key" ctl.err || e2e_fail "$(cat ctl.err)"
	[ "$(public_of state/acme-account.key)" = "$_old" ] ||
	    e2e_fail "the key is another one"
	ask_good cert renew
	ask_good cert roll
	[ ! -e state/acme-account-next.key ] || e2e_fail "the next is there"
	[ "$(public_of state/acme-account.key)" != "$_old" ] ||
	    e2e_fail "the key is the same"
	ask_good cert renew
	e2e_stop
}

acme_case roll_refused 200 "a new account key that the directory does not take"
roll_refused_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	_old=$(public_of state/acme-account.key)
	# The key must differ.
	cp state/acme-account.key state/acme-account-next.key
	if ask_derpd cert roll; then
		e2e_fail "the old key is no new one"
	fi
	[ ! -e state/acme-account-next.key ] || e2e_fail "the next is there"
	[ "$(public_of state/acme-account.key)" = "$_old" ] ||
	    e2e_fail "the key is another one"
	ask_good cert roll
	e2e_stop
}

acme_case contact 200 "the directory is told of other contacts"
contact_body() {
	acme_paths
	RELAY_ANSWERS=yes
	pebble_start
	with_acme
	wait_until "there is a certificate" served_by_pebble
	if logged "has the contacts"; then
		e2e_fail "unchanged contacts are sent again"
	fi
	sed "s/contact \"admin@/contact \"other@/" derpd.conf >new.conf
	cat new.conf >derpd.conf
	kill -HUP "$PID"
	wait_until "it is told" logged "the directory has the contacts"
	grep -q "other@" state/acme.contact || e2e_fail "not remembered"
	kill -HUP "$PID"
	ask_good reload
	# A change while derpd is down is noticed, too.
	e2e_stop
	sed "s/contact \"other@/contact \"third@/" derpd.conf >new.conf
	cat new.conf >derpd.conf
	derpd_launch
	wait_until "it is told" logged "the directory has the contacts"
	e2e_stop
}

# A certificate for HOST_NAME of another CA, with its chain: FILE.crt and
# FILE.key.
other_cert() {
	{
		openssl req -x509 -newkey ec -pkeyopt \
		    ec_paramgen_curve:P-256 -nodes -days 100 \
		    -subj "/CN=other authority" -keyout other.key \
		    -out other.crt &&
		openssl req -new -newkey "$2" -nodes -subj "/CN=$HOST_NAME" \
		    -keyout "$1.key" -out "$1.csr" &&
		printf '%s\n' "subjectAltName=DNS:$HOST_NAME" \
		    'authorityKeyIdentifier=keyid' >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA other.crt -CAkey other.key \
		    -days 90 -extfile "$1.ext" -out "$1.leaf"
	} >openssl.out 2>&1 || atf_fail "$(cat openssl.out)"
	cat "$1.leaf" other.crt >"$1.crt"
}

# Hexadecimal digits to base64url.
base64url() {
	tr -d ' :\n' | sed 's/../\\\\x&/g' | xargs printf '%b' |
	    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# The key in FILE, EC on P-256, as a JWK.
jwk_of() {
	_pub=$(openssl ec -in "$1" -pubout -outform DER 2>/dev/null |
	    tail -c 64 | od -An -v -tx1 | tr -d ' \n')
	_priv=$(openssl ec -in "$1" -text -noout 2>/dev/null |
	    sed -n '/^priv:/,/^pub:/p' | sed '1d;$d' | tr -d ' :\n')
	printf '{"kty":"EC","crv":"P-256","x":"%s","y":"%s","d":"%s"}' \
	    "$(printf %s "$_pub" | cut -c 1-64 | base64url)" \
	    "$(printf %s "$_pub" | cut -c 65- | base64url)" \
	    "$(printf %s "$_priv" | base64url)"
}

# Checks after every import.
moved() {
	pebble_start
	with_acme
	logged "state/acme.crt and its key are taken over" ||
	    e2e_fail "it is not taken over"
	served | grep -q "CN *= *other authority" ||
	    e2e_fail "it is not served"
	[ ! -e state/acme-import.key ] || e2e_fail "the key has no name"
	wait_until "the account is known" logged \
	    "the directory has the contacts"
	if logged "ordering a certificate"; then
		e2e_fail "a new one is ordered"
	fi
	cmp -s account.was state/acme-account.key ||
	    e2e_fail "the account has another key"
	e2e_stop
	# A check of the configuration imports nothing.
	for _f in state/acme-????????????????.key; do
		mv "$_f" state/acme-import.key
	done
	"$DERPD" -n -f derpd.conf >check.out 2>&1 ||
	    e2e_fail "$(cat check.out)"
	[ -e state/acme-import.key ] || e2e_fail "a check changes something"
	derpd_launch
	served | grep -q "CN *= *other authority" ||
	    e2e_fail "it is not served after a restart"
	ask_good cert renew
	served_by_pebble || e2e_fail "the new one is not served"
	e2e_stop
}

acme_case from_certbot 200 "a certificate and an account of certbot's"
from_certbot_body() {
	acme_paths
	RELAY_ANSWERS=yes
	mkdir -p live archive state
	chmod 700 state
	other_cert archive/1 rsa:2048
	ln -s ../archive/1.crt live/fullchain.pem
	ln -s ../archive/1.key live/privkey.pem
	openssl ecparam -name prime256v1 -genkey -noout -out key.pem
	jwk_of key.pem >private_key.json
	chmod 400 private_key.json
	install -m 600 live/privkey.pem state/acme-import.key
	install -m 644 live/fullchain.pem state/acme.crt
	install -m 600 private_key.json state/acme-account.key
	cp private_key.json account.was
	moved
}

acme_case from_derper 200 "a certificate and an account of derper's"
from_derper_body() {
	acme_paths
	RELAY_ANSWERS=yes
	mkdir -p certdir state
	chmod 700 state
	openssl ecparam -name prime256v1 -out p256
	other_cert new ec:p256
	# Key and chain are in one file, both keys in the older form.
	{ openssl ec -in new.key && cat new.crt; } \
	    >"certdir/$HOST_NAME" 2>/dev/null
	openssl ecparam -name prime256v1 -genkey -noout \
	    -out certdir/acme_account+key
	install -m 600 "certdir/$HOST_NAME" state/acme-import.key
	sed -n '/BEGIN CERT/,/END CERT/p' "certdir/$HOST_NAME" >state/acme.crt
	install -m 600 certdir/acme_account+key state/acme-account.key
	cp certdir/acme_account+key account.was
	moved
}

acme_case import 200 "derper's directory, named in derpd.conf"
import_body() {
	acme_paths
	RELAY_ANSWERS=yes
	mkdir -m 700 certdir
	openssl ecparam -name prime256v1 -out p256
	other_cert new ec:p256
	{ openssl ec -in new.key && cat new.crt; } \
	    >"certdir/$HOST_NAME" 2>/dev/null
	openssl ecparam -name prime256v1 -genkey -noout \
	    -out certdir/acme_account+key
	chmod 600 certdir/*
	cp certdir/acme_account+key account.was
	cp -R certdir certdir.was
	# shellcheck disable=SC2034	# with_acme uses it
	ACME="import \"$PWD/certdir\""
	moved
	diff -r certdir certdir.was || e2e_fail "the directory was changed"
}

acme_case import_wrong 200 "a key that is not the certificate's"
import_wrong_body() {
	acme_paths
	RELAY_ANSWERS=yes
	mkdir state
	chmod 700 state
	other_cert one rsa:2048
	other_cert two rsa:2048
	install -m 600 one.key state/acme-import.key
	install -m 644 two.crt state/acme.crt
	pebble_start
	with_acme
	logged "acme-import.key does not belong to .*state/acme.crt" ||
	    e2e_fail "it is not said"
	[ -e state/acme-import.key ] || e2e_fail "the key is gone"
	wait_until "another one is got" served_by_pebble
	e2e_stop
}

atf_init_test_cases() {
	for _t in fresh killed helper_killed down wrong_port renew revoke \
	    revoke_other roll roll_down roll_refused contact from_certbot \
	    from_derper import import_wrong; do
		atf_add_test_case "$_t"
	done
}
