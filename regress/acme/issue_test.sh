#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Certificates from a real directory: acme-helper's jobs against Pebble.

# shellcheck source=regress/acme/pebble.sh
. "$(atf_get_srcdir)/pebble.sh"

# The outcomes of lib/ipc/msg.h.
UNREACHABLE=2 CLOCK=3 DNS_END=4 PORT80=5 REFUSED=7 NEXT_KEY=10

# The chain leads to Pebble's CA.
verify_chain() {
	curl -sf --cacert ca.crt "https://localhost:$MANAGE/roots/${1:-0}" \
	    >root.pem || acme_fail "no root"
	openssl verify -CAfile root.pem -untrusted chain.pem chain.pem \
	    >verify.out 2>&1 || acme_fail "$(cat verify.out)"
	[ "$(openssl pkey -in cert.key -pubout)" = \
	    "$(openssl x509 -in chain.pem -noout -pubkey)" ] ||
	    acme_fail "the certificate is for another key"
}

acme_case one_name 120 "a certificate for one name, and the account again"
one_name_body() {
	acme_paths
	pebble_start
	good issue relay.test
	verify_chain
	atf_check_equal "DNS:relay.test" "$(names_of chain.pem)"
	grep -q "creating an account" drive.err || acme_fail "no new account"
	_account=$(sed -n 's/^account //p' drive.err)
	# The second time the account exists.
	good issue relay.test
	if grep -q "creating an account" drive.err; then
		acme_fail "a second account"
	fi
	atf_check_equal "$_account" "$(sed -n 's/^account //p' drive.err)"
	good -c mailto:new@relay.test contact relay.test
}

acme_case several_names 120 "several names and addresses in one certificate"
several_names_body() {
	acme_paths
	pebble_start
	good issue a.relay.test b.relay.test 127.0.0.1 RELAY.test.
	verify_chain
	for _n in DNS:a.relay.test DNS:b.relay.test DNS:relay.test \
	    IPAddress:127.0.0.1; do
		case ,$(names_of chain.pem), in
		*,$_n,*) ;;
		*) acme_fail "$_n is not in $(names_of chain.pem)" ;;
		esac
	done
}

acme_case address 120 "a certificate for an address alone (RFC 8738)"
address_body() {
	acme_paths
	pebble_start
	good issue 127.0.0.1
	verify_chain
	atf_check_equal "IPAddress:127.0.0.1" "$(names_of chain.pem)"
}

acme_case binding 120 "External Account Binding, right, wrong and missing"
binding_body() {
	acme_paths
	EAB='"externalAccountBindingRequired": true,
	    "externalAccountMACKeys": { "kid-1":
	    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	    },'
	pebble_start
	echo zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W \
	    >mac
	echo AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \
	    >wrong
	bad $REFUSED "requires an account binding" issue relay.test
	bad $REFUSED "binding, or refuses this one" -e kid-1:wrong issue relay.test
	bad $REFUSED "binding, or refuses this one" -e kid-2:mac issue relay.test
	good -e kid-1:mac issue relay.test
	verify_chain
}

acme_case profile 120 "profiles"
profile_body() {
	acme_paths
	pebble_start
	good -p shortlived issue relay.test
	openssl x509 -in chain.pem -noout -checkend $((5 * 86400)) ||
	    acme_fail "expires too early"
	if openssl x509 -in chain.pem -noout -checkend $((7 * 86400)); then
		acme_fail "not short-lived"
	fi
	bad $REFUSED "no profile long; it has .*shortlived" -p long issue \
	    relay.test
}

acme_case renewal_info 120 "when to renew (RFC 9773), and renewing by it"
renewal_info_body() {
	acme_paths
	pebble_start
	good issue relay.test
	cp chain.pem old.pem
	good -i old.pem ari relay.test
	read -r _ok _start _end _again _s <drive.out
	_now=$(date +%s)
	if [ "$_start" -le "$_now" ] || [ "$_end" -le "$_start" ]; then
		acme_fail "no window"
	fi
	[ "$_s" -gt 0 ] || acme_fail "no time to ask again"
	# The window is now, with a date in another format.
	curl -sf --cacert ca.crt "https://localhost:$MANAGE/set-renewal-info/" \
	    -d "$(set_renewal old.pem 2020-01-01T00:00:00.5+01:00)" ||
	    acme_fail "set-renewal-info"
	good -i old.pem ari relay.test
	read -r _ok _start _end _again _s <drive.out
	atf_check_equal 1577833200 "$_start"
	good -i old.pem issue relay.test
	# It has been replaced: a further order must succeed all the same.
	good -i old.pem issue relay.test
	grep -q "without naming the old" drive.err ||
	    acme_fail "a replaced one was taken"
	verify_chain
}

# set_renewal FILE START: the request that sets the window of a certificate.
set_renewal() {
	printf '{"certificate":"%s","ariResponse":"%s"}' \
	    "$(openssl x509 -in "$1" | sed 's/$/\\n/' | tr -d '\n')" \
	    "{\\\"suggestedWindow\\\":{\\\"start\\\":\\\"$2\\\",\\\"end\\\":\
\\\"2020-01-02T00:00:00Z\\\"}}"
}

acme_case nonces 300 "a storm of nonces that are not taken"
nonces_body() {
	acme_paths
	PEBBLE_ENV="PEBBLE_WFE_NONCEREJECT=50"
	pebble_start
	good issue relay.test
	verify_chain
}

acme_case all_nonces 120 "a directory that takes no nonce is given up"
all_nonces_body() {
	acme_paths
	PEBBLE_ENV="PEBBLE_WFE_NONCEREJECT=100"
	pebble_start
	# 100 counts as 99 there: one may get through.
	bad $UNREACHABLE "refuses its own nonces" issue relay.test
}

acme_case chains 120 "the choice of the chain"
chains_body() {
	acme_paths
	PEBBLE_ENV="PEBBLE_ALTERNATE_ROOTS=2 PEBBLE_CHAIN_LENGTH=1"
	pebble_start
	for _i in 0 1 2; do
		curl -sf --cacert ca.crt \
		    "https://localhost:$MANAGE/roots/$_i" >root.$_i ||
		    acme_fail "no root $_i"
		_cn=$(openssl x509 -in root.$_i -noout -subject \
		    -nameopt multiline |
		    sed -n 's/.*commonName *= //p')
		good -I "$_cn" issue relay.test
		verify_chain $_i
	done
	good -I "no such authority" issue relay.test
	grep -q "no chain that ends in no such" drive.err ||
	    acme_fail "it does not say so"
	verify_chain 0
}

acme_case failures 300 "each failure is reported by its kind, then an order succeeds"
failures_body() {
	acme_paths
	pebble_start
	bad $REFUSED "terms of service" -D issue relay.test
	bad $DNS_END "relay.test: another server answers" \
	    -b issue relay.test
	bad $REFUSED "blocked.test: .*no certificate for it" issue \
	    blocked.test relay.test
	bad $CLOCK "the clock of this machine is wrong: it says" -t -90000 \
	    issue relay.test
	# Nothing listens on the port.
	kill "$CHALL_PID"
	wait "$CHALL_PID"
	ANSWER=127.0.0.1:$OTHER
	chall_again
	bad $PORT80 "can't connect to its port 80" issue relay.test
	# No address: this is known at once.
	chall set-default-ipv4 '{"ip":""}'
	bad $DNS_END "no address for it in DNS" issue relay.test
	unset ANSWER
	kill "$CHALL_PID"
	wait "$CHALL_PID"
	chall_again
	good issue relay.test
	verify_chain
}

# Start pebble-challtestsrv again, on the same ports.
chall_again() {
	"$PEBBLE_BIN/pebble-challtestsrv" -dnsserver "127.0.0.1:$DNS" \
	    -management "127.0.0.1:$CHALL" -doh '' -https01 '' -tlsalpn01 '' \
	    -http01 "${ANSWER-127.0.0.1:$HTTP}" -defaultIPv6 '' \
	    >>chall.log 2>&1 &
	CHALL_PID=$!
	echo "$CHALL_PID" >>pids
	wait_until "pebble-challtestsrv answers" \
	    curl -s "http://127.0.0.1:$CHALL/"
}

acme_case down 180 "a directory that is down, and comes back"
down_body() {
	acme_paths
	pebble_start
	pebble_stop
	bad $UNREACHABLE "can't query the directory for its directory" issue \
	    relay.test
	pebble_again || acme_fail "pebble does not start again"
	good issue relay.test
	verify_chain
}

acme_case revoke 120 "revocation, and once more"
revoke_body() {
	acme_paths
	pebble_start
	good issue relay.test
	good -i chain.pem -o /dev/null revoke relay.test
	_serial=$(openssl x509 -in chain.pem -noout -serial |
	    sed 's/serial=//')
	curl -sf --cacert ca.crt \
	    "https://localhost:$MANAGE/cert-status-by-serial/$_serial" |
	    grep -q Revoked || acme_fail "it is not revoked"
	good -i chain.pem -o /dev/null revoke relay.test
}

acme_case roll 120 "another account key, the same account"
roll_body() {
	acme_paths
	pebble_start
	good issue relay.test
	_account=$(sed -n 's/^account //p' drive.err)
	good -n next.key roll relay.test
	cp account.key old.key
	cp next.key account.key
	good issue relay.test
	atf_check_equal "$_account" "$(sed -n 's/^account //p' drive.err)"
	verify_chain
	# After a lost answer the directory has the new key, not the old one.
	cp old.key account.key
	good -n next.key roll relay.test
	bad $REFUSED "no account yet whose key" -n other.key roll relay.test
	# No second account is created in this state.
	bad $NEXT_KEY "has the new key" -n next.key issue relay.test
}

acme_case roll_bound 120 "another key where a binding is wanted"
roll_bound_body() {
	acme_paths
	EAB='"externalAccountBindingRequired": true,
	    "externalAccountMACKeys": { "kid-1":
	    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	    },'
	pebble_start
	echo zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W \
	    >mac
	# A directory that has neither key has accepted none.
	if drive -n next.key roll relay.test; then
		acme_fail "a key that is unknown was taken"
	fi
	good -e kid-1:mac issue relay.test
	good -n next.key roll relay.test
	good -n next.key roll relay.test
}

acme_case other_account 120 "a renewal of another account's certificate"
other_account_body() {
	acme_paths
	pebble_start
	good issue relay.test
	cp chain.pem old.pem
	rm account.key
	good -i old.pem issue relay.test
	grep -q "without naming the old" drive.err || acme_fail "it was named"
	verify_chain
}

acme_case rsa_account 120 "an account key of RSA, as certbot has it"
rsa_account_body() {
	acme_paths
	pebble_start
	openssl genrsa -out account.key 2048 2>/dev/null
	good issue relay.test
	verify_chain
}

atf_init_test_cases() {
	for _t in one_name several_names address binding profile renewal_info \
	    nonces all_nonces chains failures down revoke roll roll_bound \
	    other_account rsa_account; do
		atf_add_test_case "$_t"
	done
}
