#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Start and stop: valid and invalid configurations, key files, ports.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# wants_failure PATTERN [STATUS]: derpd -d must exit with it, by default 1, and
# this error.
wants_failure() {
	: >derpd.log
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd gives up" e2e_stopped
	wait "$PID"
	_rc=$?
	[ "$_rc" -eq "${2:-1}" ] || e2e_fail "derpd exits $_rc, not ${2:-1}"
	grep -Eq -e "$1" derpd.log || e2e_fail "the error is not: $1"
	DEATHS=yes
	e2e_check_log
}

e2e_case stop 60 "starts, listens on TLS and plain ports, stops with 0"
stop_body() {
	e2e_start
	[ -n "$PLAIN_PORT" ] || e2e_fail "no plain port was logged"
	raw http-plain http-requests
	e2e_stop
	e2e_launch
	kill -INT "$PID"
	wait_until "SIGINT stops derpd" e2e_stopped
	wait "$PID" || e2e_fail "SIGINT: exit status $?"
}

e2e_case start_time 60 "the children are one keys, N signers, fronts and relays"
start_time_body() {
	e2e_paths
	WORKERS=3 FRONTS=2
	e2e_start
	[ "$(e2e_children front | wc -l)" -eq 2 ] ||
	    e2e_fail "not two fronts: $(ps -A -o pid= -o args=)"
	[ "$(e2e_children relay | wc -l)" -eq 3 ] ||
	    e2e_fail "not three relay workers: $(ps -A -o pid= -o args=)"
	[ "$(e2e_children keys | wc -l)" -eq 1 ] || e2e_fail "not one keys"
	[ "$(e2e_children signer | wc -l)" -eq 2 ] ||
	    e2e_fail "not two signers"
	e2e_stop
}

e2e_case addresses 60 "IPv4 and IPv6 side by side, and the wildcard"
addresses_body() {
	e2e_paths
	grep -qs ^0000 /proc/net/if_inet6 ||
	    atf_skip "this machine has no IPv6"
	LISTEN='listen on 127.0.0.1 port 0 tls
listen on ::1 port 0 tls'
	e2e_start
	_port6=$(sed -n 's/.*listening on \[::1\]:\([0-9]*\) .*/\1/p' derpd.log)
	run "$RAWDERP" -a ::1 -p "$_port6" -n "$HOST_NAME" coalesced
	raw coalesced
	e2e_stop

	# The wildcard uses the same port for both families.
	LISTEN="listen on * port $TLS_PORT tls"
	e2e_start
	run "$RAWDERP" -a ::1 -p "$TLS_PORT" -n "$HOST_NAME" coalesced
	raw coalesced
	e2e_stop
}

e2e_case check_only 60 "derpd -n distinguishes valid from invalid configurations"
check_only_body() {
	e2e_conf
	run "$DERPD" -n -f derpd.conf
	[ ! -e derper.key ] || e2e_fail "-n made a key"
	echo 'listen on 127.0.0.1 port banana tls' >>derpd.conf
	_line=$(wc -l <derpd.conf | tr -d ' ')
	if "$DERPD" -n -f derpd.conf >n.out 2>&1; then
		atf_fail "a bad configuration passed"
	fi
	cat n.out
	grep -q "derpd.conf:$_line: " n.out ||
	    atf_fail "the error does not name line $_line"
	if "$DERPD" -n -f nothing.conf >n.out 2>&1; then
		atf_fail "a missing configuration passed"
	fi
	grep -q nothing.conf n.out || atf_fail "the error does not name it"
}

# without_users LINE...: replace the lines about users by these.
without_users() {
	e2e_conf
	grep -v 'user "' derpd.conf >none.conf
	printf '%s\n' "$@" >>none.conf
	mv none.conf derpd.conf
}

# refuses_user LINES...: a start and -n fail; the last line names the user.
refuses_user() {
	without_users "$@"
	for _line; do :; done
	wants_failure "^derpd: derpd.conf: $_line: this machine has no such user"
	if "$DERPD" -n -f derpd.conf >n.out 2>&1; then
		e2e_fail "-n passes a user that does not exist: $_line"
	fi
	grep -q "accept root by .*root" n.out || e2e_fail "no way out is named"
	[ ! -e derper.key ] || e2e_fail "something was done before"
}

e2e_case users 60 "root's children have users of their own, or the start fails"
users_body() {
	e2e_need_root "others have no users to choose"
	refuses_user 'keys user "daemon"' 'user "no-such-user"'
	refuses_user 'user "nobody"' 'keys user "no-such-user"'
	# The defaults are rejected too if they do not exist.
	if ! id _derpd >/dev/null 2>&1 && ! id _derpd_keys >/dev/null 2>&1
	then
		without_users
		wants_failure 'user "_derpd": this machine has no such user'
		grep -q 'keys user "_derpd_keys": this' derpd.log ||
		    e2e_fail "the user of keys is not named"
		without_users 'user "root"'
		wants_failure 'keys user "_derpd_keys": this machine'
	fi
	without_users 'user "root"' 'keys user "root"'
	e2e_launch
	for _pid in $(e2e_children any); do
		[ "$(ps -o user= -p "$_pid")" = root ] ||
		    e2e_fail "process $_pid is not root's"
	done
	e2e_stop
	without_users 'user "nobody"' 'keys user "daemon"'
	e2e_launch
	_users=$(ps -o user= -p "$(e2e_children keys)" &&
	    ps -o user= -p "$(e2e_children signer)" &&
	    ps -o user= -p "$(e2e_children relay)" &&
	    ps -o user= -p "$(e2e_children front)")
	[ "$(echo "$_users" | tr -d "\n ")" = daemondaemonnobodynobody ] ||
	    e2e_fail "not the users of the configuration: $_users"
	e2e_stop
}

e2e_case port_in_use 60 "a port in use: exit 75 and one clear line"
port_in_use_body() {
	e2e_start
	_first=$PID _port=$TLS_PORT
	mkdir second
	cd second || atf_fail "cd second"
	LISTEN="listen on 127.0.0.1 port $_port tls"
	e2e_conf
	wants_failure "127\.0\.0\.1:$_port: .*in use" 75
	atf_check -s exit:75 -e ignore "$DERPD" -f derpd.conf
	cd .. || atf_fail "cd .."
	PID=$_first
	raw http-requests
	e2e_stop
}

e2e_case bad_conf 60 "an error in derpd.conf: exit 78, with -n 1"
bad_conf_body() {
	e2e_conf
	echo nonsense >>derpd.conf
	wants_failure 'derpd.conf:[0-9]*: ' 78
	atf_check -s exit:78 -e ignore "$DERPD" -f derpd.conf
	atf_check -s exit:1 -e ignore "$DERPD" -n -f derpd.conf
	rm derpd.conf
	wants_failure 'derpd.conf: No such file' 78
}

e2e_case node_key 60 "the node key is made once, 0600, and kept"
node_key_body() {
	e2e_start
	_sum=$(cksum <derper.key)
	case $(ls -l derper.key) in
	-rw-------*) ;;
	*) e2e_fail "derper.key: $(ls -l derper.key)" ;;
	esac
	grep -Eq '"PrivateKey": *"privkey:[0-9a-f]{64}"' derper.key ||
	    e2e_fail "derper.key is not as derper writes it"
	e2e_stop
	e2e_launch
	[ "$(cksum <derper.key)" = "$_sum" ] || e2e_fail "the key changed"
	e2e_stop
}

e2e_case derper_key 60 "derper's own key file is read unchanged"
derper_key_body() {
	e2e_conf
	_priv=$(e2e_random_hex)
	printf '{\n\t"PrivateKey": "privkey:%s"\n}' "$_priv" >derper.key
	chmod 600 derper.key
	_sum=$(cksum <derper.key)
	_want=$(public_key "$_priv")
	e2e_launch
	_got=$(announced_key)
	[ "$_got" = "$_want" ] ||
	    e2e_fail "the public key is $_got, wanted $_want"
	e2e_stop
	[ "$(cksum <derper.key)" = "$_sum" ] || e2e_fail "the file changed"
}

# public_key HEX: print the X25519 public key of a private one.
public_key() {
	printf '302e020100300506032b656e04220420%s' "$1" | unhex |
	    openssl pkey -inform DER -pubout -outform DER | tail -c 32 |
	    od -An -v -tx1 | tr -d ' \n'
}

# unhex: convert hex digits to bytes.
unhex() {
	sed 's/../\\x&/g' | while read -r _esc || [ -n "$_esc" ]; do
		/usr/bin/printf "$_esc"
	done
}

# announced_key: the DERP key in the meta certificate, the last of the chain.
announced_key() {
	openssl s_client -showcerts -connect "127.0.0.1:$TLS_PORT" \
	    -servername "$HOST_NAME" </dev/null 2>/dev/null | awk '
	/BEGIN CERT/ { cert = "" }
	{ cert = cert $0 "\n" }
	/END CERT/ { last = cert }
	END { printf "%s", last }' | openssl x509 -noout -subject |
	    sed 's/.*derpkey//'
}

e2e_case key_modes 60 "key files that others can read or that are broken"
key_modes_body() {
	e2e_start
	e2e_stop
	for _mode in 644 620 602; do
		chmod $_mode derper.key
		wants_failure 'relay key .*/derper\.key: others can read or'
	done
	chmod 600 derper.key
	cp derper.key good
	echo '{"PrivateKey": "privkey:1234"}' >derper.key
	wants_failure '/derper\.key: the private key in it is malformed'
	: >derper.key
	wants_failure "/derper\\.key: not derper's key file"
	[ ! -s derper.key ] || e2e_fail "a broken key file was overwritten"
	cat good >derper.key
	for _mode in 644 620 602; do
		chmod $_mode mesh.key
		wants_failure 'mesh key .*/mesh\.key: others can read or'
	done
	chmod 600 mesh.key
	echo 1234 >mesh.key
	wants_failure '/mesh\.key: not a mesh key'
	e2e_random_hex >mesh.key
	e2e_launch
	e2e_stop
}

e2e_case half_pair 60 "a self-signed pair of which half is missing"
half_pair_body() {
	e2e_start
	_pin=$(e2e_pin)
	[ -n "$_pin" ] || e2e_fail "no pin was logged"
	e2e_stop
	# Without its key the certificate can't be used, and no other is
	# created, because clients identify it by its pin.
	mv state/self-signed.key saved
	wants_failure 'self-signed\.key: No such file.*restore it, or remove'
	[ ! -e state/self-signed.key ] || e2e_fail "a key was made"
	mv saved state/self-signed.key
	DEATHS=''
	e2e_launch
	[ "$(e2e_pin)" = "$_pin" ] || e2e_fail "the pin is $(e2e_pin)"
	e2e_stop
	# A crash leaves a key without its certificate.
	rm state/self-signed.crt
	e2e_launch
	[ "$(e2e_pin)" != "$_pin" ] || e2e_fail "the pin is still $_pin"
	raw coalesced
	e2e_stop
}

e2e_case bad_certificates 60 "certificates that can't be used"
bad_certificates_body() {
	e2e_paths
	use_cert ec
	make_cert other "$HOST_NAME" ec
	e2e_conf
	mv relay.key saved
	wants_failure 'key .*/relay\.key: No such file'
	cp other.key relay.key
	chmod 600 relay.key
	wants_failure 'relay\.crt does not belong to key .*/relay\.key'
	mv saved relay.key
	for _mode in 644 620 602; do
		chmod $_mode relay.key
		wants_failure 'key .*/relay\.key: others can read or change it'
	done
	chmod 600 relay.key
	cp relay.crt good
	echo nonsense >relay.crt
	wants_failure '/relay\.crt: there is no PEM certificate'
	rm relay.crt
	wants_failure '/relay\.crt: .*No such file'
	# Nothing else had prevented the start.
	mv good relay.crt
	e2e_launch
	raw coalesced
	e2e_stop
}

e2e_case expired 60 "an expired certificate is served with a warning"
expired_body() {
	e2e_paths
	make_ca
	make_cert relay "$HOST_NAME" ec
	run openssl x509 -req -in relay.csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days -1 -extfile ext -out relay.crt
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\""
	e2e_start
	grep -q 'certificate .*/relay\.crt has expired' derpd.log ||
	    e2e_fail "no warning was logged"
	raw coalesced
	e2e_stop
}

e2e_case full_disk 60 "no space for the node key: nothing half-written"
full_disk_body() {
	e2e_need_root "to mount a small file system"
	e2e_conf
	mkdir disk
	mount -t tmpfs -o size=16k,mode=700 none disk 2>/dev/null ||
	    atf_skip "can't mount a tmpfs here"
	echo "$PWD/disk" >mounted
	dd if=/dev/zero of=disk/fill bs=1k count=64 2>/dev/null
	sed "s|$PWD/derper.key|$PWD/disk/derper.key|" derpd.conf >conf.new
	mv conf.new derpd.conf
	wants_failure '/derper\.key: .*No space left'
	[ ! -e disk/derper.key ] || e2e_fail "half a key was left"
	rm disk/fill
	e2e_launch
	e2e_stop
	umount disk && rm mounted
}

atf_init_test_cases() {
	atf_add_test_case stop
	atf_add_test_case start_time
	atf_add_test_case addresses
	atf_add_test_case check_only
	atf_add_test_case users
	atf_add_test_case port_in_use
	atf_add_test_case bad_conf
	atf_add_test_case node_key
	atf_add_test_case derper_key
	atf_add_test_case key_modes
	atf_add_test_case half_pair
	atf_add_test_case bad_certificates
	atf_add_test_case expired
	atf_add_test_case full_disk
}
