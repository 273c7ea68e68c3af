package main

// Packets from one client to another, each of which is checked.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/derp"
)

// A packet: magic, flow, epoch, length, sequence number, time, checksum of
// these; then random bytes.
const (
	magic      = 0x6c6f6164
	headerLen  = 36
	minPacket  = 50
	maxPacket  = 1400
	maxLarge   = 60000
	randomLen  = 1 << 16
	seenLen    = 4096
	window     = 48 << 10 // bytes under way
	pingPeriod = 100      // packets
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A flow is what one client sends to another, or to one of several connections
// of a key.
type flow struct {
	id   uint32
	from *client
	to   *client
	also []*client // other connections of the key of `to'
	rate float64   // packets a second
	most int       // bytes of its largest packet

	// The receiver is too slow: the server drops what it can't keep.
	lossy bool

	sent     atomic.Uint64
	received atomic.Uint64
	under    atomic.Int64 // bytes under way

	mu    sync.Mutex
	epoch uint32
	next  uint64          // sequence number that is due
	seen  [seenLen]uint64 // numbers that have come, plus one
}

func (f *flow) String() string {
	return fmt.Sprintf("%v to %v", f.from, f.to)
}

// addFlow: packets go from one client to another.
func (l *load) addFlow(from, to *client, rate float64,
	also ...*client) *flow {
	f := &flow{id: uint32(len(l.flows)), from: from, to: to, rate: rate,
		most: maxPacket, also: also}
	l.flows = append(l.flows, f)
	to.flows[f.id] = f
	for _, c := range also {
		c.flows[f.id] = f
	}
	return f
}

// body: the random bytes of a packet.
func (l *load) body(id uint32, seq uint64, n int) []byte {
	at := (seq*7919 + uint64(id)*104729) % randomLen
	return l.random[at : at+uint64(n)]
}

// fill makes a packet.
func (l *load) fill(b []byte, f *flow, epoch uint32, seq uint64) {
	be := binary.BigEndian
	be.PutUint32(b[0:], magic)
	be.PutUint32(b[4:], f.id)
	be.PutUint32(b[8:], epoch)
	be.PutUint32(b[12:], uint32(len(b)))
	be.PutUint64(b[16:], seq)
	be.PutUint64(b[24:], uint64(time.Since(l.begin)))
	be.PutUint32(b[32:], crc32.Checksum(b[:32], castagnoli))
	copy(b[headerLen:], l.body(f.id, seq, len(b)-headerLen))
}

// send sends packets at the flow's rate until the run ends.
func (f *flow) send(l *load) {
	buf := make([]byte, f.most)
	period := time.Duration(float64(time.Second) / f.rate)
	due := time.Now().Add(rand.N(period + 1))
	for seq := uint64(0); !l.stopping.Load(); {
		time.Sleep(time.Until(due))
		due = due.Add(period)
		if late := time.Since(due); late > time.Second {
			due = due.Add(late)
		}
		s, epoch := f.from.conn.Load(), f.from.epoch.Load()
		if s == nil || f.full(l) {
			continue
		}
		b := buf[:minPacket+rand.IntN(f.most-minPacket+1)]
		l.fill(b, f, epoch, seq)
		f.sent.Add(1)
		f.under.Add(int64(len(b)))
		if err := s.Send(f.to.public(), b); err != nil {
			s.end()
		}
		seq++
		if seq%pingPeriod == 0 {
			f.from.ping([8]byte(b[16:24]))
		}
	}
}

// full: as many bytes as may be are under way.  The server drops packets for a
// client that is late, and a busy machine makes clients late: so there never
// are more than fit in the buffers of the system.
func (f *flow) full(l *load) bool {
	return !f.loses(l) && f.under.Load() >= window
}

// loses: packets may be lost, and nobody knows how many are under way.
func (f *flow) loses(l *load) bool {
	return f.lossy || l.o.deaths
}

// packet checks a packet that has come to c.
func (l *load) packet(c *client, m derp.ReceivedPacket) {
	now := time.Since(l.begin)
	b, be := m.Data, binary.BigEndian
	if len(b) < headerLen || be.Uint32(b) != magic ||
		crc32.Checksum(b[:32], castagnoli) != be.Uint32(b[32:]) ||
		be.Uint32(b[12:]) != uint32(len(b)) {
		l.changed.Add(1)
		l.finding("%v: a packet that nobody sent, %d bytes from %s", c,
			len(b), m.Source.ShortString())
		return
	}
	id, seq := be.Uint32(b[4:]), be.Uint64(b[16:])
	f := c.flows[id]
	if f == nil || f.from.public() != m.Source ||
		(c != f.to && !l.o.deaths) {
		l.foreign.Add(1)
		l.finding("%v: a packet of others, flow %d from %s", c, id,
			m.Source.ShortString())
		return
	}
	if !bytes.Equal(b[headerLen:], l.body(id, seq, len(b)-headerLen)) {
		l.changed.Add(1)
		l.finding("%v: packet %d is changed", f, seq)
		return
	}
	f.under.Add(-int64(len(b)))
	f.order(l, be.Uint32(b[8:]), seq)
	if f.lossy {
		return
	}
	l.delay.add(now-time.Duration(be.Uint64(b[24:])), now, f)
}

// order checks that a packet comes once, and after those before it.
func (f *flow) order(l *load, epoch uint32, seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := &f.seen[seq%seenLen]
	if *at == seq+1 {
		l.doubled.Add(1)
		l.finding("%v: packet %d came twice", f, seq)
		return
	}
	*at = seq + 1
	f.received.Add(1)
	switch {
	case seq < f.next && epoch == f.epoch:
		say := l.finding
		if len(f.also) > 0 {
			// Of two connections, if one of them has ended.
			say = l.allowed
		}
		l.disorder.Add(1)
		say("%v: packet %d came after packet %d", f, seq, f.next-1)
	case seq > f.next && !f.loses(l):
		l.finding("%v: packets %d to %d did not come before it", f,
			f.next, seq-1)
	}
	if seq >= f.next {
		f.next = seq + 1
		f.epoch = epoch
	}
}
