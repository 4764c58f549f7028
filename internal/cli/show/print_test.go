package show

import (
	"bytes"
	"testing"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/golden"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

func TestPrinters(t *testing.T) {
	for output, zone := range map[string]*time.Location{"text": time.Local, "json": time.UTC} {
		for name, only := range map[string]bool{"dry-run": true, "upgrade": false} {
			t.Run(output+"-"+name, func(t *testing.T) {
				var out, talk bytes.Buffer
				show(New(terminal.Streams{Out: &out, Err: &talk}, Options{Output: output}), only, time.Date(2026, 11, 20, 14, 0, 3, 0, zone))
				golden.Compare(t, output+"-"+name+".out", out.String())
				golden.Compare(t, output+"-"+name+".err", talk.String())
			})
		}
	}
}

// show prints one of each.
func show(p Printer, only bool, at time.Time) {
	p.Plans([]Plan{samplePlan()}, "", only)
	if only {
		p.Change(sampleChange(), only)
		p.Say("Nothing was changed (--dry-run).")
		return
	}
	p.Change(sampleChange(), only)
	p.Events("", []view.Event{view.Event{Time: at, Reason: "NodeDraining", Node: "ip-10-0-0-1", Message: "draining ip-10-0-0-1 (us-west-2a): outdated"}})
	p.Status("", "Upgrade, 1 of 3 nodes")
	p.Events("", []view.Event{view.Event{Time: at, Warning: true, Reason: "PodEvictionFailure", Message: "pod shop/web-1 did not leave"}})
	p.Status("", "")
	p.Summary(view.Summary{Update: "workers-a", Group: "workers", Status: v1alpha1.UpdateFailed, Seconds: 61, Calls: &view.Calls{}})
}

func TestPrintersOfSeveralGroups(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 0, 3, 0, time.Local)
	for _, output := range []string{"text", "json"} {
		t.Run(output, func(t *testing.T) {
			var out bytes.Buffer
			p := New(terminal.Streams{Out: &out, Err: &out}, Options{Output: output})
			p.Plans(severalPlans(), "those with the tags team=shop, 2 at the same time, continues after one that fails", false)
			if output == "text" { // the time of day is the reader's
				p.Events("workers", []view.Event{view.Event{Time: at, Reason: "NodeDraining", Node: "ip-10-0-0-1", Message: "draining ip-10-0-0-1 (us-west-2a): outdated"}})
			}
			p.Overview(view.Overview{
				Groups: []view.GroupOutcome{
					{NodeGroup: "workers", AutoScalingGroup: "workers", Status: "Successful", Update: "workers-a", Replaced: 3, Evicted: 13, Seconds: 61,
						Template: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 2}},
					{NodeGroup: "weighted", AutoScalingGroup: "weighted", Status: "Refused", Why: "the desired size of group weighted counts weights"},
				},
				Calls: view.Calls{AWS: 40, AWSMutating: 12, Kubernetes: 400, KubernetesMutating: 90},
			})
			golden.Compare(t, output+"-several", out.String())
		})
	}
}

// severalPlans are one of each kind.
func severalPlans() []Plan {
	workers := samplePlan()
	workers.NodeGroup = "workers"
	var common Plan
	common.Account, common.Caller, common.Region, common.APIServer = workers.Account, workers.Caller, workers.Region, workers.APIServer
	common.Version, common.Cluster = "1.37", "prod"
	underWay, done, refused, managed := common, workers, common, common
	underWay.NodeGroup, underWay.Group, underWay.Update, underWay.Standing = "batch", "batch", "batch-a", "at 1 of 4 nodes"
	done.NodeGroup, done.Group, done.NothingToDo, done.Owed, done.Outdated, done.Warnings = "done", "done", true, false, 0, nil
	refused.NodeGroup, refused.Group, refused.Refusals = "weighted", "weighted", []PlanFinding{{Rule: "Weighted", Sentence: "the desired size of group weighted counts weights"}}
	managed.NodeGroup, managed.Group, managed.LeftOut = "eks", "eks-eks-1", true
	managed.Refusals = []PlanFinding{{Rule: "ManagedByEKS", Sentence: "group eks-eks-1 belongs to the EKS managed node group eks"}}
	return []Plan{underWay, workers, done, refused, managed}
}

func sampleChange() ChangePlan {
	return ChangePlan{
		Place: samplePlan().Place, Verb: "retry", Update: "workers-a",
		Sentence: "This will retry update workers-a (Failed at 1 of 3 nodes): nodes that are still outdated are upgraded.", Settings: "max unavailable 2",
	}
}

func samplePlan() Plan {
	return Plan{
		Planned: Planned{
			Place: Place{Account: "123456789012", Caller: "arn:aws:iam::123456789012:user/ann", Region: "us-west-2",
				APIServer: "https://api.example", Version: "1.37", Cluster: "prod", Group: "workers"}, Nodes: 3,
			Suspends: []string{"the group's process AZRebalance, until the end"}, Marks: []string{"the group's nodes"}, Installs: []string{"two resources"}, Owed: true,
			Warnings: []PlanFinding{{"BarePods", "pods have no controller (shop/scratch): they are evicted and nothing recreates them", []string{"shop/scratch"}}},
		},
		Outdated: 2, Zones: []planZone{{"us-west-2a", 2, 1}, {"us-west-2b", 1, 1}},
		Kubelets: []string{"v1.36.2", "v1.36.9"},
		Images:   []string{"ami-0aaa"},
		From:     planImage{ID: "ami-0aaa", Version: "1.36"}, To: planImage{ID: "ami-0bbb", Release: "1.37.1-20260915", Version: "1.37"},
		Template: "workers (lt-0123) version 1 -> a new version of it", AtOnce: 1, Surge: 2, Bound: 4,
		Sizes: planSize{Max: 3, Desired: 3}, Policy: upgrade.DefaultPolicy(),
	}
}
