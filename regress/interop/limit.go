package main

// A limit that the server tells, and changes, while clients are connected.

import (
	"encoding/binary"

	"tailscale.com/derp"
)

// burst sends n packets from a to b at once, and returns how many arrive: the
// client itself drops what is above the limit that it was told.
func burst(t *T, a, b, marker *peer, n int) int {
	pkt := make([]byte, 1400)
	for i := range n {
		binary.BigEndian.PutUint32(pkt, uint32(i))
		a.send(b, pkt)
	}
	// The server has handled them all when it answers a.
	if !a.alive() {
		t.failf("the server does not read what it told the client it may send")
	}
	marker.send(b, []byte("end"))
	for got := 0; ; got++ {
		m, ok := b.next().(derp.ReceivedPacket)
		if !ok {
			t.failf("b got %s, wanted a packet", show(m))
		}
		if m.Source == marker.public() {
			return got
		}
	}
}

// wantInfo: the next message is a ServerInfo with this limit.
func (p *peer) wantInfo(rate, burst int) {
	m := p.next()
	info, ok := m.(derp.ServerInfoMessage)
	if !ok || info.TokenBucketBytesPerSecond != rate ||
		info.TokenBucketBytesBurst != burst {
		p.t.failf("%s got %s, wanted ServerInfo with %d and %d", p.name,
			show(m), rate, burst)
	}
}

// rateChange: the rate is 1 byte a second, then there is none, then it is 1
// again; the shell test changes it whenever the case is ready.
func rateChange(t *T) {
	const n, size, most = 100, 1437, 65568
	a, b, marker := t.dial("a"), t.dial("b"), t.dial("marker")
	all := []*peer{a, b, marker}
	for _, p := range all {
		if p.info.TokenBucketBytesPerSecond != 1 ||
			p.info.TokenBucketBytesBurst != most {
			t.failf("%s was told %+v", p.name, p.info)
		}
	}
	limited := func(when string) {
		got := burst(t, a, b, marker, n)
		if got != most/size {
			t.failf("%d packets arrive %s, wanted %d", got, when,
				most/size)
		}
	}
	limited("at first")
	t.ready()
	for _, p := range all {
		p.wantInfo(0, 0)
	}
	if got := burst(t, a, b, marker, n); got != n {
		t.failf("%d of %d packets arrive without a limit", got, n)
	}
	t.ready()
	for _, p := range all {
		p.wantInfo(1, most)
	}
	limited("with the limit back")
	t.logf("the client keeps to what it is told")
}
