#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd -n: everything that would fail at a start is reported, each with the
# line of the configuration that names it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# check: derpd -n with derpd.conf; its output is in n.out.
check() {
	"$DERPD" -n -f derpd.conf >n.out 2>&1
}

good() {
	check || { cat n.out; atf_fail "refused: $1"; }
}

# bad WORD PATTERN: refused with the line that contains WORD, and with PATTERN.
bad() {
	! check || { cat derpd.conf n.out; atf_fail "passed: $2"; }
	_line=$(grep -n -e "$1" derpd.conf | head -n 1 | cut -d : -f 1)
	grep -Eq "derpd.conf:$_line: .*$2" n.out ||
	    { cat n.out; atf_fail "it does not name line $_line and $2"; }
}

# bad_state PATTERN: refused for a file that the configuration does not name.
bad_state() {
	! check || { cat n.out; atf_fail "passed: $1"; }
	grep -Eq "$1" n.out || { cat n.out; atf_fail "it does not name $1"; }
}

# secret FILE TEXT: a file with access for its owner only.
secret() {
	printf '%s\n' "$2" >"$1"
	chmod 600 "$1"
}

# acme_conf [STATEMENTS]: certificates from a CA that gets no requests.
acme_conf() {
	e2e_paths
	CERTS="acme {
	contact \"op@example.org\"
	directory \"https://localhost:1/dir\"
	$*
}"
	e2e_conf
}

MAC=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA

e2e_case to_be_made 60 "files that a start creates may be missing; -n creates none"
to_be_made_body() {
	acme_conf
	rm -r state
	good "without keys and state directory"
	sed "s,statedir .*,statedir \"$PWD/a/b/c\"," derpd.conf >other
	mv other derpd.conf
	good "with a state directory in others that are not there"
	for _f in state a derper.key; do
		[ ! -e "$_f" ] || atf_fail "-n made $_f"
	done
}

e2e_case printed 60 "-n -v prints the configuration, which can be read back"
printed_body() {
	e2e_paths
	EXTRA="map \"$PWD/map.json\" { max age 5 }"
	e2e_conf
	cp "$(atf_get_srcdir)/../../etc/derp-map.json" map.json
	"$DERPD" -n -v -f derpd.conf >printed 2>n.out ||
	    { cat n.out; atf_fail "refused: the configuration"; }
	grep -q '^	max age 5$' printed || { cat printed; atf_fail "no map"; }
	grep -q '^child timeout 10$' printed || { cat printed; atf_fail \
	    "no default"; }
	"$DERPD" -n -v -f printed >again 2>n.out ||
	    { cat printed n.out; atf_fail "refused: what was printed"; }
	atf_check diff printed again
	! grep -q 'configuration OK' n.out || atf_fail "OK is not with -v"
	"$DERPD" -n -f printed >alone 2>n.out
	atf_check -o inline:'everybody may relay\nconfiguration OK\n' cat alone
}

e2e_case admission 60 "files of admission, and who may relay"
admission_body() {
	e2e_paths
	EXTRA="admit { keys \"$PWD/clients\" url \"https://localhost:1/v\" }
names \"$PWD/names\""
	e2e_conf
	bad admit "$PWD/clients: No such file or directory; create it"
	echo '# nobody yet' >clients
	bad names "$PWD/names: No such file or directory; create it"
	echo '[]' >names
	good "with files"
	grep -qx "clients may relay that one of these admits: keys \
$PWD/clients, url https://localhost:1/v" n.out || {
		cat n.out
		atf_fail "it does not say who may relay"
	}
	[ ! -e state/admit-lately.state ] || atf_fail "-n made a state"
	echo 'nodekey:12' >>clients
	bad_state "$PWD/clients:2:"
	echo '# nobody yet' >clients
	printf '[{"node_key":\n 1' >names
	bad_state "$PWD/names:2:"
	rm names
	mkfifo names
	bad names "$PWD/names: expected a regular file"
	EXTRA="admit { url \"https://localhost:1/v\" ca file \"$PWD/ca\" }"
	e2e_conf
	bad admit "$PWD/ca: No such file or directory"
	EXTRA='' RELAY="client rate file \"$PWD/rate\""
	e2e_conf
	bad 'rate file' "$PWD/rate: No such file or directory"
	printf '{"PerClientRateLimitBytesPerSec":\n "1M"}' >rate
	bad 'rate file' "$PWD/rate:2: PerClientRateLimitBytesPerSec: expected"
	echo '{"PerClientRateLimitBytesPerSec": 100000}' >rate
	good "with a rate file"
	grep -qx 'everybody may relay' n.out || atf_fail "who may relay?"
}

e2e_case keys 60 "key files of relay and mesh"
keys_body() {
	e2e_conf
	secret derper.key junk
	bad 'key "' "derper.key: not derper's key file"
	rm derper.key
	secret mesh.key junk
	bad mesh 'mesh.key: not a mesh key'
	e2e_random_hex >mesh.key
	chmod 644 mesh.key
	bad mesh "mesh.key: others can read .*chmod 600 $PWD/mesh.key"
	rm mesh.key
	bad mesh 'mesh.key: No such file or directory; create it'
	e2e_conf
	use_cert ec
	e2e_conf
	good "with a certificate"
	make_cert other "$HOST_NAME" ec
	cp other.key relay.key
	bad certificate 'does not belong to key'
	printf '\357\273\277' | cat - other.key >relay.key
	bad certificate 'relay.key: begins with a byte order mark'
}

e2e_case acme_keys 60 "key files of the acme section"
acme_keys_body() {
	acme_conf "eab \"k\" key file \"$PWD/eab\""
	bad 'eab "k"' 'eab.*: No such file or directory; create it'
	secret eab 'not base64!'
	bad 'eab "k"' 'eab: not a MAC key, expected only base64'
	secret eab $MAC
	chmod 644 eab
	bad 'eab "k"' 'eab: others can read'
	chmod 600 eab
	good "with a MAC key"
	secret state/acme-account.key junk
	bad 'acme {' 'acme-account.key: there is no readable private key in it'
	rm state/acme-account.key
	secret state/acme-account-next.key junk
	bad 'acme {' 'acme-account-next.key: there is no readable private key in it'
	rm state/acme-account-next.key
}

e2e_case imports 60 "a certificate and its key to import"
imports_body() {
	acme_conf
	make_ca
	make_cert relay "$HOST_NAME" ec
	cp relay.key state/acme-import.key
	bad 'acme {' 'acme-import.key: its certificate is missing: put it into'
	cp relay.crt state/acme.crt
	good "with a pair"
	[ -e state/acme-import.key ] || atf_fail "-n imported the pair"
	secret state/acme-import.key junk
	bad_state 'acme-import.key: there is no readable private'
	make_cert other "$HOST_NAME" ec
	cp other.key state/acme-import.key
	bad_state 'acme-import.key does not belong to'
	cp relay.key state/acme-import.key
	echo junk >state/acme.crt
	bad_state 'acme.crt: there is no PEM'
}

e2e_case authorities 60 "files of certificate authorities"
authorities_body() {
	make_ca
	acme_conf "ca file \"$PWD/roots\""
	bad 'ca file' 'roots: No such file or directory; create it'
	cp ca.pem roots
	good "with authorities"
	echo junk >roots
	bad 'ca file' 'roots: there is no certificate in it'
	printf '\357\273\277' | cat - ca.pem >roots
	bad 'ca file' 'roots: begins with a byte order mark'
	sed 's/^MII/AAA/' ca.pem >roots
	bad 'ca file' 'roots: a certificate in it is malformed'
	rm roots
	mkdir roots
	bad 'ca file' 'roots: not a regular file'
	rmdir roots
	if [ "$(id -u)" -eq 0 ]; then
		cp ca.pem roots
		chmod 600 roots
		bad 'ca file' "roots: the user of the processes can't read it"
		rm roots
	fi
	CERTS=''
	EXTRA="map {
	follow \"https://localhost:1/map\"
	ca file \"$PWD/roots\"
}"
	e2e_conf
	bad 'ca file' 'roots: No such file or directory; create it'
}

e2e_case directories 60 "directories in which files are created"
directories_body() {
	e2e_conf
	rmdir state
	echo >state
	bad statedir "can't be made in $PWD/state: Not a directory"
	rm state
	EXTRA="# end"
	e2e_conf
	sed "s,control .*,control \"$PWD/none/sock\"," derpd.conf >other
	mv other derpd.conf
	bad control "the control socket can't be made in $PWD: No such file"
	e2e_conf
	echo >derpd.sock
	bad control 'derpd.sock: the file exists and is not a socket'
	rm derpd.sock
	sed "s,key \"$PWD/derper,key \"$PWD/mesh.key/derper," derpd.conf >other
	mv other derpd.conf
	bad 'key "' "the relay key can't be made in .*Not a directory"
}

e2e_case several 60 "all errors are reported at once"
several_body() {
	e2e_paths
	echo '{' >map.json
	EXTRA="map \"$PWD/map.json\""
	acme_conf "eab \"k\" key file \"$PWD/none\" ca file \"$PWD/roots\""
	secret derper.key junk
	bad 'eab "k"' 'none'
	bad 'ca file' 'roots'
	bad 'key "' 'derper.key'
	bad map 'the map .*map.json is not good'
}

# cert_says PATTERN: derpctl cert prints it.
cert_says() {
	ctl cert >cert.out 2>&1 && grep -Eq "$1" cert.out
}

e2e_case at_run_time 60 "a start continues without keys of ACME, and names them"
at_run_time_body() {
	acme_conf "eab \"k\" key file \"$PWD/eab\""
	e2e_launch
	grep -Eq 'derpd.conf:[0-9]+: eab key .*eab: No such file' derpd.log ||
	    e2e_fail "the log does not name the file"
	wait_until "derpctl cert names the file" \
	    cert_says "last error.*eab: No such file or directory; create it"
	secret eab "not base64!"
	! ctl reload >reload.out 2>&1 ||
	    e2e_fail "a reload accepts an invalid MAC key"
	grep -q 'eab: not a MAC key' reload.out ||
	    e2e_fail "the reload printed: $(cat reload.out)"
	secret eab $MAC
	run ctl reload
	e2e_stop
	secret state/acme-account.key junk
	e2e_launch
	! ctl cert renew >renew.out 2>&1 ||
	    e2e_fail "derpctl cert renew is content"
	grep -q 'acme-account.key: there is no readable private key' renew.out ||
	    e2e_fail "derpctl cert renew printed: $(cat renew.out)"
	wait_until "derpctl cert names the account key" \
	    cert_says "last error.*acme-account.key: there is no readable private key"
	e2e_stop
}

# of_check: what derpd -n of this test has started, zombies as well.
of_check() {
	ps -A -o pid= -o sid= -o args= | awk -v sid="$SID" \
	    '$2 == sid && $1 != sid && /derp/'
}

nothing_left() {
	[ -z "$(of_check)" ]
}

begun_or_over() {
	[ -n "$(of_check)" ] || ! kill -0 "$SID"
}

e2e_case check_killed 60 "no process and no file is left, also when -n is killed"
check_killed_body() {
	e2e_conf
	find . ! -name '*.list' | sort >before.list
	for _sig in none TERM INT HUP KILL; do
		setsid sh -c "echo \$\$ >sid; exec '$DERPD' -n -f derpd.conf" \
		    >n.out 2>&1 &
		echo "$!" >>pids
		wait_until "its session begins" [ -s sid ]
		SID=$(cat sid)
		if [ "$_sig" != none ]; then
			wait_until "keys, or the end" begun_or_over
			kill "-$_sig" "$SID" 2>/dev/null
		fi
		wait
		wait_until "nothing is left after $_sig" nothing_left
		rm -f sid n.out pids
	done
	find . ! -name '*.list' | sort >after.list
	diff before.list after.list >&2 || e2e_fail "derpd -n has left files"
}

atf_init_test_cases() {
	atf_add_test_case check_killed
	atf_add_test_case to_be_made
	atf_add_test_case printed
	atf_add_test_case admission
	atf_add_test_case keys
	atf_add_test_case acme_keys
	atf_add_test_case imports
	atf_add_test_case authorities
	atf_add_test_case directories
	atf_add_test_case several
	atf_add_test_case at_run_time
}
