#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The scenarios in the virtual machine, each a case here: results.sh boots it
# once for all of them.  The second line of a scenario is its description.
# Those of the folder long run with make check-vm alone.

# vm_body NAME: take the result of a boot.
vm_body() {
	_vm=$(atf_get_srcdir)
	_text=$(sh "$_vm/results.sh" "$1") || {
		[ $? -ne 77 ] || atf_skip "$_text"
		atf_fail "$_text"
	}
	_result=$(cat "$_vm/out/$1" 2>/dev/null)
	cat "$_vm/out/$1.log" 2>/dev/null
	rm -f "$_vm/out/$1"
	case $_result in
	pass*)	;;
	skip*)	atf_skip "$(sed -n 's/^SKIPPED: //p' "$_vm/out/$1.log")" ;;
	'')	cat "$_vm/out/.log"
		atf_fail "the machine gave no result" ;;
	*)	atf_fail "$_result s: $(sed -n 's/^FAILED: //p' \
		    "$_vm/out/$1.log" | head -n 1)" ;;
	esac
}

atf_init_test_cases() {
	for _script in "$(atf_get_srcdir)"/scenarios/*.sh; do
		_name=$(basename "$_script" .sh)
		eval "${_name}_head() {
			atf_set descr \"$(sed -n '2s/^# //p' "$_script" |
			    tr -d '"$`')\"
			atf_set timeout 900
		}
		${_name}_body() { vm_body $_name; }"
		atf_add_test_case "$_name"
	done
}
