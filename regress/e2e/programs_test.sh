#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The programs of the suite: the libraries of each, and who may start them.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# linked PROGRAM: print its direct libraries, without those of the C library and
# the sanitizers.
linked() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' |
	    grep -v -e '^libc$' -e '^libm$' -e '^libbsd$' -e '^libasan$' \
	    -e '^libubsan$' -e '^ld-linux' | sort | tr '\n' ' '
}

# want PROGRAM LIBRARY...: PROGRAM is linked with exactly these.
want() {
	_program=$SRC/../../$1
	_wanted="$_wanted $1 "
	shift
	_got=$(linked "$_program")
	[ "$_got" = "$(echo "$*" | tr ' ' '\n' | sort | tr '\n' ' ')" ] ||
	    e2e_fail "$_program is linked with $_got, not with $*"
}

e2e_case libraries 60 "each program is linked with what it needs, and no more"
libraries_body() {
	e2e_paths
	e2e_need_plain "it is linked with all libraries"
	command -v readelf >/dev/null 2>&1 || atf_skip "needs readelf"
	[ "$(uname -s)" = Linux ] || atf_skip "names the libraries of Linux"
	_wanted=
	want derpd/derpd libcrypto libevent_core-2.1 libseccomp libsodium libz
	want derpd/keys/derpd-keys libcrypto libevent_core-2.1 libseccomp \
	    libsodium
	want derpd/signer/derpd-signer libcrypto libevent_core-2.1 libseccomp
	# Where configure found it: amd64 alone has it.
	_mb=
	! grep -q -- '-lIPSec_MB' "$SRC/../../config.mk" || _mb=libIPSec_MB
	# shellcheck disable=SC2086
	want derpd/front/derpd-front $_mb libcrypto libevent_core-2.1 \
	    libseccomp libsodium libssl libtls libwslay
	# Sessions meet no TLS library, no HTTP and no WebSocket.
	# shellcheck disable=SC2086
	want derpd/relay/derpd-relay $_mb libcrypto libevent_core-2.1 \
	    libseccomp libsodium
	want derpd/admit/derpd-admit libevent_core-2.1 libseccomp libsodium
	want derpd/verify/derpd-verify libevent_core-2.1 libseccomp libtls
	want derpd/mesh/derpd-mesh libcrypto libevent_core-2.1 libseccomp \
	    libsodium libssl libtls
	# For a DNS server of the configuration, where configure found it.
	_cares=
	! grep -q '^CARES = cares' "$SRC/../../config.mk" || _cares=libcares
	# shellcheck disable=SC2086
	want derpd/resolve/derpd-resolve $_cares libevent_core-2.1 libseccomp
	want derpd/metrics/derpd-metrics libevent_core-2.1 libseccomp
	want derpd/health/derpd-health libcrypto libevent_core-2.1 libseccomp \
	    libsodium libssl libtls
	want stund/stund libevent_core-2.1 libseccomp libsodium libz
	want derpmapd/derpmapd libcrypto libevent_core-2.1 libseccomp \
	    libsodium libtls
	want acme-helper/acme-helper libcrypto libevent_core-2.1 libseccomp \
	    libtls
	want derpbridge/keys/derpbridge-keys libevent_core-2.1 libseccomp \
	    libsodium
	want derpbridge/netlink/derpbridge-netlink libevent_core-2.1 \
	    libseccomp libsodium
	# shellcheck disable=SC2086
	want derpbridge/worker/derpbridge-worker $_mb libcrypto \
	    libevent_core-2.1 libseccomp libsodium libssl libtls
	# It reads the CA files of the configuration.
	want derpbridge/derpbridged libcrypto libevent_core-2.1 libseccomp \
	    libsodium
	# For derpctl top, where configure found it.
	_curses=
	! grep -q '^SCREEN = curses' "$SRC/../../config.mk" ||
	    _curses='libncursesw libtinfo'
	# For derpctl check, likewise.
	_yaml=
	! grep -q '^YAML = libyaml' "$SRC/../../config.mk" || _yaml=libyaml-0
	# shellcheck disable=SC2086
	want derpctl/derpctl $_curses $_yaml libcrypto libevent_core-2.1 \
	    libsodium libssl libtls
	for _program in $(e2e_programs); do
		case $_wanted in
		*" $_program "*) ;;
		*) e2e_fail "this test has no line for $_program" ;;
		esac
	done
}

e2e_case by_hand 60 "programs started by hand report who starts them"
by_hand_body() {
	e2e_paths
	for _program in $(e2e_programs); do
		for _args in '' '-x' '-x parent' '-x keys more'; do
			# shellcheck disable=SC2086	# words
			if "$SRC/../../$_program" $_args >out 2>err </dev/null
			then
				e2e_fail "$_program $_args: exits with 0"
			fi
			grep -q 'is started by derp[a-z]*(8)' err ||
			    e2e_fail "$_program $_args: $(cat err)"
		done
	done
}

e2e_case about 60 "each program has -h, --help, -V and --version"
about_body() {
	e2e_paths
	_version=$(sh "$SRC/../../etc/version.sh")
	for _program in derpd/derpd derpctl/derpctl $(e2e_programs); do
		for _option in -h --help; do
			"$SRC/../../$_program" $_option >out 2>err </dev/null ||
			    e2e_fail "$_program $_option: fails"
			grep -q "^usage: ${_program##*/} " out ||
			    e2e_fail "$_program $_option: $(cat out)"
			[ ! -s err ] || e2e_fail "$_program: $(cat err)"
		done
		for _option in -V --version; do
			"$SRC/../../$_program" $_option >out 2>err </dev/null ||
			    e2e_fail "$_program $_option: fails"
			[ "$(cat out)" = "${_program##*/} $_version" ] ||
			    e2e_fail "$_program $_option: $(cat out)"
			[ ! -s err ] || e2e_fail "$_program: $(cat err)"
		done
	done
}

e2e_case other_build 60 "a derpd never runs a child of another build"
other_build_body() {
	e2e_paths
	mkdir -p sbin libexec/derpd
	cp "$DERPD" sbin/derpd
	for _program in $(e2e_programs); do
		cp "$SRC/../../$_program" libexec/derpd
	done
	DERPD=$PWD/sbin/derpd
	DEATHS=1
	e2e_start
	# A newer package is unpacked: further children are still of this build.
	for _program in libexec/derpd/*; do
		rm "$_program"
		cp /bin/false "$_program"
	done
	_front=$(e2e_children front)
	kill -KILL "$_front"
	wait_until "another front is there" other_front
	raw coalesced
	e2e_stop
	# A start from there reports the mismatch.
	if "$DERPD" -n -f derpd.conf >check.out 2>&1; then
		e2e_fail "derpd -n accepts programs of another build"
	fi
	rm libexec/derpd/derpd-relay
	if "$DERPD" -n -f derpd.conf >check.out 2>&1; then
		e2e_fail "derpd -n does without a program"
	fi
	grep -q 'the program derpd-relay' check.out ||
	    e2e_fail "the missing program is not named: $(cat check.out)"
}

e2e_case stun_alone 60 "STUN alone needs three programs, a relay all"
stun_alone_body() {
	e2e_paths
	mkdir -p sbin libexec/derpd
	cp "$DERPD" sbin/derpd
	cp "$SRC/../../derpd/keys/derpd-keys" "$SRC/../../stund/stund" \
	    libexec/derpd
	DERPD=$PWD/sbin/derpd
	e2e_conf
	for _rest in '' relay metrics; do
		{
			echo "hostname \"$HOST_NAME\""
			echo "stun { listen on 127.0.0.1 port 0 }"
			sed -n '/^control/,$p' derpd.conf
			case $_rest in
			relay)	echo "certificate self-signed"
				echo "relay { key \"$PWD/derper.key\" }" ;;
			metrics)
				echo "metrics { listen on 127.0.0.1 port 0 }" ;;
			esac
		} >"stun$_rest.conf"
		[ -n "$_rest" ] || continue
		! "$DERPD" -n -f "stun$_rest.conf" >check.out 2>&1 ||
		    e2e_fail "derpd does without the programs for $_rest"
		grep -q 'the program derpd-.*(install all of derpd)' check.out ||
		    e2e_fail "for $_rest none is named: $(cat check.out)"
	done
	run "$DERPD" -n -f stun.conf
	"$DERPD" -d -f stun.conf >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "STUN is there" grep -q '1 stund' derpd.log
	e2e_stop
	rm libexec/derpd/stund
	! "$DERPD" -n -f stun.conf >check.out 2>&1 ||
	    e2e_fail "derpd does without stund"
	grep -q 'the program stund' check.out ||
	    e2e_fail "stund is not named: $(cat check.out)"
}

e2e_case names 60 "each process has the name of its program"
names_body() {
	e2e_start
	for _name in derpd-keys derpd-signer derpd-front derpd-relay; do
		ps -A -o ppid= -o comm= | awk -v parent="$PID" \
		    -v name="$_name" '$1 == parent && $2 == name { n++ }
		    END { exit(n == 0) }' || e2e_fail "no process $_name"
	done
	e2e_stop
}

other_front() {
	_now=$(e2e_children front)
	[ -n "$_now" ] && [ "$_now" != "$_front" ]
}

atf_init_test_cases() {
	atf_add_test_case libraries
	atf_add_test_case by_hand
	atf_add_test_case about
	atf_add_test_case other_build
	atf_add_test_case stun_alone
	atf_add_test_case names
}
