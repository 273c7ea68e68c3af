#!/bin/sh
# Get the kernel for the virtual machine, once: called by run.sh and by
# regress/check.sh.
#
# Debian's package of the cloud kernel, the one that linux-image-cloud-amd64
# depends on, is downloaded with apt and unpacked into regress/vm/cache; it is
# never installed.  VM_CACHE names another folder.  Exits 0 when the kernel is
# there, 77 with the reason when this system can't have it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${VM_CACHE:=$here/cache}"

skip() {
	echo "vm: skipped, $*"
	exit 77
}

[ ! -e "$VM_CACHE/ready" ] || exit 0
[ "$(uname -m)" = x86_64 ] ||
    skip "the virtual machine is for x86_64, this is $(uname -m)"
for program in qemu-system-x86_64 busybox cpio wg nft ip bash apt-get \
    dpkg-deb; do
	command -v "$program" >/dev/null || skip "there is no $program"
done
mkdir -p "$VM_CACHE" || exit 1
cd "$VM_CACHE" || exit 1

# package: print the package with the kernel itself.
package() {
	apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	    sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' |
	    head -n 1
}

name=$(package)
if [ -z "$name" ] && [ "$(id -u)" -eq 0 ]; then
	apt-get update -qq >/dev/null 2>&1
	name=$(package)
fi
[ -n "$name" ] || skip "apt does not know linux-image-cloud-amd64"
rm -rf root ./*.deb
apt-get download -qq "$name" >download.log 2>&1 || {
	[ "$(id -u)" -ne 0 ] || apt-get update -qq >/dev/null 2>&1
	apt-get download -qq "$name" >download.log 2>&1
} || skip "apt can't download $name: $(tail -n 1 download.log)"
dpkg-deb -x "$name"_*.deb root || exit 1
rm -f ./*.deb
version=$(basename root/lib/modules/*)
[ -f "root/boot/vmlinuz-$version" ] || skip "$name has no kernel"
busybox depmod -b root "$version" || exit 1
echo "$version" >ready
