package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// groupUpgrade is the upgrade of one group of a run.
type groupUpgrade struct {
	carrier
	run *upgrading
	// o are the command's options, with what they leave to the group filled in.
	o     *upgradeOptions
	group string // the Auto Scaling group

	// What a look at it found: the update that is under way or nil, the plan,
	// the settings, the target, and what its tags call the node group.
	running   *v1alpha1.NodeGroupUpdate
	plan      plan
	policy    upgrade.Policy
	target    upgrade.Target
	nodegroup string

	// What has come of it: whether its turn came, its summary once it has ended,
	// and why it was not done.
	begun   bool
	summary *view.Summary
	err     error
}

func (u *upgrading) newGroup(known []v1alpha1.NodeGroup, group, label string) *groupUpgrade {
	return &groupUpgrade{
		carrier: carrier{command: u.command, name: kube.NodeGroupNameIn(known, u.cloud.Region, group), label: label},
		run:     u, o: u.o, group: group,
	}
}

// wanted reports whether there is something to do for the group that can be
// done.
func (g *groupUpgrade) wanted() bool {
	return len(g.plan.Refusals) == 0 && (g.running != nil || g.plan.Owed || !g.plan.NothingToDo)
}

// refused reports whether the group cannot be upgraded, though nobody else does.
func (g *groupUpgrade) refused() bool { return len(g.plan.Refusals) > 0 && !g.plan.LeftOut }

// look finds out what there is to do for the group. What would stop it is in
// the plan, not an error.
func (g *groupUpgrade) look(ctx context.Context) (err error) {
	if err := g.awaitBalancers(ctx); err != nil {
		return err
	}
	g.policy = g.o.policy
	g.plan = g.newPlan()
	if g.o.sizes != nil {
		g.plan.Scaling = &planScaling{}
	}
	if g.running, err = g.runningOf(ctx, g.name); err != nil {
		return err
	}
	if g.running != nil {
		g.goOn()
		return nil
	}
	owed, err := g.known(ctx)
	if err != nil {
		return err
	}
	if g.o.sizes != nil {
		return g.lookScaling(ctx, owed)
	}
	facts, err := g.facts(ctx, g.question())
	if err != nil {
		return err
	}
	report := preflight.Check(facts)
	if report.Refused() {
		g.plan.Refusals, g.plan.LeftOut = planFindings(report.Refusals), report.Owned
		return nil
	}
	g.nodegroup = aws.NodegroupName(facts.Traits.Tags)
	g.target, _ = preflight.Aim(facts.Asked, facts.Cluster.Version)
	g.plan.fill(facts, report)
	g.plan.Owed = owed
	g.plan.Installs, err = g.run.installs(ctx)
	return err
}

// known takes from the node group, if there is one already, the settings that
// the line does not give, and reports whether an earlier update still owes it
// something.
func (g *groupUpgrade) known(ctx context.Context) (owed bool, err error) {
	group, err := g.cluster.NodeGroup(ctx, g.name)
	if errors.Is(err, upgrade.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	g.policy, err = kube.Policy(g.o.request(g.name, g.o.target).Spec, group.Spec)
	g.plan.Policy = g.policy
	return group.Status.Ledger != nil, err
}

// begin returns the update to work on, nil if there is nothing to do any more.
// When a group of several has its turn, hours may have passed since the plan.
func (g *groupUpgrade) begin(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	if g.o.choice.several {
		if err := g.look(ctx); err != nil {
			return nil, err
		}
	}
	if g.running == nil && len(g.plan.Refusals) == 0 {
		if !g.wanted() {
			g.say("%s", g.plan.nothing())
			return nil, nil
		}
		update, err := g.write(ctx)
		var first *kube.UnderWayError
		if !errors.As(err, &first) {
			return update, err
		}
		// Begun by somebody since the plan was shown, which people agreed to.
		agreed := *g.o
		agreed.target = g.target
		g.o, g.running = &agreed, first.Update
		g.goOn()
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
		return nil, fmt.Errorf("update %s is %s %s; to continue, run:\n  nodelift resume update %s", g.running.Name, standing(g.running), view.Standing(*g.running), g.running.Name)
	}
	return g.running, g.adjust(ctx, g.running)
}

// write adopts the group and starts the update.
func (g *groupUpgrade) write(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	adopted := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{
		AutoScalingGroup: g.group, Region: g.cloud.Region, ClusterName: g.o.cluster, NodegroupName: g.nodegroup,
	}}
	adopted.Name = g.name
	if _, err := g.cluster.Adopt(ctx, adopted); err != nil {
		return nil, err
	}
	update, err := g.cluster.Begin(ctx, g.o.request(g.name, g.target))
	if err == nil {
		g.checked = update.Name
	}
	return update, err
}

// line is the command that continues what this one has started.
func (g *groupUpgrade) line() string {
	if g.o.choice.several || g.update == nil {
		return g.o.again(g.o.target)
	}
	return g.o.again(kube.Target(g.update.Spec.Target))
}

func refusal(found []planFinding) error {
	if len(found) == 1 {
		return fmt.Errorf("%s (nothing was changed)", found[0].Sentence)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, "  - "+f.Sentence)
	}
	return fmt.Errorf("the upgrade cannot start, and nothing was changed:\n%s", strings.Join(lines, "\n"))
}
