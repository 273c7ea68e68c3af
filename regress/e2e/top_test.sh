#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl top in a terminal.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# need_screen: skip when derpctl was built without ncurses.
need_screen() {
	e2e_paths
	grep -q '^SCREEN = curses' "$SRC/../../config.mk" ||
	    atf_skip "derpctl was built without ncurses"
}

# top_begin ROWS COLUMNS [OPTION]...: start derpctl top in a terminal, which
# does what is written to descriptor 9.
top_begin() {
	_rows=$1 _columns=$2
	shift 2
	rm -f keys
	mkfifo keys
	TERM=vt52 LC_ALL=C.UTF-8 "$SRC/terminal" "$_rows" "$_columns" \
	    "$DERPCTL" -s "$PWD/derpd.sock" top "$@" <keys >terminal.out 2>&1 &
	TOP_PID=$!
	echo "$TOP_PID" >>pids
	exec 9>keys
}

# top_do LINE...: tell the terminal.
top_do() {
	printf '%s\n' "$@" >&9
}

# top_show FILE: the screen, in a file.
top_show() {
	rm -f "$1"
	top_do "show $1"
	wait_until "the screen of $1" top_shown "$1"
	cat "$1"
}

top_shown() {
	[ -f "$1" ] && return
	kill -0 "$TOP_PID" 2>/dev/null || top_fail "the terminal has ended"
	return 1
}

# top_shows COUNT: so many lines end in an address.
top_shows() {
	top_show large >/dev/null
	[ "$(grep -c ' 127\.0\.0\.1$' large)" -eq "$1" ]
}

# top_fail REASON: print what the terminal says, and fail.
top_fail() {
	cat terminal.out >&2
	e2e_fail "$1"
}

# top_end LINE: the program must end so, and restore the terminal.
top_end() {
	top_do end
	exec 9>&-
	wait "$TOP_PID" || top_fail "the screen was not as expected"
	grep -qx "$1" terminal.out || top_fail "not $1"
	grep -qx restored terminal.out ||
	    top_fail "the terminal is not restored"
}

e2e_case screen 60 "80x24, other sizes, keys"
screen_body() {
	need_screen
	WORKERS=2
	e2e_start
	raw_begin -c 30 idle
	top_begin 24 80 -i 1
	top_do "wait 30 clients, 30 connections" "wait q quit  s sort"
	top_show first
	[ "$(wc -l <first)" -eq 24 ] || e2e_fail "not 24 lines"
	[ "$(sed -n 5p first)" = "NAME                 GROUP    NODEKEY  CONN$(
	    )     AGE   IN/s  OUT/s DROPS/s  QUEUE" ] ||
	    e2e_fail "the titles: $(sed -n 5p first)"
	# 18 of the 30 fit.
	_n=$(sed -n 6,23p first | grep -c '^-  *-  *[0-9a-f]\{8\}  *1 ')
	[ "$_n" -eq 18 ] || e2e_fail "$_n clients are shown"
	# More room, and less.
	top_do "size 40 120" "wait ADDRESS"
	wait_until "40 lines show all clients" top_shows 30
	top_do "size 8 40" "gone ADDRESS" "wait NODEKEY"
	top_do "size 24 80" "wait QUEUE"
	top_do "send s" "wait by out" "send r" "wait by out, reversed"
	top_do "send h" "wait this text; any key ends it"
	top_do "send x" "gone this text" "wait DROPS/s"
	top_do "send p" "wait paused; by out" "send p" "gone paused"
	_key=$(sed -n '6s/^-  *-  *\([0-9a-f]*\).*/\1/p' first)
	top_do "send /${_key}x" "wait /${_key}x" "gone -        $_key"
	top_do 'send \e' "wait (30 shown)"
	top_do "send /$_key\\r" "wait only \"$_key\" (1 shown)"
	top_do "send q"
	top_end "exit 0"
	raw_end
	e2e_stop
}

e2e_case restart 60 "another derpd: it connects again, and says so"
restart_body() {
	need_screen
	e2e_start
	top_begin 24 80 -i 1
	top_do "wait 0 clients, 0 connections"
	top_show first
	e2e_stop
	top_do "wait derpd has closed the connection: trying to connect again"
	top_show away
	e2e_launch
	top_do "wait connected to derpd again"
	top_show back
	raw_begin -c 2 idle
	top_do "wait 2 clients, 2 connections" "gone connected to derpd again"
	top_do "send q"
	top_end "exit 0"
	raw_end
	e2e_stop
}

e2e_case signals 60 "signals end it, and the terminal is as before"
signals_body() {
	need_screen
	e2e_start
	for _signal in 1 2 3 15; do
		top_begin 24 80
		top_do "wait q quit" "kill $_signal"
		top_end "signal $_signal"
	done
	# Nobody stops it but its terminal.
	top_begin 24 80
	top_do "wait q quit" "send $(printf '\003')"
	top_end "signal 2"
	e2e_stop
}

e2e_case refused 60 "without a terminal, or one it knows: use -b"
refused_body() {
	need_screen
	e2e_start
	ctl top >top.out 2>&1 </dev/null && e2e_fail "there is no terminal"
	grep -q 'no terminal: use -b$' top.out || e2e_fail "$(cat top.out)"
	for _term in '' nonesuch dumb; do
		rm -f keys
		echo "wait derpctl: top: the" |
		    TERM=$_term "$SRC/terminal" 24 80 "$DERPCTL" \
		    -s "$PWD/derpd.sock" top >terminal.out 2>&1 ||
		    top_fail "TERM=$_term: no error"
		grep -qx 'exit 1' terminal.out ||
		    top_fail "TERM=$_term: not exit 1"
	done
	e2e_stop
	top_begin 24 80
	top_do "wait derpd.sock: No such file"
	top_end "exit 1"
}

e2e_case once 60 "-b: once, as text or JSON, without a terminal"
once_body() {
	WORKERS=2
	e2e_start
	raw_begin -c 30 idle
	TERM='' run ctl top -b </dev/null
	cp run.out top.txt
	for _line in '^derpd [0-9][^,]*, up ' '^30 clients, 30 connections$' \
	    '^in [0-9].*/s, [0-9]* packets/s; out ' '^by in (30 shown)$' \
	    '^NAME .*IN/s'; do
		grep -q "$_line" top.txt || e2e_fail "no line: $_line"
	done
	_n=$(grep -c ' 127\.0\.0\.1$' top.txt)
	[ "$_n" -eq 30 ] || e2e_fail "$_n clients"
	run ctl -j top -b
	if command -v jq >/dev/null 2>&1; then
		cp run.out top.json
		run jq -e '.connections == 30 and (.clients | length == 30)' \
		    top.json
	fi
	raw_end
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case screen
	atf_add_test_case restart
	atf_add_test_case signals
	atf_add_test_case refused
	atf_add_test_case once
}
