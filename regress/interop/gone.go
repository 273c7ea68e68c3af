package main

// Which clients are notified that a peer is gone.

import (
	"time"

	"tailscale.com/derp"
	"tailscale.com/types/key"
)

// disco makes a disco packet of n bytes (at least 62 to count as one).
func disco(n int) []byte {
	b := fill(uint64(n), n)
	copy(b, "TS\xf0\x9f\x92\xac")
	return b
}

// goneDisconnected: clients to which the key had sent a packet are notified.
func goneDisconnected(t *T) {
	a, b, c, d := t.dial("a"), t.dial("b"), t.dial("c"), t.dial("d")
	for _, p := range []*peer{b, c} {
		a.send(p, []byte("hello"))
		p.wantPacket(a.public(), []byte("hello"))
	}
	d.send(a, []byte("hello"))
	a.wantPacket(d.public(), []byte("hello"))
	a.close()
	b.wantGone(a.public(), derp.PeerGoneReasonDisconnected)
	c.wantGone(a.public(), derp.PeerGoneReasonDisconnected)
	d.settle()
	d.send(a, disco(62))
	d.wantGone(a.public(), derp.PeerGoneReasonNotHere)
	b.settle()
	c.settle()
	t.logf("two receivers heard once that the sender left; one who had " +
		"only sent to it did not")
}

// goneSilent: the end of a key that sent nothing is not notified.
func goneSilent(t *T) {
	b := t.dial("b")
	for range 5 {
		a := t.dial("a")
		b.send(a, []byte("hello"))
		a.wantPacket(b.public(), []byte("hello"))
		a.close()
	}
	b.settle()
	b.send(b, []byte("end"))
	b.wantPacket(b.public(), []byte("end"))
	t.logf("five left without a word")
}

// goneNotHere: only for disco packets, and with a rate limit.
func goneNotHere(t *T) {
	a := t.dial("a")
	nobody := func() key.NodePublic { return key.NewNode().Public() }
	a.sendKey(nobody(), []byte("not disco"))
	a.sendKey(nobody(), fill(1, 1000))
	a.sendKey(nobody(), disco(61))
	start := time.Now()
	k := nobody()
	a.sendKey(k, disco(62))
	a.wantGone(k, derp.PeerGoneReasonNotHere)
	k = nobody()
	a.sendKey(k, disco(1400))
	a.wantGone(k, derp.PeerGoneReasonNotHere)
	for range 30 {
		a.sendKey(k, disco(100))
	}
	heard := 2
	a.wantGone(k, derp.PeerGoneReasonNotHere)
	heard++
	a.sendKey(a.public(), []byte("end"))
	for {
		m := a.next()
		if _, ok := m.(derp.ReceivedPacket); ok {
			break
		}
		heard++
	}
	limit := 4 + int(time.Since(start)/time.Second)
	if heard > limit {
		t.failf("%d PeerGone for 32 packets, wanted at most %d",
			heard, limit)
	}
	t.logf("%d PeerGone for 32 disco packets, none for others", heard)
}

// reconnect: the same key is served each time that it connects.
func reconnect(t *T) {
	b := t.dial("b")
	k := key.NewNode()
	for i := range 20 {
		a := t.dialOpt("a", options{key: k})
		b.send(a, fill(uint64(i), 100))
		a.wantPacket(b.public(), fill(uint64(i), 100))
		a.close()
	}
	b.settle()
	t.logf("20 sessions of one key, one after the other")
}
