package cli

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// lookScaling is look for a change of sizes: it is about no image.
func (g *groupUpgrade) lookScaling(ctx context.Context, owed bool) error {
	facts, err := g.facts(ctx, g.question())
	if err != nil {
		return err
	}
	report := preflight.CheckScaling(facts)
	g.plan.Scaling = (*planScaling)(facts.Scaling)
	if report.Refused() {
		g.plan.Refusals, g.plan.LeftOut = planFindings(report.Refusals), report.Owned
		return nil
	}
	g.nodegroup = aws.NodegroupName(facts.Traits.Tags)
	g.plan.fillScaling(facts, report)
	g.plan.Owed = owed
	g.plan.Installs, err = g.run.installs(ctx)
	return err
}

// gatherScaling finds out what the requested sizes mean. A size that was not requested
// stays the owner's, which an earlier update may still owe.
func (s *connection) gatherScaling(ctx context.Context, f *preflight.Facts, q question) error {
	known, err := s.cluster.NodeGroup(ctx, q.nodeGroup)
	if err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return err
	}
	var owed *upgrade.Size
	if err == nil && known.Status.Ledger != nil && known.Status.Ledger.Sizes != nil {
		user := known.Status.Ledger.Sizes.User
		owed = &upgrade.Size{Max: int(user.Max), Desired: int(user.Desired)}
	}
	scaled := preflight.Scaled(*q.sizes, f.Group, owed)
	f.Scaling = &scaled
	return nil
}

// goOnScaling plans to continue the scaling that is under way, if it is the one that
// is asked for.
func (g *groupUpgrade) goOnScaling() {
	g.plan.Update, g.plan.Standing = g.running.Name, view.Standing(*g.running)
	if equality.Semantic.DeepEqual(g.running.Spec.Scaling, scalingConfig(*g.o.sizes)) {
		return
	}
	g.plan.Refusals = []planFinding{underWay(g.running, g.name)}
}

// underWay refuses to begin while another update of the group has not ended.
func underWay(running *v1alpha1.NodeGroupUpdate, group string) planFinding {
	what := "to the target " + running.Status.Target
	if running.Spec.Scaling != nil {
		what = "to other sizes (" + running.Status.Target + ")"
	}
	if running.Status.Target == "" {
		what = "and has only started"
	}
	return planFinding{Rule: "OtherUpdate", Sentence: fmt.Sprintf(
		"update %s of node group %s is under way %s and has to end first; to continue it: nodelift resume update %[1]s; to end it: nodelift cancel update %[1]s", running.Name, group, what)}
}

// scalingRequest is the update that the options ask for.
func (o *upgradeOptions) scalingRequest(nodeGroup string) *v1alpha1.NodeGroupUpdate {
	u := &v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: nodeGroup, Scaling: scalingConfig(*o.sizes)}}
	o.addSettings(&u.Spec)
	return u
}

func scalingConfig(s upgrade.Scaling) *v1alpha1.ScalingConfig {
	return &v1alpha1.ScalingConfig{MinSize: narrow(s.Min), MaxSize: narrow(s.Max), DesiredSize: narrow(s.Desired)}
}

func narrow(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(int32(*n))
}

// notScaling refuses to roll a change of sizes back: what is to be undone has to be
// said.
func (s *connection) notScaling(ctx context.Context, what subject) error {
	_, updates, err := s.meant(ctx, what, func(*v1alpha1.NodeGroupUpdate) bool { return true })
	if err != nil || len(updates) == 0 {
		return err
	}
	u := updates[0]
	switch {
	case u.Spec.Scaling == nil:
		return nil
	case !u.Ended():
		return fmt.Errorf("update %s changes the sizes of node group %s, which is not rolled back: 'nodelift cancel update %[1]s' keeps the size that it has reached, and 'nodelift scale nodegroup' scales it back", u.Name, u.Spec.NodeGroup)
	case what.update != "":
		return fmt.Errorf("update %s has changed the sizes of node group %s, which is not rolled back: scale it back with 'nodelift scale nodegroup'", u.Name, u.Spec.NodeGroup)
	}
	return nil
}
