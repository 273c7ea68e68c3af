#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The real Go client against the daemon: certificates of all kinds, and
# different numbers of workers.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# Cases that depend on the spread of connections over workers; run several
# times.
SPREAD=self,gone,gone-silent,not-here,reconnect,dup,dup-many,mesh-watch
SPREAD=$SPREAD,mesh-flags,mesh-forward,mesh-close,mesh-refused,sizes

e2e_case one_worker 180 "all cases, P-256 certificate, one worker"
one_worker_body() {
	e2e_need_interop
	use_cert ec
	e2e_start
	interop all
	e2e_stop
}

e2e_case two_workers 180 "all cases, RSA certificate, two workers"
two_workers_body() {
	e2e_need_interop
	use_cert rsa
	WORKERS=2
	e2e_start
	interop all
	interop "$SPREAD" -repeat 10
	e2e_stop
}

e2e_case three_workers 180 "all cases, P-384 certificate, three workers"
three_workers_body() {
	e2e_need_interop
	use_cert p384
	WORKERS=3
	e2e_start
	interop all
	interop "$SPREAD" -repeat 10
	e2e_stop
}

e2e_case eight_workers 180 "all cases, eight workers behind three fronts"
eight_workers_body() {
	e2e_need_interop
	use_cert ec
	WORKERS=8 FRONTS=3
	e2e_start
	interop all
	interop "$SPREAD" -repeat 3
	e2e_stop
}

e2e_case self_signed 120 "a pinned self-signed certificate, kept over a restart"
self_signed_body() {
	e2e_need_interop
	e2e_start
	_pin=$(e2e_pin)
	[ -n "$_pin" ] || e2e_fail "no CertName pin was logged"
	interop pin,start-fast,sizes,dup,gone
	e2e_stop
	e2e_launch
	[ "$(e2e_pin)" = "$_pin" ] || e2e_fail "the pin changed to $(e2e_pin)"
	interop pin
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case one_worker
	atf_add_test_case two_workers
	atf_add_test_case three_workers
	atf_add_test_case eight_workers
	atf_add_test_case self_signed
}
