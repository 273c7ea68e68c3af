package main

// Packets, pings and notes of ordinary clients.

import (
	"encoding/binary"
	"math/rand/v2"

	"tailscale.com/derp"
)

// fill makes n bytes that depend on seed alone.
func fill(seed uint64, n int) []byte {
	b := make([]byte, n, n+8)
	r := rand.NewPCG(seed, 0x64657270)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:i+8:i+8], r.Uint64())
	}
	return b
}

func serverInfo(t *T) {
	p := t.dial("a")
	if p.info.TokenBucketBytesPerSecond != 0 {
		t.failf("a rate limit of %d is told, none was set",
			p.info.TokenBucketBytesPerSecond)
	}
	t.logf("server key %v", p.http.ServerPublicKey().ShortString())
}

// sizes: every size class of a packet in both directions.
func sizes(t *T) {
	a, b := t.dial("a"), t.dial("b")
	for i, n := range []int{0, 1, 7, 31, 61, 62, 63, 1280, 1400, 4096, 16347,
		16384, 16385, 32768, 65535, 65536} {
		pkt := fill(uint64(i), n)
		a.send(b, pkt)
		b.wantPacket(a.public(), pkt)
		b.send(a, pkt)
		a.wantPacket(b.public(), pkt)
	}
	t.logf("0 to 65536 bytes came back the same")
}

// order: many packets of many sizes, a few under way at a time.
func order(t *T) {
	a, b := t.dial("a"), t.dial("b")
	const total, window = 10000, 16
	packet := func(i int) []byte {
		return fill(uint64(i), 1+i*37%1400)
	}
	sent := 0
	for got := 0; got < total; got++ {
		for sent < total && sent-got < window {
			a.send(b, packet(sent))
			sent++
		}
		b.wantPacket(a.public(), packet(got))
	}
	a.settle()
	t.logf("%d packets came whole and in order", total)
}

// flood: at full speed.  Packets may be lost, but those that arrive are whole
// and in order, and no client is disconnected.
func flood(t *T) {
	a, b := t.dial("a"), t.dial("b")
	const total = 20000
	done := make(chan error, 1)
	go func() {
		for i := range total {
			pkt := fill(uint64(i), 1200)
			binary.BigEndian.PutUint64(pkt, uint64(i))
			if err := a.Send(b.public(), pkt); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	got, last := 0, -1
	flooding := true
	for flooding {
		select {
		case err := <-done:
			if err != nil {
				t.failf("sending broke off: %v", err)
			}
			flooding = false
		case m, ok := <-b.msgs:
			if !ok {
				t.failf("b was disconnected: %v", b.err)
			}
			got, last = got+1, checkFlood(t, m, last)
		}
	}
	a.settle()
	end := []byte("end")
	for {
		a.send(b, end)
		m := b.next()
		if p := m.(derp.ReceivedPacket); len(p.Data) == len(end) {
			break
		}
		got, last = got+1, checkFlood(t, m, last)
	}
	t.logf("%d of %d packets came, all whole and in order", got, total)
}

func checkFlood(t *T, m derp.ReceivedMessage, last int) int {
	p, ok := m.(derp.ReceivedPacket)
	if !ok || len(p.Data) != 1200 {
		t.failf("got %s in a flood", show(m))
	}
	i := int(binary.BigEndian.Uint64(p.Data))
	want := fill(uint64(i), 1200)
	if i <= last {
		t.failf("packet %d came after %d", i, last)
	}
	if string(p.Data[8:]) != string(want[8:]) {
		t.failf("packet %d is damaged", i)
	}
	return i
}

// sendToSelf: the sender is a destination like any other.
func sendToSelf(t *T) {
	a := t.dial("a")
	a.send(a, []byte("to myself"))
	a.wantPacket(a.public(), []byte("to myself"))
	t.logf("a packet to oneself arrives")
}

func ping(t *T) {
	a := t.dial("a")
	for i := range 50 {
		data := [8]byte(fill(uint64(i), 8))
		if err := a.SendPing(data); err != nil {
			t.failf("can't ping: %v", err)
		}
		m := a.next()
		if pong, ok := m.(derp.PongMessage); !ok || [8]byte(pong) != data {
			t.failf("got %s, wanted the pong of %x", show(m), data)
		}
	}
	t.logf("50 pings were answered with their own bytes")
}

func preferred(t *T) {
	a, b := t.dial("a"), t.dial("b")
	for _, v := range []bool{true, false, true} {
		a.http.NotePreferred(v)
		exchange(a, b)
	}
	t.logf("home was noted and taken back")
}

// crowd: each client sends a packet to each other.  In each round each client
// receives exactly one, so that no queue overflows.
func crowd(t *T) {
	n := t.clients
	peers := make([]*peer, n)
	errs := make(chan error, n)
	slots := make(chan struct{}, 16)
	for i := range peers {
		go func() {
			slots <- struct{}{}
			p, err := t.tryDial("crowd", options{})
			peers[i] = p
			<-slots
			errs <- err
		}()
	}
	for range peers {
		if err := <-errs; err != nil {
			t.failf("not all of %d clients could log in: %v", n, err)
		}
	}
	packets := 0
	for shift := 1; shift < n; shift++ {
		for i, p := range peers {
			p.send(peers[(i+shift)%n], fill(uint64(i), 64))
		}
		for i, p := range peers {
			src := (i - shift + n) % n
			p.wantPacket(peers[src].public(), fill(uint64(src), 64))
			packets++
		}
	}
	t.logf("%d clients, %d packets, none lost", n, packets)
}
