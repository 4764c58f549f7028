package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// groupUpgrade is the upgrade of one group of a run.
type groupUpgrade struct {
	carry.Carrier
	run *upgrading
	// o are the command's options, with what they leave to the group filled in.
	o     *Request
	group string // the Auto Scaling group

	// What a look at it found: the update that is under way or nil, the plan,
	// the settings, the target, and what its tags call the node group.
	running   *v1alpha1.NodeGroupUpdate
	plan      show.Plan
	policy    upgrade.Policy
	target    upgrade.Target
	nodegroup string
	// balancers are those with which its nodes are registered, and whyWait is why the cordon wait is as
	// it is, "" if it was not left to them.
	balancers preflight.Balancers
	whyWait   string

	// What has come of it: whether its turn came, its summary once it has ended,
	// and why it was not done.
	begun   bool
	summary *view.Summary
	err     error
}

func (u *upgrading) newGroup(known []v1alpha1.NodeGroup, group, label string) *groupUpgrade {
	return &groupUpgrade{
		Carrier: carry.Carrier{Command: u.Command, Name: kube.NodeGroupNameIn(known, u.Cloud.Region, group), Label: label},
		run:     u, o: u.o, group: group,
	}
}

// wanted reports whether there is something to do for the group, and nothing stops it.
func (g *groupUpgrade) wanted() bool {
	return len(g.plan.Refusals) == 0 && (g.running != nil || g.plan.Owed || !g.plan.NothingToDo)
}

// refused reports whether something stops the upgrade of the group. A group that somebody
// else upgrades is not refused: it is skipped.
func (g *groupUpgrade) refused() bool { return len(g.plan.Refusals) > 0 && !g.plan.LeftOut }

// look finds out what there is to do for the group. What would stop it is in
// the plan, not an error.
func (g *groupUpgrade) look(ctx context.Context) (err error) {
	if err := g.lookAtBalancers(ctx); err != nil {
		return err
	}
	g.policy = g.o.Policy
	g.plan = g.newPlan()
	if g.o.Sizes != nil {
		g.plan.Scaling = &show.PlanScaling{}
	}
	if err := g.refuseElsewhere(ctx); err != nil || len(g.plan.Refusals) > 0 {
		return err
	}
	if g.running, err = find.UnderWayOf(ctx, g.Connection, g.Name); err != nil {
		return err
	}
	if g.running != nil {
		g.continueRunning()
		return nil
	}
	owed, err := g.known(ctx)
	if err != nil {
		return err
	}
	if g.o.Sizes != nil {
		return g.lookScaling(ctx, owed)
	}
	facts, err := check.Of(g.Connection).Facts(ctx, g.question())
	if err != nil {
		return err
	}
	report := preflight.Check(facts)
	if report.Refused() {
		g.plan.Refusals, g.plan.LeftOut = show.PlanFindings(report.Refusals), report.Owned
		return nil
	}
	g.nodegroup = aws.NodegroupName(facts.Traits.Tags)
	g.target, _ = preflight.Aim(facts.Asked, facts.Cluster.Version)
	g.plan.Fill(facts, report)
	g.plan.Owed = owed
	g.plan.Installs, err = g.run.installs(ctx)
	return err
}

// refuseElsewhere refuses a group of the same name in another account than that of the NodeGroup.
func (g *groupUpgrade) refuseElsewhere(ctx context.Context) error {
	group, err := g.Cluster.NodeGroup(ctx, g.Name)
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if elsewhere := find.RightAccount(group, g.Identity.ARN); elsewhere != nil {
		g.plan.Refusals = []show.PlanFinding{{Rule: "OtherAccount", Sentence: elsewhere.Error()}}
	}
	return nil
}

// known takes the settings that were not given from the NodeGroup, if it exists, and
// reports whether an earlier update still owes the group something.
func (g *groupUpgrade) known(ctx context.Context) (owed bool, err error) {
	group, err := g.Cluster.NodeGroup(ctx, g.Name)
	if errors.Is(err, upgrade.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	g.policy, err = kube.Policy(g.o.Update(g.Name, g.o.Target).Spec, group.Spec)
	g.plan.Policy = g.policy
	return group.Status.Ledger != nil, err
}

// begin returns the update to work on, nil if there is nothing to do any more.
// When a group of several has its turn, hours may have passed since the plan.
func (g *groupUpgrade) begin(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	if g.o.Choice.Several {
		if err := g.look(ctx); err != nil {
			return nil, err
		}
	}
	if g.running == nil && len(g.plan.Refusals) == 0 {
		if !g.wanted() {
			g.Say("%s", g.plan.Nothing())
			return nil, nil
		}
		update, err := g.write(ctx)
		var first *kube.UnderWayError
		if !errors.As(err, &first) {
			return update, err
		}
		// Begun by somebody since the plan was shown, which people agreed to.
		agreed := *g.o
		agreed.Target = g.target
		g.o, g.running = &agreed, first.Update
		g.continueRunning()
	}
	return g.join(ctx)
}

// join continues the update that is under way, if it is the one that is asked for and
// is not paused.
func (g *groupUpgrade) join(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	switch {
	case len(g.plan.Refusals) > 0:
		return nil, refusal(g.plan.Refusals)
	case g.running.Stopped() || g.running.Spec.PausedAt(time.Now()):
		return nil, fmt.Errorf("update %s is %s %s; to continue, run:\n  nodelift resume update %s", g.running.Name, carry.State(g.running), view.Standing(*g.running), g.running.Name)
	}
	return g.running, g.adjust(ctx, g.running)
}

// write adopts the group and starts the update.
func (g *groupUpgrade) write(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	adopted := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{
		AutoScalingGroup: g.group, Region: g.Cloud.Region, ClusterName: g.o.Cluster, NodegroupName: g.nodegroup, ImageOwners: g.o.ImageOwners,
	}}
	adopted.Name = g.Name
	if _, err := g.Cluster.Adopt(ctx, adopted); err != nil {
		return nil, err
	}
	update, err := g.Cluster.Begin(ctx, g.o.Update(g.Name, g.target))
	if err == nil {
		g.Checked = update.Name
	}
	return update, err
}

// line is the command that continues what this one started.
func (g *groupUpgrade) line() string {
	if g.o.Choice.Several || g.Update == nil {
		return g.o.CommandLine(g.o.Target)
	}
	return g.o.CommandLine(kube.Target(g.Update.Spec.Target))
}

func refusal(found []show.PlanFinding) error {
	if len(found) == 1 {
		return fmt.Errorf("%s (nothing was changed)", found[0].Sentence)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, "  - "+f.Sentence)
	}
	return fmt.Errorf("the upgrade cannot start, and nothing was changed:\n%s", strings.Join(lines, "\n"))
}

// newPlan is a plan with the place alone.
func (g *groupUpgrade) newPlan() show.Plan {
	return show.Plan{NodeGroup: g.Label, Policy: g.policy, WhyWait: g.whyWait, Planned: show.Planned{Place: show.Place{
		Account: g.Identity.Account, Caller: g.Identity.ARN, Region: g.Cloud.Region,
		APIServer: g.Cluster.Host(), Version: g.Version, Cluster: g.o.Cluster, Group: g.group,
	}}}
}

// question is what this command asks the checks.
func (g *groupUpgrade) question() check.Question {
	return check.Question{
		Group: g.group, NodeGroup: g.Name, Cluster: g.o.Cluster, Target: g.o.Target, Sizes: g.o.Sizes, Policy: g.policy, Owners: g.o.ImageOwners,
		Needed: g.neededRights(), Elsewhere: g.run.controller != "", DryRun: g.o.DryRun, Balancers: g.balancers,
	}
}

// neededRights are those that are needed for the whole upgrade, or for what a
// controller in the cluster leaves to do.
func (g *groupUpgrade) neededRights() []preflight.Right {
	purposes := []preflight.Purpose{preflight.Ask, preflight.Work}
	if g.run.controller != "" {
		purposes = []preflight.Purpose{preflight.Ask, preflight.Watch}
	}
	if g.policy.Force { // also to have the controller do it
		purposes = append(purposes, preflight.Force)
	}
	return preflight.Rights(purposes...)
}
