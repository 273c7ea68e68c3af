package main

// The base of every case: connections to the server under test, and bounded
// waits for messages on them.

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// wait is the bound for every expected event.
const wait = 15 * time.Second

// errNothing: a connection that is open, but silent.
var errNothing = errors.New("nothing came")

type failure string

// T is the server under test and the open connections of the running case.
type T struct {
	addr, host, pin string
	from            string // of -from
	maps            string // of -maps
	node            string // of -node
	keys            string // of -keys
	nodes           string // of -nodes
	seconds         time.Duration
	roots           *x509.CertPool
	mesh            key.DERPMesh
	clients         int
	updates         int // of -updates
	readyFile       string
	verbose         bool
	derper          bool
	tls12           bool

	name  string
	mu    sync.Mutex
	conns []*peer
}

// dialServer connects to -addr, from -from.
func (t *T) dialServer(ctx context.Context, network string) (net.Conn, error) {
	var d net.Dialer
	if t.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(t.from)}
	}
	return d.DialContext(ctx, network, t.addr)
}

// failf ends the case.  Only for the goroutine that runs it.
func (t *T) failf(format string, args ...any) {
	panic(failure(fmt.Sprintf(format, args...)))
}

func (t *T) logf(format string, args ...any) {
	fmt.Printf("  %s: %s\n", t.name, fmt.Sprintf(format, args...))
}

func (t *T) clientLog(format string, args ...any) {
	if t.verbose {
		fmt.Printf("    "+format+"\n", args...)
	}
}

// ready notifies the shell test that the case is set up.
func (t *T) ready() {
	if t.readyFile == "" {
		return
	}
	if err := os.WriteFile(t.readyFile, []byte("ready\n"), 0o644); err != nil {
		t.failf("%v", err)
	}
}

func (t *T) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.conns {
		p.close()
	}
	t.conns = nil
}

// A sender is what derp.Client and derphttp.Client have in common.
type sender interface {
	Send(key.NodePublic, []byte) error
	ForwardPacket(src, dst key.NodePublic, b []byte) error
	ClosePeer(key.NodePublic) error
	SendPing([8]byte) error
	Recv() (derp.ReceivedMessage, error)
}

// A peer is one logged-in connection whose messages are collected.
type peer struct {
	t    *T
	name string
	key  key.NodePrivate
	sender
	http *derphttp.Client // nil when the client is a bare derp.Client
	stop func()
	info derp.ServerInfoMessage

	msgs chan derp.ReceivedMessage // closed when the connection ends
	err  error                     // why; valid once msgs is closed
}

// options of a connection; the zero value is an ordinary node.
type options struct {
	key      key.NodePrivate
	tls      *tls.Config
	mesh     key.DERPMesh
	watch    bool
	prober   bool
	noRoots  bool
	hostname string
	region   *tailcfg.DERPRegion
}

func (t *T) tlsConfig() *tls.Config {
	conf := &tls.Config{RootCAs: t.roots}
	if t.tls12 {
		conf.MaxVersion = tls.VersionTLS12
	}
	return conf
}

// newClient prepares a derphttp client without connecting.
func (t *T) newClient(o options) (*derphttp.Client, error) {
	if o.key.IsZero() {
		o.key = key.NewNode()
	}
	if o.hostname == "" {
		o.hostname = t.host
	}
	if o.region == nil && t.roots == nil {
		o.region = t.region(t.pin)
	}
	var c *derphttp.Client
	var err error
	if o.region != nil {
		c = derphttp.NewRegionClient(o.key, t.clientLog,
			netmon.NewStatic(), func() *tailcfg.DERPRegion {
				return o.region
			})
	} else {
		c, err = derphttp.NewClient(o.key, "https://"+o.hostname+"/derp",
			t.clientLog, netmon.NewStatic())
		if err != nil {
			return nil, err
		}
		c.SetURLDialer(func(ctx context.Context, network, _ string) (
			net.Conn, error) {
			return t.dialServer(ctx, network)
		})
	}
	c.TLSConfig = o.tls
	if c.TLSConfig == nil {
		c.TLSConfig = t.tlsConfig()
	}
	c.MeshKey = o.mesh
	c.IsProber = o.prober
	c.WatchConnectionChanges = o.watch
	return c, nil
}

// tryDial connects with derphttp and waits until the server has logged us in.
func (t *T) tryDial(name string, o options) (*peer, error) {
	if o.key.IsZero() {
		o.key = key.NewNode()
	}
	c, err := t.newClient(o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		c.Close()
		return nil, err
	}
	p := &peer{t: t, name: name, key: o.key, sender: c, http: c,
		stop: func() { c.Close() }}
	return p, p.start()
}

// begin collects messages.
func (p *peer) begin() {
	p.msgs = make(chan derp.ReceivedMessage, 1<<14)
	go p.collect()
	p.t.mu.Lock()
	p.t.conns = append(p.t.conns, p)
	p.t.mu.Unlock()
}

// start collects messages; the first has to be ServerInfo.
func (p *peer) start() error {
	p.begin()
	m, err := p.tryNext()
	if err != nil {
		return err
	}
	info, ok := m.(derp.ServerInfoMessage)
	if !ok {
		return fmt.Errorf("%s: first message is %T, not ServerInfo",
			p.name, m)
	}
	p.info = info
	return nil
}

// collect copies each message, which is only valid until the next one.
// It stops at the first error, for derphttp would dial again by itself.
func (p *peer) collect() {
	defer close(p.msgs)
	gen := 0
	for {
		var m derp.ReceivedMessage
		var err error
		if p.http != nil {
			var g int
			m, g, err = p.http.RecvDetail()
			if err == nil && gen != 0 && g != gen {
				err = fmt.Errorf("the client dialled anew")
			}
			gen = g
		} else {
			m, err = p.Recv()
		}
		if err != nil {
			p.err = err
			return
		}
		if pkt, ok := m.(derp.ReceivedPacket); ok {
			pkt.Data = bytes.Clone(pkt.Data)
			m = pkt
		}
		if _, ok := m.(derp.KeepAliveMessage); ok {
			continue
		}
		p.msgs <- m
	}
}

func (t *T) dialOpt(name string, o options) *peer {
	p, err := t.tryDial(name, o)
	if err != nil {
		t.failf("%s can't log in: %v", name, err)
	}
	return p
}

func (t *T) dial(name string) *peer { return t.dialOpt(name, options{}) }

func (p *peer) close() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

func (p *peer) public() key.NodePublic { return p.key.Public() }

// tryNext returns the next message, or the reason why there is none.
func (p *peer) tryNext() (derp.ReceivedMessage, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case m, ok := <-p.msgs:
		if !ok {
			return nil, fmt.Errorf("%s: connection ended: %w",
				p.name, p.err)
		}
		return m, nil
	case <-timer.C:
		return nil, fmt.Errorf("%s: %w in %v", p.name, errNothing, wait)
	}
}

// next returns the next message except Health, which is advisory.
func (p *peer) next() derp.ReceivedMessage {
	for {
		m, err := p.tryNext()
		if err != nil {
			p.t.failf("%v", err)
		}
		if _, ok := m.(derp.HealthMessage); !ok {
			return m
		}
	}
}

func (p *peer) send(to *peer, b []byte) {
	p.sendKey(to.public(), b)
}

func (p *peer) sendKey(to key.NodePublic, b []byte) {
	if err := p.Send(to, b); err != nil {
		p.t.failf("%s can't send: %v", p.name, err)
	}
}

// wantPacket: the next message is this packet.
func (p *peer) wantPacket(from key.NodePublic, b []byte) {
	m := p.next()
	pkt, ok := m.(derp.ReceivedPacket)
	if !ok {
		p.t.failf("%s got %s, wanted a packet of %d bytes", p.name,
			show(m), len(b))
	}
	if pkt.Source != from {
		p.t.failf("%s got a packet from %v, wanted one from %v",
			p.name, pkt.Source.ShortString(), from.ShortString())
	}
	if !bytes.Equal(pkt.Data, b) {
		p.t.failf("%s got %s, wanted other %d bytes", p.name,
			show(m), len(b))
	}
}

// wantGone: the next message is this PeerGone.
func (p *peer) wantGone(k key.NodePublic, why derp.PeerGoneReasonType) {
	m := p.next()
	g, ok := m.(derp.PeerGoneMessage)
	if !ok || g.Peer != k || g.Reason != why {
		p.t.failf("%s got %s, wanted PeerGone of %v, reason %d",
			p.name, show(m), k.ShortString(), why)
	}
}

// wantClosed: the server ends the connection, possibly after other messages.
func (p *peer) wantClosed() {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-p.msgs:
			if !ok {
				return
			}
		case <-timer.C:
			p.t.failf("%s is still connected after %v", p.name, wait)
		}
	}
}

// settle: the server answers a ping, and no other message precedes the pong.
func (p *peer) settle() {
	p.barrier(true)
}

// barrier sends a ping and waits for its pong.
func (p *peer) barrier(strict bool) {
	data := [8]byte(bytes.Repeat([]byte{'b'}, 8))
	copy(data[:], p.public().AppendTo(nil))
	if err := p.SendPing(data); err != nil {
		p.t.failf("%s can't ping: %v", p.name, err)
	}
	for {
		m := p.next()
		if pong, ok := m.(derp.PongMessage); ok {
			if [8]byte(pong) != data {
				p.t.failf("%s got a pong with %x, wanted %x",
					p.name, pong, data)
			}
			return
		}
		if strict {
			p.t.failf("%s got %s, wanted nothing", p.name, show(m))
		}
	}
}

// show describes a message in a word or two.
func show(m derp.ReceivedMessage) string {
	switch m := m.(type) {
	case derp.ReceivedPacket:
		return fmt.Sprintf("packet of %d bytes %.16x from %s",
			len(m.Data), m.Data, m.Source.ShortString())
	case derp.PeerGoneMessage:
		return fmt.Sprintf("PeerGone of %s, reason %d",
			m.Peer.ShortString(), m.Reason)
	case derp.PeerPresentMessage:
		return fmt.Sprintf("PeerPresent of %s at %v, flags %d",
			m.Key.ShortString(), m.IPPort, m.Flags)
	}
	return fmt.Sprintf("%T %v", m, m)
}
