// Interop drives a DERP server with the client that Tailscale nodes run.
//
// It is one program with many cases.  The shell tests of regress/e2e call it;
// it can also test any server by hand:
//
//	interop -addr 127.0.0.1:8443 -host relay.test -ca ca.pem -case all
//
// A case prints its steps.  The program exits 1 when a case failed.
package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"tailscale.com/types/key"
)

// A testCase is one subject; needs names the options that it requires.
type testCase struct {
	name  string
	needs string // "" or the option without its "-"
	all   bool   // part of -case all
	run   func(t *T)
}

var cases = []testCase{
	{"tls-verified", "ca", true, tlsVerified},
	{"tls12", "", true, tls12},
	{"start-fast", "", true, startFast},
	{"start-plain", "", true, startPlain},
	{"metacert", "", true, metaCert},
	{"pin", "pin", true, pinned},
	{"serverinfo", "", true, serverInfo},
	{"sizes", "", true, sizes},
	{"order", "", true, order},
	{"flood", "", true, flood},
	{"self", "", true, sendToSelf},
	{"ping", "", true, ping},
	{"preferred", "", true, preferred},
	{"gone", "", true, goneDisconnected},
	{"gone-silent", "", true, goneSilent},
	{"not-here", "", true, goneNotHere},
	{"reconnect", "", true, reconnect},
	{"dup", "", true, duplicates},
	{"dup-many", "", true, duplicatesMany},
	{"mesh-watch", "mesh", true, meshWatch},
	{"mesh-flags", "mesh", true, meshFlags},
	{"mesh-forward", "mesh", true, meshForward},
	{"mesh-close", "mesh", true, meshClosePeer},
	{"mesh-refused", "", true, meshRefused},
	{"websocket", "", true, websocketClient},
	{"crowd", "", true, crowd},
	{"records", "", true, records},
	{"hold", "", false, hold},
	{"survive", "", false, survive},
	{"restarting", "", false, restarting},
	{"drain", "", false, drain},
	{"drain-region", "nodes", false, drainRegion},
	{"login", "", false, login},
	{"rate-change", "", false, rateChange},
	{"closed", "", false, closed},
	{"map-get", "", false, mapGet},
	{"consumer", "maps", false, consumer},
	{"stun", "", false, stunNodes},
	{"netcheck", "", false, netcheckUDP},
	{"public", "keys", false, public},
	{"try", "keys", false, try},
	{"refused-ends", "keys", false, refusedEnds},
	{"stay", "keys", false, stay},
	{"limits", "keys", false, limits},
	{"pour", "keys", false, pour},
	{"controller", "", false, controller},
	{"netcheck-https", "", false, netcheckHTTPS},
	{"node", "node", false, nodeRelay},
	{"node-stun", "node", false, nodeSTUN},
	{"region-pairs", "nodes", false, regionPairs},
	{"region-chaos", "nodes", false, regionChaos},
}

func main() {
	var (
		addr   = flag.String("addr", "", "server's TLS address, host:port")
		from   = flag.String("from", "", "address to connect from")
		host   = flag.String("host", "relay.test", "name to verify")
		caFile = flag.String("ca", "", "certificates to trust, PEM")
		pin    = flag.String("pin", "", "CertName pin, sha256-raw:<64 hex>")
		mesh   = flag.String("mesh", "", "mesh key file")
		maps   = flag.String("maps", "", "URLs of the map, comma "+
			"separated, in order; all names are at -addr")
		node  = flag.String("node", "", "a node of a map, JSON file")
		nodes = flag.String("nodes", "", "nodes of a region, "+
			"ADDRESS=PIN, comma separated")
		keys    = flag.String("keys", "", "clients whose keys are known")
		seconds = flag.Int("seconds", 3, "seconds that a case takes")
		names   = flag.String("case", "all", "cases, comma separated")
		repeat  = flag.Int("repeat", 1, "run each case so many times")
		clients = flag.Int("clients", 200, "clients of a crowd")
		updates = flag.Int("updates", 0, "key updates that must come "+
			"in the case records")
		ready  = flag.String("ready", "", "file to make when a case is up")
		derper = flag.Bool("derper", false, "the server is derper: "+
			"leave out what it is known not to do")
		tls12   = flag.Bool("tls12", false, "use TLS 1.2; with -ca")
		verbose = flag.Bool("v", false, "show what the client logs")
	)
	flag.Parse()
	t := &T{
		addr: *addr, from: *from, host: *host, pin: *pin, clients: *clients,
		readyFile: *ready, verbose: *verbose, derper: *derper,
		tls12: *tls12,
		maps:  *maps, node: *node, updates: *updates, keys: *keys,
		nodes:   *nodes,
		seconds: time.Duration(*seconds) * time.Second,
	}
	if err := t.setup(*caFile, *mesh); err != nil {
		fmt.Fprintf(os.Stderr, "interop: %v\n", err)
		os.Exit(2)
	}
	selected, err := choose(*names)
	if err != nil {
		fmt.Fprintf(os.Stderr, "interop: %v\n", err)
		os.Exit(2)
	}
	failed := 0
	for _, c := range selected {
		for i := 0; i < *repeat; i++ {
			if !t.runCase(c) {
				failed++
				break
			}
		}
	}
	if failed != 0 {
		fmt.Printf("interop: %d of %d cases failed\n", failed,
			len(selected))
		os.Exit(1)
	}
}

// setup reads the files that the options name.
func (t *T) setup(caFile, meshFile string) error {
	if t.addr == "" && t.node == "" && t.nodes == "" {
		return fmt.Errorf("-addr is missing: give host:port")
	}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return err
		}
		t.roots = x509.NewCertPool()
		if !t.roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: no certificate in it", caFile)
		}
	}
	if meshFile != "" {
		text, err := os.ReadFile(meshFile)
		if err != nil {
			return err
		}
		t.mesh, err = key.ParseDERPMesh(strings.TrimSpace(string(text)))
		if err != nil {
			return fmt.Errorf("%s: %w", meshFile, err)
		}
	}
	return nil
}

// choose turns the argument of -case into cases.
func choose(names string) ([]testCase, error) {
	var out []testCase
	for _, n := range strings.Split(names, ",") {
		found := false
		for _, c := range cases {
			if c.name == n || (n == "all" && c.all) {
				out = append(out, c)
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("-case %s: no such case", n)
		}
	}
	return out, nil
}

// missing returns a required option that was not given, or "".
func (t *T) missing(c testCase) string {
	switch {
	case c.needs == "mesh" && t.mesh.IsZero():
		return "-mesh"
	case c.needs == "pin" && t.pin == "":
		return "-pin"
	case c.needs == "maps" && t.maps == "":
		return "-maps"
	case c.needs == "keys" && t.keys == "":
		return "-keys"
	case c.needs == "nodes" && t.nodes == "":
		return "-nodes"
	case c.needs == "node" && t.node == "":
		return "-node"
	case c.needs == "ca" && t.roots == nil:
		return "-ca"
	}
	return ""
}

// runCase runs one case and reports whether it passed (or was skipped).
func (t *T) runCase(c testCase) (ok bool) {
	if m := t.missing(c); m != "" {
		fmt.Printf("skip %s: needs %s\n", c.name, m)
		return true
	}
	t.name = c.name
	start := time.Now()
	defer func() {
		t.closeAll()
		switch r := recover().(type) {
		case nil:
			fmt.Printf("pass %s (%v)\n", c.name,
				time.Since(start).Round(time.Millisecond))
			ok = true
		case failure:
			fmt.Printf("FAIL %s: %s\n", c.name, string(r))
		default:
			panic(r)
		}
	}()
	c.run(t)
	return
}
