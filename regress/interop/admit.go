package main

// Clients whose keys a shell test knows, at a relay that admits some of them.
//
// -keys names the clients, comma separated: a name, from which the private key
// is made, or a private key, privkey:<64 hex>.  Behind the name may follow how
// it connects: /tls12 (with -ca), /ws (WebSocket) or /mesh (with -mesh).

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go4.org/mem"
	"tailscale.com/derp"
	"tailscale.com/types/key"
)

// A client is one of -keys.
type client struct {
	name string
	how  string // "", tls12, ws or mesh
	key  key.NodePrivate
}

// named returns the clients of -keys.
func (t *T) named() []client {
	var out []client
	for _, s := range strings.Split(t.keys, ",") {
		var c client
		c.name, c.how, _ = strings.Cut(s, "/")
		if strings.HasPrefix(c.name, "privkey:") {
			if err := c.key.UnmarshalText([]byte(c.name)); err != nil {
				t.failf("-keys %s: %v", c.name, err)
			}
			c.name = "node"
		} else {
			sum := sha256.Sum256([]byte("test client " + c.name))
			sum[0] &= 248
			sum[31] = sum[31]&127 | 64
			c.key = key.NodePrivateFromRaw32(mem.B(sum[:]))
		}
		out = append(out, c)
	}
	return out
}

// public prints the public key of each client.
func public(t *T) {
	for _, c := range t.named() {
		fmt.Println(c.key.Public())
	}
}

// A refusal is the text of a Health frame in place of ServerInfo.
type refusal string

func (r refusal) Error() string { return "refused: " + string(r) }

// reach logs in; a refusal is a client that was refused.
func (t *T) reach(c client) (*peer, error) {
	p := &peer{t: t, name: c.name, key: c.key}
	if err := p.open(c.how); err != nil {
		return p, err
	}
	p.begin()
	m, err := p.tryNext()
	if err != nil {
		return p, err
	}
	switch m := m.(type) {
	case derp.ServerInfoMessage:
		p.info = m
		return p, nil
	case derp.HealthMessage:
		return p, refusal(m.Problem)
	}
	return p, fmt.Errorf("the first message is %s", show(m))
}

// open connects and sends ClientInfo.
func (p *peer) open(how string) error {
	o := options{key: p.key}
	switch how {
	case "ws":
		_, _, err := p.openWebsocket()
		return err
	case "mesh":
		o.mesh = p.t.mesh
	case "tls12":
		o.tls = &tls.Config{RootCAs: p.t.roots,
			MaxVersion: tls.VersionTLS12}
	}
	c, err := p.t.newClient(o)
	if err != nil {
		return err
	}
	p.sender, p.http, p.stop = c, c, func() { c.Close() }
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return c.Connect(ctx)
}

// try prints for each client whether it is let in, and why not.
func try(t *T) {
	all := t.named()
	out := make([]string, len(all))
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out[i] = t.outcome(c)
		}()
	}
	wg.Wait()
	for i, c := range all {
		fmt.Printf("%s %s\n", c.name, out[i])
	}
}

func (t *T) outcome(c client) string {
	p, err := t.reach(c)
	defer p.close()
	var r refusal
	switch {
	case err == nil:
		return "in"
	case errors.As(err, &r):
		return r.Error()
	}
	return "failed: " + err.Error()
}

// refusedEnds: a client that is refused gets one text, and then the end.
func refusedEnds(t *T) {
	for _, c := range t.named() {
		p, err := t.reach(c)
		var r refusal
		if !errors.As(err, &r) || r == "" {
			t.failf("%s is not refused: %v", c.name, err)
		}
		if m, err := p.tryNext(); err == nil {
			t.failf("%s got %s, wanted the end", c.name, show(m))
		} else if errors.Is(err, errNothing) {
			t.failf("%v", err)
		}
		t.logf("%s is told and closed", c.name)
	}
}

// stay: all clients log in.  Each sends packets to the first one, which returns
// them; of clients that are there twice, all but the last are silent.  Prints
// "NAME closed: TEXT" when the server closes one, with the text of its last
// Health frame, and after the signal "NAME stayed" for the others, none of which
// may have lost a packet.
func stay(t *T) {
	stop := told()
	peers := t.reachAll()
	names := map[key.NodePublic]*bouncer{}
	var all []*bouncer
	for _, p := range peers[1:] {
		b := &bouncer{peer: p, hub: peers[0].public()}
		if twin := names[p.public()]; twin != nil {
			twin.silent = true
		}
		names[p.public()] = b
		all = append(all, b)
	}
	var wg, up sync.WaitGroup
	for _, b := range all {
		wg.Add(1)
		up.Add(1)
		b.up = sync.OnceFunc(up.Done)
		go func() {
			defer wg.Done()
			b.run(stop)
			b.up()
		}()
	}
	hub := make(chan struct{})
	go peers[0].answer(hub)
	up.Wait()
	t.ready()
	wg.Wait()
	for _, b := range all {
		// A ping makes a silent twin the one that gets packets.
		if b.stayed && !b.peer.alive() {
			b.err = errors.New("the connection is broken")
		}
		if b.err != nil {
			t.failf("%s: %v", b.peer.name, b.err)
		}
		if b.stayed {
			fmt.Printf("%s stayed\n", b.peer.name)
		}
	}
	select {
	case <-hub:
	case <-stop:
		fmt.Printf("%s stayed\n", peers[0].name)
	}
}

// reachAll logs in all clients, in order.
func (t *T) reachAll() []*peer {
	var peers []*peer
	for _, c := range t.named() {
		p, err := t.reach(c)
		if err != nil {
			t.failf("%s is not let in: %v", c.name, err)
		}
		peers = append(peers, p)
	}
	return peers
}

// answer returns each packet, until the connection ends.
func (p *peer) answer(end chan<- struct{}) {
	defer close(end)
	var text string
	for m := range p.msgs {
		switch m := m.(type) {
		case derp.ReceivedPacket:
			p.Send(m.Source, m.Data)
		case derp.HealthMessage:
			text = m.Problem
		}
	}
	fmt.Printf("%s closed: %s\n", p.name, text)
}

// A bouncer sends numbered packets to the hub, each when the last one has come
// back.
type bouncer struct {
	peer   *peer
	hub    key.NodePublic
	silent bool
	up     func() // the first packet has come back, or is not sent

	sent   uint64
	waits  time.Time // since when the last one is under way; zero: it is not
	text   string    // of the last Health frame
	stayed bool
	err    error // a packet is lost
}

// run: until `stop', and until the last packet is back, or to the end of the
// connection.
func (b *bouncer) run(stop <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ends := false
	if b.silent {
		b.up()
	}
	for b.err == nil && !(ends && b.waits.IsZero()) {
		select {
		case <-stop:
			stop, ends = nil, true
		case <-tick.C:
			b.tick()
		case m, ok := <-b.peer.msgs:
			if !ok {
				fmt.Printf("%s closed: %s\n", b.peer.name, b.text)
				return
			}
			b.got(m)
		}
	}
	b.stayed = b.err == nil
}

func (b *bouncer) tick() {
	switch {
	case b.silent:
	case b.waits.IsZero():
		b.sent++
		b.waits = time.Now()
		b.peer.Send(b.hub, binary.BigEndian.AppendUint64(nil, b.sent))
	case time.Since(b.waits) > wait:
		b.err = fmt.Errorf("packet %d is lost", b.sent)
	}
}

func (b *bouncer) got(m derp.ReceivedMessage) {
	switch m := m.(type) {
	case derp.HealthMessage:
		b.text = m.Problem
	case derp.ServerInfoMessage:
		fmt.Printf("%s limit %d %d\n", b.peer.name,
			m.TokenBucketBytesPerSecond, m.TokenBucketBytesBurst)
	case derp.ReceivedPacket:
		if len(m.Data) != 8 || binary.BigEndian.Uint64(m.Data) != b.sent {
			b.err = fmt.Errorf("%x came, not packet %d", m.Data, b.sent)
		}
		b.waits = time.Time{}
		b.up()
	}
}

// limits prints the limit that each client is told, "NAME RATE BURST".
func limits(t *T) {
	for _, p := range t.reachAll() {
		fmt.Printf("%s %d %d\n", p.name,
			p.info.TokenBucketBytesPerSecond,
			p.info.TokenBucketBytesBurst)
	}
}

// pour: the clients behind the first one send to it as fast as they can, for
// -seconds or until they are closed.  Prints the bytes that came from each,
// "NAME BYTES".
func pour(t *T) {
	peers := t.reachAll()
	hub := peers[0]
	var wg sync.WaitGroup
	over := time.Now().Add(t.seconds)
	for _, p := range peers[1:] {
		wg.Add(2)
		go func() {
			defer wg.Done()
			pkt := make([]byte, 1400)
			for time.Now().Before(over) &&
				p.Send(hub.public(), pkt) == nil {
			}
		}()
		go func() {
			defer wg.Done()
			p.listen(over)
		}()
	}
	t.ready()
	bytes := map[key.NodePublic]int{}
	timer := time.NewTimer(time.Until(over))
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		close(ended)
	}()
	for running := true; running; {
		select {
		case m, ok := <-hub.msgs:
			if !ok {
				t.failf("%s was closed", hub.name)
			}
			if p, ok := m.(derp.ReceivedPacket); ok {
				bytes[p.Source] += len(p.Data)
			}
		case <-ended:
			running = false
		case <-timer.C:
			running = false
		}
	}
	// A client may be held up in the middle of a packet.
	for _, p := range peers {
		p.close()
	}
	<-ended
	for _, p := range peers[1:] {
		fmt.Printf("%s %d\n", p.name, bytes[p.public()])
	}
}

// listen prints why the server closes the client, if it does until `over'.
func (p *peer) listen(over time.Time) {
	timer := time.NewTimer(time.Until(over))
	defer timer.Stop()
	var text string
	for {
		select {
		case m, ok := <-p.msgs:
			if !ok {
				fmt.Printf("%s closed: %s\n", p.name, text)
				return
			}
			if h, ok := m.(derp.HealthMessage); ok {
				text = h.Problem
			}
		case <-timer.C:
			return
		}
	}
}
