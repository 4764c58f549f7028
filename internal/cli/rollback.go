package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

const rollbackLong = `Rollback undoes an update while it is under way, after a failure or after its end. The
group uses the earlier launch template version again, or a new one with the image that the nodes ran if a
parameter names that version's image. Nodes that were not replaced yet
stay; nodes that were are replaced by nodes of the old image, and disruption budgets are
respected.

It shows what it is going to do and asks before anything changes. The rollback is an
update itself: it can be paused, cancelled and rolled back.`

func newRollback(p Process) *cobra.Command {
	o := &change{process: p, verb: "rollback", show: show.Options{Output: "text"}}
	flags := func(cmd *cobra.Command) { o.addFlags(cmd, true) }
	return subjects("rollback", "Undo an update", rollbackLong, flags, func(ctx context.Context, what find.Subject) error {
		return o.run(ctx, func(ctx context.Context, s *connect.Connection) (*intent, error) { return o.rollback(ctx, s, what) })
	})
}

func (o *change) rollback(ctx context.Context, s *connect.Connection, what find.Subject) (*intent, error) {
	group, updates, err := find.Meant(ctx, s, what, (*v1alpha1.NodeGroupUpdate).HasChanged)
	if err == nil {
		err = notScaling(ctx, s, what)
	}
	switch {
	case err != nil:
		return nil, err
	case len(updates) == 0:
		return nil, fmt.Errorf("node group %s has no update that has changed anything, so there is nothing to roll back", what.Group)
	case !updates[0].HasChanged():
		return nil, fmt.Errorf("update %s has changed nothing, so there is nothing to roll back", updates[0].Name)
	}
	update := &updates[0]
	if what.Update != "" {
		if err := check.Of(s).IsNewest(ctx, update); err != nil {
			return nil, err
		}
	}
	cloud, err := o.cloudBefore(ctx, group)
	if err != nil {
		return nil, err
	}
	if err := check.Of(s.In(cloud)).CanGoBack(ctx, update); err != nil {
		return nil, err
	}
	back := kube.RollbackOf(update)
	if there, err := s.Cluster.Update(ctx, back.Name); err == nil { // begun before, by somebody who was interrupted
		if there.Ended() {
			return nil, fmt.Errorf("update %s has already rolled %s back (%s)", there.Name, update.Name, there.Status.Status)
		}
	} else if !errors.Is(err, upgrade.ErrNotFound) {
		return nil, err
	}
	now, err := templateBefore(ctx, cloud, update)
	if err != nil {
		return nil, err
	}
	plan, err := o.planOf(ctx, s, group, update, rollbackSentence(update, now))
	if err != nil {
		return nil, err
	}
	if err := askWho(ctx, plan, cloud); err != nil {
		return nil, err
	}
	return &intent{group: group, update: update, plan: plan, obeyed: undone(ctx, s, back.Name), reports: back.Name,
		write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
			back, err := s.Cluster.RollBack(ctx, update)
			if err != nil || update.Ended() {
				return back, err
			}
			return update, nil // it stops first, and hands over
		},
	}, nil
}

// undone reports whether somebody else has carried out a rollback.
func undone(ctx context.Context, s *connect.Connection, rollback string) func(*v1alpha1.NodeGroupUpdate) bool {
	return func(u *v1alpha1.NodeGroupUpdate) bool {
		if u.Name == rollback {
			return u.Ended()
		}
		back, err := s.Cluster.Update(ctx, rollback)
		return err == nil && back.Ended()
	}
}

// templateBefore is the template version from before an update, as it is now.
func templateBefore(ctx context.Context, cloud *aws.Cloud, u *v1alpha1.NodeGroupUpdate) (upgrade.TemplateVersion, error) {
	before := upgrade.TemplateVersion(*u.Status.Resolved.Before)
	return cloud.Templates.Resolve(ctx, before.Ref())
}

// rollbackSentence says what a rollback will do. now is the template version from before, as it is now.
func rollbackSentence(u *v1alpha1.NodeGroupUpdate, now upgrade.TemplateVersion) string {
	r := u.Status.Resolved
	will := fmt.Sprintf("This will roll back update %s (%s)", u.Name, u.Status.Status)
	if !u.Ended() {
		will = fmt.Sprintf("This will cancel update %s (%s) and roll it back", u.Name, view.Standing(*u))
	}
	image := fmt.Sprintf("%s (%s)", r.From.ID, cmp.Or(r.From.Release, r.From.Name, "release unknown"))
	does := fmt.Sprintf("the group uses version %d of launch template %s again, with image %s", r.Before.Number, r.Before.ID, image)
	switch {
	case now.Parameter != "" && r.ByTemplate:
		does = fmt.Sprintf("the group uses version %d of launch template %s again, which takes its image from %s", now.Number, now.ID, now.ParameterWords())
	case now.Parameter != "":
		does = fmt.Sprintf("the group uses a new version of launch template %s with the image that the nodes ran, %s; version %d takes its image from %s, and is used again at the end if the parameter names %s then",
			now.ID, image, now.Number, now.ParameterWords(), r.From.ID)
	}
	return fmt.Sprintf("%s: %s. Nodes that run image %s are replaced; the others stay.", will, does, r.Image.ID)
}

// notScaling refuses to roll back if the newest update is a scaling, which is not rolled
// back: the person has to say which update is meant, or scale back.
func notScaling(ctx context.Context, s *connect.Connection, what find.Subject) error {
	_, updates, err := find.Meant(ctx, s, what, func(*v1alpha1.NodeGroupUpdate) bool { return true })
	if err != nil || len(updates) == 0 {
		return err
	}
	u := updates[0]
	switch {
	case u.Spec.Scaling == nil:
		return nil
	case !u.Ended():
		return fmt.Errorf("update %s changes the sizes of node group %s, which is not rolled back: 'nodelift cancel update %[1]s' keeps the size that it has reached, and 'nodelift scale nodegroup' scales it back", u.Name, u.Spec.NodeGroup)
	case what.Update != "":
		return fmt.Errorf("update %s has changed the sizes of node group %s, which is not rolled back: scale it back with 'nodelift scale nodegroup'", u.Name, u.Spec.NodeGroup)
	}
	return nil
}
