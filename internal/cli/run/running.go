package run

import (
	"cmp"
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// continueRunning plans to continue the update that is under way. Its plan refuses if
// something else was asked for.
func (g *groupUpgrade) continueRunning() {
	switch {
	case g.running.Spec.Scaling != nil && g.o.Sizes != nil:
		g.continueScaling()
		return
	case g.running.Spec.Scaling != nil || g.o.Sizes != nil:
		g.plan.Refusals = []show.PlanFinding{otherUnderWay(g.running, g.Name)}
		return
	}
	has := kube.Target(g.running.Spec.Target)
	g.plan.Update, g.plan.Standing = g.running.Name, view.Standing(*g.running)
	if of := g.running.Spec.RollbackOf; of != "" {
		g.plan.Refusals = []show.PlanFinding{{Rule: "RollingBack", Sentence: fmt.Sprintf(
			"update %s of node group %s is rolling %s back and has to end first; to continue it: nodelift resume update %s", g.running.Name, g.Name, of, g.running.Name)}}
		return
	}
	g.plan.Refusals = g.misfits()
	if asked := g.o.Target; asked != has && asked != (upgrade.Target{}) && asked != (upgrade.Target{Family: has.Family}) {
		g.plan.Refusals = append(g.plan.Refusals, show.PlanFinding{Rule: "OtherTarget", Sentence: fmt.Sprintf(
			"update %s of node group %s is under way to another target (%s) and has to end first; to continue it: %s",
			g.running.Name, g.Name, cmp.Or(g.running.Status.Target, targetWords(has)), g.o.ForOne(g.group).CommandLine(has))})
	}
}

// misfits are the settings that were given and that the update under way cannot take: it
// keeps the strategy that it started with.
func (g *groupUpgrade) misfits() []show.PlanFinding {
	began := upgrade.Strategy(g.running.Status.Strategy)
	if began == "" {
		return nil
	}
	sentence := ""
	if g.o.isGiven("strategy") && g.o.Policy.Strategy != began {
		sentence = fmt.Sprintf("update %s of node group %s is under way with strategy %s and keeps it; to continue it, run the same command without --strategy",
			g.running.Name, g.Name, began)
	} else if err := (upgrade.Policy{Strategy: began, NodeOrder: g.o.Policy.NodeOrder}).Check(); err != nil {
		sentence = fmt.Sprintf("update %s of node group %s is under way: %v", g.running.Name, g.Name, err)
	}
	if sentence == "" {
		return nil
	}
	return []show.PlanFinding{{Rule: "OtherStrategy", Sentence: sentence}}
}

// adjust gives a running update the settings of this command: somebody who finds it
// blocked runs the command again with more time, or with --force.
func (g *groupUpgrade) adjust(ctx context.Context, running *v1alpha1.NodeGroupUpdate) error {
	before := running.DeepCopy()
	g.o.addSettings(&running.Spec)
	if equality.Semantic.DeepEqual(before.Spec, running.Spec) {
		return nil
	}
	if err := g.Cluster.Live().Patch(ctx, running, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change the settings of update %s: %w", running.Name, err)
	}
	g.Say("Update %s continues with other settings: %s.", running.Name, view.Settings(*running))
	return nil
}
