package main

// TLS and the two ways to start a session.

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tailscale.com/derp"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// exchange checks a session with one packet each way.
func exchange(a, b *peer) {
	a.send(b, []byte("from a to b"))
	b.wantPacket(a.public(), []byte("from a to b"))
	b.send(a, []byte("from b to a"))
	a.wantPacket(b.public(), []byte("from b to a"))
}

// tlsVerified: the certificate is valid for the name and for no other.
func tlsVerified(t *T) {
	exchange(t.dial("a"), t.dial("b"))
	t.logf("two clients verified %s and exchanged packets", t.host)
	p, err := t.tryDial("stranger", options{hostname: "other.invalid"})
	if err == nil {
		p.close()
		t.failf("the certificate was taken for other.invalid")
	}
	t.logf("not taken for other.invalid: %v", err)
}

func (t *T) wantVersion(p *peer, v uint16) {
	cs, ok := p.http.TLSConnectionState()
	if !ok || cs.Version != v {
		t.failf("TLS version is %x, wanted %x", cs.Version, v)
	}
}

func tls12(t *T) {
	conf := t.tlsConfig()
	conf.MaxVersion = tls.VersionTLS12
	a := t.dialOpt("a", options{tls: conf})
	t.wantVersion(a, tls.VersionTLS12)
	b := t.dial("b")
	exchange(a, b)
	t.logf("a client with TLS 1.2 and one with TLS 1.3 exchanged packets")
}

// startFast: derphttp uses it when it sees the meta certificate in TLS 1.3.
func startFast(t *T) {
	a, b := t.dial("a"), t.dial("b")
	for _, p := range []*peer{a, b} {
		t.wantVersion(p, tls.VersionTLS13)
		cs, _ := p.http.TLSConnectionState()
		last := cs.PeerCertificates[len(cs.PeerCertificates)-1]
		want := "derpkey" + p.http.ServerPublicKey().UntypedHexString()
		if last.Subject.CommonName != want {
			t.failf("last certificate is %q, wanted %q",
				last.Subject.CommonName, want)
		}
	}
	exchange(a, b)
	t.logf("two clients started without a HTTP reply")
}

// rawTLS dials with the standard library alone and without verification, for
// cases about details of the protocol.
func (t *T) rawTLS() *tls.Conn {
	d := &net.Dialer{Timeout: wait}
	nc, err := tls.DialWithDialer(d, "tcp", t.addr, &tls.Config{
		ServerName: t.host, InsecureSkipVerify: true,
		NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.failf("can't dial %s: %v", t.addr, err)
	}
	nc.SetDeadline(time.Now().Add(wait))
	return nc
}

// startPlain: upgrade by hand, so that the reply can be checked.
func startPlain(t *T) {
	a, resp := t.dialPlain("a")
	for name, want := range map[string]string{
		"Upgrade":         "DERP",
		"Connection":      "Upgrade",
		"Derp-Version":    "2",
		"Derp-Public-Key": a.serverKey.UntypedHexString(),
	} {
		if got := resp.Header.Get(name); !strings.EqualFold(got, want) {
			t.failf("%s: is %q, wanted %q", name, got, want)
		}
	}
	exchange(a.peer, t.dial("b"))
	t.logf("upgraded with a reply; its header is right")
}

type plainPeer struct {
	*peer
	serverKey key.NodePublic
}

func (t *T) dialPlain(name string) (plainPeer, *http.Response) {
	nc := t.rawTLS()
	brw := bufio.NewReadWriter(bufio.NewReader(nc), bufio.NewWriter(nc))
	fmt.Fprintf(brw, "GET /derp HTTP/1.1\r\nHost: %s\r\n"+
		"Connection: Upgrade\r\nUpgrade: DERP\r\n\r\n", t.host)
	if err := brw.Flush(); err != nil {
		t.failf("can't write the request: %v", err)
	}
	resp, err := http.ReadResponse(brw.Reader, nil)
	if err != nil {
		t.failf("can't read the reply: %v", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.failf("reply is %s, wanted 101", resp.Status)
	}
	k := key.NewNode()
	c, err := derp.NewClient(k, nc, brw, t.clientLog)
	if err != nil {
		t.failf("can't log in: %v", err)
	}
	nc.SetDeadline(time.Time{})
	p := &peer{t: t, name: name, key: k, sender: c,
		stop: func() { nc.Close() }}
	if err := p.start(); err != nil {
		t.failf("can't log in: %v", err)
	}
	return plainPeer{p, c.ServerPublicKey()}, resp
}

// metaCert checks the certificate that announces fast start.
func metaCert(t *T) {
	nc := t.rawTLS()
	defer nc.Close()
	certs := nc.ConnectionState().PeerCertificates
	if len(certs) < 2 {
		t.failf("%d certificates came, wanted at least two", len(certs))
	}
	m := certs[len(certs)-1]
	pub, ok := strings.CutPrefix(m.Subject.CommonName, "derpkey")
	if b, err := hex.DecodeString(pub); !ok || err != nil || len(b) != 32 {
		t.failf("its name is %q", m.Subject.CommonName)
	}
	if m.SerialNumber.Int64() != 2 {
		t.failf("its serial number is %v, wanted 2", m.SerialNumber)
	}
	if m.PublicKeyAlgorithm.String() != "Ed25519" {
		t.failf("its key is %v, wanted Ed25519", m.PublicKeyAlgorithm)
	}
	if !m.BasicConstraintsValid || m.IsCA {
		t.failf("its basic constraints are missing or say CA")
	}
	if err := m.CheckSignature(m.SignatureAlgorithm,
		m.RawTBSCertificate, m.Signature); err != nil {
		t.failf("its signature is bad: %v", err)
	}
	now := time.Now()
	const day = 24 * time.Hour
	if m.NotBefore.After(now.Add(-day)) || m.NotAfter.Before(now.Add(day)) {
		t.failf("it is valid from %v to %v: not a day either side",
			m.NotBefore, m.NotAfter)
	}
	if m.NotAfter.Sub(m.NotBefore) > 62*day {
		t.failf("it is valid for %v", m.NotAfter.Sub(m.NotBefore))
	}
	t.logf("%s, valid until %v", m.Subject.CommonName[:15]+"...", m.NotAfter)
}

// region is a map region whose one node is this server.
func (t *T) region(certName string) *tailcfg.DERPRegion {
	ip, text, err := net.SplitHostPort(t.addr)
	if err != nil {
		t.failf("-addr: %v", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.failf("-addr: %v", err)
	}
	return &tailcfg.DERPRegion{
		RegionID: 900, RegionCode: "test", RegionName: "Test",
		Nodes: []*tailcfg.DERPNode{{
			Name: "900a", RegionID: 900, HostName: t.host,
			CertName: certName, IPv4: ip, IPv6: "none",
			DERPPort: port,
		}},
	}
}

// pinned: a self-signed certificate is accepted by its hash, and only by that.
func pinned(t *T) {
	nc := t.rawTLS()
	sum := sha256.Sum256(nc.ConnectionState().PeerCertificates[0].Raw)
	nc.Close()
	if got := "sha256-raw:" + hex.EncodeToString(sum[:]); got != t.pin {
		t.failf("the certificate's pin is %s, announced was %s", got, t.pin)
	}
	other := &T{addr: t.addr, host: t.host, pin: t.pin, name: t.name,
		verbose: t.verbose}
	a, b := other.dial("a"), other.dial("b")
	defer other.closeAll()
	exchange(a, b)
	other.pin = "sha256-raw:" + strings.Repeat("0", 64)
	if p, err := other.tryDial("c", options{}); err == nil {
		p.close()
		t.failf("the certificate was taken for another pin")
	}
	t.logf("taken for its pin, refused for another")
}
