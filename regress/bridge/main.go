// Bridge is what the tests of derpbridged meet: peers that run in user space,
// as the agents of an edge fleet do, wireguard-go without DERP, and a relay of
// Tailscale's code.
package main

import (
	"fmt"
	"os"
)

var commands = map[string]struct {
	run   func(args []string) error
	usage string
}{
	"agent": {agent, "a peer over DERP and UDP, made of wireguard-go " +
		"and Tailscale's DERP client"},
	"carry":  {carry, "derpbridged in Go, for one peer"},
	"derper": {derper, "a relay of Tailscale's code"},
	"wireguard": {wireguard, "wireguard-go: an interface, and its socket " +
		"for wg(8)"},
}

func main() {
	if len(os.Args) > 1 {
		if c, ok := commands[os.Args[1]]; ok {
			if err := c.run(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1],
					err)
				os.Exit(1)
			}
			return
		}
	}
	for name, c := range commands {
		fmt.Fprintf(os.Stderr, "usage: bridge %s ...: %s\n", name,
			c.usage)
	}
	os.Exit(2)
}
