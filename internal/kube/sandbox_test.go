package kube

import (
	"context"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/sandboxtest"
)

// TestAgainstRealAPIServer is everything that only a real API server can tell.
func TestAgainstRealAPIServer(t *testing.T) {
	sandbox := sandboxtest.Start(t)
	config, err := Config(sandbox.Kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *rest.Config)
	}{
		{"the resources are installed, once", testInstall},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, config) })
	}
}

// within is a context that a hanging test does not outlive.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, config *rest.Config) *Cluster {
	t.Helper()
	c, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testInstall(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if groups, err := c.NodeGroups(ctx); err != nil || len(groups) > 0 {
		t.Errorf("before: %v, %v, want none", groups, err)
	}
	if err := c.Install(ctx); err != nil {
		t.Fatal(err)
	}
	if groups, err := c.NodeGroups(ctx); err != nil || len(groups) > 0 {
		t.Errorf("after: %v, %v, want none", groups, err)
	}
	again := connect(t, config)
	if err := again.Install(ctx); err != nil {
		t.Fatal(err)
	}
	for call, times := range again.Calls().Count() {
		t.Log(times, call)
	}
	if v, err := c.Version(ctx); err != nil || v != "1.37" {
		t.Errorf("version %q, %v", v, err)
	}
}
