package main

// DERP inside WebSocket, as browsers speak it.

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"tailscale.com/derp"
	"tailscale.com/net/wsconn"
	"tailscale.com/types/key"
)

// dialWebsocket opens a WebSocket without a login.
func (t *T) dialWebsocket(sub []string) (*websocket.Conn, *http.Response,
	error) {
	conf := t.tlsConfig()
	conf.ServerName = t.host
	conf.NextProtos = []string{"http/1.1"}
	if t.roots == nil {
		conf.InsecureSkipVerify = true
	}
	tr := &http.Transport{TLSClientConfig: conf,
		DialContext: func(ctx context.Context, network, _ string) (
			net.Conn, error) {
			return t.dialServer(ctx, network)
		}}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return websocket.Dial(ctx, "https://"+t.host+"/derp",
		&websocket.DialOptions{
			HTTPClient:   &http.Client{Transport: tr},
			HTTPHeader:   http.Header{"Origin": {"https://app.invalid"}},
			Subprotocols: sub,
		})
}

// openWebsocket connects over a WebSocket and sends ClientInfo.
func (p *peer) openWebsocket() (*websocket.Conn, *http.Response, error) {
	ws, resp, err := p.t.dialWebsocket([]string{"derp"})
	if err != nil {
		return nil, nil, err
	}
	p.stop = func() { ws.CloseNow() }
	nc := wsconn.NetConn(context.Background(), ws, websocket.MessageBinary,
		p.t.addr)
	brw := bufio.NewReadWriter(bufio.NewReader(nc), bufio.NewWriter(nc))
	c, err := derp.NewClient(p.key, nc, brw, p.t.clientLog)
	p.sender = c
	return ws, resp, err
}

// websocketPeer logs in over a WebSocket.
func (t *T) websocketPeer(name string) (*peer, *websocket.Conn) {
	p := &peer{t: t, name: name, key: key.NewNode()}
	ws, resp, err := p.openWebsocket()
	if err != nil {
		t.failf("can't open a WebSocket: %v", err)
	}
	if ws.Subprotocol() != "derp" {
		t.failf("subprotocol is %q, wanted derp", ws.Subprotocol())
	}
	if e := resp.Header.Get("Sec-WebSocket-Extensions"); e != "" {
		t.failf("extensions %q were agreed on", e)
	}
	if err := p.start(); err != nil {
		t.failf("can't log in: %v", err)
	}
	return p, ws
}

func websocketClient(t *T) {
	a := t.dial("a")
	b, ws := t.websocketPeer("b")
	exchange(a, b)
	// A server takes messages of up to 32768 bytes, and so does the real
	// client: a larger frame has to come in several.  derper does not do
	// that.
	largest := 65536
	if t.derper {
		largest = 32000
	}
	for i, n := range []int{0, 1, 125, 126, 1400, 4096, 16384, 32000,
		largest} {
		pkt := fill(uint64(i), n)
		a.send(b, pkt)
		b.wantPacket(a.public(), pkt)
		pkt = pkt[:min(n, 32000)]
		b.send(a, pkt)
		a.wantPacket(b.public(), pkt)
	}
	t.logf("0 to %d bytes came through", largest)
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := ws.Ping(ctx); err != nil {
		t.failf("no answer to a WebSocket ping: %v", err)
	}
	b.settle()
	t.logf("a WebSocket ping was answered")

	err := ws.Write(ctx, websocket.MessageText, []byte("text"))
	if err != nil {
		t.failf("can't write: %v", err)
	}
	b.wantClosed()
	a.wantGone(b.public(), derp.PeerGoneReasonDisconnected)
	t.logf("a text message closed the connection")

	c, ws := t.websocketPeer("c")
	c.send(a, []byte("c"))
	a.wantPacket(c.public(), []byte("c"))
	ws.Close(websocket.StatusNormalClosure, "")
	a.wantGone(c.public(), derp.PeerGoneReasonDisconnected)
	t.logf("a closing handshake ended the session")
}
