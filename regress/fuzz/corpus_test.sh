#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Each fuzz target runs its seeds, and variants with bytes cut off or flipped,
# without a crash.  (A target that is built for libFuzzer does the same with
# files as arguments.)

# corpus NAME: run the target NAME_fuzz over corpus/NAME.
corpus() {
	_dir=$(atf_get_srcdir)
	[ -x "$_dir/$1_fuzz" ] || atf_fail "$1_fuzz was not built"
	mkdir made
	for _f in "$_dir/corpus/$1"/*; do
		_n=$(wc -c <"$_f")
		for _d in 2 3 5; do
			head -c $((_n - _n / _d)) "$_f" \
			    >"made/$(basename "$_f").cut$_d"
		done
		# shellcheck disable=SC2094	# of the name alone
		LC_ALL=C tr '01ae{:\000' '10ea}"\377' <"$_f" \
		    >"made/$(basename "$_f").changed"
	done
	atf_check -o ignore -e ignore "$_dir/$1_fuzz" \
	    "$_dir/corpus/$1"/* made/*
}

# target NAME: define the test case of the target.
target() {
	eval "$1_head() { atf_set descr 'the seeds of $1'; }"
	eval "$1_body() { corpus $1; }"
	targets="$targets $1"
}

targets=
target acme
target banner
target bootstrap
target bridgeconf
target bridgepath
target bridgestatus
target cert
target clientinfo
target clients
target conf
target convert
target derpclient
target dialproxy
target frame
target hello
target http_request
target http_response
target https
target imsg
target json
target keyfile
target lately
target link
target map
target mapedit
target meshkey
target meshlogin
target messages
target metrics
target move
target names
target nodesession
target proxyproto
target quota
target rate
target record
target ring
target session
target stun
target stunclient
target verify
target web_map
target websocket
target wgnetlink
target wgstate
target wguapi
target yamlmap

atf_init_test_cases() {
	for _t in $targets; do
		atf_add_test_case "$_t"
	done
}
