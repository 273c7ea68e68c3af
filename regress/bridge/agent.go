package main

// A peer as the edge fleet's agents are: WireGuard in user space, with the same
// key for DERP, and everything over UDP and over the relay, always.

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"go4.org/mem"
	"tailscale.com/types/key"
)

// keyOf returns the 32 bytes of a key as wg(8) writes it.
func keyOf(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err == nil && len(raw) != 32 {
		err = errors.New("not 32 bytes")
	}
	if err != nil {
		return nil, fmt.Errorf("no key: %w", err)
	}
	return raw, nil
}

// peerSettings translates KEY=PREFIX,...[@ADDRESS:PORT].
func peerSettings(arg string) (string, error) {
	rest, addr, _ := strings.Cut(arg, "@")
	text, prefixes, found := cutLast(rest, "=")
	if !found {
		return "", errors.New("a peer is KEY=PREFIX,...[@ADDRESS:PORT]")
	}
	raw, err := keyOf(text)
	if err != nil {
		return "", err
	}
	peer := hex.EncodeToString(raw)
	s := "public_key=" + peer + "\nendpoint=" + peer
	if addr != "" {
		s += "/" + addr
	}
	for _, p := range strings.Split(prefixes, ",") {
		s += "\nallowed_ip=" + p
	}
	return s + "\n", nil
}

// cutLast cuts at the last sep: keys in base64 end with one.
func cutLast(s, sep string) (string, string, bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func agent(args []string) error {
	flags := flag.NewFlagSet("agent", flag.ExitOnError)
	name := flags.String("iface", "wg0", "`name` of the interface")
	keyFile := flags.String("key", "", "`file` with the private key")
	mapFile := flags.String("map", "", "`file` with the DERP map")
	mode := flags.String("mode", "both", "send over udp, relay or both")
	port := flags.Int("port", 51820, "UDP `port`")
	shared := flags.Bool("shared", false, "one connection for several peers")
	flags.Parse(args)
	text, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	raw, err := keyOf(string(text))
	if err != nil {
		return err
	}
	relays, err := newRelays(key.NodePrivateFromRaw32(mem.B(raw)), *mapFile,
		*shared)
	if err != nil {
		return err
	}
	bind, err := newBind(*mode, relays)
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("private_key=%s\nlisten_port=%d\n",
		hex.EncodeToString(raw), *port)
	for _, arg := range flags.Args() {
		s, err := peerSettings(arg)
		if err != nil {
			return err
		}
		settings += s
	}
	return serve(*name, bind, settings)
}
