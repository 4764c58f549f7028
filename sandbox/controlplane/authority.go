package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/nodelift/nodelift/sandbox/home"
)

// masters is the group that may do everything.
const masters = "system:masters"

// authority signs every certificate of one sandbox. Its keys are EC P-256, which
// are generated in a millisecond, and of no use after the sandbox has ended.
type authority struct {
	dir  home.Dir
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// pair is a certificate and its key, both PEM.
type pair struct{ cert, key []byte }

func newAuthority(dir home.Dir) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("create the certificate authority: %w", err)
	}
	a := &authority{dir: dir, key: key}
	template := certificate(pkix.Name{CommonName: "nodelift-sandbox"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("create the certificate authority: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(raw); err != nil {
		return nil, err
	}
	secret, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	return a, a.write("ca", pair{a.certPEM(), secret})
}

func (a *authority) certPEM() []byte { return encodeCert(a.cert.Raw) }

// server issues a certificate for a component that serves on the loopback address.
func (a *authority) server(name string) (pair, error) {
	template := certificate(pkix.Name{CommonName: name})
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(serviceIP)}
	template.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	return a.issue(template)
}

// user issues a certificate with which a client is that user of those groups.
func (a *authority) user(name string, groups ...string) (pair, error) {
	template := certificate(pkix.Name{CommonName: name, Organization: groups})
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.issue(template)
}

func (a *authority) issue(template *x509.Certificate) (pair, error) {
	fail := func(err error) (pair, error) {
		return pair{}, fmt.Errorf("create the certificate of %s: %w", template.Subject.CommonName, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fail(err)
	}
	secret, err := encodeKey(key)
	if err != nil {
		return fail(err)
	}
	return pair{encodeCert(raw), secret}, nil
}

// write puts a pair into pki/NAME.crt and pki/NAME.key.
func (a *authority) write(name string, p pair) error {
	if err := os.WriteFile(a.dir.Path("pki", name+".crt"), p.cert, 0o600); err != nil {
		return err
	}
	return os.WriteFile(a.dir.Path("pki", name+".key"), p.key, 0o600)
}

func certificate(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    time.Now().Add(-time.Hour), // in case the clock is set back
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func encodeCert(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}), nil
}
