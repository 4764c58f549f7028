package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const rollbackLong = `Rollback undoes an update while it is under way, after a failure or after its end. The
group uses the earlier launch template version again. Nodes that were not replaced yet
stay; nodes that were are replaced by nodes of the old image, and disruption budgets are
respected.

It shows what it is going to do and asks before anything changes. The rollback is an
update itself: it can be paused, cancelled and rolled back.`

func newRollback(p Process) *cobra.Command {
	o := &change{process: p, verb: "rollback", output: "text"}
	flags := func(cmd *cobra.Command) { o.addFlags(cmd, true) }
	return subjects("rollback", "Undo an update", rollbackLong, flags, func(ctx context.Context, what subject) error {
		return o.run(ctx, func(ctx context.Context, s *connection) (*intent, error) { return o.rollback(ctx, s, what) })
	})
}

func (o *change) rollback(ctx context.Context, s *connection, what subject) (*intent, error) {
	group, updates, err := s.meant(ctx, what, hasChanged)
	if err == nil {
		err = s.notScaling(ctx, what)
	}
	switch {
	case err != nil:
		return nil, err
	case len(updates) == 0:
		return nil, fmt.Errorf("node group %s has no update that has changed anything, so there is nothing to roll back", what.group)
	case !hasChanged(&updates[0]):
		return nil, fmt.Errorf("update %s has changed nothing, so there is nothing to roll back", updates[0].Name)
	}
	update := &updates[0]
	if what.update != "" {
		if err := s.isNewest(ctx, update); err != nil {
			return nil, err
		}
	}
	cloud, err := o.cloudOf(ctx, group)
	if err != nil {
		return nil, err
	}
	if err := s.in(cloud).canGoBack(ctx, update); err != nil {
		return nil, err
	}
	back := kube.RollbackOf(update)
	if there, err := s.cluster.Update(ctx, back.Name); err == nil { // begun before, by somebody who was interrupted
		if there.Ended() {
			return nil, fmt.Errorf("update %s has already rolled %s back (%s)", there.Name, update.Name, there.Status.Status)
		}
	} else if !errors.Is(err, upgrade.ErrNotFound) {
		return nil, err
	}
	plan, err := o.planOf(ctx, s, group, update, rollbackSentence(update))
	if err != nil {
		return nil, err
	}
	if err := plan.askWho(ctx, cloud); err != nil {
		return nil, err
	}
	return &intent{group: group, update: update, plan: plan, obeyed: s.undone(ctx, back.Name), reports: back.Name,
		write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
			back, err := s.cluster.RollBack(ctx, update)
			if err != nil || update.Ended() {
				return back, err
			}
			return update, nil // it stops first, and hands over
		},
	}, nil
}

// undone reports whether somebody else has carried out a rollback.
func (s *connection) undone(ctx context.Context, rollback string) func(*v1alpha1.NodeGroupUpdate) bool {
	return func(u *v1alpha1.NodeGroupUpdate) bool {
		if u.Name == rollback {
			return u.Ended()
		}
		back, err := s.cluster.Update(ctx, rollback)
		return err == nil && back.Ended()
	}
}

// hasChanged reports whether there is anything about an update to be undone.
func hasChanged(u *v1alpha1.NodeGroupUpdate) bool {
	r := u.Status.Resolved
	return r != nil && r.Before != nil && (r.Template == nil || r.Template.ID != r.Before.ID || r.Template.Number != r.Before.Number)
}

// isNewest refuses an update after which there was another one: what that has done
// would be undone, too.
func (s *connection) isNewest(ctx context.Context, update *v1alpha1.NodeGroupUpdate) error {
	_, later, err := s.meant(ctx, subject{group: update.Spec.NodeGroup}, hasChanged)
	if err != nil || len(later) == 0 || later[0].Name == update.Name {
		return err
	}
	return notNewestError{fmt.Sprintf("update %s has changed node group %s since: only the newest update can be rolled back, so start with that one", later[0].Name, update.Spec.NodeGroup)}
}

// notNewestError says which update comes first.
type notNewestError struct{ why string }

func (e notNewestError) Error() string { return e.why }

// canGoBack refuses a rollback to a launch template version or an image that is
// gone.
func (s *connection) canGoBack(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error {
	before := u.Status.Resolved.Before
	const advice = "%w, so update %s cannot be rolled back and nothing was changed; run 'nodelift upgrade nodegroup' with --image-id for another old image"
	if _, err := s.cloud.Templates.Resolve(ctx, upgrade.TemplateRef{ID: before.ID, Name: before.Name, Version: strconv.FormatInt(before.Number, 10)}); err != nil {
		return fmt.Errorf("version %d of launch template %s: "+advice, before.Number, before.ID, err, u.Name)
	}
	if _, err := s.cloud.Images.Image(ctx, before.Image); err != nil {
		return fmt.Errorf("the old image: "+advice, err, u.Name)
	}
	return nil
}
