package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// says returns a server that says something, and waits then.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		io.WriteString(c, text)
		c.SetDeadline(time.Now().Add(20 * time.Second))
		io.ReadAll(c)
	}
}

// alert returns a server that ends each handshake with this TLS alert.
func alert(n byte) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		b := make([]byte, 4096)
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if k, _ := c.Read(b); k > 0 && b[0] == 22 {
			c.Write([]byte{21, 3, 3, 0, 2, 2, n})
		}
		io.Copy(io.Discard, c)
	}
}

// proxyPort wants a PROXY header, as a port behind HAProxy does.
func proxyPort(_ *world, r *relay) []string {
	r.raw = func(c net.Conn) {
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		b := make([]byte, 12)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		switch {
		case string(b[:6]) == "PROXY ":
			for b[0] != '\n' {
				if _, err := c.Read(b[:1]); err != nil {
					return
				}
			}
		case string(b) == "\r\n\r\n\x00\r\nQUIT\n": // version 2
			if _, err := io.ReadFull(c, b[:4]); err != nil {
				return
			}
			io.CopyN(io.Discard, c, int64(b[2])<<8|int64(b[3]))
		default:
			return
		}
		tls.Server(c, &tls.Config{Certificates: []tls.Certificate{
			*r.cert}}).Handshake()
	}
	return nil
}

// junk answers a ClientHello with a ServerHello of one byte.
func junk(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if n, _ := c.Read(make([]byte, 4096)); n > 0 {
		c.Write([]byte{22, 3, 3, 0, 5, 2, 0, 0, 1, 7})
		io.Copy(io.Discard, c)
	}
}

// web is a web server that is no relay.
func web(server string, status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", server)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// The port, and what is at it.
var tcpRows = []row{
	{"tcp", "good", "", nil},
	{"tcp", "port-closed", "port-closed",
		func(_ *world, r *relay) []string {
			r.only = "none"
			return nil
		}},
	{"tcp", "port-silent", "port-silent",
		func(w *world, r *relay) []string {
			w.names.set(r.name, "5.5.7.9")
			r.only = "none"
			return nil
		}},
	{"tcp", "ssh", "other-service",
		func(_ *world, r *relay) []string {
			r.raw = says("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n")
			return nil
		}},
	{"tcp", "smtp", "other-service",
		func(_ *world, r *relay) []string {
			r.raw = says("220 mail.example.org ESMTP Postfix\r\n")
			return nil
		}},
	{"tcp", "http-on-443", "plain-http",
		func(_ *world, r *relay) []string {
			r.plain = true
			r.handler = func(http.Handler) http.Handler {
				return web("nginx/1.22.1", 404, "<html></html>")
			}
			return nil
		}},
	{"tcp", "derp-without-tls", "plain-http",
		func(_ *world, r *relay) []string {
			r.plain = true
			return nil
		}},
	{"tcp", "mute", "tls-silent",
		func(w *world, r *relay) []string {
			r.raw = says("")
			return r.alone(w)
		}},
	{"tcp", "closes", "tls-closed",
		func(_ *world, r *relay) []string {
			r.raw = func(c net.Conn) { c.Close() }
			return nil
		}},
	{"tcp", "proxy-header", "wants-proxy",
		proxyPort},
	{"tcp", "junk", "tls-broken", func(w *world, r *relay) []string {
		r.raw = junk
		return r.alone(w)
	}},
	{"tcp", "alert-name", "tls-name",
		func(_ *world, r *relay) []string {
			r.raw = alert(112)
			return nil
		}},
	{"tcp", "alert-failure", "tls-alert",
		func(_ *world, r *relay) []string {
			r.raw = alert(40)
			return nil
		}},
}

// named calls do with connections that ask for a name: some firewalls cut them.
func named(c *tls.Config, do func(net.Conn)) {
	c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if h.ServerName == "" {
			return nil, nil
		}
		do(h.Conn)
		return nil, errors.New("cut off")
	}
}

// tlsRow changes the TLS of a good relay.
func tlsRow(name, want string, change func(c *tls.Config)) row {
	return row{"tls", name, want, func(_ *world, r *relay) []string {
		r.tls = change
		return nil
	}}
}

// h2Alone refuses who does not offer h2.  (Go itself lets HTTP/1.1 pass.)
func h2Alone(c *tls.Config) {
	c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config,
		error) {
		d := c.Clone()
		d.GetConfigForClient = nil
		d.NextProtos = []string{"other"}
		if slices.Contains(h.SupportedProtos, "h2") {
			d.NextProtos = []string{"h2"}
		}
		return d, nil
	}
}

// h2Anyway speaks HTTP/2 whatever ALPN says: it sends SETTINGS, and GOAWAY to a
// request of HTTP/1.1.
func h2Anyway(_ *world, r *relay) []string {
	r.raw = func(c net.Conn) {
		conf := &tls.Config{Certificates: []tls.Certificate{*r.cert}}
		conf.GetConfigForClient = func(h *tls.ClientHelloInfo) (
			*tls.Config, error) {
			d := conf.Clone()
			if slices.Contains(h.SupportedProtos, "h2") {
				d.NextProtos = []string{"h2"}
			}
			return d, nil
		}
		t := tls.Server(c, conf)
		defer t.Close()
		t.SetDeadline(time.Now().Add(20 * time.Second))
		t.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0})
		if n, _ := t.Read(make([]byte, 4096)); n > 0 {
			t.Write([]byte{0, 0, 8, 7, 0, 0, 0, 0, 0,
				0, 0, 0, 0, 0, 0, 0, 1})
		}
	}
	return nil
}

var tlsRows = []row{
	tlsRow("h2-alone", "h2-alone", h2Alone),
	{"tls", "h2-anyway", "h2-alone", h2Anyway},
	tlsRow("name-cut", "tls-name-cut", func(c *tls.Config) {
		named(c, func(conn net.Conn) { conn.Close() })
	}),
	tlsRow("name-swallowed", "tls-name-cut", func(c *tls.Config) {
		named(c, func(conn net.Conn) {
			// Until the client has given up.
			conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			io.Copy(io.Discard, conn)
		})
	}),
	tlsRow("client-cert", "client-cert", func(c *tls.Config) {
		c.ClientAuth = tls.RequireAnyClientCert
	}),
	tlsRow("no-alpn", "", func(c *tls.Config) { c.NextProtos = nil }),
	tlsRow("tls12", "", func(c *tls.Config) {
		c.MaxVersion = tls.VersionTLS12
	}),
	tlsRow("tls11", "tls-old", func(c *tls.Config) {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}),
	tlsRow("sni-needed", "", func(c *tls.Config) {
		get := c.GetCertificate
		c.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate,
			error) {
			if h.ServerName == "" {
				return nil, fmt.Errorf("no name")
			}
			return get(h)
		}
	}),
	{"tls", "no-meta", "", func(_ *world, r *relay) []string {
		r.meta = nil
		return nil
	}},
	{"tls", "meta-other-key", "meta-key-wrong",
		func(_ *world, r *relay) []string {
			r.meta = [][]byte{newServer().MetaCert()}
			return nil
		}},
	{"tls", "meta-malformed", "+meta-malformed",
		func(_ *world, r *relay) []string {
			r.meta = [][]byte{metaCert("derpkeyzz" +
				strings.Repeat("0", 62))}
			return nil
		}},
}

// metaCert makes a certificate like derper's, for any name.
func metaCert(cn string) []byte {
	k := newKey()
	t := &x509.Certificate{SerialNumber: serial(),
		Subject:   pkix.Name{CommonName: cn},
		NotBefore: time.Now().Add(-30 * day),
		NotAfter:  time.Now().Add(30 * day), BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, t, t, k.Public(), k)
	must(err)
	return der
}

// certRow serves another certificate.
func certRow(name, want string, s spec) row {
	return row{"cert", name, want, func(w *world, r *relay) []string {
		r.cert = w.issue(r.name, s)
		return nil
	}}
}

// chainRow changes the chain.
func chainRow(name, want string,
	change func(w *world, chain [][]byte) [][]byte) row {
	return row{"cert", name, want, func(w *world, r *relay) []string {
		c := *r.cert
		c.Certificate = change(w, slices.Clone(c.Certificate))
		r.cert = &c
		return nil
	}}
}

func rsaKey(bits int) crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	must(err)
	return k
}

var certRows = []row{
	certRow("wrong-name", "cert-name", spec{name: "relay.example.net"}),
	certRow("expired", "cert-expired", spec{from: -90 * day, to: -2 * day}),
	certRow("not-yet", "cert-early", spec{from: 2 * day, to: 90 * day}),
	certRow("ends-soon", "cert-ends-soon", spec{from: -87 * day,
		to: 3 * day}),
	certRow("ends", "+cert-ends", spec{from: -80 * day, to: 10 * day}),
	certRow("expired-wrong-name", "cert-expired cert-name",
		spec{name: "relay.example.net", from: -90 * day, to: -2 * day}),
	certRow("self-signed", "cert-self-signed", spec{self: true}),
	certRow("for-clients", "cert-unfit", spec{
		usage: x509.ExtKeyUsageClientAuth}),
	{"cert", "other-key", "cert-key", func(w *world, r *relay) []string {
		c := *r.cert
		c.PrivateKey = newKey()
		r.cert = &c
		return nil
	}},
	{"cert", "expired-ca", "cert-ca-date",
		func(w *world, r *relay) []string {
			by := &authority{key: newKey()}
			by.cert = w.intermediate(by.key, -day)
			r.cert = w.issue(r.name, spec{by: by})
			return nil
		}},
	{"cert", "pin-extra", "cert-pin-extra",
		func(w *world, r *relay) []string {
			r.cert = w.issue(r.name, spec{self: true})
			pin := sha256.Sum256(r.cert.Certificate[0])
			r.cert.Certificate = append(r.cert.Certificate,
				w.other.cert.Raw)
			return w.mapFile(r.node(node{"CertName": fmt.Sprintf(
				"sha256-raw:%x", pin)}))[2:]
		}},
	{"cert", "unknown-ca", "cert-unknown-ca",
		func(w *world, r *relay) []string {
			r.cert = w.issue(r.name, spec{by: w.other})
			return nil
		}},
	{"cert", "sha1", "cert-weak", func(w *world, r *relay) []string {
		k := rsaKey(2048)
		by := &authority{key: k}
		by.cert = w.intermediate(k, 300*day)
		r.cert = w.issue(r.name, spec{by: by, alg: x509.SHA1WithRSA})
		return nil
	}},
	{"cert", "rsa1024", "cert-weak", func(w *world, r *relay) []string {
		r.cert = w.issue(r.name, spec{key: rsaKey(1024)})
		return nil
	}},
	{"cert", "rsa2048", "", func(w *world, r *relay) []string {
		r.cert = w.issue(r.name, spec{key: rsaKey(2048)})
		return nil
	}},
	chainRow("leaf-alone", "cert-incomplete",
		func(_ *world, c [][]byte) [][]byte { return c[:1] }),
	{"cert", "wrong-order", "cert-order",
		func(w *world, r *relay) []string {
			second := newAuthority("Second Intermediate", w.inter)
			c := w.issue(r.name, spec{by: second})
			c.Certificate = [][]byte{c.Certificate[0], w.inter.cert.Raw,
				second.cert.Raw}
			r.cert = c
			return nil
		}},
	chainRow("with-root", "", func(w *world, c [][]byte) [][]byte {
		return append(c, w.root.cert.Raw)
	}),
	chainRow("unrelated", "+cert-extra",
		func(w *world, c [][]byte) [][]byte {
			return append(c, w.other.cert.Raw)
		}),
	{"cert", "wrong-pin", "cert-pin", func(w *world, r *relay) []string {
		r.cert = w.issue(r.name, spec{self: true})
		return w.mapFile(r.node(node{"CertName": "sha256-raw:" +
			strings.Repeat("ab", 32)}))[2:]
	}},
	{"cert", "right-pin", "", func(w *world, r *relay) []string {
		r.cert = w.issue(r.name, spec{self: true})
		return w.mapFile(r.node(node{"CertName": fmt.Sprintf(
			"sha256-raw:%x", sha256.Sum256(r.cert.Certificate[0]))}))[2:]
	}},
	{"cert", "other-certname", "", func(w *world, r *relay) []string {
		r.cert = w.issue("front.example.net", spec{})
		return w.mapFile(r.node(node{"CertName": "front.example.net"}))
	}},
	{"cert", "insecure-for-tests", "", func(w *world, r *relay) []string {
		r.cert = w.issue("front.example.net", spec{self: true})
		return w.mapFile(r.node(node{"InsecureForTests": true}))[2:]
	}},
}

// intermediate makes one with this key, until then.
func (w *world) intermediate(k crypto.Signer,
	until time.Duration) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: serial(),
		Subject:   pkix.Name{CommonName: "Another Intermediate"},
		NotBefore: time.Now().Add(-10 * day),
		NotAfter:  time.Now().Add(until), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, t, w.root.cert,
		k.Public(), w.root.key)
	must(err)
	c, err := x509.ParseCertificate(der)
	must(err)
	return c
}
