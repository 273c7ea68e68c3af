#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A short run of random clients; `make soak' starts longer ones.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/../e2e/common.sh"

e2e_case short 300 "random clients, reloads, deaths: no client is harmed"
short_body() {
	command -v curl >/dev/null || atf_skip "needs curl"
	run sh "$(atf_get_srcdir)/soak.sh"
}

atf_init_test_cases() {
	atf_add_test_case short
}
