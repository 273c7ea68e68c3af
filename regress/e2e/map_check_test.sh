#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpctl map check, as administrators and CI use it, without a daemon.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# write_map [NODE-FIELDS]: write a map to map.json, with more fields in its
# node.
write_map() {
	cat >map.json <<-end
	{
	  "Regions": {
	    "900": {
	      "RegionID": 900, "RegionCode": "own", "RegionName": "Own",
	      "Nodes": [
	        {"Name": "900a", "RegionID": 900,
	         "HostName": "$HOST_NAME"${1:-}}
	      ]
	    }
	  }
	}
	end
}

e2e_case good 60 "a good map, from a file and from standard input"
good_body() {
	e2e_paths
	write_map
	atf_check -o inline:"map.json: valid, 1 region, 1 node\n" \
	    "$DERPCTL" map check map.json
	atf_check -o inline:"standard input: valid, 1 region, 1 node\n" \
	    "$DERPCTL" map check - <map.json
	# A pipe delivers it in pieces.
	{ head -c 100 map.json; tail -c +101 map.json; } |
	    atf_check -o match:': valid' "$DERPCTL" map check -
	atf_check -o inline:'{"findings":[],"ok":true,"regions":1,"nodes":1}
' "$DERPCTL" -j map check map.json
	atf_check -o match:': valid, 1 region, 1 node' \
	    "$DERPCTL" map check "$SRC/../../etc/derp-map.json"
}

e2e_case faults 60 "errors fail, and say where"
faults_body() {
	e2e_paths
	write_map ', "IPv4": "relay", "DERPPort": 70000'
	_at=' Regions.900.Nodes\[0\]'
	atf_check -s exit:1 -e save:err "$DERPCTL" map check map.json
	atf_check grep -q "^error: map.json:7:45:$_at.IPv4: expected an" err
	atf_check grep -q "^error: map.json:7:65:$_at.DERPPort: expected" err
	atf_check -s exit:1 -o save:out "$DERPCTL" -j map check map.json
	atf_check grep -q '"ok":false,"regions":0,"nodes":0}$' out
	if command -v jq >/dev/null 2>&1; then
		atf_check -o inline:"error error\n" \
		    jq -r '.findings | map(.kind) | join(" ")' out
	fi
	echo '{' >map.json
	atf_check -s exit:1 -e inline:"error: map.json:2:1: not JSON: \
a name in quotes was expected\n" "$DERPCTL" map check map.json
}

e2e_case warnings 60 "warnings alone do not fail"
warnings_body() {
	e2e_paths
	write_map ', "DERPPort": 8443'
	atf_check -o match:': valid' -e match:'^warning: map.json:7:.*8443' \
	    "$DERPCTL" map check map.json
	atf_check -o match:'"kind":"warning"' -o match:'"ok":true' \
	    "$DERPCTL" -j map check map.json
}

e2e_case unreadable 60 "unreadable files and wrong arguments"
unreadable_body() {
	e2e_paths
	atf_check -s exit:1 -e match:'none.json: No such file' \
	    "$DERPCTL" map check none.json
	atf_check -s exit:1 -e ignore -o match:'"ok":false,"error":"none.json' \
	    "$DERPCTL" -j map check none.json
	atf_check -s exit:1 -e match:'^derpctl: \.: ' "$DERPCTL" map check .
	atf_check -s exit:1 -e match:'^usage: ' "$DERPCTL" map check
	atf_check -s exit:1 -e match:'^usage: ' "$DERPCTL" map banana
	head -c 600000 /dev/zero >map.json
	atf_check -s exit:1 -e match:'expected at most 512 KiB' \
	    "$DERPCTL" map check map.json
}

# A map may be untrusted: no control character may reach a terminal.
e2e_case terminal 60 "no control character reaches the terminal"
terminal_body() {
	e2e_paths
	printf '{"Regions":{"\033[2J\302\2331":{}}}' >map.json
	atf_check -s exit:1 -e save:err "$DERPCTL" map check map.json
	printf '{"Regions":{"\302\233\\u001b[2J":{"x":1}}}' >map.json
	atf_check -s exit:1 -e save:err2 "$DERPCTL" map check map.json
	[ "$(LC_ALL=C tr -d '\n -~' <err | wc -c)" -eq 0 ] ||
	    atf_fail "control characters"
	[ "$(LC_ALL=C tr -d '\n -~' <err2 | wc -c)" -eq 0 ] ||
	    atf_fail "control characters"
}

atf_init_test_cases() {
	atf_add_test_case good
	atf_add_test_case faults
	atf_add_test_case warnings
	atf_add_test_case unreadable
	atf_add_test_case terminal
}
