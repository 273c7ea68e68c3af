#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Changes of a clients file with `derpctl keys'.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# key NUMBER: a node key.
key() {
	printf 'nodekey:%064x\n' "$1"
}

keys() {
	"$DERPCTL" keys "$@" >out 2>err
}

# good ARGUMENT...: derpctl keys succeeds.
good() {
	keys "$@" || atf_fail "keys $*: $(cat err)"
}

# refused REASON ARGUMENT...: it fails with this error, and nothing changes.
refused() {
	_why=$1
	shift
	cp clients before
	! keys "$@" || atf_fail "not refused: $*"
	grep -q -e "$_why" err || atf_fail "keys $*: $(cat err)"
	cmp -s clients before || atf_fail "it was changed: $*"
}

# holds LINE...: the file has these lines and no others.
holds() {
	printf '%s\n' "$@" >want
	diff want clients >&2 || atf_fail "another file"
}

# alone DIR NUMBER: the folder has this number of files.
alone() {
	# shellcheck disable=SC2012	# names of our own
	[ "$(ls -A "$1" | wc -l)" -eq "$2" ] || atf_fail "$(ls -A "$1")"
}

e2e_case life 60 "keys are added, changed, denied and removed"
life_body() {
	e2e_paths
	! keys add -f none/clients "$(key 10)" || atf_fail "added to nothing"
	grep -q "^derpctl: none/clients: can't open the directory of the new \
file: No such file or directory; create it" err || atf_fail "$(cat err)"
	good add -f clients "$(key 10)" name 'Alice laptop' group staff
	grep -qx 'clients: changed' out || atf_fail "$(cat out)"
	good add -f clients "$(printf %064x 11)"
	holds "$(key 10) group staff name \"Alice laptop\"" "$(key 11)"
	good add -f clients "$(key 10)"
	grep -qx 'clients: nothing to change' out || atf_fail "$(cat out)"
	{ echo '# who'; cat clients; echo 'group staff rate 1M'; } >new
	mv new clients
	good add -f clients "$(key 11)" group staff
	good add -f clients "$(key 10)" name Alice
	good deny -f clients "$(key 12)" name Mallory
	holds '# who' "$(key 10) group staff name Alice" \
	    "$(key 11) group staff" 'group staff rate 1M' \
	    "deny $(key 12) name Mallory"
	good deny -f clients "$(key 11)"
	good add -f clients "$(key 12)"
	good remove -f clients "$(key 10)"
	good remove -f clients "$(key 10)"
	grep -qx 'clients: nothing to change' out || atf_fail "$(cat out)"
	holds '# who' "deny $(key 11)" 'group staff rate 1M' \
	    "$(key 12) name Mallory"
}

e2e_case shown 60 "list and check show what is in a file"
shown_body() {
	e2e_paths
	cat >clients <<-END
	$(key 10) group staff	# Alice
	deny $(key 11)
	group idle
	END
	good list -f clients
	sed 's/  *$//' out >got
	{
		printf '%-72s ADMIT GROUP            NAME\n' NODEKEY
		printf '%s yes   staff            Alice\n' "$(key 10)"
		printf '%s no    -                -\n' "$(key 11)"
	} >want
	diff want got || atf_fail "another list"
	good check clients
	grep -qx 'clients: valid, 1 key, 1 denied, 2 groups' out ||
	    atf_fail "$(cat out)"
	good check - <clients
	grep -q '^standard input: valid, 1 key,' out || atf_fail "$(cat out)"
	command -v jq >/dev/null || atf_skip "there is no jq"
	"$DERPCTL" -j keys list -f clients >out
	jq -e --arg a "$(key 10)" --arg b "$(key 11)" '. == {keys: [
	    {key: $a, admitted: true, group: "staff", name: "Alice"},
	    {key: $b, admitted: false, group: "", name: ""}]}' out ||
	    atf_fail "$(cat out)"
	"$DERPCTL" -j keys check clients >out
	jq -e '. == {ok: true, keys: 1, denied: 1, groups: 2}' out ||
	    atf_fail "$(cat out)"
	"$DERPCTL" -j keys add -f clients "$(key 10)" >out
	jq -e '. == {ok: true, changed: false}' out || atf_fail "$(cat out)"
}

e2e_case refusals 60 "what is wrong is not written"
refusals_body() {
	e2e_paths
	printf '%s\n\n  keys\n' "$(key 10)" >clients
	for _c in add deny remove; do
		refused "nothing was changed: clients:3:3: expected nodekey:" \
		    "$_c" -f clients "$(key 11)"
	done
	refused 'clients:3:3: expected' list -f clients
	refused 'clients:3:3: expected' check clients
	"$DERPCTL" -j keys check clients >out 2>err
	jq -e 'select(.ok == false) | .error' out || atf_fail "$(cat out)"
	key 10 >clients
	refused 'expected a node key' add -f clients "$(key 11)0"
	refused 'expected a node key' add -f clients "mkey:$(key 11)"
	refused 'name: expected 1 to 64 bytes' \
	    add -f clients "$(key 11)" name "$(printf '\033[31m')"
	refused 'group: expected 1 to 64 bytes' \
	    add -f clients "$(key 11)" group "$(printf %065d 0)"
	for _a in "$(key 11) name" "$(key 11) names a" \
	    "$(key 11) name a name b" ''; do
		# shellcheck disable=SC2086	# words
		refused '^usage:' add -f clients $_a
	done
	refused '^usage:' deny -f clients "$(key 11)" group a
	refused '^usage:' remove -f clients "$(key 11)" name a
	refused '^usage:' wipe -f clients
	refused 'none: No such file' remove -f none "$(key 10)"
	refused 'expected a regular file' add -f . "$(key 10)"
	mkdir empty
	! (cd empty && keys add -f clients "$(key 11)" name "$(printf '\t')") ||
	    atf_fail "not refused"
	rm -f empty/out empty/err
	alone empty 0
}

e2e_case keeps 60 "mode, owner and links stay; a new file is not for all"
keeps_body() {
	e2e_paths
	umask 0
	good add -f new "$(key 10)"
	[ "$(stat -c %a new)" -eq 640 ] || atf_fail "$(stat -c %a new)"
	mkdir far
	key 10 >far/clients
	chmod 604 far/clients
	[ "$(id -u)" -ne 0 ] || chown nobody far/clients
	ln -s far/clients link
	stat -c '%a %U %G' far/clients >before
	good add -f link "$(key 11)"
	stat -c '%a %U %G' far/clients >after
	cmp before after || atf_fail "other mode or owner"
	[ -L link ] || atf_fail "the link is gone"
	grep -qx "$(key 11)" far/clients || atf_fail "it was not changed"
	alone far 1
}

e2e_case at_once 120 "of edits at the same time none is lost"
at_once_body() {
	e2e_paths
	mkdir at
	# The first ones make the file.
	for _i in $(seq 1 40); do
		"$DERPCTL" keys add -f at/clients "$(key "$_i")" >"out.$_i" 2>&1 &
		eval "_p$_i=$!"
	done
	for _i in $(seq 1 40); do
		eval "wait \$_p$_i" || atf_fail "$(cat "out.$_i")"
	done
	for _i in $(seq 1 40); do
		key "$_i"
	done >want
	sort at/clients | diff want - || atf_fail "a key was lost"
	alone at 1
}

e2e_case locked 60 "an edit waits for another one"
locked_body() {
	e2e_paths
	[ -d /proc/self/fd ] || atf_skip "there is no /proc"
	command -v flock >/dev/null || atf_skip "there is no flock"
	key 10 >clients
	mkfifo go
	flock clients cat go >cat.out &
	echo "$!" >>pids
	# It is locked by the time that somebody reads the other end.
	exec 3>go
	"$DERPCTL" keys add -f clients "$(key 11)" >out 2>&1 3>&- &
	_ctl=$!
	echo "$_ctl" >>pids
	# While it waits the file is replaced, as another derpctl would do.
	wait_until "derpctl waits" waits_for_lock "$_ctl"
	key 12 >new
	mv new clients
	exec 3>&-
	wait "$_ctl" || atf_fail "$(cat out)"
	holds "$(key 12)" "$(key 11)"
}

# waits_for_lock PID: it has the file open.
waits_for_lock() {
	find "/proc/$1/fd" -lname "$PWD/clients" 2>/dev/null | grep -q .
}

e2e_case full_disk 60 "a full disk changes nothing and leaves nothing"
full_disk_body() {
	e2e_paths
	e2e_need_root "a file system of its own"
	mkdir disk
	mount -t tmpfs -o size=16k,mode=700 none disk 2>/dev/null ||
	    atf_skip "can't mount a tmpfs here"
	echo "$PWD/disk" >mounted
	key 10 >disk/clients
	cp disk/clients before
	dd if=/dev/zero of=disk/fill bs=1k count=100 2>/dev/null
	! keys add -f disk/clients "$(key 11)" || atf_fail "it was changed"
	grep -q 'No space left' err || atf_fail "$(cat err)"
	cmp before disk/clients || atf_fail "it was changed"
	! keys add -f disk/new "$(key 11)" || atf_fail "it was made"
	alone disk 2
}

e2e_case many 120 "a file of 100,000 keys is changed"
many_body() {
	e2e_paths
	awk 'BEGIN {
		for (i = 1; i <= 100000; i++)
			printf "nodekey:%064x # client %d\n", i, i
	}' >clients
	good check clients
	grep -qx 'clients: valid, 100000 keys, 0 denied, 0 groups' out ||
	    atf_fail "$(cat out)"
	cp clients before
	good remove -f clients "$(key 50000)"
	good add -f clients "$(key 100001)" name last
	diff before clients >difference
	[ "$(grep -c '^[<>]' difference)" -eq 2 ] || atf_fail "$(cat difference)"
}

atf_init_test_cases() {
	atf_add_test_case life
	atf_add_test_case shown
	atf_add_test_case refusals
	atf_add_test_case keeps
	atf_add_test_case at_once
	atf_add_test_case locked
	atf_add_test_case full_disk
	atf_add_test_case many
}
