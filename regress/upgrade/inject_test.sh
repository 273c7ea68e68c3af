#! /usr/bin/env atf-sh
# shellcheck shell=sh
# A process ends or hangs in the middle of an upgrade: one derpd serves then,
# and what need not end does not.  UPGRADE_ALL=1 (make check-upgrade) tries all
# processes at all steps; else those that decide.

# shellcheck source=regress/upgrade/inject.sh
. "$(atf_get_srcdir)/inject.sh"

STEPS="starting accepting holding moving committed"
TARGETS="old-parent old-keys old-front old-relay new-parent new-keys new-front
    new-relay"
FEW="starting,new-parent,KILL starting,old-parent,KILL accepting,new-parent,KILL
    holding,new-parent,KILL holding,old-relay,KILL moving,new-parent,KILL
    moving,new-relay,KILL moving,old-relay,KILL moving,old-parent,KILL
    committed,new-parent,KILL committed,old-parent,KILL
    committed,new-relay,KILL"

# cases: STEP,TARGET,SIGNAL of each.
cases() {
	[ -n "${UPGRADE_ALL:-}" ] || { echo "$FEW"; return; }
	for _step in $STEPS; do
		for _target in $TARGETS; do
			# What has not begun can't end.
			case $_step,$_target in
			starting,new-[!pk]*) continue ;;
			esac
			echo "$_step,$_target,KILL"
			# What the step waits for is stopped already.
			case $_step,$_target in
			starting,new-keys|moving,new-relay) continue ;;
			esac
			echo "$_step,$_target,STOP"
		done
	done
}

# A SIGHUP that comes while another derpd starts, which has read derpd.conf.
upgrade_case hangup 120 "SIGHUP while another derpd starts"
hangup_body() {
	upgrade_need_load upgrade
	[ -x "$SRC/../e2e/pause" ] || atf_skip "regress/e2e/pause was not built"
	upgrade_install
	pausable keys
	OPTIONS=-v
	upgrade_start
	OLD=$PID
	step_starting
	kill -HUP "$OLD"
	wait_until "it has been told" logged 'SIGHUP: reading'
	kill -CONT "$FROZEN"
	run wait "$ASK_PID"
	wait_until "derpd.conf is read again" logged 'configuration reloaded'
	e2e_stop
	wait_until "all processes end" nothing_left
}

atf_init_test_cases() {
	atf_add_test_case hangup
	for _case in $(cases); do
		_name=$(echo "$_case" | tr ',[:upper:]-' '_[:lower:]_')
		upgrade_case "$_name" 120 "$(echo "$_case" | tr , ' ')"
		eval "${_name}_body() { inject $(echo "$_case" | tr , ' '); }"
		atf_add_test_case "$_name"
	done
}
