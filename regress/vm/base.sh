#!/bin/sh
# Make the part of the virtual machine's file system that does not change with
# our programs: called by run.sh as base.sh OUTPUT.  OUTPUT becomes a cpio
# archive with the kernel's modules, busybox, ip, tc, wg, wg-quick, nft and the
# libraries of the last.
set -eu
output=$1
here=$(cd "$(dirname "$0")" && pwd)
: "${VM_CACHE:=$here/cache}"

# The modules that tests use; those that they depend on come along.
seeds="wireguard veth tun dummy sch_netem sch_fq_codel sch_tbf sch_htb
nf_tables nft_ct nft_nat nft_masq nft_chain_nat nft_reject_inet nft_limit
nft_redir nft_log nft_fib_inet nft_numgen nft_compat nf_conntrack af_packet
sch_ingress tcp_bbr virtio_pci virtio_console"

version=$(cat "$VM_CACHE/ready")
modules=$VM_CACHE/root/lib/modules/$version
tree=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX")
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/bin" "$tree/dev" "$tree/etc" "$tree/proc" "$tree/sys" \
    "$tree/tmp" "$tree/run/netns" "$tree/run/wireguard" "$tree/root" \
    "$tree/var/empty" "$tree/var/db" "$tree/lib/modules/$version" \
    "$tree/lib64" "$tree/etc/wireguard"
ln -s bin "$tree/sbin"
ln -s . "$tree/usr"
ln -s ../run "$tree/var/run"

# with_libraries PROGRAM: copy a program, and the libraries that it is linked
# with, which keep their paths.
with_libraries() {
	cp "$1" "$tree/bin/"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
		[ ! -e "$tree$lib" ] || continue
		mkdir -p "$tree$(dirname "$lib")"
		cp -L "$lib" "$tree$lib"
	done
}

cp "$(command -v busybox)" "$tree/bin/busybox"
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
done
for program in dash ip tc wg nft bash curl tcpdump; do
	path=$(command -v "$program") || continue
	rm -f "$tree/bin/$program"
	with_libraries "$path"
done
cp "$(command -v wg-quick)" "$tree/bin/"

for module in $seeds; do
	grep "/$module\.ko:" "$modules/modules.dep" || :
done | tr -d ':' | tr ' ' '\n' | sort -u | while read -r path; do
	[ -n "$path" ] || continue
	mkdir -p "$tree/lib/modules/$version/$(dirname "$path")"
	cp "$modules/$path" "$tree/lib/modules/$version/$path"
done
# Not the shell of busybox, which runs its own ip.
ln -sf dash "$tree/bin/sh"
busybox depmod -b "$tree" "$version"
for module in $seeds; do
	echo "$module"
done >"$tree/etc/modules"

(cd "$tree" && find . | cpio -o -H newc --quiet) >"$output.tmp"
mv "$output.tmp" "$output"
