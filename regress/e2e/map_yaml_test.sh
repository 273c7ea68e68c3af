#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl map yaml, and what Headscale reads of it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/headscale.sh
. "$(atf_get_srcdir)/headscale.sh"

e2e_case printed 60 "the node of a running derpd, a file, standard input"
printed_body() {
	e2e_start
	run ctl map yaml
	cp run.out own.yaml
	grep -q '^  900:$' own.yaml || e2e_fail "no region"
	_pin=$(ctl node | jq -r '.CertName // empty')
	[ -z "$_pin" ] || grep -q "^        certname: \"$_pin\"\$" own.yaml ||
	    e2e_fail "not its pin"
	ctl -j map yaml | jq -r .yaml | sed '/^$/d' >json.yaml
	cmp own.yaml json.yaml || e2e_fail "another map with -j"
	e2e_stop
	_map=$SRC/../../etc/derp-map.json
	run ctl map yaml "$_map"
	cp run.out file.yaml
	ctl map yaml - <"$_map" | cmp file.yaml - || e2e_fail "not the same"
	echo '{"Regions":{"900":{}}}' >bad.json
	! ctl map yaml bad.json >out 2>err || e2e_fail "it is not valid"
	grep -q '^derpctl: bad.json:1:' err || e2e_fail "$(cat err)"
	[ ! -s out ] || e2e_fail "printed: $(cat out)"
}

# Headscale tells its nodes the map: tailscale shows what came of the YAML.
e2e_case headscale 120 "a node of Headscale gets each field of the map"
headscale_body() {
	need_peers
	cat >map.json <<-end
	{"Regions": {
	  "900": {"RegionID": 900, "RegionCode": "own", "RegionName": "\"O\": 1",
	    "Nodes": [
	      {"Name": "900a", "RegionID": 900, "HostName": "localhost",
	       "IPv4": "127.0.0.1", "IPv6": "none", "DERPPort": 1,
	       "STUNPort": -1, "CanPort80": true,
	       "CertName": "sha256-raw:$(printf %064d 7)"},
	      {"Name": "900b", "RegionID": 900, "HostName": "b.test",
	       "STUNOnly": true}]},
	  "901": {"RegionID": 901, "RegionCode": "far", "RegionName": "Far",
	    "Avoid": true,
	    "Nodes": [{"Name": "901a", "RegionID": 901, "HostName": "c.test"}]}}}
	end
	"$DERPCTL" map yaml map.json >map.yaml || e2e_fail "not valid"
	# shellcheck disable=SC2317,SC2329	# headscale_start calls it
	write_map() { :; }
	headscale_start http
	tailscaled_start
	ts debug derp-map >got.json || fail_hs "no map"
	# Headscale shuffles the nodes of a region.
	_sort='.Regions | map_values(.Nodes |= sort_by(.Name))'
	jq -S "$_sort" map.json >want
	jq -S "$_sort" got.json >got
	diff want got || fail_hs "another map"
	tailscaled_stop
	headscale_stop
}

atf_init_test_cases() {
	atf_add_test_case printed
	atf_add_test_case headscale
}
