#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Changes of a map file with derpctl.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# node NAME: write a node to add.
node() {
	printf '{"Name":"%s","RegionID":1,"HostName":"%s.example"}\n' "$1" "$1"
}

edit() {
	"$DERPCTL" "$@" >out 2>&1
}

# refused REASON ARGUMENT...: the change fails with this error and changes
# nothing.
refused() {
	_why=$1
	shift
	! edit "$@" || atf_fail "not refused: $*"
	grep -q "nothing was changed: .*$_why" out || atf_fail "$(cat out)"
	cmp -s map.json before.json || atf_fail "it was changed: $*"
}

e2e_case life 60 "create a map, and change it"
life_body() {
	e2e_paths
	node a | edit map add -c ber -n Berlin map.json 900 ||
	    atf_fail "$(cat out)"
	run "$DERPCTL" map check map.json
	node b >b.json
	edit map add map.json 900 b.json || atf_fail "$(cat out)"
	jq -e '.Regions["900"] | .RegionName == "Berlin" and
	    [.Nodes[].RegionID] == [900, 900]' map.json ||
	    atf_fail "$(cat map.json)"
	cp map.json before.json
	edit map set map.json 'Regions.900.Nodes[b].STUNPort' -1 ||
	    atf_fail "$(cat out)"
	diff before.json map.json >difference
	grep -c '^>' difference >lines
	[ "$(cat lines)" -eq 2 ] || atf_fail "$(cat difference)"
	edit map remove map.json 'Regions.900.Nodes[b].STUNPort' ||
	    atf_fail "$(cat out)"
	cmp map.json before.json || atf_fail "the way back is another one"
	edit map remove map.json b || atf_fail "$(cat out)"
	[ "$(jq '.Regions["900"].Nodes | length' map.json)" -eq 1 ] ||
	    atf_fail "$(cat map.json)"
}

e2e_case refusals 60 "an invalid map is not written"
refusals_body() {
	e2e_paths
	node a | edit map add map.json 900
	cp map.json before.json
	refused 'Regions.900.Nodes: expected at least one node' \
	    map remove map.json a
	refused 'Regions: expected at least one region' map remove map.json 900
	refused 'RegionID: expected 900 as in' \
	    map set map.json Regions.900.RegionID 901
	refused 'HostName: expected a host name' \
	    map set map.json Regions.900.Nodes[0].HostName 'a b'
	refused 'there is no entry at "901.RegionName"' \
	    map set map.json Regions.901.RegionName x
	node a >a.json
	refused 'has a node of that Name already' map add map.json 900 a.json
	echo '{' >broken.json
	refused 'the node: .*not JSON' map add map.json 900 broken.json
	"$DERPCTL" -j map set map.json Regions.900.RegionID 901 >out 2>err
	jq -e 'select(.ok == false) | .error' out || atf_fail "$(head -n 1 out)"
	# shellcheck disable=SC2012	# names of our own
	[ "$(ls map.json* | wc -l)" -eq 1 ] || atf_fail "something was left"
}

e2e_case keeps 60 "mode, owner and links stay"
keeps_body() {
	e2e_paths
	mkdir far
	node a | edit map add far/map.json 900
	chmod 640 far/map.json
	[ "$(id -u)" -ne 0 ] || chown nobody far/map.json
	ln -s far/map.json link.json
	stat -c '%a %U %G' far/map.json >before
	edit map set link.json Regions.900.RegionName x || atf_fail "$(cat out)"
	stat -c '%a %U %G' far/map.json >after
	cmp before after || atf_fail "other mode or owner"
	[ -L link.json ] || atf_fail "the link is gone"
	grep -q '"x"' far/map.json || atf_fail "it was not changed"
}

e2e_case full_disk 60 "a full disk changes nothing and leaves nothing"
full_disk_body() {
	e2e_paths
	e2e_need_root "a file system of its own"
	mkdir disk
	mount -t tmpfs -o size=16k,mode=700 none disk 2>/dev/null ||
	    atf_skip "can't mount a tmpfs here"
	echo "$PWD/disk" >mounted
	node a | edit map add disk/map.json 900
	cp disk/map.json before.json
	dd if=/dev/zero of=disk/fill bs=1k count=100 2>/dev/null
	! edit map set disk/map.json Regions.900.RegionName x ||
	    atf_fail "it was changed"
	grep -q 'No space left' out || atf_fail "$(cat out)"
	cmp before.json disk/map.json || atf_fail "it was changed"
	# shellcheck disable=SC2012	# names of our own
	[ "$(ls disk | wc -l)" -eq 2 ] || atf_fail "something was left"
}

atf_init_test_cases() {
	atf_add_test_case life
	atf_add_test_case refusals
	atf_add_test_case keeps
	atf_add_test_case full_disk
}
