package main

// A relay of Tailscale's code: what derper serves at /derp.

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"tailscale.com/derp/derpserver"
	"tailscale.com/types/key"
)

func derper(args []string) error {
	flags := flag.NewFlagSet("derper", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "`address` and port")
	cert := flags.String("cert", "", "`file` with the certificate")
	private := flags.String("key", "", "`file` with its key")
	flags.Parse(args)
	pair, err := tls.LoadX509KeyPair(*cert, *private)
	if err != nil {
		return err
	}
	relay := derpserver.New(key.NewNode(), log.Printf)
	defer relay.Close()
	mux := http.NewServeMux()
	mux.Handle("/derp", derpserver.Handler(relay))
	mux.HandleFunc("/derp/probe", derpserver.ProbeHandler)
	mux.HandleFunc("/derp/latency-check", derpserver.ProbeHandler)
	mux.HandleFunc("/generate_204", derpserver.ServeNoContent)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %v\n", listener.Addr())
	server := &http.Server{Handler: mux, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate,
			error) {
			c := pair
			c.Certificate = append(c.Certificate[:len(c.Certificate):len(
				c.Certificate)], relay.MetaCert())
			return &c, nil
		}}}
	return server.ServeTLS(listener, "", "")
}
