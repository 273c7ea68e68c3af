#!/bin/sh
# Try the Debian packages of build-deb; called by `make check-deb' as root.
# Builds them a second time, elsewhere, and compares the bytes; has lintian look
# at them; then in a bare Debian 12, in build-deb/root: install, start, upgrade,
# remove, purge.  With systemd-nspawn that system is booted, and systemd.sh,
# bridge.sh and upgrade.sh try derpd, derpbridged and upgrades under its
# systemd; else it is a chroot in which nothing is started.  MIRROR is that of
# Debian, as for apt here.  A bare system stays, in build-deb/bare, for the next
# time; build-deb/root goes.
set -eu
cd "$(dirname "$0")/../.."
out=build-deb
bare=$PWD/$out/bare
root=$PWD/$out/root
leader=
nspawn=
work=
# Calls that a machine has, and a container not by itself.
LETS="@memlock landlock_create_ruleset landlock_add_rule landlock_restrict_self"

# shellcheck source=regress/packages/systemd.sh
. regress/packages/systemd.sh
# shellcheck source=regress/packages/bridge.sh
. regress/packages/bridge.sh
# shellcheck source=regress/packages/upgrade.sh
. regress/packages/upgrade.sh

# say WORD...: what is tried next.
say() {
	echo "check-deb: $*"
}

# fail WORD...: end.
fail() {
	echo "check-deb: $*" >&2
	exit 1
}

# inside COMMAND ARGUMENT...: run it in the system, without the capabilities
# that reach out of one that runs.
inside() {
	set -- /usr/bin/env -i HOME=/root DEBIAN_FRONTEND=noninteractive \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
	if [ -n "$leader" ]; then
		nsenter -m -u -i -n -p -C -r -w -t "$leader" \
		    /usr/bin/setpriv --bounding-set \
		    -mknod,-sys_module,-sys_rawio,-sys_time "$@"
	else
		chroot "$root" "$@"
	fi
}

# install DEB...: install packages of /deb.
install() {
	inside dpkg -B --force-confold -i "$@" >"$out/install.out" 2>&1 ||
	    { cat "$out/install.out"; fail "dpkg -i $*"; }
}

# active UNIT: it runs.  Nothing runs in a chroot.
active() {
	[ -z "$leader" ] || inside systemctl -q is-active "$1"
}

# inactive UNIT: it does not run.
inactive() {
	[ -z "$leader" ] || ! inside systemctl -q is-active "$1"
}

# private NAME: its state directory is there, and root's alone.
private() {
	[ "$(stat -c %a "$root/var/db/$1")" = 700 ] ||
	    fail "no state directory of $1"
}

# files: what is in the system, without dpkg's and apt's records and logs.
files() {
	(cd "$root" && find . \( -path ./proc -o -path ./sys -o -path ./dev \
	    -o -path ./run -o -path ./tmp -o -path ./deb \
	    -o -path ./var/lib/dpkg -o -path ./var/lib/systemd \
	    -o -path ./var/lib/apt -o -path ./var/cache \
	    -o -path ./var/log -o -path ./var/tmp \) -prune -o -print |
	    grep -v -e '/etc/\(passwd\|shadow\|group\|gshadow\)-$' | sort
	cat etc/passwd etc/group)
}

# again DEB VERSION [COMMAND]: the same package with another version, beside it;
# COMMAND changes the directory with its files.
again() {
	rm -rf "$root/deb/again"
	dpkg-deb -R "$root/deb/$1.deb" "$root/deb/again"
	sed -i "s/^Version: .*/Version: $2/; s/(\(<*=*\) [^)]*)/(\1 $2)/" \
	    "$root/deb/again/DEBIAN/control"
	${3:-:} "$root/deb/again"
	dpkg-deb --root-owner-group -b "$root/deb/again" \
	    "$root/deb/$1-new.deb" >/dev/null
	rm -rf "$root/deb/again"
}

# The bare system; packages that ours depend on come with it.
prepare() {
	# shellcheck disable=SC2016	# apt-get's words
	mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
	    'Created-By: Packages' 'Codename: bookworm' | head -n 1)}
	if [ ! -d "$bare" ]; then
		rm -rf "$bare.new"
		debootstrap --variant=minbase \
		    --include=systemd,systemd-sysv,dbus bookworm "$bare.new" \
		    "$mirror" >"$out/debootstrap.log" ||
		    fail "debootstrap fails ($out/debootstrap.log)"
		mv "$bare.new" "$bare"
	fi
	rm -rf --one-file-system "$root"
	cp -a "$bare" "$root"
	mkdir "$root/deb"
	for p in derpbridge derpd-common derpd stund; do
		cp "$out/$p"_*.deb "$root/deb/$p.deb"
	done
	needs="$(for p in "$root"/deb/*.deb; do
		dpkg-deb -f "$p" Depends
	done | tr ',' '\n' | sed 's/ *\([^ ]*\).*/\1/' | sort -u |
	    grep -vx derpd-common)
	    ca-certificates iproute2 wireguard-go wireguard-tools"
	# shellcheck disable=SC2086	# words
	inside apt-get install -qq -y --no-install-recommends $needs \
	    >"$out/apt.log" 2>&1 || fail "apt-get fails ($out/apt.log)"
	forbid
}

# forbid: start no service in a chroot, which gets a /proc: derpd and
# systemd-tmpfiles need it.
forbid() {
	mount -t proc proc "$root/proc"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
}

# unmount: take the /proc of a chroot away, if there is one.
unmount() {
	umount "$root/proc" 2>/dev/null || :
}

# same DIRECTORY: it is the root of the system, not of this one.
same() {
	[ "$(stat -Lc %d:%i "$1" 2>/dev/null)" = "$(stat -c %d:%i "$root")" ]
}

# booted: the system runs; sets leader, its first process.
booted() {
	leader=$(ps -o pid= --ppid "$nspawn" | tr -d ' ')
	[ -n "$leader" ] && same "/proc/$leader/root" || return 1
	case $(inside systemctl is-system-running 2>/dev/null) in
	running|degraded) ;;
	*) return 1 ;;
	esac
}

# stop: stop the system, if it runs; at once when it does not stop by itself.
stop() {
	[ -n "$nspawn" ] || return 0
	kill "$nspawn" 2>/dev/null || :
	n=0
	while kill -0 "$nspawn" 2>/dev/null && [ $n -lt 60 ]; do
		n=$((n + 1))
		sleep 0.5
	done
	kill -9 "$nspawn" 2>/dev/null || :
	wait "$nspawn" || :
	leader=
	nspawn=
}

# cgroups: remove those that systemd-nspawn leaves, when nothing is in them.
cgroups() {
	sed -n 's/^[0-9]*:\(name=systemd\)\{0,1\}://p' /proc/self/cgroup |
	    while read -r g; do
		for d in "$g" "/unified$g" "/systemd$g"; do
			for n in payload supervisor; do
				find "/sys/fs/cgroup$d/$n" -depth -type d \
				    -exec rmdir {} \; 2>/dev/null || :
			done
		done
	done
}

# end: leave no process and no file of the trial.
end() {
	if [ -n "$nspawn" ]; then
		stop
		cgroups
	fi
	unmount
	rm -rf --one-file-system "$root" "$work"
}

# boot: start the system if that is possible here, else go on with chroot.  It
# has no network but its own, no devices of this machine but that which makes
# tunnels, and can't make them, and no directory of it.
boot() {
	command -v systemd-nspawn >/dev/null 2>&1 || return 0
	rm "$root/usr/sbin/policy-rc.d"
	unmount
	tun=
	[ ! -c /dev/net/tun ] || tun=--bind=/dev/net/tun
	systemd-nspawn -q $tun --register=no --keep-unit --private-network \
	    --drop-capability=CAP_MKNOD --link-journal=no --resolv-conf=off \
	    --timezone=off --system-call-filter="$LETS" -D "$root" --boot \
	    >"$out/nspawn.log" 2>&1 </dev/null &
	nspawn=$!
	n=0
	until booted; do
		n=$((n + 1))
		if [ $n -gt 120 ] || ! kill -0 $nspawn 2>/dev/null; then
			stop
			forbid
			say "can't boot a system ($out/nspawn.log): a chroot"
			return 0
		fi
		sleep 1
	done
	! inside test -e "$root" || fail "the system sees this one's files"
	# By its first process, and by ours in it.
	if inside systemd-run -q --wait mknod /tmp/disk b 254 0 ||
	    inside mknod /tmp/disk b 254 0 2>/dev/null; then
		fail "the system can reach disks"
	fi
}

# configure: a configuration with other ports than those of a relay.
configure() {
	cat >"$root/etc/derpd.conf" <<-END
	hostname "relay.example.org"
	listen on 127.0.0.1 port 11443 tls
	certificate self-signed
	relay { key "/var/db/derpd/derper.key" }
	stun { listen on 127.0.0.1 port 13478 }
	END
}

trap end EXIT
trap 'exit 1' HUP INT TERM

say "the same bytes twice"
work=$(mktemp -d "${TMPDIR:-/tmp}/derpd-deb.XXXXXX")
sh etc/debian/build.sh "$work" >/dev/null
for f in "$work"/*.deb; do
	cmp "$f" "$out/${f##*/}" || fail "${f##*/} differs"
done

say "lintian"
TMPDIR=$work lintian --fail-on error "$out"/*.deb >"$out/lintian.out" 2>&1 ||
    { cat "$out/lintian.out"; fail "lintian finds errors"; }
cat "$out/lintian.out"

say "a bare system"
prepare
boot
files >"$out/before"

say "install: nothing starts without a configuration"
install /deb/derpd-common.deb /deb/derpd.deb
grep -q 'derpd: not started' "$out/install.out" ||
    { cat "$out/install.out"; fail "the package does not say what is next"; }
inactive derpd || fail "derpd runs without a configuration"
[ ! -e "$root/etc/derpd.conf" ] || fail "there is a configuration"
inside getent passwd _derpd _derpd_keys >/dev/null || fail "no users"
private derpd
install /deb/derpbridge.deb
bridge_installed
install /deb/stund.deb
active stund || fail "stund does not run"

say "start"
configure
inside derpd -n >/dev/null || fail "derpd -n refuses the configuration"
if [ -n "$leader" ]; then
	inside systemctl start derpd
	inside derpctl status >"$out/status.out"
	inside derpctl -s /run/stund.sock status >>"$out/status.out"
	inside systemctl reload derpd stund
	cat "$out/status.out"
	inside systemctl stop derpd stund
	try_systemd
	inside systemctl start stund
	try_bridge
	try_upgrade
else
	inside derpd -n -f /etc/stund.conf >/dev/null || fail "stund.conf"
	bridge_configure ""
	inside derpd
	inside derpctl status >"$out/status.out"
	cat "$out/status.out"
	kill "$(sed -n 's/^parent *\([0-9]*\) .*/\1/p' "$out/status.out")"
fi

say "upgrade"
sum=$(cksum "$root/etc/derpd.conf" "$root/var/db/derpd/derper.key")
echo '# changed' >>"$root/etc/stund.conf"
[ -z "$leader" ] || pid=$(main)
for p in derpbridge derpd-common derpd stund; do
	again $p 99
done
install /deb/derpd-common-new.deb /deb/derpd-new.deb /deb/stund-new.deb \
    /deb/derpbridge-new.deb
! grep -q 'not started' "$out/install.out" || fail "it says what is done"
[ "$sum" = "$(cksum "$root/etc/derpd.conf" \
    "$root/var/db/derpd/derper.key")" ] || fail "the upgrade changes files"
grep -q '^# changed' "$root/etc/stund.conf" || fail "a conffile is lost"
active derpd || fail "derpd does not run after the upgrade"
active stund || fail "stund does not run after the upgrade"
bridge_upgraded "${pid:-}"

say "remove keeps configuration and keys, purge leaves nothing"
inside dpkg -r derpbridge derpd stund derpd-common >"$out/remove.out" 2>&1
[ "$sum" = "$(cksum "$root/etc/derpd.conf" \
    "$root/var/db/derpd/derper.key")" ] || fail "remove takes files away"
inactive derpd || fail "derpd runs after it was removed"
bridge_removed
inside dpkg --purge derpbridge derpd stund derpd-common >>"$out/remove.out" 2>&1
files >"$out/after"
diff "$out/before" "$out/after" || fail "purge leaves something"
[ ! -e "$root/run/derpd.sock" ] || fail "purge leaves a socket"

end
say "good"
