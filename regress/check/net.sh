# shellcheck shell=sh
# A network for checks: the namespace NS, where all addresses of 192.0.2.0/24
# and 2001:db8::/64 are this machine's (2001:db8:1::1 and 198.51.100.1 are so
# by their interface), all others are silent, and the resolver is at 127.0.0.1.
# Used with common.sh of regress/e2e.

# net_begin: make it; BROKEN is the program of broken servers.
net_begin() {
	RAWDERP=$(atf_get_srcdir)/../e2e/rawderp
	e2e_paths
	: "${BROKEN:=$SRC/broken/broken}"
	[ -x "$BROKEN" ] ||
	    atf_skip "the Go program was not built (regress/check.sh)"
	command -v unshare >/dev/null || atf_skip "there is no unshare"
	e2e_namespace
	cat >net.batch <<-end
	link add out0 type veth peer name out1
	addr add 198.51.100.1/24 dev out0
	addr add 2001:db8:1::1/64 dev out0 nodad
	link set out0 up
	link set out1 up
	neigh add 198.51.100.2 lladdr 02:00:00:00:00:01 dev out0
	neigh add 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev out0
	route add default via 198.51.100.2
	route add default via 2001:db8:1::2
	route add local 192.0.2.0/24 dev lo
	route add local 2001:db8::/64 dev lo
	end
	ip -n "$NS" -batch net.batch ||
	    atf_skip "no network with silent addresses"
	cat >resolv.conf <<-end
	nameserver 127.0.0.1
	options timeout:1 attempts:1
	end
}

# inside COMMAND...: run it there.
inside() {
	# shellcheck disable=SC2016	# for the inner shell
	ip netns exec "$NS" unshare -m sh -c '
	mount --make-rprivate / &&
	    mount --bind "$0" /etc/resolv.conf && exec "$@"' \
	    "$PWD/resolv.conf" "$@"
}

# server COMMAND...: the same in the background, with its output in server.log.
server() {
	inside "$@" >>server.log 2>&1 &
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
