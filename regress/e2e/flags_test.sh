#! /usr/bin/env atf-sh
# shellcheck shell=sh
# README.md says of each flag of derper what replaces it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

e2e_case readme 60 "each flag of derper has a line in README.md"
readme_body() {
	e2e_paths
	DERPER=${DERPER:-${BENCH_BIN:-/nonexistent}/derper}
	[ -x "$DERPER" ] || atf_skip "needs derper in \$BENCH_BIN"
	"$DERPER" -h >usage 2>&1
	sed -n 's/^  \(-[a-z-]*\).*/\1/p' usage >flags
	[ "$(wc -l <flags)" -gt 30 ] || atf_fail "derper -h has no flags"
	sed -n '/^## Coming from derper/,/^## Tests/p' "$SRC/../../README.md" |
	    grep '^| `-' >table
	while read -r _flag; do
		grep -q -e "[\` ]${_flag}[\` =]" table ||
		    atf_fail "README.md does not say what $_flag is here"
	done <flags
}

atf_init_test_cases() {
	atf_add_test_case readme
}
