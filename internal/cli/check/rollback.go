package check

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// rollbackTarget returns the update that another one rolls back, or why that cannot be.
func (s *Checks) rollbackTarget(ctx context.Context, back *v1alpha1.NodeGroupUpdate) (undone *v1alpha1.NodeGroupUpdate, why, err error) {
	of := back.Spec.RollbackOf
	undone, err = s.Cluster.Update(ctx, of)
	switch {
	case errors.Is(err, upgrade.ErrNotFound):
		return nil, fmt.Errorf("update %s, which is to be rolled back, does not exist; kubectl get nodegroupupdates lists those that do", of), nil
	case err != nil:
		return nil, nil, err
	case undone.Spec.NodeGroup != back.Spec.NodeGroup:
		return nil, fmt.Errorf("update %s, which is to be rolled back, is of node group %s and not of %s", of, undone.Spec.NodeGroup, back.Spec.NodeGroup), nil
	case undone.Spec.Scaling != nil:
		return nil, fmt.Errorf("update %s changes the sizes of node group %s alone, which is not rolled back: scale it back instead", of, undone.Spec.NodeGroup), nil
	case !undone.HasChanged():
		return nil, fmt.Errorf("update %s has changed nothing, so there is nothing to roll back", of), nil
	}
	for _, refuses := range []func(context.Context, *v1alpha1.NodeGroupUpdate) error{s.IsNewest, s.CanGoBack} {
		if err := refuses(ctx, undone); errors.Is(err, upgrade.ErrNotFound) || errors.As(err, new(notNewestError)) {
			return nil, err, nil
		} else if err != nil {
			return nil, nil, err
		}
	}
	return undone, nil, nil
}

// IsNewest is an error if a later update has changed the node group: a rollback would undo
// that one's work, too.
func (s *Checks) IsNewest(ctx context.Context, update *v1alpha1.NodeGroupUpdate) error {
	_, later, err := find.Meant(ctx, s.Connection, find.Subject{Group: update.Spec.NodeGroup}, (*v1alpha1.NodeGroupUpdate).HasChanged)
	if err != nil || len(later) == 0 || later[0].Name == update.Name {
		return err
	}
	return notNewestError{fmt.Sprintf("update %s has changed node group %s since: only the newest update can be rolled back, so start with that one", later[0].Name, update.Spec.NodeGroup)}
}

// notNewestError says which update comes first.
type notNewestError struct{ why string }

func (e notNewestError) Error() string { return e.why }

// CanGoBack is an error if the launch template version or the image from before is gone.
func (s *Checks) CanGoBack(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error {
	before := u.Status.Resolved.Before
	const advice = "%w, so update %s cannot be rolled back and nothing was changed; run 'nodelift upgrade nodegroup' with --image-id for another old image"
	if _, err := s.Cloud.Templates.Resolve(ctx, upgrade.TemplateRef{ID: before.ID, Name: before.Name, Version: strconv.FormatInt(before.Number, 10)}); err != nil {
		return fmt.Errorf("version %d of launch template %s: "+advice, before.Number, before.ID, err, u.Name)
	}
	if _, err := s.Cloud.Images.Image(ctx, before.Image); err != nil {
		return fmt.Errorf("the old image: "+advice, err, u.Name)
	}
	return nil
}
