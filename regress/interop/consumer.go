package main

// A consumer of maps, like control servers and the agents of edge machines:
// an ordered list of URLs, of which the first reachable one counts, polled, and
// the last good map kept while none has one.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tailscale.com/tailcfg"
)

const mapPath = "/derpmap/default"

// pollEvery: real consumers poll at intervals of minutes.
const pollEvery = 100 * time.Millisecond

// httpClient trusts what the options name.  The server under test is behind
// every name; a port in the URL says which of its sort, without one it is the
// port of -addr.
func (t *T) httpClient() *http.Client {
	ip, port, err := net.SplitHostPort(t.addr)
	if err != nil {
		t.failf("-addr %s: %v", t.addr, err)
	}
	return &http.Client{Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: t.webTLS(),
			DialContext: func(ctx context.Context, network,
				to string) (net.Conn, error) {
				_, p, err := net.SplitHostPort(to)
				if err != nil {
					return nil, err
				}
				if p == "443" {
					p = port
				}
				var d net.Dialer
				return d.DialContext(ctx, network,
					net.JoinHostPort(ip, p))
			}}}
}

// getMap fetches a map as consumers do: a plain GET, 200, JSON with regions.
func getMap(c *http.Client, from string) (*tailcfg.DERPMap, []byte, error) {
	resp, err := c.Get(from)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != 200 {
		return nil, nil, fmt.Errorf("%s: status %s", from, resp.Status)
	}
	kind := resp.Header.Get("Content-Type")
	if k, _, err := mime.ParseMediaType(kind); err != nil ||
		k != "application/json" {
		return nil, nil, fmt.Errorf("%s: type %q", from, kind)
	}
	m, err := parseMap(body)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from, err)
	}
	return m, body, nil
}

func parseMap(body []byte) (*tailcfg.DERPMap, error) {
	var m tailcfg.DERPMap
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	if len(m.Regions) == 0 {
		return nil, fmt.Errorf("no regions")
	}
	return &m, nil
}

// mapURL is the URL of the map of the server under test.
func (t *T) mapURL() string {
	return "https://" + t.host + mapPath
}

func (t *T) mustFetchMap() *tailcfg.DERPMap {
	m, _, err := getMap(t.httpClient(), t.mapURL())
	if err != nil {
		t.failf("the map: %v", err)
	}
	return m
}

// mapGet: many consumers at once get the same bytes, over persistent and new
// connections.
func mapGet(t *T) {
	_, first, err := getMap(t.httpClient(), t.mapURL())
	if err != nil {
		t.failf("%v", err)
	}
	errs := make(chan error)
	const consumers, polls = 16, 20
	for range consumers {
		go func() {
			c := t.httpClient()
			for i := range polls {
				_, body, err := getMap(c, t.mapURL())
				if err == nil && !bytes.Equal(body, first) {
					err = fmt.Errorf("other bytes")
				}
				if err != nil {
					errs <- err
					return
				}
				if i%5 == 0 {
					c.CloseIdleConnections()
				}
			}
			errs <- nil
		}()
	}
	for range consumers {
		if err := <-errs; err != nil {
			t.failf("%v", err)
		}
	}
	t.logf("%d consumers, %d polls each, %d bytes", consumers, polls,
		len(first))
}

// A subscription is the state of a consumer.
type subscription struct {
	t       *T
	clients []*http.Client // one for each URL, as their names differ
	urls    []string
	good    []byte // the last good map
	said    string
}

// say prints a change; shell tests wait for these lines.
func (s *subscription) say(source string) {
	line := fmt.Sprintf("%s, map %.8x", source, sha256.Sum256(s.good))
	if line != s.said {
		s.said = line
		s.t.logf("%s", line)
	}
}

// poll tries the URLs of the list once.
func (s *subscription) poll() {
	for i, u := range s.urls {
		_, body, err := getMap(s.clients[i], u)
		if err != nil {
			s.t.clientLog("%v", err)
			continue
		}
		s.good = body
		s.say("from " + u)
		return
	}
	s.say("from none")
}

// consumer: follow the list of -maps until a signal stops it; there is a good
// map all the time, whatever happens to the servers.
func consumer(t *T) {
	s := &subscription{t: t}
	for _, u := range strings.Split(t.maps, ",") {
		if p, err := url.Parse(u); err != nil || p.Scheme != "https" {
			t.failf("-maps: %q is no https URL", u)
		}
		s.urls = append(s.urls, u)
		s.clients = append(s.clients, t.httpClient())
	}
	s.poll()
	if s.good == nil {
		t.failf("none of %s has a map", t.maps)
	}
	t.ready()
	stop := told()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.poll()
		}
		if _, err := parseMap(s.good); err != nil {
			t.failf("the map that is kept: %v", err)
		}
	}
}
