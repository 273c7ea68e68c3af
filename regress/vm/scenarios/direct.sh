# shellcheck shell=sh
# Two hosts with kernel WireGuard and no bridge: the harness works.
pair
must pings a 10.77.0.2
must pings b fd77::1
transfer a b 10.77.0.2 4096
block_udp
! answers a 10.77.0.2 || fail "UDP is blocked, and pings still pass"
unblock
within 15 "pings pass again" answers a 10.77.0.2
wg_of a b endpoint
