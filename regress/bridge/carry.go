package main

// What derpbridged does, in Go: a UDP socket on one side, Tailscale's DERP
// client on the other, for one peer.  For the benchmark (regress/bench).

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"

	"go4.org/mem"
	"tailscale.com/types/key"
)

func carry(args []string) error {
	flags := flag.NewFlagSet("carry", flag.ExitOnError)
	keyFile := flags.String("key", "", "`file` with the private key")
	mapFile := flags.String("map", "", "`file` with the DERP map")
	flags.Parse(args)
	if flags.NArg() != 1 {
		return errors.New("usage: bridge carry -key FILE -map FILE PEER")
	}
	text, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	own, err := keyOf(string(text))
	if err != nil {
		return err
	}
	raw, err := keyOf(flags.Arg(0))
	if err != nil {
		return err
	}
	peer := key.NodePublicFromRaw32(mem.B(raw))
	relays, err := newRelays(key.NodePrivateFromRaw32(mem.B(own)), *mapFile,
		false)
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{
		IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	socket.SetReadBuffer(16 << 20)
	relays.open(peer)
	fmt.Printf("listening on %v\n", socket.LocalAddr())
	return carryAll(socket, relays, peer)
}

// carryAll carries packets both ways; the other end of the socket is where its
// first datagram comes from.
func carryAll(socket *net.UDPConn, relays *relays, peer key.NodePublic) error {
	buf := make([]byte, 65536)
	n, other, err := socket.ReadFromUDPAddrPort(buf)
	if err != nil {
		return err
	}
	go func() {
		for p := range relays.got {
			if p.from == peer {
				socket.WriteToUDPAddrPort(p.data, other)
			}
		}
	}()
	for {
		if err := relays.send(peer, buf[:n]); err != nil {
			log.Printf("derp: %v", err)
		}
		if n, _, err = socket.ReadFromUDPAddrPort(buf); err != nil {
			return err
		}
	}
}
