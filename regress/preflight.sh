#!/bin/sh
# preflight: check what the tests need of the system, before anything is built;
# called by `make check'.  Prints a line for each thing that is missing, with
# the cure, and exits 1 if there was one.
#
# ROOT in the environment is a directory to look into in place of /, for
# preflight_test.sh.
set -u
root=${ROOT:-}
bad=0

# lacks WHAT CURE: something is missing.
lacks() {
	echo "check: $1: $2" >&2
	bad=1
}

# has_host ADDRESS-PATTERN: /etc/hosts has localhost with such an address.
has_host() {
	sed 's/#.*//' "$root/etc/hosts" 2>/dev/null |
	    grep -Eq "^[[:space:]]*$1[[:space:]](.*[[:space:]])?localhost([[:space:]]|\$)"
}

# proc: what tests read of processes and of the network.
proc() {
	if [ ! -r "$root/proc/self/status" ]; then
		lacks "/proc is not mounted" "mount -t proc proc /proc"
		return
	fi
	grep -q '127\.0\.0\.1' "$root/proc/net/fib_trie" 2>/dev/null ||
	    lacks "the loopback interface has no 127.0.0.1" \
		"ip link set lo up"
	grep -q '^0*1 ' "$root/proc/net/if_inet6" 2>/dev/null ||
	    lacks "the loopback interface has no ::1" "ip link set lo up, and \
sysctl -w net.ipv6.conf.lo.disable_ipv6=0 (docker: --sysctl)"
}

hosts() {
	has_host '127\.[0-9.]+' ||
	    lacks "/etc/hosts does not have localhost with 127.0.0.1" \
		"echo '127.0.0.1 localhost' >>/etc/hosts"
}

devices() {
	for dev in null urandom ptmx; do
		[ -c "$root/dev/$dev" ] || [ -L "$root/dev/$dev" ] ||
		    lacks "/dev/$dev is missing" "mount devtmpfs on /dev, and \
devpts on /dev/pts"
	done
}

# temporary: kyua and configure build and run programs there.
temporary() {
	tmp=${TMPDIR:-/tmp}
	if ! dir=$(mktemp -d "$root$tmp/preflight.XXXXXX" 2>/dev/null); then
		lacks "$tmp is not writable" "chmod 1777 $tmp, or set TMPDIR"
		return
	fi
	printf '#!/bin/sh\nexit 0\n' >"$dir/run"
	chmod 755 "$dir/run"
	"$dir/run" 2>/dev/null || lacks "programs can't run in $tmp (noexec)" \
	    "mount -o remount,exec $tmp, or set TMPDIR"
	rm -rf "$dir"
}

# users: root's tests become these when derpd's own do not exist.
users() {
	for user in nobody daemon; do
		cut -d : -f 1 "$root/etc/passwd" 2>/dev/null |
		    grep -qx "$user" ||
		    lacks "there is no user $user" "useradd -r $user"
	done
}

[ "$(uname -s)" != Linux ] || proc
hosts
devices
temporary
[ "$(id -u)" -ne 0 ] || users
[ "$bad" -eq 0 ] || echo "check: nothing was built or run" >&2
exit "$bad"
