package aws_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestCallsAreThoseOfTheJournal(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	_, err := w.aws.Identity(ctx)
	must(t, err)
	_, err = w.aws.Images.Resolve(ctx, upgrade.Target{Version: "1.37"}, present(w))
	must(t, err)
	must(t, w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
	w.Deny(key, "autoscaling:SuspendProcesses")
	if err := w.aws.Groups.SetProcesses(ctx, group, []string{"AZRebalance"}, true); err == nil {
		t.Error("allowed")
	}

	want := map[string]int{}
	for _, call := range w.Journal() {
		want[call.Service+":"+call.Action]++
	}
	got := map[string]int{}
	for _, count := range w.aws.Calls.Counts() {
		got[count.String()] = count.Times
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all, mutating := w.aws.Calls.Total(); all != len(w.Journal()) || mutating != 2 {
		t.Errorf("%d calls, %d of them to change something; want %d and 2", all, mutating, len(w.Journal()))
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	w := newWorld(t)
	must(t, w.mayLaunch(nil))
	all, mutating := w.aws.Calls.Total()
	tried := slices.ContainsFunc(w.aws.Calls.Counts(), func(c aws.Count) bool { return c.String() == "ec2:RunInstances" })
	if !tried || mutating != 0 {
		t.Errorf("%d of %d calls were to change something (%v)", mutating, all, w.aws.Calls.Counts())
	}
}

func TestCallsSayWhoTheyAreFrom(t *testing.T) {
	w := newWorld(t)
	var agent string
	w.intercept = func(_ http.ResponseWriter, in *http.Request) bool {
		agent = in.Header.Get("User-Agent")
		return false
	}
	w.read(group)
	if !strings.Contains(agent, "nodelift/0.1.0") {
		t.Errorf("user agent %q", agent)
	}
}
