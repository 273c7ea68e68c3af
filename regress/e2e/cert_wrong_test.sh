#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Certificates that are wrong for clients: what derpd -n, the start, a reload
# and derpctl say, and what is served.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# line FILE [allow]: the statement for FILE.crt and FILE.key.
line() {
	echo "certificate \"$PWD/$1.crt\" key \"$PWD/$1.key\"${2:+ $2}"
}

# refused PATTERN: derpd -n and a start refuse the configuration and say why.
refused() {
	for _n in -n -d; do
		! "$DERPD" $_n -f derpd.conf >refused.out 2>&1 ||
		    atf_fail "$_n accepts it: $(cat derpd.conf)"
		grep -q "$1" refused.out ||
		    atf_fail "$_n does not say '$1': $(cat refused.out)"
	done
}

# warned PATTERN: derpd -n accepts the configuration and warns.
warned() {
	run "$DERPD" -n -f derpd.conf
	grep -q "$1" run.out || atf_fail "-n does not say '$1'"
}

# shown PATTERN: status, health and cert show the warning.
shown() {
	run ctl status
	grep -q "^warning  *.*$1" run.out || e2e_fail "status lacks '$1'"
	run ctl health
	grep -q '^ok$' run.out || e2e_fail "it is unwell"
	grep -q "^warning: .*$1" run.out || e2e_fail "health lacks '$1'"
	run ctl cert
	grep -q "^  warning  *.*$1" run.out || e2e_fail "cert lacks '$1'"
}

# not_shown: there is nothing to warn of.
not_shown() {
	run ctl health
	[ "$(cat run.out)" = ok ] || e2e_fail "health warns"
	[ -z "$(ctl -j status | jq -r '.warnings[]')" ] ||
	    e2e_fail "status warns"
}

# presented_pin [SNI]: the pin of the certificate that a client gets.
presented_pin() {
	set -- ${1:+-servername} "${1:--noservername}"
	openssl s_client -connect "127.0.0.1:$TLS_PORT" "$@" </dev/null \
	    2>/dev/null | openssl x509 -outform der | openssl sha256 -r |
	    sed 's/ .*//; s/^/sha256-raw:/'
}

# certs FILTER: of the output of derpctl.
certs() {
	ctl -j cert | jq -r ".certificates$1"
}

# make_chain FILE: an authority between the CA and FILE.crt, in int.crt.
make_chain() {
	make_ca
	make_cert int Intermediate ec
	printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
	run openssl x509 -req -in int.csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 30 -extfile ca.ext -out int.crt
	make_cert "$1" "$HOST_NAME" ec
	run openssl x509 -req -in "$1.csr" -CA int.crt -CAkey int.key \
	    -CAcreateserial -days 30 -extfile ext -out "$1.crt"
}

e2e_case left_over 60 "the sample with one more certificate line"
left_over_body() {
	e2e_paths
	e2e_conf
	sed -n '/^user\|^keys user\|^chroot\|^statedir\|^control/p' derpd.conf \
	    >own.conf
	make_ca
	make_cert relay relay.example.org ec
	_sample=$SRC/../../etc/derpd.conf
	for _edit in 's/^# *\(acme {.*\)/\1/' \
	    "s|^#certificate \"[^\"]*\" key.*|$(line relay)|"; do
		sed "$_edit" "$_sample" | cat - own.conf |
		    sed "s|/var/db/derpd/derper.key|$PWD/derper.key|" \
		    >derpd.conf
		refused 'certificate self-signed .*remove this line'
		grep -v '^certificate self-signed' derpd.conf >conf.new
		mv conf.new derpd.conf
		run "$DERPD" -n -f derpd.conf
	done
}

e2e_case chain 90 "a certificate without its chain, and a chain out of order"
chain_body() {
	e2e_paths
	make_chain relay
	cp relay.crt leaf.pem
	CERTS=$(line relay)
	e2e_conf
	warned 'issuer, "Intermediate", is not in the file.*fullchain.pem'
	e2e_start
	shown 'issuer, "Intermediate", is not in the file'
	cat leaf.pem ca.pem int.crt >relay.crt
	run ctl reload
	shown 'chain is not in order: certificate 3, "Intermediate"'
	cat leaf.pem int.crt >relay.crt
	run ctl reload
	not_shown
	# The whole chain is served.
	openssl s_client -connect "127.0.0.1:$TLS_PORT" -servername \
	    "$HOST_NAME" -CAfile ca.pem -verify_return_error </dev/null \
	    >verify.out 2>&1 || e2e_fail "not verified: $(cat verify.out)"
	# The server's own certificate comes first.
	cat int.crt leaf.pem >relay.crt
	! ctl reload >ctl.out 2>&1 || e2e_fail "the wrong order was accepted"
	grep -q 'belongs to certificate 2 in that file.*must be the first' \
	    ctl.out || e2e_fail "$(cat ctl.out)"
	e2e_stop
}

e2e_case names 90 "certificates for other names, and two for one"
names_body() {
	e2e_paths
	make_ca
	make_cert other other.test ec
	make_cert relay "$HOST_NAME" ec
	make_cert both "$HOST_NAME" ec "DNS:$HOST_NAME,DNS:other.test"
	CERTS=$(line other)
	e2e_conf
	refused "derpd.conf:[0-9]*: .*other.crt is not valid for $HOST_NAME \
(line 1), nor is another: .*\`allow' behind the key: it has other.test"
	CERTS=$(line other allow)
	e2e_start
	shown "other.crt is not valid for $HOST_NAME"
	[ "$(certs '[0].serves[]')" = "" ] ||
	    [ "$(certs '[0].default')" = true ] || e2e_fail "$(ctl cert)"
	e2e_stop
	# The first of two is served, and the other one shown.
	CERTS="$(line relay)
$(line both)"
	e2e_start
	shown "both.crt and that of line [0-9]* both are for $HOST_NAME: .*and \
none gets this one"
	[ "$(certs '[0].serves[]')" = "$HOST_NAME" ] || e2e_fail "$(ctl cert)"
	[ "$(served_serial)" = "$(openssl x509 -noout -serial -in \
	    relay.crt)" ] || e2e_fail "the second one is served"
	e2e_stop
	# Told apart by names.
	CERTS="$(line relay)
$(line other)" EXTRA='hostname "other.test"'
	e2e_start
	[ "$(served_name other.test)" = other.test ] || e2e_fail "by name"
	e2e_stop
}

e2e_case keys 60 "keys of two lines that were exchanged"
keys_body() {
	e2e_paths
	make_ca
	make_cert a "$HOST_NAME" ec
	make_cert b other.test rsa
	mv a.key c.key
	mv b.key a.key
	mv c.key b.key
	CERTS="$(line a)
$(line b)" EXTRA='hostname "other.test"'
	e2e_conf
	refused "a.crt does not belong to key .*a.key: .*that of line 5: \
exchange the keys"
}

e2e_case running 120 "a certificate that goes bad while it is served"
running_body() {
	e2e_paths
	use_cert ec
	run openssl x509 -req -in relay.csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days -1 -extfile ext -out expired.pem
	e2e_start
	_old=$(served_serial)
	cp relay.crt good.pem
	cat expired.pem >relay.crt
	wait_until "the expired one is refused" grep -q \
	    'has expired on .*is in force stays' derpd.log
	wait_until "it is shown" grepped \
	    '^warning: a changed certificate .*expired' ctl health
	[ "$(served_serial)" = "$_old" ] || e2e_fail "it is served"
	! ctl reload >ctl.out 2>&1 || e2e_fail "it was accepted"
	grep -q 'has expired on' ctl.out || e2e_fail "$(cat ctl.out)"
	cat good.pem >relay.crt
	wait_until "it is mended" grep -q 'are those in force again' derpd.log
	! grepped 'a changed certificate' ctl health || e2e_fail "still shown"
	e2e_stop
}

# grepped PATTERN COMMAND...: the command's output has it.
grepped() {
	_pattern=$1
	shift
	"$@" 2>&1 | grep -q "$_pattern"
}

e2e_case anew 120 "a self-signed certificate is made anew for a new name"
anew_body() {
	e2e_paths
	e2e_start
	_old=$(presented_pin "$HOST_NAME")
	[ "$(ctl node | jq -r .CertName)" = "$_old" ] ||
	    e2e_fail "node prints another pin than clients get"
	not_shown
	# It stays when another name is removed, or for a reload that fails.
	echo 'hostname "new.test"' >>derpd.conf
	warned 'will be made anew at the next .* not valid for new.test: its '"\
CertName, $_old, changes"
	[ "$(presented_pin)" = "$_old" ] || e2e_fail "-n has changed it"
	cp derpd.conf good.conf
	echo "map \"$PWD/none\"" >>derpd.conf
	! ctl reload >ctl.out 2>&1 || e2e_fail "the reload was accepted"
	[ "$(presented_pin)" = "$_old" ] || e2e_fail "it has changed"
	cmp -s state/self-signed.crt state/self-signed-new.crt &&
	    e2e_fail "the files have changed"
	cat good.conf >derpd.conf
	run ctl reload
	_new=$(presented_pin new.test)
	[ "$_new" != "$_old" ] || e2e_fail "it is the same"
	grep -q "made anew: its CertName was $_old and is $_new" derpd.log ||
	    e2e_fail "the log does not have both pins"
	[ "$(ctl node | jq -r .CertName)" = "$_new" ] || e2e_fail "$(ctl node)"
	shown "its CertName was $_old and is $_new"
	[ "$(certs '[0].old_pin')" = "$_old" ] || e2e_fail "$(ctl cert)"
	[ ! -e state/self-signed-new.key ] || e2e_fail "a key is left"
	e2e_stop
	# A name less changes nothing; nor does a restart, or keys' end.
	grep -v new.test good.conf >derpd.conf
	e2e_launch
	[ "$(presented_pin)" = "$_new" ] || e2e_fail "a restart has changed it"
	DEATHS=yes
	kill -KILL "$(e2e_children keys)"
	wait_until "keys is back" ctl reload
	[ "$(presented_pin)" = "$_new" ] || e2e_fail "keys has changed it"
	shown "its CertName was $_old"
	e2e_stop
}

e2e_case ends 60 "a self-signed certificate that ends soon"
ends_body() {
	e2e_paths
	mkdir state
	run openssl req -x509 -newkey ec -pkeyopt \
	    ec_paramgen_curve:P-256 -nodes -keyout state/self-signed.key \
	    -out state/self-signed.crt -days 60 -subj "/CN=$HOST_NAME" \
	    -addext "subjectAltName=DNS:$HOST_NAME"
	chmod 600 state/self-signed.key
	_old=$(openssl x509 -outform der -in state/self-signed.crt |
	    openssl sha256 -r | sed 's/ .*//; s/^/sha256-raw:/')
	e2e_start
	shown 'self-signed.crt ends on .*makes a new one after .*derpctl node'
	[ "$(presented_pin)" = "$_old" ] || e2e_fail "another one is served"
	# At a time of one's choice.
	rm state/self-signed.crt state/self-signed.key
	run ctl reload
	[ "$(presented_pin)" != "$_old" ] || e2e_fail "the old one is served"
	not_shown
	e2e_stop
}

e2e_case apart 60 "a file for the name, self-signed for an address"
apart_body() {
	e2e_paths
	use_cert ec
	cat ca.pem >>relay.crt
	CERTS="certificate self-signed
$CERTS" EXTRA='hostname "127.0.0.1"'
	e2e_start
	_file=$(openssl x509 -outform der -in relay.crt | openssl sha256 -r |
	    sed 's/ .*//; s/^/sha256-raw:/')
	[ "$(presented_pin "$HOST_NAME")" = "$_file" ] ||
	    e2e_fail "another one for the name"
	_own=$(presented_pin)
	[ "$_own" != "$_file" ] || e2e_fail "the same one for the address"
	[ "$(certs '[0].pin')" = "$_own" ] || e2e_fail "$(ctl cert)"
	[ "$(certs '[0].serves[]')" = 127.0.0.1 ] || e2e_fail "$(ctl cert)"
	run ctl cert
	grep -q '^  served for   127.0.0.1, and clients without a name' \
	    run.out || e2e_fail "not said"
	[ "$(ctl node | jq -r .CertName)" = null ] || e2e_fail "$(ctl node)"
	e2e_stop
}

e2e_case grows 60 "a file gets the names of the self-signed one, too"
grows_body() {
	e2e_paths
	use_cert ec
	cat ca.pem >>relay.crt
	CERTS="$CERTS
certificate self-signed" EXTRA='hostname "new.test"'
	e2e_start
	make_cert relay "$HOST_NAME" ec "DNS:$HOST_NAME,DNS:new.test"
	cat ca.pem >>relay.crt
	wait_until "the new file is served" grows_served
	shown 'self-signed is left over'
	# keys has its key after a restart.
	DEATHS=yes
	kill -KILL "$(e2e_children keys)"
	wait_until "keys is back, and a reload refused" grows_refused
	! grep "can't be served without its key" derpd.log ||
	    e2e_fail "a key is missing"
	grows_served || e2e_fail "the new file is not served"
	e2e_stop
	# A start after that, as of the machine, serves it as well.
	e2e_launch
	grows_served || e2e_fail "the new file is not served after a start"
	shown 'self-signed is left over'
	e2e_stop
}

grows_refused() {
	[ "$(grep -c 'keys ready' derpd.log)" = 2 ] &&
	    ctl reload 2>&1 | grep -q 'remove this line'
}

grows_served() {
	[ "$(presented_pin new.test)" = "$(openssl x509 -outform der \
	    -in relay.crt | openssl sha256 -r |
	    sed 's/ .*//; s/^/sha256-raw:/')" ]
}

e2e_case forms 60 "another form of an address changes no pin"
forms_body() {
	e2e_paths
	# shellcheck disable=SC2034	# e2e_conf uses it
	EXTRA='hostname "2001:DB8:0:0::1"'
	e2e_start
	_old=$(presented_pin)
	run ctl reload
	[ "$(presented_pin)" = "$_old" ] || e2e_fail "it was made anew"
	e2e_stop
}

e2e_case unmade 60 "a start when the certificate can't be made anew"
unmade_body() {
	e2e_paths
	e2e_start
	_old=$(presented_pin)
	e2e_stop
	mkdir -p state/self-signed-new.key/x
	echo 'hostname "new.test"' >>derpd.conf
	e2e_launch
	[ "$(presented_pin)" = "$_old" ] || e2e_fail "another one is served"
	grep -q 'could not be made anew: the old one is served' derpd.log ||
	    e2e_fail "not said"
	rm -r state/self-signed-new.key
	run ctl reload
	[ "$(presented_pin new.test)" != "$_old" ] || e2e_fail "still the old"
	e2e_stop
}

e2e_case many 90 "many host names, and files without their chains"
many_body() {
	e2e_paths
	make_ca
	make_cert c1 c1.test ec
	CERTS="certificate self-signed
$(line c1)"
	for _i in 2 3 4 5 6 7 8; do
		cp c1.crt "c$_i.crt"
		cp c1.key "c$_i.key"
		CERTS="$CERTS
$(line "c$_i")"
	done
	EXTRA=$(seq 62 | sed 's/.*/hostname "h&.test"/')
	e2e_conf
	warned 'issuer, "Test CA", is not in the file'
}

atf_init_test_cases() {
	atf_add_test_case left_over
	atf_add_test_case chain
	atf_add_test_case names
	atf_add_test_case keys
	atf_add_test_case running
	atf_add_test_case anew
	atf_add_test_case ends
	atf_add_test_case apart
	atf_add_test_case grows
	atf_add_test_case forms
	atf_add_test_case unmade
	atf_add_test_case many
}
