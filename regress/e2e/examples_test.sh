#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The configurations of etc/examples: derpd accepts each, derpd.conf(5) shows
# the same text, and derpctl(8) describes them correctly.  The same of
# etc/clients.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

EXAMPLES="acme certificate-files clients nat map-only follow"

# example NAME: write derpd.conf from etc/examples/NAME.conf, with the files
# that it uses in this directory.
example() {
	e2e_paths
	mkdir -p state
	sed -e "s,\"/etc/,\"$PWD/etc/," \
	    -e "s,^relay {,& key \"$PWD/derper.key\"," \
	    "$SRC/../../etc/examples/$1.conf" >derpd.conf
	{
		echo "control \"$PWD/derpd.sock\""
		echo "statedir \"$PWD/state\""
		e2e_users
	} >>derpd.conf
	cmp -s derpd.conf "$SRC/../../etc/examples/$1.conf" &&
	    atf_fail "$1.conf is used as it is"
	mkdir -p etc/ssl/private etc/derpd
	cp "$SRC/../../etc/derp-map.json" etc/derpd
}

# loads NAME: derpd could start with it.
loads() {
	"$DERPD" -n -f derpd.conf >n.out 2>&1 ||
	    { cat derpd.conf n.out; atf_fail "derpd refuses $1.conf"; }
}

e2e_case all_here 60 "the examples are these and no others"
all_here_body() {
	e2e_paths
	for _f in "$SRC"/../../etc/examples/*.conf; do
		basename "$_f" .conf
	done | sort >files
	# shellcheck disable=SC2086
	printf '%s\n' $EXAMPLES | sort >names
	diff names files || atf_fail "etc/examples holds other files"
}

e2e_case acme 60 "a single relay with a certificate by ACME"
acme_body() {
	example acme
	loads acme
}

e2e_case certificate_files 60 "a relay with certificates from files"
certificate_files_body() {
	example certificate-files
	make_ca
	for _d in org net; do
		make_cert "$_d" "relay.example.$_d" ec
		mv "$_d.crt" etc/ssl
		mv "$_d.key" etc/ssl/private
	done
	loads certificate-files
}

e2e_case known_clients 60 "a relay for known clients"
known_clients_body() {
	example clients
	cp "$SRC/../../etc/clients" etc/derpd
	echo '[]' >etc/derpd/nodes.json
	loads clients
	echo junk >>etc/derpd/clients
	! "$DERPD" -n -f derpd.conf >n.out 2>&1 ||
	    atf_fail "it does not use the list"
}

e2e_case map_only 60 "a server with only a map"
map_only_body() {
	example map-only
	loads map-only
	rm etc/derpd/derp-map.json
	! "$DERPD" -n -f derpd.conf >n.out 2>&1 ||
	    atf_fail "it does not use the map"
}

e2e_case follow 60 "a relay that follows a map"
follow_body() {
	example follow
	loads follow
}

# manual_text PAGE: print the literal text under EXAMPLES.
manual_text() {
	awk '/^\.Sh/ { in_examples = /EXAMPLES/ }
	!in_examples { next }
	/^\.Ed/ { literal = 0 }
	literal { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print }
	/^\.Bd -literal/ { literal = 1 }' "$SRC/../../man/$1"
}

e2e_case nat 60 "a relay behind NAT, and its node for a map"
nat_body() {
	example nat
	loads nat
	# Free ports, because the usual ones may be in use here.
	sed -e 's/^listen .*/listen on 127.0.0.1 port 0 tls/' \
	    -e 's/^stun .*/stun { listen on 127.0.0.1 port 0 }/' \
	    derpd.conf >other
	mv other derpd.conf
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd answers" ctl node
	run ctl node
	cp run.out node.json
	run ctl map add -c home map.json 900 <node.json
	run ctl map check map.json
	e2e_stop
	command -v jq >/dev/null || atf_skip "there is no jq"
	# The manual has the usual ports and another pin.
	jq 'del(.DERPPort, .STUNPort)' node.json |
	    sed 's/sha256-raw:[0-9a-f]*/PIN/' >node
	manual_text derpctl.8 | sed -n '/^# derpctl node | jq .$/,/^}/p' |
	    sed -e 1d -e 's/sha256-raw:[0-9a-f.]*/PIN/' >shown
	diff shown node || atf_fail "derpctl(8) shows another node"
}

# Each example without its first comment, which the manual has as prose.
e2e_case manual 60 "derpd.conf(5) shows the text of each example"
manual_body() {
	e2e_paths
	for _name in $EXAMPLES; do
		sed '1,/^$/d' "$SRC/../../etc/examples/$_name.conf" >file
		awk -v name="$_name.conf" '
		/^\.Sh/ { in_examples = /EXAMPLES/ }
		!in_examples { next }
		/^\.Pa / { found = $2 == name }
		/^\.Ed/ { literal = found = 0 }
		literal { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print }
		/^\.Bd -literal/ { literal = found }
		' "$SRC/../../man/derpd.conf.5" >shown
		diff shown file ||
		    atf_fail "derpd.conf(5) shows another $_name.conf"
	done
}

# The same of the clients file.
e2e_case clients 60 "a clients file, which derpd-clients(5) shows"
clients_body() {
	e2e_paths
	run "$DERPCTL" keys check "$SRC/../../etc/clients"
	grep -q ': valid, 3 keys, 1 denied, 2 groups' run.out ||
	    atf_fail "another number of keys"
	sed '1,/^$/d' "$SRC/../../etc/clients" >file
	manual_text derpd-clients.5 >shown
	# The first of the literal texts.
	head -n "$(wc -l <file)" shown | diff - file ||
	    atf_fail "derpd-clients(5) shows another file"
}

atf_init_test_cases() {
	atf_add_test_case all_here
	atf_add_test_case acme
	atf_add_test_case certificate_files
	atf_add_test_case nat
	atf_add_test_case known_clients
	atf_add_test_case map_only
	atf_add_test_case follow
	atf_add_test_case manual
	atf_add_test_case clients
}
