#!/bin/sh
# Run scripts in a virtual machine with the kernel's own WireGuard, as root, and
# with the programs of this build: kernel WireGuard needs no module of the
# system that runs this, nor root.
#
#	regress/vm/run.sh [-f FILE]... [-t SECONDS] [-o FOLDER] SCRIPT...
#
# Each SCRIPT is run by sh, with the functions of lib.sh (`pair' makes two hosts
# with WireGuard and a router between them, `relay' starts derpd), in an empty
# folder and for at most SECONDS (120); it passes when it exits with 0 and is
# skipped with 77.  What it prints is shown here at once.  The build tree's
# programs are in /build (/build/derpd/derpd), the files of -f in /vm/files.
# Afterwards all its processes, interfaces and namespaces are removed, and the
# next one begins; then the machine ends.  To try something by hand:
#
#	cat >try.sh <<'end'
#	pair
#	relay
#	at a /build/derpbridge/derpbridged -d -f /vm/files/bridge.conf &
#	block_udp
#	within 20 "the relay is used" answers a 10.77.0.2
#	at a wg show
#	end
#	regress/vm/run.sh -f bridge.conf try.sh
#
# A boot takes some 10 seconds: QEMU emulates the processor (programs in Go are
# slow in it).  VM_ACCEL=kvm uses the system's.  VM_SMP (1) and VM_MEMORY (1024
# MiB) size the machine; VM_BUILD names another build tree.  With -o, what each
# script printed goes to FOLDER/NAME.log, and "pass", "fail", "skip" or
# "timeout" with its seconds to FOLDER/NAME.  Exits 0 when all passed, 1 when
# one did not, 77 when there is no QEMU or no kernel, with the reason.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${VM_CACHE:=$here/cache}" "${VM_SMP:=1}" "${VM_MEMORY:=1024}"
: "${VM_BUILD:=$(cd "$here/../.." && pwd)}"
export VM_CACHE

usage() {
	echo "usage: run.sh [-f FILE]... [-t SECONDS] [-o FOLDER] SCRIPT..." >&2
	exit 2
}

seconds=120 out='' files=''
while getopts f:o:t: option; do
	case $option in
	f) files="$files $OPTARG" ;;
	o) out=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
sh "$here/kernel.sh" || exit

work=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX")
trap 'end' EXIT
trap 'exit 1' HUP INT TERM

# end: no machine and no file is left.
# shellcheck disable=SC2317	# the trap calls it
end() {
	[ ! -s "$work/pid" ] || kill "$(cat "$work/pid")" 2>/dev/null
	rm -rf "$work"
}

# base: the archive of what does not change, made again when it is old.
base() {
	_base=$VM_CACHE/base.cpio
	if [ ! -f "$_base" ] || [ -n "$(find "$here/base.sh" -newer "$_base")" ]
	then
		sh "$here/base.sh" "$_base"
	fi
}

# programs: copy the programs of the build, and the libraries that the base does
# not have.
programs() {
	(cd "$VM_BUILD" && find acme-helper derpbridge derpctl derpd derpmapd \
	    stund regress/interop regress/bridge -type f -perm -100 \
	    ! -name '*_test' ! -name '*.sh' 2>/dev/null) |
	while read -r _program; do
		mkdir -p "$work/tree/build/$(dirname "$_program")"
		cp "$VM_BUILD/$_program" "$work/tree/build/$_program"
		ldd "$VM_BUILD/$_program" 2>/dev/null | grep -o '/[^ ]*'
	done | sort -u | while read -r _lib; do
		mkdir -p "$work/tree$(dirname "$_lib")"
		cp -L "$_lib" "$work/tree$_lib"
	done
}

# users: those of etc/*.sysusers, nobody and daemon.
users() {
	mkdir -p "$work/tree/etc"
	{
		echo root:x:0:0:root:/root:/bin/sh
		echo daemon:x:1:1::/:/bin/false
		cat "$here"/../../etc/*.sysusers | awk '$1 == "u" {
			id = 800 + n++
			print $2 ":x:" id ":" id "::/:/bin/false"
		}'
		echo nobody:x:65534:65534::/:/bin/false
	} >"$work/tree/etc/passwd"
	awk -F : '{ print $1 ":x:" $4 ":" }' "$work/tree/etc/passwd" \
	    >"$work/tree/etc/group"
	echo '127.0.0.1 localhost
::1 localhost
10.9.0.2 relay.test
10.9.0.3 relay2.test' >"$work/tree/etc/hosts"
	echo 'hosts: files' >"$work/tree/etc/nsswitch.conf"
	: >"$work/tree/etc/resolv.conf"
}

# certificates: a CA, trusted in the machine, and one of each relay.
certificates() {
	_tls=$work/tree/vm/tls
	mkdir -p "$_tls" "$work/tree/etc/ssl/certs"
	_ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
	# shellcheck disable=SC2086
	openssl req -x509 $_ec -keyout "$work/ca.key" -out "$_tls/ca.crt" \
	    -subj "/CN=test CA" -addext keyUsage=critical,keyCertSign \
	    -addext basicConstraints=critical,CA:TRUE 2>/dev/null || return
	for _name in relay relay2; do
		# shellcheck disable=SC2086
		openssl req -x509 $_ec -CA "$_tls/ca.crt" \
		    -CAkey "$work/ca.key" -keyout "$_tls/$_name.key" \
		    -out "$_tls/$_name.crt" -subj "/CN=$_name.test" \
		    -addext basicConstraints=critical,CA:FALSE \
		    -addext "subjectAltName=DNS:$_name.test" 2>/dev/null ||
		    return
	done
	cp "$_tls/ca.crt" "$work/tree/etc/ssl/certs/ca-certificates.crt"
	mkdir -p "$work/tree/lib/ssl"
	cp "$_tls/ca.crt" "$work/tree/lib/ssl/cert.pem"
}

# tree: what is in the machine beside the base.
tree() {
	mkdir -p "$work/tree/vm/scenarios" "$work/tree/vm/files"
	programs
	users
	certificates || return
	cp "$here/init" "$work/tree/init"
	cp "$here/lib.sh" "$here/enter.sh" "$work/tree/vm/"
	for _file in $files; do
		cp "$_file" "$work/tree/vm/files/" || return
	done
	for _script; do
		cp "$_script" "$work/tree/vm/scenarios/" || return
		echo "$(basename "$_script") $seconds"
	done >"$work/tree/vm/list"
	(cd "$work/tree" && find . | cpio -o -H newc --quiet) >"$work/our.cpio"
	cat "$VM_CACHE/base.cpio" "$work/our.cpio" >"$work/initrd"
	rm -rf "$work/tree" "$work/our.cpio"
}

# The processor has what libipsec-mb needs, and no AVX, which QEMU emulates so
# slowly that kernel WireGuard has a fifth of its speed.
cpu=Nehalem,+aes,+pclmulqdq,+rdrand

# On a busy system the kernel takes a wrong frequency for the clock of the
# processor, and its time then runs up to five times too fast (tsc=unstable); it
# finds that its timers do not work, and panics or stands still (no_timer_check,
# nolapic_timer).
#
# boot: run the machine; its reports go to the standard output.
boot() {
	_limit=$((60 + $1 * (seconds + 15)))
	exec timeout "$_limit" qemu-system-x86_64 \
	    -accel "${VM_ACCEL:-tcg}" -cpu "$cpu" \
	    -smp "$VM_SMP" -m "$VM_MEMORY" -nodefaults -no-reboot \
	    -display none -kernel "$VM_CACHE/root/boot/vmlinuz-$(cat \
		"$VM_CACHE/ready")" \
	    -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 \
mitigations=off tsc=unstable no_timer_check nolapic_timer random.trust_cpu=on \
net.ifnames=0" \
	    -serial "file:$work/console" -device virtio-serial-pci \
	    -chardev file,path=/dev/stdout,id=port \
	    -device virtserialport,chardev=port \
	    2>"$work/qemu.log" </dev/null
}

# boots N: boot for N scripts, and once more if nothing is heard of the machine
# for a while.
boots() {
	for _try in 1 2 3; do
		boot "$1" &
		echo $! >"$work/pid"
		_waited=0
		while [ ! -e "$work/ready" ] && [ "$_waited" -lt 90 ] &&
		    kill -0 "$(cat "$work/pid")" 2>/dev/null; do
			sleep 1
			_waited=$((_waited + 1))
		done
		[ ! -e "$work/ready" ] || break
		kill "$(cat "$work/pid")" 2>/dev/null
		wait
	done
	wait
}

# results N: read reports; print what scripts print, keep results in FOLDER.
# Succeeds when N scripts were good.  Not awk, which may wait for more input.
results() {
	_good=0 _done='' _log=/dev/null
	while IFS= read -r _line; do
		case $_line in
		'@vm '*)
			# shellcheck disable=SC2086	# words of a report
			report ${_line#@vm } ;;
		*)	echo "$_line"
			echo "$_line" >>"$_log" ;;
		esac
	done
	[ -n "$_done" ] && [ "$_good" -eq "$1" ]
}

# report WORD...: one of the reports.
report() {
	_script=$(basename "${2:-}" .sh)
	case $1 in
	ready)	: >"$work/ready" ;;
	begin)	echo "--- $_script"
		[ -z "$out" ] || { _log=$out/$_script.log && : >"$_log"; } ;;
	end)	case $3 in
		0)	_word=pass ;;
		77)	_word=skip ;;
		timeout) _word=timeout ;;
		*)	_word=fail ;;
		esac
		echo "--- $_script: $_word after $4 s"
		case $_word in
		pass | skip) _good=$((_good + 1)) ;;
		esac
		[ -z "$out" ] || echo "$_word $4" >"$out/$_script"
		_log=/dev/null ;;
	done)	_done=1 ;;
	esac
}

[ -z "$out" ] || mkdir -p "$out" || exit 1
base && tree "$@" || exit 1
boots $# | results $#
status=$?
rm -f "$work/pid"
if [ "$status" -ne 0 ]; then
	[ ! -s "$work/qemu.log" ] || sed 's/^/qemu: /' "$work/qemu.log" >&2
	[ ! -s "$work/console" ] || sed 's/^/console: /' "$work/console" |
	    tail -n 30 >&2
fi
exit "$status"
