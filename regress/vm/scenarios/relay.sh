# shellcheck shell=sh
# derpd in its sandbox has no fault that derpctl check finds.
network
relay
within 20 "derpd's children are in the sandbox" \
    grep -q 'keys ready (chroot, user _derpd_keys, seccomp' derpd.log
at a "$BUILD/derpctl/derpctl" check -c /vm/tls/ca.crt relay.test || {
	sed 's/^/derpd.log: /' derpd.log
	fail "derpctl check finds faults"
}
