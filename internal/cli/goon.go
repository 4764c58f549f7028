package cli

import (
	"cmp"
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// goOn returns an update that is under way, if it is the one that is asked for.
func (u *upgrading) goOn(ctx context.Context, running *v1alpha1.NodeGroupUpdate) (*v1alpha1.NodeGroupUpdate, error) {
	has := targetOf(running)
	if asked := u.o.target; asked != has && asked != (upgrade.Target{}) && asked != (upgrade.Target{Family: has.Family}) {
		return nil, fmt.Errorf("update %s of this node group is under way to another target (%s), so nothing was changed; go on with it:\n  %s",
			running.Name, cmp.Or(running.Status.Target, targetWords(has)), u.o.again(has))
	}
	if u.o.dryRun {
		u.print.say("Update %s is under way, %s; the same line without --dry-run goes on with it. Nothing was changed.",
			running.Name, view.Standing(*running))
		return nil, nil
	}
	if !u.commit() {
		return nil, context.Canceled
	}
	return running, u.adjust(ctx, running)
}

// adjust gives a running update the settings that the line gives: somebody who
// finds it blocked starts it again with more time, or with --force.
func (u *upgrading) adjust(ctx context.Context, running *v1alpha1.NodeGroupUpdate) error {
	before := running.DeepCopy()
	u.o.addSettings(&running.Spec)
	if equality.Semantic.DeepEqual(before.Spec, running.Spec) {
		return nil
	}
	if err := u.cluster.Live().Patch(ctx, running, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change the settings of update %s: %w", running.Name, err)
	}
	u.print.say("Update %s goes on with other settings: %s.", running.Name, view.Settings(*running))
	return nil
}

// targetOf is the target of an update in the engine's words.
func targetOf(update *v1alpha1.NodeGroupUpdate) upgrade.Target {
	t := update.Spec.Target
	if t == nil {
		return upgrade.Target{}
	}
	return upgrade.Target{
		Version: t.Version, Release: t.ReleaseVersion, Image: t.ImageID, TemplateVersion: t.LaunchTemplateVersion, Family: t.AMIFamily,
	}
}

func targetWords(t upgrade.Target) string {
	name, value := targetFlag(t)
	words := "--" + name + " " + value
	if t.Family != "" {
		words += " --" + flagFamily + " " + t.Family
	}
	return words
}
