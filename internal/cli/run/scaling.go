package run

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/view"
)

// lookScaling is look for a scaling, which has no image.
func (g *groupUpgrade) lookScaling(ctx context.Context, owed bool) error {
	facts, err := check.Of(g.Connection).Facts(ctx, g.question())
	if err != nil {
		return err
	}
	report := preflight.CheckScaling(facts)
	g.plan.Scaling = (*show.PlanScaling)(facts.Scaling)
	if report.Refused() {
		g.plan.Refusals, g.plan.LeftOut = show.PlanFindings(report.Refusals), report.Owned
		return nil
	}
	g.nodegroup = aws.NodegroupName(facts.Traits.Tags)
	g.plan.FillScaling(facts, report)
	g.plan.Owed = owed
	g.plan.Installs, err = g.run.installs(ctx)
	return err
}

// continueScaling plans to continue the scaling that is under way. Its plan refuses if
// other sizes were asked for.
func (g *groupUpgrade) continueScaling() {
	g.plan.Update, g.plan.Standing = g.running.Name, view.Standing(*g.running)
	if equality.Semantic.DeepEqual(g.running.Spec.Scaling, scalingConfig(*g.o.Sizes)) {
		return
	}
	g.plan.Refusals = []show.PlanFinding{otherUnderWay(g.running, g.Name)}
}

// otherUnderWay refuses to begin while another update of the group has not ended.
func otherUnderWay(running *v1alpha1.NodeGroupUpdate, group string) show.PlanFinding {
	what := "to the target " + running.Status.Target
	if running.Spec.Scaling != nil {
		what = "to other sizes (" + running.Status.Target + ")"
	}
	if running.Status.Target == "" {
		what = "and has only started"
	}
	return show.PlanFinding{Rule: "OtherUpdate", Sentence: fmt.Sprintf(
		"update %s of node group %s is under way %s and has to end first; to continue it: nodelift resume update %[1]s; to end it: nodelift cancel update %[1]s", running.Name, group, what)}
}
