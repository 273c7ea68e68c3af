package main

// A WireGuard interface in user space, with the socket that wg(8) and
// derpbridged use.

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/ipc"
	"golang.zx2c4.com/wireguard/tun"
)

// serve makes the interface, gives it the settings, and serves wg(8) until a
// signal.
func serve(name string, bind conn.Bind, settings string) error {
	link, err := tun.CreateTUN(name, device.DefaultMTU)
	if err != nil {
		return err
	}
	level := device.LogLevelError
	if os.Getenv("LOG_LEVEL") == "verbose" {
		level = device.LogLevelVerbose
	}
	dev := device.NewDevice(link, bind, device.NewLogger(level, ""))
	defer dev.Close()
	if err := dev.IpcSet(settings); err != nil {
		return err
	}
	if err := dev.Up(); err != nil {
		return err
	}
	file, err := ipc.UAPIOpen(name)
	if err != nil {
		return err
	}
	listener, err := ipc.UAPIListen(name, file)
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go dev.IpcHandle(c)
		}
	}()
	fmt.Println("ready")
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	select {
	case <-ended:
	case <-dev.Wait():
	}
	return nil
}

func wireguard(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: bridge wireguard INTERFACE")
	}
	return serve(args[0], conn.NewDefaultBind(), "")
}
