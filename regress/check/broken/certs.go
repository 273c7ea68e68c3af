package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"
)

const day = 24 * time.Hour

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// A spec says what is special in a certificate.
type spec struct {
	name     string        // for; default: that of the relay
	from, to time.Duration // validity, from now; default: a day ago, 60 days
	by       *authority    // default: the intermediate
	key      crypto.Signer // default: an EC key
	alg      x509.SignatureAlgorithm
	self     bool
	usage    x509.ExtKeyUsage // default: of servers
}

func serial() *big.Int {
	n, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return n.Add(n, big.NewInt(1))
}

func newKey() crypto.Signer {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

// newAuthority makes a CA, below `by' or, if that is nil, a root.
func newAuthority(name string, by *authority) *authority {
	a := &authority{key: newKey()}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-10 * day),
		NotAfter:  time.Now().Add(300 * day), IsCA: true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	parent, key := t, a.key
	if by != nil {
		parent, key = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent,
		a.key.Public(), key)
	if err != nil {
		panic(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	return a
}

// issue makes a certificate, with the chain below the root.
func (w *world) issue(name string, s spec) *tls.Certificate {
	if s.name != "" {
		name = s.name
	}
	if s.to == 0 {
		s.from, s.to = -day, 60*day
	}
	if s.by == nil {
		s.by = w.inter
	}
	if s.key == nil {
		s.key = newKey()
	}
	if s.usage == 0 {
		s.usage = x509.ExtKeyUsageServerAuth
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(s.from), NotAfter: time.Now().Add(s.to),
		KeyUsage:           x509.KeyUsageDigitalSignature,
		ExtKeyUsage:        []x509.ExtKeyUsage{s.usage},
		SignatureAlgorithm: s.alg, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(name); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{name}
	}
	parent, key := s.by.cert, s.by.key
	if s.self {
		parent, key = t, s.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent,
		s.key.Public(), key)
	if err != nil {
		panic(err)
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.key}
	if !s.self && s.by != w.root {
		c.Certificate = append(c.Certificate, s.by.cert.Raw)
	}
	return c
}

// writePEM writes certificates to a file.
func writePEM(path string, ders ...[]byte) error {
	var out []byte
	for _, d := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
			Bytes: d})...)
	}
	return os.WriteFile(path, out, 0o644)
}
