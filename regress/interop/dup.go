package main

// Several connections with one key.

import (
	"math/rand/v2"
	"time"

	"tailscale.com/derp"
	"tailscale.com/types/key"
)

// wantRoute: several packets in a row from a to the shared key reach `to'.
func wantRoute(a, to *peer) {
	for i := range 3 {
		pkt := fill(rand.Uint64(), 50+i)
		a.sendKey(to.public(), pkt)
		to.wantPacket(a.public(), pkt)
	}
}

// duplicates: connecting, sending and pinging make a connection the one that
// receives; when it goes, the other takes over.
func duplicates(t *T) {
	a := t.dial("a")
	k := key.NewNode()
	b1 := t.dialOpt("b1", options{key: k})
	wantRoute(a, b1)
	b2 := t.dialOpt("b2", options{key: k})
	wantRoute(a, b2)
	t.logf("the newer connection receives")

	b1.send(a, []byte("b1"))
	a.wantPacket(k.Public(), []byte("b1"))
	wantRoute(a, b1)
	t.logf("the connection that sent receives")

	b2.settle()
	wantRoute(a, b2)
	b1.settle()
	wantRoute(a, b1)
	t.logf("a ping is enough")

	b1.close()
	takeover(t, a, b2)
	wantRoute(a, b2)
	t.logf("the one left took over")

	b2.close()
	for {
		m := a.next()
		g, ok := m.(derp.PeerGoneMessage)
		if !ok {
			t.failf("a got %s, wanted PeerGone", show(m))
		}
		if g.Peer == k.Public() &&
			g.Reason == derp.PeerGoneReasonDisconnected {
			break
		}
	}
	a.settle()
	t.logf("PeerGone came once, after the last one left")
}

// takeover sends until one packet arrives at p; packets sent before the server
// noticed the end of the other connection may be lost.
func takeover(t *T, a, p *peer) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(wait)
	sent := 0
	for {
		select {
		case <-tick.C:
			a.sendKey(p.public(), []byte("are you there?"))
			sent++
		case m, ok := <-p.msgs:
			if !ok {
				t.failf("%s was disconnected: %v", p.name, p.err)
			}
			if _, ok := m.(derp.ReceivedPacket); ok {
				p.barrier(false)
				return
			}
		case <-limit:
			t.failf("%s did not take over, %d packets sent", p.name,
				sent)
		}
	}
}

// duplicatesMany: the active connection changes among several.
func duplicatesMany(t *T) {
	a := t.dial("a")
	k := key.NewNode()
	var b []*peer
	for range 5 {
		p := t.dialOpt("b", options{key: k})
		b = append(b, p)
		wantRoute(a, p)
	}
	for range 40 {
		p := b[rand.IntN(len(b))]
		p.send(a, []byte("me"))
		a.wantPacket(k.Public(), []byte("me"))
		wantRoute(a, p)
	}
	for _, p := range b {
		p.settle()
	}
	t.logf("five connections, 40 changes, each packet at the right one")
}
