#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The status page, as a browser shows it.  Its screenshots stay in the work
# directory: light.png, dark.png, phone.png and unhealthy.png.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# Start a relay with STUN, a map and the page; PAGE is the URL of the page.
start() {
	e2e_paths
	cat >map.json <<-END
	{"Regions":{"900":{"RegionID":900,"RegionCode":"a","RegionName":"A",
	"Nodes":[{"Name":"1","RegionID":900,"HostName":"$HOST_NAME"}]}}}
	END
	EXTRA="map \"$PWD/map.json\" { }
stun {
	listen on 127.0.0.1 port 0
	probe every 1
}
metrics { listen on 127.0.0.1 port 0 }
child timeout 60"
	WORKERS=2 FRONTS=1
	e2e_start
	PAGE=http://127.0.0.1:$(e2e_port '(metrics)')/
	wait_until "it is healthy" page_has 'Healthy</h2>'
}

# page_has TEXT...: the page has each of these texts.
page_has() {
	curl -sf -o page.html "$PAGE" || return 1
	for _text in "$@"; do
		grep -qF "$_text" page.html || return 1
	done
}

# need TEXT...: the same, or fail.
need() {
	for _text in "$@"; do
		page_has "$_text" || e2e_fail "the page lacks $_text"
	done
}

e2e_case healthy 60 "the page shows each part of a relay that is well"
healthy_body() {
	start
	raw_begin -c 12 idle
	wait_until "the clients are counted" page_has '<dt>Clients</dt><dd>12<'
	need "<title>healthy: $HOST_NAME</title>" "<h1>$HOST_NAME</h1>" \
	    'id="throughput-t">Throughput of the last hour</title>' \
	    'id="certificates">' 'days left</span>' \
	    '/derpmap/default<small>' "from $PWD/map.json" \
	    '<span class="mark good">answering</span>' \
	    'everybody may relay' ":$TLS_PORT tls" \
	    '<th scope="row">relay 1<small>' '<th scope="row">front 0<small>' \
	    '<th scope="row">metrics<small>'
	raw_end
	wait_until "they are gone" page_has '<dt>Clients</dt><dd>0<'
	e2e_stop
}

e2e_case unhealthy 120 "the page says why a relay is not well, and that it is"
unhealthy_body() {
	start
	_front=$(e2e_children front)
	kill -STOP "$_front"
	wait_until "it is unhealthy" page_has 'Unhealthy</h2>' \
	    '<li>the probe of the relay fails, and STUN is silent: GET' \
	    '<span class="mark bad">silent</span>'
	need "<title>UNHEALTHY: $HOST_NAME</title>"
	if browser; then
		shot unhealthy 1100 1800 "$PAGE"
	fi
	kill -CONT "$_front"
	wait_until "it is well again" page_has 'Healthy</h2>'
	e2e_stop
}

# browser: set CHROMIUM, if there is one.
browser() {
	CHROMIUM=$(command -v chromium || command -v chromium-browser ||
	    command -v google-chrome)
}

# run_browser WIDTH HEIGHT OPTION...: without a screen.
run_browser() {
	_size=$1,$2
	shift 2
	timeout 60 "$CHROMIUM" --headless --no-sandbox --disable-gpu \
	    --hide-scrollbars --user-data-dir="$PWD/profile" \
	    --enable-logging=stderr --window-size="$_size" "$@" \
	    2>browser.err || e2e_fail "$CHROMIUM: $(tail -n 3 browser.err)"
}

# shot NAME WIDTH HEIGHT URL [OPTION...]: a screenshot.
shot() {
	_name=$1 _w=$2 _h=$3 _url=$4
	shift 4
	run_browser "$_w" "$_h" --screenshot="$PWD/$_name.png" "$@" "$_url"
	[ -s "$_name.png" ] || e2e_fail "no $_name.png"
}

# measure NAME [OPTION...]: what a script finds in a copy of the page, in a
# frame of 390 pixels: a browser's window may not be as narrow.  The page itself
# has no script, and permits none.
measure() {
	_name=$1
	shift
	{
		cat page.html
		cat <<'END'
<script>
function numbers(c) { return c.match(/[\d.]+/g).map(Number); }
function light(c) {
	const v = numbers(c).slice(0, 3).map(x => (x /= 255) <= 0.03928 ?
	    x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
	return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
function back(e) {
	for (; e; e = e.parentElement) {
		const c = getComputedStyle(e).backgroundColor;
		if (numbers(c)[3] !== 0) return c;
	}
	return "rgb(255, 255, 255)";
}
function contrast(e) {
	const a = light(getComputedStyle(e).color), b = light(back(e));
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
const all = [...document.querySelectorAll("body *")];
const texts = all.filter(e => e.checkVisibility() && !e.closest("svg") &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
parent.postMessage({
	width: document.documentElement.scrollWidth,
	back: light(getComputedStyle(document.body).backgroundColor) > 0.5 ?
	    "light" : "dark",
	pale: texts.filter(e => contrast(e) < 4.5).length,
	texts: texts.length,
	nameless: all.filter(e => e.tagName === "svg" &&
	    !e.getAttribute("aria-labelledby").split(" ").every(i =>
	    document.getElementById(i).textContent)).length,
	headless: all.filter(e => e.tagName === "TABLE" &&
	    !e.querySelector("thead th[scope=col]")).length
}, "*");
</script>
END
	} >copy.html
	cat >frame.html <<'END'
<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<script>
onmessage = m => Object.assign(document.documentElement.dataset, m.data);
</script>
<iframe src="copy.html" width="390" height="2000" frameborder="0"></iframe>
END
	run_browser 600 2100 --virtual-time-budget=5000 --dump-dom "$@" \
	    "file://$PWD/frame.html" >"$_name"
}

# found FILE NAME VALUE: the script found this.
found() {
	grep -q " data-$2=\"$3\"" "$1" ||
	    e2e_fail "$1: not $2=$3: $(grep '<html' "$1")"
}

e2e_case looks 120 "a browser shows the page, light, dark and on a telephone"
looks_body() {
	browser || atf_skip "needs Chromium"
	start
	raw_begin -c 12 idle
	wait_until "the clients are counted" page_has '<dt>Clients</dt><dd>12<'
	shot light 1100 1800 "$PAGE"
	shot dark 1100 1800 "$PAGE" --force-dark-mode
	shot phone 390 2600 "$PAGE"
	run_browser 1100 1800 --dump-dom "$PAGE" >dom
	grep -q "<title>healthy: $HOST_NAME</title>" dom ||
	    e2e_fail "the browser has another page"
	# What the page's policy forbids is reported here.
	! grep 'CONSOLE' browser.err || e2e_fail "the browser complains"
	page_has Healthy
	measure narrow.html
	found narrow.html width 390
	found narrow.html back light
	found narrow.html pale 0
	found narrow.html nameless 0
	found narrow.html headless 0
	measure night.html --force-dark-mode
	found night.html back dark
	found night.html pale 0
	raw_end
	e2e_stop
}

atf_init_test_cases() {
	atf_add_test_case healthy
	atf_add_test_case unhealthy
	atf_add_test_case looks
}
