package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// upgrading is one run of the command.
type upgrading struct {
	*connection
	o        *upgradeOptions
	process  Process
	print    printer
	troubles troubles
	// nodegroup is what the group's tags call the node group, once it is planned.
	nodegroup string
	waits     waits
	// elsewhere is who works on the node group instead, nil for nobody.
	elsewhere atomic.Pointer[string]
	// commit is called before the first write: from then on Ctrl-C does not end
	// calls any more. It reports false if that was too late.
	commit func() bool
}

// prepare returns the update to work on: the one that is under way, or a new
// one that people have agreed to. It is nil when there is nothing to do.
// Nothing is written before the yes.
func (u *upgrading) prepare(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
	if err := u.mayLook(ctx); err != nil {
		return nil, err
	}
	group, err := u.findGroup(ctx, u.o)
	if err != nil {
		return nil, err
	}
	name := v1alpha1.NodeGroupName(u.cloud.Region, group)
	running, err := u.running(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := u.cluster.Start(ctx); err != nil {
		return nil, err
	}
	if running != nil {
		return u.goOn(ctx, running)
	}
	return u.begin(ctx, group, name)
}

// begin plans a new update, asks, and writes it.
func (u *upgrading) begin(ctx context.Context, group, name string) (*v1alpha1.NodeGroupUpdate, error) {
	p, target, err := u.planned(ctx, group, name)
	if err != nil {
		return nil, err
	}
	if p.NothingToDo && !p.Owed {
		u.print.nothing(p)
		return nil, nil
	}
	u.print.plan(p, u.o.dryRun)
	if u.o.dryRun {
		u.print.say("\nNothing was changed (--dry-run).")
		return nil, nil
	}
	if !u.o.yes {
		if err := agree(ctx, u.process); err != nil {
			return nil, err
		}
	}
	return u.write(ctx, group, name, target)
}

// planned gathers the facts and checks them. What would stop the upgrade is an
// error.
func (u *upgrading) planned(ctx context.Context, group, name string) (plan, upgrade.Target, error) {
	owed, err := u.known(ctx, name)
	if err != nil {
		return plan{}, upgrade.Target{}, err
	}
	facts, err := u.facts(ctx, u.o, group)
	if err != nil {
		return plan{}, upgrade.Target{}, err
	}
	report := preflight.Check(facts)
	if report.Refused() {
		return plan{}, upgrade.Target{}, refusal(report.Refusals)
	}
	u.nodegroup = aws.NodegroupName(facts.Traits.Tags)
	target, _ := preflight.Aim(facts.Asked, facts.Cluster.Version)
	p := u.newPlan(u.o, facts, report)
	p.Owed = owed
	p.Installs, err = u.installs(ctx)
	return p, target, err
}

func refusal(found []preflight.Finding) error {
	if len(found) == 1 {
		return fmt.Errorf("%s (nothing was changed)", found[0])
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, "  - "+f.String())
	}
	return fmt.Errorf("the upgrade cannot begin, and nothing was changed:\n%s", strings.Join(lines, "\n"))
}

// known takes from the node group, if there is one already, the settings that
// the line does not give, and reports whether an earlier update still owes it
// something.
func (u *upgrading) known(ctx context.Context, name string) (owed bool, err error) {
	group, err := u.cluster.NodeGroup(ctx, name)
	if errors.Is(err, upgrade.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	u.o.policy, err = kube.Policy(u.o.request(name, u.o.target).Spec, group.Spec)
	return group.Status.Ledger != nil, err
}

// write installs what is missing, adopts the group and starts the update.
func (u *upgrading) write(ctx context.Context, group, name string, target upgrade.Target) (*v1alpha1.NodeGroupUpdate, error) {
	if !u.commit() {
		return nil, context.Canceled
	}
	if err := u.install(ctx); err != nil {
		return nil, err
	}
	adopted := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{
		AutoScalingGroup: group, Region: u.cloud.Region, ClusterName: u.o.cluster, NodegroupName: u.nodegroup,
	}}
	adopted.Name = name
	if _, err := u.cluster.Adopt(ctx, adopted); err != nil {
		return nil, err
	}
	return u.cluster.Begin(ctx, u.o.request(name, target))
}
