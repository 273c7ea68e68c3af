package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stun"
	"tailscale.com/types/key"
)

// A relay is a good one until a row changes something before it starts.
type relay struct {
	name    string // NAME.test
	v4, v6  netip.Addr
	server  *derpserver.Server
	cert    *tls.Certificate
	meta    [][]byte                        // the certificates behind the chain
	tls     func(c *tls.Config)             // changes it
	handler func(http.Handler) http.Handler // around that of derper
	raw     func(net.Conn)                  // in place of TLS
	plain   bool                            // HTTP in place of HTTPS
	tamper  func() tamper                   // with the frames of a connection
	stun    func(s *stunSocket, req []byte, from *net.UDPAddr)
	stunOff bool
	port80  http.Handler
	no80    bool
	n       counter
	only    string // "4" or "6": listen on one of them
}

// listenConfig binds to addresses that no interface has.
var listenConfig = net.ListenConfig{
	Control: func(network, _ string, c syscall.RawConn) error {
		level, opt := syscall.IPPROTO_IP, 15 // IP_FREEBIND
		if strings.HasSuffix(network, "6") {
			level, opt = syscall.IPPROTO_IPV6, 78 // IPV6_FREEBIND
		}
		return c.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), level, opt, 1)
		})
	},
}

// addrs are the addresses where the relay listens.
func (r *relay) addrs() []netip.Addr {
	switch r.only {
	case "4":
		return []netip.Addr{r.v4}
	case "6":
		return []netip.Addr{r.v6}
	case "none":
		return nil
	}
	return []netip.Addr{r.v4, r.v6}
}

func listenTCP(a netip.Addr, port int) (net.Listener, error) {
	return listenConfig.Listen(context.Background(), "tcp",
		net.JoinHostPort(a.String(), strconv.Itoa(port)))
}

// start makes the relay listen.  Connections are counted.
func (r *relay) start() error {
	for _, a := range r.addrs() {
		l, err := listenTCP(a, 443)
		if err != nil {
			return err
		}
		go r.serve443(countingListener{l, &r.n})
		if !r.no80 {
			if l, err = listenTCP(a, 80); err != nil {
				return err
			}
			go http.Serve(l, r.port80)
		}
		if !r.stunOff {
			if err = r.serveSTUN(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *relay) serve443(l net.Listener) {
	if r.raw != nil {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.raw(c)
		}
	}
	h := http.Handler(r.mux())
	if r.handler != nil {
		h = r.handler(h)
	}
	srv := &http.Server{Handler: h, ErrorLog: log.Default()}
	if r.plain {
		srv.Serve(l)
		return
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"}}
	chain := *r.cert
	chain.Certificate = append(append([][]byte{}, chain.Certificate...),
		r.meta...)
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return &chain, nil
	}
	if r.tls != nil {
		r.tls(c)
	}
	srv.TLSNextProto = map[string]func(*http.Server, *tls.Conn,
		http.Handler){}
	srv.Serve(tls.NewListener(l, c))
}

// mux serves what derper serves.
func (r *relay) mux() *http.ServeMux {
	mux := http.NewServeMux()
	derpHandler := derpserver.Handler(r.server)
	if r.tamper != nil {
		derpHandler = http.HandlerFunc(r.serveTampered)
	}
	mux.Handle("/derp", derpserver.AddWebSocketSupport(r.server, derpHandler))
	mux.HandleFunc("/derp/probe", derpserver.ProbeHandler)
	mux.HandleFunc("/derp/latency-check", derpserver.ProbeHandler)
	mux.HandleFunc("/generate_204", derpserver.ServeNoContent)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintln(w, "<html><body><h1>DERP</h1></body></html>")
	})
	return mux
}

// good80 is what derper serves at port 80.
func good80(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/generate_204", derpserver.ServeNoContent)
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "https://"+name+req.URL.Path,
			http.StatusFound)
	})
	return mux
}

// A stunSocket answers at one address.
type stunSocket struct {
	c    *net.UDPConn
	addr netip.Addr
	n    int // requests so far
}

func listenUDP(a netip.Addr, port int) (*net.UDPConn, error) {
	c, err := listenConfig.ListenPacket(context.Background(), "udp",
		net.JoinHostPort(a.String(), strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

func (r *relay) serveSTUN(a netip.Addr) error {
	c, err := listenUDP(a, 3478)
	if err != nil {
		return err
	}
	s := &stunSocket{c: c, addr: a}
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			s.n++
			if r.stun != nil {
				r.stun(s, buf[:n], from)
			} else if b := answer(buf[:n], unmapped(from)); b != nil {
				c.WriteTo(b, from)
			}
		}
	}()
	return nil
}

func unmapped(from *net.UDPAddr) netip.AddrPort {
	a := from.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// answer is the right answer that tells `mapped'; nil to what is no request.
func answer(req []byte, mapped netip.AddrPort) []byte {
	id, err := stun.ParseBindingRequest(req)
	if err != nil {
		return nil
	}
	return stun.Response(id, mapped)
}

func newServer() *derpserver.Server {
	return derpserver.New(key.NewNode(), log.Printf)
}

// accept gives a connection that is past HTTP to the server.
func (r *relay) accept(c net.Conn, remote string) {
	r.server.Accept(context.Background(), c, bufio.NewReadWriter(
		bufio.NewReader(c), bufio.NewWriter(c)), remote)
}
