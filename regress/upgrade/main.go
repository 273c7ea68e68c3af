// Load is the traffic beside which a derpd is replaced: real DERP clients whose
// packets are checked one by one, clients that stay silent, and others that log
// in all the time.
//
//	load -addr 127.0.0.1:8443 -host relay.test -ca ca.pem -mesh mesh.key
//
// SIGTERM or SIGINT stops it.  It prints a line for each thing that a client
// should not have seen, and at the end one line of NAME=VALUE.  It exits 1 when
// there was such a thing.
package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tailscale.com/types/key"
)

// options of a run.
type options struct {
	addr, other       string
	host, plain, stun string
	caFile, meshFile  string
	pairs, tls12, ws  int
	flood, slow       int
	idle, watchers    int
	duplicates        int
	connectors        int
	rate              float64
	floodBytes        float64
	deaths            bool
	maxDelay          time.Duration
	state             string
	ready             string
	log               bool
}

func readOptions() options {
	var o options
	flag.StringVar(&o.addr, "addr", "", "TLS address, host:port")
	flag.StringVar(&o.other, "other", "", "TLS address of another node of "+
		"the region, where one client of each pair is")
	flag.StringVar(&o.plain, "plain", "", "plain address, host:port")
	flag.StringVar(&o.stun, "stun", "", "address of STUN, host:port")
	flag.StringVar(&o.host, "host", "relay.test", "name to verify")
	flag.StringVar(&o.caFile, "ca", "", "certificates to trust, PEM")
	flag.StringVar(&o.meshFile, "mesh", "", "mesh key file, for watchers")
	flag.IntVar(&o.pairs, "pairs", 20, "pairs of clients that exchange "+
		"packets")
	flag.IntVar(&o.tls12, "tls12", 3, "of these, pairs with a client over "+
		"TLS 1.2")
	flag.IntVar(&o.ws, "ws", 3, "of these, pairs with a client over "+
		"WebSocket")
	flag.IntVar(&o.flood, "flood", 0, "further pairs that send at -bytes")
	flag.IntVar(&o.slow, "slow", 1, "clients that read less than they are "+
		"sent")
	flag.IntVar(&o.idle, "idle", 200, "clients that say nothing")
	flag.IntVar(&o.watchers, "watchers", 2, "clients that watch")
	flag.IntVar(&o.duplicates, "duplicates", 3, "keys with three "+
		"connections each")
	flag.IntVar(&o.connectors, "connectors", 4, "clients that log in "+
		"again and again")
	flag.Float64Var(&o.rate, "rate", 100, "packets that a client of a pair "+
		"sends in a second")
	flag.Float64Var(&o.floodBytes, "bytes", 1e6, "bytes that a client of a "+
		"pair of -flood sends in a second")
	flag.BoolVar(&o.deaths, "deaths", false, "sessions may end: they are "+
		"counted, and log in again")
	flag.DurationVar(&o.maxDelay, "max-delay", 0, "the longest that a "+
		"packet may take (0: any time)")
	flag.StringVar(&o.state, "state", "", "file for the present counters")
	flag.StringVar(&o.ready, "ready", "", "file to make when all are in")
	flag.BoolVar(&o.log, "v", false, "show what the clients log")
	flag.Parse()
	return o
}

// setup reads the files that the options name.
func setup(o options) (*load, error) {
	l := newLoad(o)
	if o.addr == "" || o.caFile == "" {
		return nil, fmt.Errorf("-addr or -ca is missing")
	}
	pem, err := os.ReadFile(o.caFile)
	if err != nil {
		return nil, err
	}
	l.roots = x509.NewCertPool()
	if !l.roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it", o.caFile)
	}
	if o.watchers == 0 {
		return l, nil
	}
	text, err := os.ReadFile(o.meshFile)
	if err != nil {
		return nil, fmt.Errorf("-mesh, or -watchers 0: %w", err)
	}
	l.mesh, err = key.ParseDERPMesh(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.meshFile, err)
	}
	return l, nil
}

func main() {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	o := readOptions()
	l, err := setup(o)
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(2)
	}
	if err := l.start(); err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(1)
	}
	if o.ready != "" {
		err := os.WriteFile(o.ready, []byte("ready\n"), 0o644)
		if err != nil {
			fmt.Fprintf(os.Stderr, "load: %v\n", err)
			os.Exit(2)
		}
	}
	<-sig
	line := l.end()
	good := l.good()
	fmt.Println(line)
	if !good {
		os.Exit(1)
	}
}
