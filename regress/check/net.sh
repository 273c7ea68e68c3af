# shellcheck shell=sh
# A network for checks: the namespace NS, which nothing leaves.  All addresses
# of 5.5.5.0/24 and 2a00:5555::/64 are this machine's; 5.5.6.1 and 2a00:5556::1
# are so by an interface; all others are silent.  They are public ones: the
# checker judges a private network in another way.  The resolver is at
# 127.0.0.1.  Used with common.sh of regress/e2e.

# net_begin: make it; BROKEN is the program of broken servers.
net_begin() {
	e2e_paths
	: "${BROKEN:=$SRC/broken/broken}"
	[ -x "$BROKEN" ] ||
	    atf_skip "the Go program was not built (regress/check.sh)"
	command -v unshare >/dev/null || atf_skip "there is no unshare"
	e2e_namespace
	cat >net.batch <<-end
	link add out0 type veth peer name out1
	addr add 5.5.6.1/24 dev out0
	addr add 2a00:5556::1/64 dev out0 nodad
	addr add 5.5.6.3/24 dev out0
	addr add 2a00:5556::3/64 dev out0 nodad
	link set out0 up
	link set out1 up
	neigh add 5.5.6.2 lladdr 02:00:00:00:00:01 dev out0
	neigh add 2a00:5556::2 lladdr 02:00:00:00:00:01 dev out0
	route add default via 5.5.6.2
	route add default via 2a00:5556::2
	route add local 5.5.5.0/24 dev lo
	route add local 10.5.5.0/24 dev lo
	route add local 2a00:5555::/64 dev lo
	end
	ip -n "$NS" -batch net.batch ||
	    atf_skip "no network with silent addresses"
	cat >resolv.conf <<-end
	nameserver 127.0.0.1
	options timeout:1 attempts:1
	end
	cat >inside <<-end
	#!/bin/sh
	exec ip netns exec $NS unshare -m sh -c '
	mount --make-rprivate / && mount --bind "\$0" /etc/resolv.conf &&
	    exec "\$@"' "$PWD/resolv.conf" "\$@"
	end
	chmod 755 inside
	INSIDE=$PWD/inside
}

# inside COMMAND...: run it there.
inside() {
	"$INSIDE" "$@"
}

# server COMMAND...: the same in the background, with its output in server.log.
server() {
	"$INSIDE" "$@" >>server.log 2>&1 &
	echo $! >>pids
}

# names NAME=ADDRESS/ADDRESS,...: what the resolver says.
names() {
	server "$BROKEN" -dns "$1" serve
}

# there PORT...: somebody listens on these ports of the namespace.
there() {
	for _p; do
		inside ss -Hltn "sport = :$_p" | grep -q . || return 1
	done
}

# check FAULTS ARGUMENT...: derpctl check finds these faults, and no other.
check() {
	_want=$1
	shift
	inside "$BROKEN" -derpctl "$DERPCTL" -want "$_want" check "$@" ||
	    check_fail "the check found other faults"
}

check_fail() {
	[ ! -f server.log ] || tail -n 30 server.log >&2
	atf_fail "$*"
}

# Real programs.

# HERE, THERE: the addresses of two relays, as the resolver has them.
# shellcheck disable=SC2034	# for the tests
HERE=5.5.6.1/2a00:5556::1
# shellcheck disable=SC2034	# for the tests
THERE=5.5.6.3/2a00:5556::3

# relay_conf DIRECTORY V4/V6 [NAME]: the derpd.conf of a relay in DIRECTORY, at
# the usual ports of these addresses.  RELAY, EXTRA, CERTS and MESH as in
# e2e_conf; without CERTS, the test's CA signs its certificate.
relay_conf() {
	_dir=$1 _v4=${2%/*} _v6=${2#*/} _name=${3:-relay.test}
	mkdir -p "$_dir"
	[ -f ca.pem ] || make_ca
	[ -f "$_dir/relay.crt" ] || make_cert "$_dir/relay" "$_name" ec
	(
		# shellcheck disable=SC2034	# for e2e_conf
		HOST_NAME=$_name
		: "${CERTS:=certificate \"$PWD/$_dir/relay.crt\" \\
		    key \"$PWD/$_dir/relay.key\"}"
		: "${LISTEN:=listen on $_v4 port 443 tls
listen on $_v6 port 443 tls
listen on $_v4 port 80
listen on $_v6 port 80}"
		EXTRA="${EXTRA:+$EXTRA
}stun {
	listen on $_v4 port 3478
	listen on $_v6 port 3478
}"
		cd "$_dir" && e2e_conf
	)
}

# relay_run DIRECTORY: start that relay.
relay_run() {
	server "$DERPD" -d -f "$1/derpd.conf"
	_n=0
	until said 'derpd .* ready: '; do
		_n=$((_n + 1))
		[ "$_n" -lt 100 ] || check_fail "derpd does not start"
		sleep 0.1
	done
}

# said PATTERN: a server has said so.
said() {
	grep -q "$1" server.log
}

# quiet: end all servers but the resolver, which is the first.
quiet() {
	sed 1d pids >ended
	while read -r _pid; do
		kill "$_pid" 2>/dev/null
		wait "$_pid"
	done <ended
	sed -n 1p pids >pids.new
	mv pids.new pids
	: >server.log
}
