package cli

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/golden"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

func TestPrinters(t *testing.T) {
	for output, zone := range map[string]*time.Location{"text": time.Local, "json": time.UTC} {
		for name, only := range map[string]bool{"dry-run": true, "upgrade": false} {
			t.Run(output+"-"+name, func(t *testing.T) {
				var out, talk bytes.Buffer
				show(newPrinter(Process{Out: &out, Err: &talk}, output), only, time.Date(2026, 11, 20, 14, 0, 3, 0, zone))
				golden.Compare(t, output+"-"+name+".out", out.String())
				golden.Compare(t, output+"-"+name+".err", talk.String())
			})
		}
	}
}

// show prints one of each.
func show(p printer, only bool, at time.Time) {
	p.plans([]plan{samplePlan()}, choice{}, only)
	if only {
		p.change(sampleChange(), only)
		p.say("Nothing was changed (--dry-run).")
		return
	}
	p.change(sampleChange(), only)
	p.event("", view.Event{Time: at, Reason: "NodeDraining", Node: "ip-10-0-0-1", Message: "draining ip-10-0-0-1 (us-west-2a): outdated"})
	p.status([]string{"Upgrade, 1 of 3 nodes"})
	p.event("", view.Event{Time: at, Warning: true, Reason: "PodEvictionFailure", Message: "pod shop/web-1 did not leave"})
	p.status(nil)
	p.summary(view.Summary{Update: "workers-a", Group: "workers", Status: v1alpha1.UpdateFailed, Seconds: 61, Calls: &view.Calls{}})
}

func TestPrintersOfSeveralGroups(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 0, 3, 0, time.Local)
	for _, output := range []string{"text", "json"} {
		t.Run(output, func(t *testing.T) {
			var out bytes.Buffer
			p := newPrinter(Process{Out: &out, Err: &out}, output)
			p.plans(severalPlans(), choice{several: true, selector: selector{"team": "shop"}, parallel: 2, keepGoing: true}, false)
			if output == "text" { // the time of day is the reader's
				p.event("workers", view.Event{Time: at, Reason: "NodeDraining", Node: "ip-10-0-0-1", Message: "draining ip-10-0-0-1 (us-west-2a): outdated"})
			}
			p.overview(view.Overview{
				Groups: []view.GroupOutcome{
					{NodeGroup: "workers", AutoScalingGroup: "workers", Status: "Successful", Update: "workers-a", Replaced: 3, Evicted: 13, Seconds: 61,
						Template: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 2}},
					{NodeGroup: "warm", AutoScalingGroup: "warm", Status: "Refused", Why: "group warm has a warm pool"},
				},
				Calls: view.Calls{AWS: 40, AWSMutating: 12, Kubernetes: 400, KubernetesMutating: 90},
			})
			golden.Compare(t, output+"-several", out.String())
		})
	}
}

// severalPlans are one of each kind.
func severalPlans() []plan {
	workers := samplePlan()
	workers.NodeGroup = "workers"
	var common plan
	common.Account, common.Caller, common.Region, common.APIServer = workers.Account, workers.Caller, workers.Region, workers.APIServer
	common.Version, common.Cluster = "1.37", "prod"
	goesOn, done, warm, managed := common, workers, common, common
	goesOn.NodeGroup, goesOn.Group, goesOn.Update, goesOn.Standing = "batch", "batch", "batch-a", "at 1 of 4 nodes"
	done.NodeGroup, done.Group, done.NothingToDo, done.Owed, done.Outdated, done.Warnings = "done", "done", true, false, 0, nil
	warm.NodeGroup, warm.Group, warm.Refusals = "warm", "warm", []planFinding{{Rule: "WarmPool", Sentence: "group warm has a warm pool"}}
	managed.NodeGroup, managed.Group, managed.LeftOut = "eks", "eks-eks-1", true
	managed.Refusals = []planFinding{{Rule: "ManagedByEKS", Sentence: "group eks-eks-1 belongs to the EKS managed node group eks"}}
	return []plan{goesOn, workers, done, warm, managed}
}

func sampleChange() changePlan {
	return changePlan{
		place: samplePlan().place, Verb: "retry", Update: "workers-a",
		Sentence: "This will retry update workers-a (Failed at 1 of 3 nodes): nodes that are still outdated are upgraded.", Settings: "max unavailable 2",
	}
}

func samplePlan() plan {
	return plan{
		planned: planned{
			place: place{Account: "123456789012", Caller: "arn:aws:iam::123456789012:user/ann", Region: "us-west-2",
				APIServer: "https://api.example", Version: "1.37", Cluster: "prod", Group: "workers"}, Nodes: 3,
			Suspends: []string{"the group's process AZRebalance"}, Marks: []string{"the group's nodes"}, Installs: []string{"two resources"}, Owed: true,
			Warnings: []planFinding{{"BarePods", "pods have no controller (shop/scratch): they are evicted and nothing recreates them", []string{"shop/scratch"}}},
		},
		Outdated: 2, Zones: []planZone{{"us-west-2a", 2, 1}, {"us-west-2b", 1, 1}},
		Kubelets: []string{"v1.36.2", "v1.36.9"},
		Images:   []string{"ami-0aaa"},
		From:     planImage{ID: "ami-0aaa", Version: "1.36"}, To: planImage{ID: "ami-0bbb", Release: "1.37.1-20260915", Version: "1.37"},
		Template: "workers (lt-0123) version 1 -> a new version of it", AtOnce: 1, Surge: 2, Bound: 4,
		Sizes: planSize{Max: 3, Desired: 3}, Policy: upgrade.DefaultPolicy(),
	}
}

func TestStatusLine(t *testing.T) {
	var screen bytes.Buffer
	line := &statusLine{out: &screen, size: func() (int, int) { return 20, 4 }}
	for _, tc := range []struct {
		does  string
		draw  []string
		wrote string
	}{
		{"nothing to clear", nil, ""},
		{"it is cut", []string{"Upgrade, 1 of 3 nodes, about 4m left"}, "\rUpgrade, 1 of 3 no…\x1b[J"},
		{"the same again", []string{"Upgrade, 1 of 3 nodes, about 3m left"}, ""},
		{"how long it lasts stays", []string{"Upgrade: zone a (5s)"}, "\rUpgrade: zone… (5s)\x1b[J"},
		{"unless that is all", []string{"Upgrade (for 15 minutes)"}, "\rUpgrade (for 15 mi…\x1b[J"},
		{"written over", []string{"Upgrade"}, "\rUpgrade\x1b[J"},
		{"of two groups", []string{"a: Upgrade", "b: Setup"}, "\ra: Upgrade\x1b[K\nb: Setup\x1b[J"},
		{"again of two", []string{"a: Scale down", "b: Setup"}, "\r\x1b[1Aa: Scale down\x1b[K\nb: Setup\x1b[J"},
		{"more than the screen", []string{"a", "b", "c", "d", "e"}, "\r\x1b[1Aa\x1b[K\nb\x1b[K\nc\x1b[J"},
		{"one is done", []string{"b"}, "\r\x1b[2Ab\x1b[J"},
		{"all are", nil, "\r\x1b[J"},
	} {
		screen.Reset()
		if line.draw(tc.draw); screen.String() != tc.wrote {
			t.Errorf("%s: %q, want %q", tc.does, screen.String(), tc.wrote)
		}
	}
	screen.Reset()
	(&statusLine{}).draw([]string{"nobody sees it"})
	if screen.Len() > 0 {
		t.Errorf("a pipe got %q", screen.String())
	}
}

// A status that is too long for a narrow terminal is folded, and cut only then.
func TestStatusLineIsFolded(t *testing.T) {
	const status = "Upgrade, 1 of 3 nodes, about 4m left: draining ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: " +
		"its budget shop/web needs 2 healthy pods and has 2 since 21:04, and nobody has looked at it for a quarter of an hour or more (3m of 15m)"
	for columns, want := range map[int]string{
		81: "\rUpgrade, 1 of 3 nodes, about 4m left: draining\x1b[K\n" +
			"  ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: its\x1b[K\n" +
			"  budget shop/web needs 2 healthy pods and has 2 since 21:04, and n… (3m of 15m)\x1b[J",
		200: "\rUpgrade, 1 of 3 nodes, about 4m left: draining ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: " +
			"its budget shop/web needs 2 healthy pods and has 2 since 21:04, and nobody has\x1b[K\n" +
			"  looked at it for a quarter of an hour or more (3m of 15m)\x1b[J",
	} {
		var screen bytes.Buffer
		(&statusLine{out: &screen, size: func() (int, int) { return columns, 24 }}).draw([]string{status})
		if screen.String() != want {
			t.Errorf("%d columns: %q, want %q", columns, screen.String(), want)
		}
	}
}

func TestTroublesAreToldOnce(t *testing.T) {
	expired, unkept := errors.New("the credentials have expired"), errors.New("write the Event")
	var told []string
	var troubles troubles
	for _, seen := range []struct {
		passed bool
		err    error
	}{
		{true, nil}, {false, expired}, {false, expired}, {false, upgrade.ErrConflict}, {false, expired},
		{true, nil}, {true, nil}, {true, unkept}, {true, unkept},
	} {
		if news := troubles.news(seen.passed, seen.err); news != "" {
			told = append(told, news)
		}
	}
	want := []string{
		"the credentials have expired (retrying)", "Recovered.",
		"write the Event (continuing without)",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}
