package aws_test

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/nodelift/nodelift/internal/aws"
)

func TestCABundle(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewTLSServer(http.HandlerFunc(w.serve(w.Cloud.Handler())))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_CA_BUNDLE", bundle)
	identity, err := w.connect(aws.Options{}).Identity(context.Background())
	if err != nil || identity.Account == "" {
		t.Errorf("got %+v, %v", identity, err)
	}
}
