#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The output of `derpctl node' with the real client: a network namespace with
# public, private and IPv6 addresses, names in a hosts file, and the usual
# ports.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

PUBLIC=9.0.0.7 PRIVATE=10.0.0.7 PUBLIC6=2600::7

# network [ADDRESS...]: create a namespace with these addresses, for derpd.
network() {
	e2e_need_interop
	e2e_need_root "a network of its own"
	for _tool in unshare nsenter ip jq; do
		command -v "$_tool" >/dev/null || atf_skip "there is no $_tool"
	done
	printf '127.0.0.1 localhost\n' >hosts
	unshare -nm sh -c 'mount --bind hosts /etc/hosts && exec sleep 600' &
	NS=$!
	echo "$NS" >>pids
	# A new mount namespace starts at the root directory.
	cat >inside <<END
#!/bin/sh
exec nsenter -t $NS -n -m -- sh -c 'cd "\$0" && exec "\$@"' "$PWD" "\$@"
END
	chmod +x inside
	wait_until "the network is there" [ "$(readlink /proc/self/ns/net)" != \
	    "$(readlink /proc/$NS/ns/net)" ]
	wait_until "names are there" ./inside grep -q '^127.0.0.1 localhost$' \
	    /etc/hosts
	./inside sh -c 'ip link set lo up &&
	    ip link add v0 type veth peer name v1 &&
	    ip link set v0 up && ip link set v1 up' ||
	    atf_skip "no network of our own here"
	for _a; do
		case $_a in
		*:*) run ./inside ip addr add "$_a/64" dev v0 nodad ;;
		*) run ./inside ip addr add "$_a/24" dev v0 ;;
		esac
	done
}

# resolves NAME ADDRESS
resolves() {
	echo "$2 $1" >>hosts
}

# serve: start derpd in the namespace, with LISTEN, HOST_NAME, CERTS, EXTRA.
serve() {
	e2e_conf
	./inside "$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd answers" answers
}

answers() {
	! e2e_stopped || e2e_fail "derpd did not start"
	ctl status
}

# node_works: print the node, and let the client use it.  Our CA, if there is
# one, is in the system's store: with a CertName, clients trust no other.
node_works() {
	run ctl node
	cp run.out node.json
	[ -z "$CERTS" ] || export SSL_CERT_FILE="$PWD/ca.pem"
	./inside "$INTEROP" -node node.json -case node,node-stun \
	    >go.out 2>&1 ||
	    { cat node.json go.out >&2; e2e_fail "the client can't use it"; }
	cat go.out
	jq '{Regions: {"900": {RegionID: 900, RegionCode: "own",
	    RegionName: "Own", Nodes: [.]}}}' node.json >map.json
	run ctl map check map.json
	e2e_stop
}

# is FILTER: the printed node matches this jq filter.
is() {
	jq -e "$1" node.json >/dev/null ||
	    e2e_fail "not $1: $(cat node.json)"
}

ALL='listen on * port 443 tls
listen on * port 80'

e2e_case wildcard 120 "the usual ports, a public address, a self-signed pair"
wildcard_body() {
	network $PUBLIC $PUBLIC6
	HOST_NAME=relay.test LISTEN=$ALL EXTRA='stun { listen on * port 3478 }'
	# The name does not resolve.
	serve
	node_works
	is '.IPv4 == "9.0.0.7" and .IPv6 == "2600::7" and .CanPort80 and
	    .DERPPort == null and .STUNPort == null'
}

e2e_case private 120 "a private address behind *, and an explicit one"
private_body() {
	network $PRIVATE
	resolves relay.test $PRIVATE
	HOST_NAME=relay.test LISTEN=$ALL
	serve
	node_works
	is '.IPv4 == null and .STUNPort == -1'
	LISTEN="listen on $PRIVATE port 8443 tls"
	EXTRA="stun { listen on $PRIVATE port 3479 }"
	serve
	node_works
	is '.IPv4 == "10.0.0.7" and .IPv6 == "none" and .DERPPort == 8443 and
	    .STUNPort == 3479 and .CanPort80 == null'
}

e2e_case ipv6 120 "IPv6 alone, with a name and with an address for a name"
ipv6_body() {
	network $PUBLIC6
	HOST_NAME=$PUBLIC6 LISTEN="listen on $PUBLIC6 port 443 tls"
	serve
	node_works
	is '.HostName == null and .IPv4 == "none" and .IPv6 == "2600::7"'
	LISTEN="listen on $PUBLIC6 port 8443 tls"
	serve
	node_works
	is '.HostName == "2600::7"'
	rm -r state
	HOST_NAME=relay.test LISTEN="listen on $PUBLIC6 port 443 tls"
	EXTRA="stun { listen on $PUBLIC6 port 3478 }"
	serve
	node_works
	is '.HostName == "relay.test" and .IPv4 == "none"'
}

e2e_case address 120 "an address for a name, and in the certificate"
address_body() {
	network $PUBLIC
	HOST_NAME=$PUBLIC LISTEN=$ALL
	make_ca
	make_cert relay $PUBLIC ec "IP:$PUBLIC"
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\""
	serve
	node_works
	is '.HostName == "9.0.0.7" and .CertName == null'
	CERTS=''
	serve
	node_works
	is '.CertName | startswith("sha256-raw:")'
}

e2e_case names 120 "several names, of which the certificates hold some"
names_body() {
	network $PUBLIC
	make_ca
	make_cert relay b.test ec
	HOST_NAME=a.test LISTEN=$ALL EXTRA='hostname "b.test"'
	# Without "allow" a host name that no certificate has is an error.
	CERTS="certificate \"$PWD/relay.crt\" key \"$PWD/relay.key\" allow"
	serve
	node_works
	is '.HostName == "b.test"'
	EXTRA=''
	serve
	node_works
	is '.HostName == "a.test" and .CertName == "b.test"'
	# The self-signed certificate is made anew for a new name.
	CERTS='' HOST_NAME=c.test
	serve
	e2e_stop
	HOST_NAME=d.test EXTRA='hostname "c.test"'
	serve
	grep -q 'was made anew: its CertName was sha256-raw' derpd.log ||
	    e2e_fail "the log does not tell that the pin has changed"
	node_works
	is '.HostName == "d.test"'
}

# A handwritten node, as many maps contain.
e2e_case nameless 60 "a node with an address, a port and no HostName"
nameless_body() {
	e2e_need_interop
	HOST_NAME=relay.test
	e2e_start
	for _more in '' ',"HostName":""'; do
		cat >node.json <<END
{"Name": "901a", "RegionID": 901, "DERPPort": $TLS_PORT, "IPv4": "127.0.0.1",
"IPv6": "none", "STUNPort": -1, "InsecureForTests": true$_more}
END
		run "$INTEROP" -node node.json -case node
	done
	e2e_stop
}

e2e_case no_node 60 "a machine with only a map is not a node"
no_node_body() {
	e2e_paths
	cat >map.json <<END
{"Regions": {"900": {"RegionID": 900, "RegionCode": "x", "RegionName": "X",
"Nodes": [{"Name": "a", "RegionID": 900, "HostName": "a.test"}]}}}
END
	MESH='' EXTRA="map \"$PWD/map.json\""
	e2e_conf
	sed '/^relay {/,/^}/d' derpd.conf >other
	mv other derpd.conf
	"$DERPD" -d -f derpd.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "derpd answers" ctl status
	! ctl node >node.out 2>&1 || e2e_fail "it prints: $(cat node.out)"
	grep -q 'neither a relay nor STUN' node.out ||
	    e2e_fail "it printed: $(cat node.out)"
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case wildcard
	atf_add_test_case private
	atf_add_test_case ipv6
	atf_add_test_case address
	atf_add_test_case names
	atf_add_test_case nameless
	atf_add_test_case no_node
}
