package main

// What wireguard-go sends and receives with: UDP, DERP, or everything over both.

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"

	"go4.org/mem"
	"golang.zx2c4.com/wireguard/conn"
	"tailscale.com/types/key"
)

// endpoint is a peer: its key, if it is known, and its address, if it has one.
type endpoint struct {
	conn.Endpoint
	peer key.NodePublic
}

// noAddress stands for the address of a peer that is reached over DERP alone.
type noAddress struct{ peer key.NodePublic }

func (noAddress) ClearSrc()           {}
func (noAddress) SrcToString() string { return "" }
func (noAddress) DstToString() string { return "127.3.3.40:1" }
func (a noAddress) DstToBytes() []byte {
	raw := a.peer.Raw32()
	return raw[:6]
}
func (noAddress) DstIP() netip.Addr { return netip.MustParseAddr("127.3.3.40") }
func (noAddress) SrcIP() netip.Addr { return netip.Addr{} }

// bind sends over UDP, over relays, or over both; it receives from both.
type bind struct {
	udp        conn.Bind
	relays     *relays
	overUDP    bool
	overRelays bool

	mu     sync.Mutex
	peers  map[string]*endpoint // by address
	byKey  map[key.NodePublic]*endpoint
	closed chan struct{}
}

// newBind: mode is udp, relay or both.
func newBind(mode string, r *relays) (*bind, error) {
	switch mode {
	case "udp", "relay", "both":
	default:
		return nil, errors.New("the mode is udp, relay or both")
	}
	return &bind{udp: conn.NewStdNetBind(), relays: r,
		overUDP: mode != "relay", overRelays: mode != "udp",
		peers: map[string]*endpoint{},
		byKey: map[key.NodePublic]*endpoint{}}, nil
}

// ParseEndpoint takes "KEY" or "KEY/ADDRESS:PORT", with the key in hex; an
// address alone is one of a peer that was told before.
func (b *bind) ParseEndpoint(s string) (conn.Endpoint, error) {
	name, addr, found := strings.Cut(s, "/")
	if !found && strings.Contains(s, ":") {
		return b.fromAddress(s)
	}
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != 32 {
		return nil, errors.New("no key: " + name)
	}
	e := &endpoint{peer: key.NodePublicFromRaw32(mem.B(raw))}
	if addr == "" {
		e.Endpoint = noAddress{e.peer}
	} else if e.Endpoint, err = b.udp.ParseEndpoint(addr); err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.peers[addr], b.byKey[e.peer] = e, e
	b.mu.Unlock()
	if b.overRelays {
		b.relays.open(e.peer)
	}
	return e, nil
}

func (b *bind) fromAddress(s string) (conn.Endpoint, error) {
	udp, err := b.udp.ParseEndpoint(s)
	if err != nil {
		return nil, err
	}
	return b.known(udp), nil
}

// known adds the key of the peer that has this address.
func (b *bind) known(udp conn.Endpoint) conn.Endpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &endpoint{Endpoint: udp}
	if p := b.peers[udp.DstToString()]; p != nil {
		e.peer = p.peer
	}
	return e
}

// from returns the endpoint of a peer from which a relay has a packet: nil if
// it is no peer.
func (b *bind) from(peer key.NodePublic) conn.Endpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byKey[peer]; e != nil {
		return e
	}
	return nil
}

func (b *bind) Send(bufs [][]byte, to conn.Endpoint) error {
	e := to.(*endpoint)
	var first error
	_, none := e.Endpoint.(noAddress)
	if b.overUDP && !none {
		first = b.udp.Send(bufs, e.Endpoint)
	}
	if !b.overRelays || e.peer.IsZero() {
		return first
	}
	for _, data := range bufs {
		if err := b.relays.send(e.peer, data); err != nil {
			return err
		}
	}
	return nil
}

func (b *bind) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	inner, port, err := b.udp.Open(port)
	if err != nil {
		return nil, 0, err
	}
	closed := make(chan struct{})
	b.mu.Lock()
	b.closed = closed
	b.mu.Unlock()
	var fns []conn.ReceiveFunc
	for _, receive := range inner {
		fns = append(fns, func(bufs [][]byte, sizes []int,
			eps []conn.Endpoint) (int, error) {
			n, err := receive(bufs, sizes, eps)
			for i := range n {
				if sizes[i] > 0 {
					eps[i] = b.known(eps[i])
				}
			}
			return n, err
		})
	}
	fns = append(fns, func(bufs [][]byte, sizes []int,
		eps []conn.Endpoint) (int, error) {
		return b.receive(closed, bufs, sizes, eps)
	})
	return fns, port, nil
}

// receive waits for a packet from relays; those of no peer are dropped.
func (b *bind) receive(closed chan struct{}, bufs [][]byte, sizes []int,
	eps []conn.Endpoint) (int, error) {
	for {
		select {
		case <-closed:
			return 0, net.ErrClosed
		case p := <-b.relays.got:
			e := b.from(p.from)
			if e == nil || len(p.data) > len(bufs[0]) {
				continue
			}
			sizes[0], eps[0] = copy(bufs[0], p.data), e
			return 1, nil
		}
	}
}

func (b *bind) Close() error {
	b.mu.Lock()
	if b.closed != nil {
		close(b.closed)
		b.closed = nil
	}
	b.mu.Unlock()
	return b.udp.Close()
}

func (b *bind) SetMark(mark uint32) error { return b.udp.SetMark(mark) }
func (b *bind) BatchSize() int            { return b.udp.BatchSize() }
