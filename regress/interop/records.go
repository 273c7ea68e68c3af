package main

// Records of TLS 1.3 with crypto/tls, as far as it can be told what to do: each
// suite, records of one byte, and the key updates that the server sends and
// requests.  crypto/tls sends none by itself.

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	_ "unsafe" // for linkname
)

// crypto/tls has no setting for the suites of TLS 1.3, but lets these be seen.
//
//go:linkname suites13 crypto/tls.defaultCipherSuitesTLS13
var suites13 []uint16

//go:linkname suites13NoAES crypto/tls.defaultCipherSuitesTLS13NoAES
var suites13NoAES []uint16

// recordCounter counts the records of one direction that have the length of a
// key update: message, type and tag.
type recordCounter struct {
	head    []byte
	skip    int
	updates int
}

func (c *recordCounter) see(p []byte) {
	for len(p) > 0 {
		if c.skip > 0 {
			n := min(c.skip, len(p))
			c.skip -= n
			p = p[n:]
			continue
		}
		c.head = append(c.head, p[0])
		p = p[1:]
		if len(c.head) == 5 {
			c.skip = int(c.head[3])<<8 | int(c.head[4])
			if c.head[0] == 23 && c.skip == 5+1+16 {
				c.updates++
			}
			c.head = c.head[:0]
		}
	}
}

type countedConn struct {
	net.Conn
	sent, got recordCounter
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got.see(p[:n])
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.see(p[:n])
	return n, err
}

// records: requests on one connection for each suite; with -updates, so many
// key updates must come, and as many answers go.
func records(t *T) {
	all, noAES := suites13, suites13NoAES
	defer func() { suites13, suites13NoAES = all, noAES }()
	for _, suite := range []uint16{tls.TLS_AES_128_GCM_SHA256,
		tls.TLS_AES_256_GCM_SHA384, tls.TLS_CHACHA20_POLY1305_SHA256} {
		suites13 = []uint16{suite}
		suites13NoAES = suites13
		recordsOf(t, suite)
	}
}

func recordsOf(t *T, suite uint16) {
	nc, err := net.DialTimeout("tcp", t.addr, wait)
	if err != nil {
		t.failf("can't dial %s: %v", t.addr, err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(wait))
	counted := &countedConn{Conn: nc}
	conn := tls.Client(counted, &tls.Config{ServerName: t.host,
		InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	r := bufio.NewReader(conn)
	for i := 0; i < 30; i++ {
		text := fmt.Sprintf("GET /derp/probe HTTP/1.1\r\nHost: %s\r\n"+
			"X-Filler: %s\r\n\r\n", t.host,
			strings.Repeat("x", i*50))
		step := len(text)
		if i%10 == 3 {
			step = 1
		}
		for ; len(text) > 0; text = text[min(step, len(text)):] {
			_, err := io.WriteString(conn, text[:min(step,
				len(text))])
			if err != nil {
				t.failf("request %d: %v", i, err)
			}
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.failf("answer %d: %v", i, err)
		}
		if resp.StatusCode != http.StatusOK {
			t.failf("answer %d: %s", i, resp.Status)
		}
		resp.Body.Close()
	}
	name := tls.CipherSuiteName(suite)
	if got := conn.ConnectionState().CipherSuite; got != suite {
		t.failf("the suite is %s, wanted %s", tls.CipherSuiteName(got),
			name)
	}
	if counted.got.updates < t.updates || counted.sent.updates < t.updates {
		t.failf("%s: %d key updates came, %d went, wanted %d", name,
			counted.got.updates, counted.sent.updates, t.updates)
	}
	t.logf("%s: %d key updates came, %d went", name, counted.got.updates,
		counted.sent.updates)
}
