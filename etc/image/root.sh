#!/bin/sh
# root.sh: make the file tree of the container image; called by `make image' and
# regress/e2e/image.sh as root.sh ROOT PROGRAMS CHILDREN.
#
# The tree holds the programs as built, but those of the bridge, busybox for sh and wget, curl, the
# CAs, and the shared libraries that ldd names, as the installed Debian packages
# have them: upgrade these before.  Scanners for vulnerabilities find the
# versions of the packages in /var/lib/dpkg/status.d.  All modes are set here,
# so that umask and user do not matter; etc/image/archive.sh sets owner and
# time.
set -eu
cd "$(dirname "$0")/../.."
root=$1
umask 022

# BusyBox's applets in the image: for entry point, health checks and a look.
APPLETS="sh wget cat chmod chown cp date df echo env false grep head hostname id
kill ls mkdir mv netstat nslookup od ping ps rm sed sleep tail test top touch tr
true vi wc"

fail() {
	echo "make image: $*" >&2
	exit 1
}

# need PROGRAM PACKAGE
need() {
	command -v "$1" >/dev/null 2>&1 ||
	    fail "$1 is missing: apt-get install $2"
}

# libraries PROGRAM...: print the shared libraries and the loader they need.
libraries() {
	ldd "$@" >"$root.ldd" || fail "ldd can't name the libraries of $*"
	! grep 'not found' "$root.ldd" >&2 || fail "a library is missing"
	sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p' "$root.ldd" | sort -u
	rm -f "$root.ldd"
}

# describe PACKAGE: keep its state and its licence.
describe() {
	dpkg-query -s "$1" |
	    sed '/^Conffiles:/,/^[^ ]/{/^Conffiles:/d;/^ /d;}' \
		>"$root/var/lib/dpkg/status.d/${1%:*}"
	mkdir -p "$root/usr/share/doc/${1%:*}"
	cat "/usr/share/doc/${1%:*}/copyright" \
	    >"$root/usr/share/doc/${1%:*}/copyright"
}

# system FILE MODE: copy a file of this system.
system() {
	mkdir -p "$root${1%/*}"
	cat "$1" >"$root$1"
	chmod "$2" "$root$1"
	readlink -f "$1" >>"$root.files"
}

# packages: print the packages of the files that were copied.  dpkg may know
# them without /usr, where /lib is a link to /usr/lib.
packages() {
	sed 'p;s|^/usr||' "$root.files" | xargs dpkg-query -S 2>/dev/null |
	    sed 's/: .*//'
	echo ca-certificates
}

need dpkg-query dpkg
need busybox busybox-static
need curl curl
need strip binutils
[ -f /etc/ssl/certs/ca-certificates.crt ] ||
    fail "there are no CAs: apt-get install ca-certificates"
! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
    fail "busybox is not static: apt-get install busybox-static"

rm -rf "$root" "$root.files"
for dir in dev etc proc run sys tmp usr/bin usr/lib usr/lib64 \
    usr/libexec/derpd usr/sbin usr/share/doc/derpd var/db var/empty \
    var/lib/derper var/lib/dpkg/status.d
do
	mkdir -p "$root/$dir"
done
for dir in bin lib lib64 sbin; do
	ln -s "usr/$dir" "$root/$dir"
done
ln -s /run "$root/var/run"
# State of a derpd.conf that names no other place is kept in the volume, too.
ln -s ../lib/derper "$root/var/db/derpd"
# Docker gives an ordinary user without a group of its own the group 0.
chmod 775 "$root/run"
chmod 770 "$root/var/lib/derper"
chmod 1777 "$root/tmp"

# One word for each program.
# shellcheck disable=SC2086
set -- $2 "" $3
dir=sbin
for prog; do
	[ -n "$prog" ] || { dir=libexec/derpd; continue; }
	case $prog in
	derpbridge/*) continue ;;
	esac
	to=$root/usr/$dir/${prog##*/}
	# The build ID depends on where the tree was built.
	strip --strip-unneeded -R .note.gnu.build-id -o "$to" "$prog"
	chmod 755 "$to"
done
install -m 755 etc/image/entrypoint.sh "$root/usr/sbin/entrypoint"
install -m 644 LICENSE "$root/usr/share/doc/derpd/copyright"

system "$(readlink -f "$(command -v busybox)")" 755
for applet in $APPLETS; do
	ln -s /usr/bin/busybox "$root/usr/bin/$applet"
done
system "$(readlink -f "$(command -v curl)")" 755
system /etc/ssl/certs/ca-certificates.crt 644
system /usr/lib/os-release 644
ln -s ../usr/lib/os-release "$root/etc/os-release"
for term in linux screen tmux vt100 xterm xterm-256color screen-256color; do
	file=/lib/terminfo/${term%"${term#?}"}/$term
	[ ! -f "$file" ] || system "$file" 644
done
for lib in $(libraries "$root"/usr/sbin/derp* "$root"/usr/libexec/derpd/* \
    "$root/usr/bin/curl"); do
	system "$lib" 644
done
chmod 755 "$root"/lib64/ld-* "$root"/lib/ld-* 2>/dev/null || :

packages | sort -u | while read -r name; do
	describe "$name"
done
rm -f "$root.files"

cat >"$root/etc/passwd" <<END
root:x:0:0:root:/:/bin/sh
_derpd:x:990:990:DERP relay:/:/usr/sbin/nologin
_derpd_keys:x:991:991:DERP relay keys:/:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
END
cat >"$root/etc/group" <<END
root:x:0:
_derpd:x:990:
_derpd_keys:x:991:
nogroup:x:65534:
END
cat >"$root/etc/nsswitch.conf" <<END
passwd: files
group: files
hosts: files dns
END
