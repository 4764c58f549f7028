package kube

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// A request that is not answered ends at its limit; a watch, and an answer that comes in time, do not.
func TestLimitedRequests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.URL.Path == "/silent" {
			<-in.Context().Done()
			return
		}
		out.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(out).Flush()
		if in.URL.Query().Get("watch") != "" {
			<-in.Context().Done()
		}
		_, _ = io.WriteString(out, "answer")
	}))
	defer server.Close()
	client := func(limit time.Duration) *http.Client {
		config := &rest.Config{Host: server.URL}
		LimitRequests(config, limit)
		transport, err := rest.TransportFor(config)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Transport: transport}
	}
	ask := func(c *http.Client, path string) (*http.Response, error) {
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Do(request)
	}
	if _, err := ask(client(time.Millisecond), "/silent"); err == nil || !strings.Contains(err.Error(), "no answer for 1ms (--request-timeout)") {
		t.Errorf("a silent server: %v", err)
	}
	answer, err := ask(client(time.Minute), "/")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(answer.Body); string(content) != "answer" || err != nil {
		t.Errorf("an answer in time: %q, %v", content, err)
	}
	answer.Body.Close()
	watch, err := ask(client(time.Nanosecond), "/?watch=true")
	if err != nil {
		t.Fatalf("a watch: %v", err)
	}
	watch.Body.Close()
}
