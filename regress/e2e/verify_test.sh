#! /usr/bin/env atf-sh
# shellcheck shell=sh
# derpd-verify with the real programs: headscale's /verify, over HTTPS and
# through a reverse proxy on the same machine, and tailscaled's local API.
# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/headscale.sh
. "$(atf_get_srcdir)/headscale.sh"

# asked KIND NAME CAFILE KEY...: derpd-verify asks; its answers are in `asked'.
asked() {
	_user=
	[ "$(id -u)" -ne 0 ] || _user='-u nobody'
	# shellcheck disable=SC2086	# words
	"$SRC/verifyask" $_user "$SRC/../../derpd/verify/derpd-verify" "$@" \
	    >asked 2>asked.err || {
		cat asked.err >&2
		fail_hs "derpd-verify ended"
	}
	cat asked
}

# want ANSWER...: these are the answers, in order.
want() {
	for _answer; do
		echo "$_answer"
	done >wanted
	cmp -s wanted asked ||
	    fail_hs "answers: $(cat asked asked.err | tr '\n' ' ')"
}

OTHER=nodekey:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

e2e_case headscale 180 "headscale knows its nodes, over HTTPS and plain HTTP"
headscale_body() {
	need_peers
	headscale_start https
	tailscaled_start
	asked url "$HS_URL/verify" "$PWD/ca.pem" "$NODE_KEY" "$OTHER" \
	    "$NODE_KEY"
	want yes no yes
	# Its certificate is verified.
	asked url "$HS_URL/verify" "" "$NODE_KEY"
	grep -q 'failed: .*certificate verification failed' asked ||
	    fail_hs "answer: $(cat asked)"
	# Another path of it is no answer.
	asked url "$HS_URL/health" "$PWD/ca.pem" "$NODE_KEY"
	grep -q 'failed: the answer is not JSON' asked ||
	    fail_hs "answer: $(cat asked)"
	tailscaled_stop
	headscale_stop
	asked url "$HS_URL/verify" "$PWD/ca.pem" "$NODE_KEY"
	grep -q 'failed: connect to .*Connection refused' asked ||
	    fail_hs "answer: $(cat asked)"
	headscale_start http
	tailscaled_start
	asked url "$HS_URL/verify" "" "$NODE_KEY" "$OTHER"
	want yes no
	tailscaled_stop
	headscale_stop
}

e2e_case tailscaled 180 "tailscaled knows itself and its peers"
tailscaled_body() {
	need_peers
	headscale_start https
	tailscaled_start
	asked tailscaled "$PWD/ts.sock" "" "$NODE_KEY" "$OTHER" "$NODE_KEY"
	want yes no yes
	tailscaled_stop
	asked tailscaled "$PWD/ts.sock" "" "$NODE_KEY"
	grep -q 'failed: connect to .*ts.sock: No such file' asked ||
	    fail_hs "answer: $(cat asked)"
	headscale_stop
}

atf_init_test_cases() {
	atf_add_test_case headscale
	atf_add_test_case tailscaled
}
