# shellcheck shell=sh
# derpd in its sandbox has no fault that derpctl check finds.
network
relay
within 20 "derpd is in its sandbox" \
    grep -q "keys ready (chroot, user _derpd_keys, seccomp" relay.log
at a "$BUILD/derpctl/derpctl" check -c /vm/tls/ca.crt relay.test || {
	sed 's/^/relay.log: /' relay.log
	fail "derpctl check finds faults"
}
