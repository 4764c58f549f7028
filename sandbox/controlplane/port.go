package controlplane

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// port is a TCP port on the loopback address that is reserved for a child. Our
// socket is bound to it but does not listen: no other process gets the port, and
// the child, which sets SO_REUSEPORT as we do, can listen on it. Without the
// reservation two sandboxes that start together could choose the same port.
type port struct {
	number int
	socket int
}

func reservePort() (*port, error) {
	syscall.ForkLock.RLock() // no child may inherit the socket
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	number, err := bind(socket)
	if err != nil {
		unix.Close(socket)
		return nil, fmt.Errorf("reserve a port on 127.0.0.1: %w", err)
	}
	return &port{number, socket}, nil
}

func bind(socket int) (int, error) {
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	name, err := unix.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	return name.(*unix.SockaddrInet4).Port, nil
}

// release ends the reservation; the child that listens keeps the port.
func (p *port) release() { unix.Close(p.socket) }
