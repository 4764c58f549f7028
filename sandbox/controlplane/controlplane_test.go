package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nodelift/nodelift/sandbox/home"
)

func TestReservedPortIsNobodyElses(t *testing.T) {
	p, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", p.number)
	if _, err := net.Listen("tcp", address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listening on a reserved port: %v, want that it is in use", err)
	}
	p.release()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("listening on a released port: %v", err)
	}
	listener.Close()
}

// A server and a user of one authority trust each other, those of two don't.
func TestAuthority(t *testing.T) {
	ours, theirs := authorityIn(t), authorityIn(t)
	server := keyPair(t)(ours.server("test"))
	user := keyPair(t)(ours.user("alice", masters))
	stranger := keyPair(t)(theirs.user("alice", masters))
	for name, test := range map[string]struct {
		client  tls.Certificate
		welcome bool
	}{"ours": {user, true}, "theirs": {stranger, false}} {
		t.Run(name, func(t *testing.T) {
			name, err := handshake(server, test.client, ours)
			if welcome := err == nil; welcome != test.welcome {
				t.Errorf("got %v", err)
			}
			if test.welcome && (name.CommonName != "alice" || name.Organization[0] != masters) {
				t.Errorf("the server sees %v", name)
			}
		})
	}
}

func TestTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	os.WriteFile(file, []byte("one\ntwo\nthree\n"), 0o600)
	if got := tail(file, 2); got != "  two\n  three" {
		t.Errorf("got %q", got)
	}
	if got := tail(file+"x", 2); !strings.Contains(got, "no such file") {
		t.Errorf("of a file that is not there: %q", got)
	}
}

func authorityIn(t *testing.T) *authority {
	t.Helper()
	dir := home.Dir(t.TempDir())
	lock, err := dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Close() })
	a, err := newAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func keyPair(t *testing.T) func(pair, error) tls.Certificate {
	return func(p pair, err error) tls.Certificate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		cert, err := tls.X509KeyPair(p.cert, p.key)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
}

// handshake returns the name that a server sees of a client, both trusting one authority.
func handshake(server, client tls.Certificate, trusted *authority) (name pkix.Name, err error) {
	pool := x509.NewCertPool()
	pool.AddCert(trusted.cert)
	left, right := net.Pipe()
	done := make(chan error, 1)
	go func() {
		c := tls.Client(left, &tls.Config{Certificates: []tls.Certificate{client}, RootCAs: pool, ServerName: "127.0.0.1"})
		done <- c.Handshake()
		left.Close()
	}()
	s := tls.Server(right, &tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert})
	defer right.Close()
	if err := s.Handshake(); err != nil {
		return name, err
	}
	if err := <-done; err != nil {
		return name, err
	}
	return s.ConnectionState().PeerCertificates[0].Subject, nil
}
