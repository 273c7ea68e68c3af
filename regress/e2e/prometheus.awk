# prometheus: errors of Prometheus text that promtool reports: values without
# TYPE and HELP, two values of one name and labels, values that are not numbers;
# and fewer than `least' values.  Exits 1, and prints them.
function bad(why) {
	printf "line %d: %s: %s\n", NR, why, $0
	failed = 1
}
$1 == "#" && $2 == "HELP" {
	if ($3 in help || NF < 4)
		bad("described twice, or with nothing")
	help[$3] = 1
	next
}
$1 == "#" && $2 == "TYPE" {
	if (!($3 in help) || $3 in type)
		bad("no HELP before it, or two")
	if ($4 !~ /^(counter|gauge|histogram)$/)
		bad("type")
	type[$3] = $4
	now = $3
	next
}
{
	name = $1
	sub(/\{.*/, "", name)
	if (type[now] == "histogram")
		sub(/_(bucket|sum|count)$/, "", name)
	if (name != now)
		bad("not below its TYPE")
	series = $0
	sub(/ [^ ]*$/, "", series)
	if ($NF !~ /^-?[0-9]+(\.[0-9]+)?$/)
		bad("value")
	if (series in seen)
		bad("twice")
	seen[series] = 1
	n++
}
END {
	if (n < least) {
		printf "%d values\n", n
		failed = 1
	}
	exit(failed)
}
