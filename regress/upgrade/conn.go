package main

// One connection to the server, over one of the ways that clients have.

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/net/wsconn"
	"tailscale.com/types/key"
)

// loginBound is how long a login may take.
const loginBound = 15 * time.Second

// A way to connect.
type way string

const (
	tls13 way = "TLS 1.3"
	tls12 way = "TLS 1.2"
	ws    way = "WebSocket"
)

// A client of derp or derphttp.
type wire interface {
	Send(key.NodePublic, []byte) error
	SendPing([8]byte) error
	Recv() (derp.ReceivedMessage, error)
}

// A conn is one session; it never dials again by itself.
type conn struct {
	wire
	end func()
}

func (l *load) tlsConfig(w way) *tls.Config {
	conf := &tls.Config{RootCAs: l.roots, ServerName: l.o.host}
	if w == tls12 {
		conf.MaxVersion = tls.VersionTLS12
	}
	return conf
}

// smallBuffer is what the system keeps for a client that is slow, in bytes.
const smallBuffer = 8192

func (l *load) dialAddr(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// open logs in at the address with the key.  The server has let the client in
// when it returns without an error.
func (l *load) open(addr string, w way, k key.NodePrivate, watch,
	slow bool) (*conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loginBound)
	defer cancel()
	var c *conn
	var err error
	if w == ws {
		c, err = l.openWebSocket(ctx, addr, k)
	} else {
		c, err = l.openHTTP(ctx, addr, w, k, watch, slow)
	}
	if err != nil {
		return nil, err
	}
	timer := time.AfterFunc(loginBound, c.end)
	defer timer.Stop()
	m, err := c.Recv()
	if err != nil {
		c.end()
		return nil, fmt.Errorf("no ServerInfo: %w", err)
	}
	if _, ok := m.(derp.ServerInfoMessage); !ok {
		c.end()
		return nil, fmt.Errorf("the first message is %T", m)
	}
	return c, nil
}

// openHTTP connects with the client that Tailscale's nodes run.
func (l *load) openHTTP(ctx context.Context, addr string, w way,
	k key.NodePrivate, watch, slow bool) (*conn, error) {
	c, err := derphttp.NewClient(k, "https://"+l.o.host+"/derp",
		l.clientLog, netmon.NewStatic())
	if err != nil {
		return nil, err
	}
	var dials atomic.Int32
	c.SetURLDialer(func(ctx context.Context, _, _ string) (net.Conn,
		error) {
		if dials.Add(1) > 1 {
			return nil, errors.New("the session has ended")
		}
		nc, err := l.dialAddr(ctx, addr)
		if err == nil && slow {
			nc.(*net.TCPConn).SetReadBuffer(smallBuffer)
		}
		return nc, err
	})
	c.TLSConfig = l.tlsConfig(w)
	if watch {
		c.MeshKey = l.mesh
		c.WatchConnectionChanges = true
	}
	if err := c.Connect(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return &conn{wire: c, end: func() { c.Close() }}, nil
}

// openWebSocket connects as a browser does.
func (l *load) openWebSocket(ctx context.Context, addr string,
	k key.NodePrivate) (*conn, error) {
	conf := l.tlsConfig(ws)
	conf.NextProtos = []string{"http/1.1"}
	tr := &http.Transport{TLSClientConfig: conf,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn,
			error) {
			return l.dialAddr(ctx, addr)
		}}
	s, _, err := websocket.Dial(ctx, "https://"+l.o.host+"/derp",
		&websocket.DialOptions{
			HTTPClient:   &http.Client{Transport: tr},
			Subprotocols: []string{"derp"},
		})
	if err != nil {
		return nil, err
	}
	end := func() { s.CloseNow() }
	timer := time.AfterFunc(loginBound, end)
	defer timer.Stop()
	nc := wsconn.NetConn(context.Background(), s, websocket.MessageBinary,
		addr)
	brw := bufio.NewReadWriter(bufio.NewReader(nc), bufio.NewWriter(nc))
	c, err := derp.NewClient(k, nc, brw, l.clientLog)
	if err != nil {
		end()
		return nil, err
	}
	return &conn{wire: c, end: end}, nil
}

// probe asks for a page over a connection of its own.
func (l *load) probe(url, addr string, status int) error {
	tr := &http.Transport{TLSClientConfig: l.tlsConfig(tls13),
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn,
			error) {
			return l.dialAddr(ctx, addr)
		}}
	c := &http.Client{Transport: tr, Timeout: loginBound}
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != status {
		return fmt.Errorf("%s: status %d", url, resp.StatusCode)
	}
	return nil
}

// try logs in with a new key, sends itself a packet, and leaves.
func (l *load) try(w way) error {
	k := key.NewNode()
	c, err := l.open(l.o.addr, w, k, false, false)
	if err != nil {
		return err
	}
	defer c.end()
	timer := time.AfterFunc(loginBound, c.end)
	defer timer.Stop()
	want := l.random[:100]
	if err := c.Send(k.Public(), want); err != nil {
		return fmt.Errorf("just logged in, can't send: %w", err)
	}
	for {
		m, err := c.Recv()
		if err != nil {
			return fmt.Errorf("just logged in, nothing comes: %w",
				err)
		}
		switch m := m.(type) {
		case derp.ReceivedPacket:
			if m.Source != k.Public() || !bytes.Equal(m.Data, want) {
				return errors.New("just logged in, got another " +
					"packet")
			}
			return nil
		case derp.PeerGoneMessage:
			return errors.New("just logged in, its own key is gone")
		}
	}
}
