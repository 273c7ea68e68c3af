#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl check: targets, places, results and exit status, against derpd.  What
# each fault looks like is in regress/check/.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/mesh.sh
. "$(atf_get_srcdir)/mesh.sh"

# serve: relay and STUN on 127.0.0.1, with a certificate for localhost; STUN is
# the port.
serve() {
	e2e_paths
	HOST_NAME=localhost
	use_cert ec
	LISTEN='listen on 127.0.0.1 port 0 tls'
	EXTRA="stun { listen on 127.0.0.1 port 0
	probe every 1 }"
	e2e_start
	STUN=$(e2e_port '(stun)')
	wait_until "STUN answers" answering
}

answering() {
	ctl -j status | jq -e '.stun.answering'
}

# node NAME FILTER: print this relay as a node of a map, changed by a filter.
node() {
	jq -n --arg name "$1" --argjson port "$TLS_PORT" --argjson stun "$STUN" \
	    "{Name: \$name, HostName: \"localhost\", IPv4: \"127.0.0.1\",
	    IPv6: \"none\", DERPPort: \$port, STUNPort: \$stun} | $2"
}

# map ID NODE...: print a map of one region of these nodes.
map() {
	_id=$1
	shift
	printf '%s\n' "$@" | jq -s --argjson id "$_id" '{Regions: {
	    ($id | tostring): {RegionID: $id, RegionCode: "own",
	    RegionName: "Own", Nodes: map(.RegionID = $id)}}}'
}

# check STATUS ARGUMENT...: the exit status; the JSON is in check.json.
check() {
	_want=$1
	shift
	"$DERPCTL" -j check -c ca.pem "$@" >check.json 2>check.err
	_rc=$?
	cat check.json check.err
	[ "$_rc" -eq "$_want" ] ||
	    e2e_fail "exit status $_rc, not $_want: check $*"
	[ ! -s check.json ] || jq -e . check.json >/dev/null ||
	    e2e_fail "that is no JSON"
}

# places NAME...: these were checked, in this order.
places() {
	_got=$(jq -r '.places[].name' check.json | tr '\n' ' ')
	[ "$_got" = "$* " ] || e2e_fail "checked were $_got, not $*"
}

# faults NAME...: these were found, and no others.
faults() {
	_got=$(jq -r '.places[].findings[] | select(.level == "fault").name' \
	    check.json | tr '\n' ' ')
	[ "$_got" = "${*:+$* }" ] || e2e_fail "found were $_got, not $*"
}

e2e_case host 120 "a relay by its name"
host_body() {
	serve
	check 0 -4 "localhost:$TLS_PORT:$STUN"
	faults
	[ "$(jq .ok check.json)" = true ] || e2e_fail "it is not good"
	# An address of a family leaves out the other one.
	check 0 -S 127.0.0.1 -t 1M "localhost:$TLS_PORT:$STUN"
	faults
	jq -e '.places[0].facts[] | select(.name == "throughput").value > 0' \
	    check.json || e2e_fail "no throughput was measured"
	check 2 -S 192.0.2.77 "localhost:$TLS_PORT:$STUN"
	e2e_stop
	check 1 -4 "localhost:$TLS_PORT:$STUN"
	places "localhost:$TLS_PORT"
	faults port-closed
}

e2e_case map_file 120 "the relays of a map, in a file and on standard input"
map_file_body() {
	serve
	map 900 "$(node a .)" >good.json
	check 0 good.json
	places good.json "localhost:$TLS_PORT"
	faults
	_free=$(free_port)
	map 900 "$(node a ".DERPPort = $_free")" >closed.json
	check 1 - <closed.json
	places "standard input" "localhost:$_free"
	faults port-closed
	check 1 good.json closed.json
	places good.json "localhost:$TLS_PORT" closed.json "localhost:$_free"
	faults port-closed
	e2e_stop
}

e2e_case yaml 120 "a map in YAML, as Headscale reads it"
yaml_body() {
	grep -q '^YAML = libyaml' "$(atf_get_srcdir)/../../config.mk" ||
	    atf_skip "derpctl was built without libyaml"
	serve
	map 900 "$(node a .)" >map.json
	run ctl map yaml map.json >map.yaml
	check 0 map.yaml
	places map.yaml "localhost:$TLS_PORT"
	faults
	sed 's/^\( *derpport:\).*$/\1 none/' map.yaml >wrong.yaml
	check 1 wrong.yaml
	places wrong.yaml
	faults map-invalid
	e2e_stop
}

e2e_case large 60 "a map that is too large, in YAML"
large_body() {
	e2e_paths
	echo >ca.pem
	{
		echo Regions:
		yes "  # nothing" | head -n 60000
		echo '  1: {}'
	} >large.yaml
	check 1 large.yaml
	faults map-invalid
	jq -e '.places[0].findings[0].what | test("at most 512 KiB")' \
	    check.json || e2e_fail "it does not say why"
}

# serve_map: serve the map in map.json.
serve_map() {
	EXTRA="$EXTRA
map \"$PWD/map.json\""
	e2e_conf
	run ctl reload
}

e2e_case map_url 120 "a map by its URL, and the map of a relay"
map_url_body() {
	serve
	map 900 "$(node a .)" >map.json
	check 1 -4 "localhost:$TLS_PORT"
	faults stun-closed
	serve_map
	# The map tells the STUN port.
	check 0 -4 "localhost:$TLS_PORT"
	faults
	_url=https://localhost:$TLS_PORT/derpmap/default
	check 0 "$_url"
	places "$_url" "localhost:$TLS_PORT"
	faults
	check 0 -4 "localhost:$TLS_PORT:$STUN"
	places "localhost:$TLS_PORT" "$_url"
	faults
	check 0 "$_url" map.json
	places "$_url" "localhost:$TLS_PORT" map.json
	e2e_stop
}

# region_map: print the map of the nodes of the region.
region_map() {
	STUN=-1
	set --
	for _name in $NODES; do
		TLS_PORT=$(port "$_name")
		set -- "$@" "$(node "$_name" ".HostName = \"$REGION\"")"
	done
	map 900 "$@"
}

# region_kinds: the kinds of the places that were checked.
region_kinds() {
	jq -r '.places[].kind' check.json | tr '\n' ' '
}

e2e_case region 180 "the mesh of a region, and the maps that its nodes serve"
region_body() {
	e2e_paths
	region_begin a b
	region_start
	region_map >map.json
	check 0 map.json
	faults
	[ "$(region_kinds)" = "map node node mesh " ] ||
	    e2e_fail "checked were $(region_kinds)"
	jq '.Regions["900"].RegionName = "Other"' map.json >other.json
	for _name in $NODES; do
		EXTRA="map \"$PWD/map.json\""
		[ "$_name" = a ] || EXTRA="map \"$PWD/other.json\""
		port "$_name" >"$_name/listen"
		node_stop "$_name"
		node_conf "$_name"
		node_start "$_name"
	done
	check 1 map.json
	faults mesh-broken map-differs
	[ "$(region_kinds)" = "map node node mesh mirrors " ] ||
	    e2e_fail "checked were $(region_kinds)"
	node_stop a
	check 1 map.json
	faults port-closed
	node_stop b
}

e2e_case again 120 "again and again: changes alone, until a signal"
again_body() {
	serve
	"$DERPCTL" check -c ca.pem -4 -w 5 "localhost:$TLS_PORT:$STUN" \
	    >again.out 2>&1 &
	_again=$!
	echo "$_again" >>pids
	wait_until "the first results are there" [ -s again.out ]
	e2e_stop
	wait_until "a change is there" grep -q port-closed again.out
	kill -TERM "$_again"
	wait "$_again"
	_rc=$?
	[ "$_rc" -eq 143 ] || e2e_fail "exit status $_rc, not 143"
	cat again.out
}

e2e_case unchecked 60 "2 when something can't be checked"
unchecked_body() {
	e2e_paths
	echo >ca.pem
	echo '{}' >map.json
	check 2
	check 2 'relay.test:x'
	check 3 -N 'relay.test:x'
	check 2 -S relay.test 127.0.0.1
	check 2 - - <map.json
	check 2 -w 5 - <map.json
	check 2 missing.json
	places missing.json
	jq -e '.places[0].failed | test("No such file")' check.json ||
	    e2e_fail "it does not say why"
}

atf_init_test_cases() {
	atf_add_test_case host
	atf_add_test_case map_file
	atf_add_test_case yaml
	atf_add_test_case large
	atf_add_test_case map_url
	atf_add_test_case region
	atf_add_test_case again
	atf_add_test_case unchecked
}
