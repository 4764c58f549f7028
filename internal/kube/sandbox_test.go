package kube

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/sandboxtest"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestAgainstRealAPIServer is what only a real API server can tell.
func TestAgainstRealAPIServer(t *testing.T) {
	Quiet()
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
		{"an older binary leaves a newer resource alone", testNewerInstalled},
		{"the schema says why it refuses", testSchema},
		{"records are kept", testRecords},
		{"nodes are marked", testMarks},
		{"evictions are answered", testEvictions},
		{"webhooks and policies refuse evictions", testRefusals},
		{"a pod without a node is named", testUnschedulable},
		{"an autoscaler is scaled up again", testAutoscalerPutBack},
		{"a Lease is held by one at a time", testHold},
		{"the Lease of a dead process is free", testHoldOfADeadProcess},
		{"a Lease that somebody else has taken is released", testHoldTaken},
		{"but not for whoever has taken it", testReleaseOfATakenLease},
		{"a Lease needs the right to it", testHoldForbidden},
		{"load balancers that act on labels of nodes are found", testBalancers},
		{"a missing right is named", testForbidden},
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

// as is the configuration of a user with no rights.
func as(config *rest.Config, user string) *rest.Config {
	other := rest.CopyConfig(config)
	other.Impersonate.UserName = user
	return other
}

func testInstall(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if groups, err := c.NodeGroups(ctx); err != nil || len(groups) > 0 {
		t.Errorf("before: %v, %v, want none", groups, err)
	}
	if _, err := c.Update(ctx, "a"); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("before: %v, want that there is none", err)
	}
	if err := c.Install(ctx); err != nil {
		t.Fatal(err)
	}
	if updates, err := c.Updates(ctx); err != nil || len(updates) > 0 {
		t.Errorf("after: %v, %v, want none", updates, err)
	}
	again := connect(t, config)
	if err := again.Install(ctx); err != nil {
		t.Fatal(err)
	}
	for call := range again.Calls().Count() {
		if verb, _, _ := strings.Cut(call, " "); verb != "get" && verb != "list" {
			t.Errorf("the second time it had to %s", call)
		}
	}
	if v, err := c.Version(ctx); err != nil || !strings.HasPrefix(v, "1.") {
		t.Errorf("version %q, %v", v, err)
	}
}

func testNewerInstalled(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	crd := &apiextensionsv1.CustomResourceDefinition{}
	setVersion := func(version string) {
		t.Helper()
		if err := c.live.Get(ctx, client.ObjectKey{Name: "nodegroups.nodelift.dev"}, crd); err != nil {
			t.Fatal(err)
		}
		crd.Annotations[v1alpha1.AnnotationVersion] = version
		if err := c.live.Update(ctx, crd); err != nil {
			t.Fatal(err)
		}
	}
	ours := get(t, c.live, &apiextensionsv1.CustomResourceDefinition{ObjectMeta: named("nodegroups.nodelift.dev")}).Annotations[v1alpha1.AnnotationVersion]
	setVersion("1000")
	if err := c.Install(ctx); err == nil || !strings.Contains(err.Error(), "use a newer Nodelift") {
		t.Errorf("over a newer one: %v", err)
	}
	setVersion("0")
	if err := c.Install(ctx); err != nil {
		t.Errorf("over an older one: %v", err)
	}
	if got := get(t, c.live, crd).Annotations[v1alpha1.AnnotationVersion]; got != ours {
		t.Errorf("version %s after, want %s", got, ours)
	}
}

// The eviction of an unknown user is forbidden by every right.
func testForbidden(t *testing.T, config *rest.Config) {
	ctx := within(t)
	c := connect(t, as(config, "nobody"))
	for want, err := range map[string]error{
		"may not list nodes":                             c.Start(ctx),
		"may not get customresourcedefinitions/":         c.Install(ctx),
		"may not get nodegroupupdates/a":                 second(c.Records("a").Load(ctx)),
		"may not patch nodes/a":                          c.Nodes().LabelImage(ctx, "a", "ami-1"),
		"may not delete pods/web-0 in namespace default": c.Pods().Delete(ctx, upgrade.Pod{Namespace: "default", Name: "web-0", UID: "1"}),
	} {
		if !errors.Is(err, upgrade.ErrForbidden) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	answers := c.Pods().Evict(ctx, []upgrade.Pod{{Namespace: "default", Name: "web-0", UID: "1"}})
	if answers[0].Outcome != upgrade.Denied || !strings.Contains(answers[0].Message, "pods/eviction") {
		t.Errorf("eviction: %+v", answers[0])
	}
	broken := rest.CopyConfig(config)
	broken.CertFile, broken.KeyFile, broken.CertData, broken.KeyData = "", "", nil, nil
	broken.BearerToken = "expired"
	if _, err := Connect(broken); !errors.Is(err, upgrade.ErrCredentials) {
		t.Errorf("with expired credentials: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
