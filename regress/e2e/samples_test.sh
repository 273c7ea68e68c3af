#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The samples for Prometheus and Grafana in etc/, against the /metrics of a
# derpd that has everything switched on.  promtool is looked for in BENCH_BIN
# and in the path.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# Set RULES, DASHBOARD and, if it is there, PROMTOOL.
samples() {
	e2e_paths
	RULES=$SRC/../../etc/prometheus/derpd.rules.yml
	DASHBOARD=$SRC/../../etc/grafana/derpd.json
	PROMTOOL=${BENCH_BIN:-/nonexistent}/promtool
	[ -x "$PROMTOOL" ] || PROMTOOL=$(command -v promtool)
}

# Start a derpd with all that has metrics; they are kept in the file metrics.
start_all() {
	cat >map.json <<-END
	{"Regions":{"900":{"RegionID":900,"RegionCode":"a","RegionName":"A",
	"Nodes":[{"Name":"1","RegionID":900,"HostName":"$HOST_NAME"}]}}}
	END
	: >clients
	EXTRA="map \"$PWD/map.json\" { compare \"https://localhost:1/map\" }
stun { listen on 127.0.0.1 port 0 }
admit { keys \"$PWD/clients\" url \"https://localhost:1/verify\" fail open }
mesh {
	key file \"$PWD/mesh.key\"
	with \"localhost\" port 1
}
metrics { listen on 127.0.0.1 port 0 }"
	WORKERS=2 MESH=''
	e2e_start
	METRICS=http://127.0.0.1:$(e2e_port '(metrics)')/metrics
	run ctl reload
	wait_until "the parent has told its metrics" all_there
}

# The parent's part is there, and admit's.
all_there() {
	curl -sf -o metrics "$METRICS" && grep -q '^derpd_process_up' metrics &&
	    grep -q '^derp_admit_source_up' metrics &&
	    grep -q '^derpmap_drift' metrics &&
	    grep -q '^derpd_reload_ok 1' metrics
}

# names FILE...: the names of metrics in them.
names() {
	cat "$@" | tr -c 'a-zA-Z0-9_:' '\n' |
	    grep -E '^(derp|derpd|derpmap|stun|tls_listener)_[a-z0-9_]+$' |
	    sort -u
}

e2e_case names 60 "every metric in the samples is one of derpd"
names_body() {
	samples
	start_all
	grep -v '^#' metrics | sed 's/[{ ].*//' | sort -u >have
	names "$RULES" "$DASHBOARD" >used
	[ "$(wc -l <used)" -ge 25 ] || e2e_fail "few names: $(cat used)"
	comm -23 used have >missing
	[ ! -s missing ] || e2e_fail "no such metric: $(cat missing)"
	e2e_stop
}

e2e_case labels 60 "every label in the samples is one of the metric"
labels_body() {
	samples
	start_all
	# The legends of the dashboard, and the texts of the alerts.
	# shellcheck disable=SC2016	# variables of Prometheus, not of the shell
	cat "$RULES" "$DASHBOARD" |
	    grep -oE '\{\{ *(\$labels\.)?[a-z_]+ *\}\}' | tr -d '{} ' |
	    sed 's/^\$labels\.//' | sort -u >used
	while read -r _label; do
		[ "$_label" = instance ] || grep -q "[{,]$_label=\"" metrics ||
		    e2e_fail "no metric has the label $_label"
	done <used
	e2e_stop
}

e2e_case form 60 "promtool accepts the metrics"
form_body() {
	samples
	[ -n "$PROMTOOL" ] || atf_skip "needs promtool (Prometheus)"
	start_all
	# It exits with 3 for names that it would choose otherwise: derper's.
	# shellcheck disable=SC2094	# a command of promtool, no file
	"$PROMTOOL" check metrics <metrics >promtool.out 2>&1 ||
	    [ $? -eq 3 ] || e2e_fail "promtool: $(head -n 1 promtool.out)"
	grep -vE ' (suffix|abbreviated units)$| use base unit ' \
	    promtool.out >other && e2e_fail "promtool: $(head -n 1 other)"
	e2e_stop
}

e2e_case rules 60 "promtool accepts the alerts, and they fire when they should"
rules_body() {
	samples
	[ -n "$PROMTOOL" ] || atf_skip "needs promtool (Prometheus)"
	cp "$RULES" .
	cp "$SRC/rules_test.yml" .
	run "$PROMTOOL" check rules derpd.rules.yml
	run "$PROMTOOL" test rules rules_test.yml
}

e2e_case dashboard 60 "the dashboard is one that Grafana can import"
dashboard_body() {
	samples
	command -v jq >/dev/null || atf_skip "needs jq"
	run jq -e '[.panels[].id] as $ids |
	    ($ids | length) == ($ids | unique | length) and
	    .uid == "derpd" and
	    ([.panels[] | select(.type != "row")] |
		all(.title != "" and .description != "" and
		    (.targets | length) > 0 and
		    .datasource.uid == "${datasource}" and
		    .gridPos.x + .gridPos.w <= 24)) and
	    ([.panels[].targets[]?.expr] | all(contains("$instance")))' \
	    "$DASHBOARD"
}

atf_init_test_cases() {
	atf_add_test_case names
	atf_add_test_case labels
	atf_add_test_case form
	atf_add_test_case rules
	atf_add_test_case dashboard
}
