package find

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Subject is what people name on the line: an update by its ID, or a node group,
// whose newest update is meant.
type Subject struct {
	Group  string
	Update string
}

// Meant returns the node group that a person means and those of its updates that may
// be meant, the newest first: the one with the ID, or all that fit.
func Meant(ctx context.Context, s *connect.Connection, what Subject, fits func(*v1alpha1.NodeGroupUpdate) bool) (*v1alpha1.NodeGroup, []v1alpha1.NodeGroupUpdate, error) {
	if what.Update != "" {
		update, err := Update(ctx, s, what.Update)
		if err != nil {
			return nil, nil, err
		}
		group, err := s.Cluster.NodeGroup(ctx, update.Spec.NodeGroup)
		return group, []v1alpha1.NodeGroupUpdate{*update}, err
	}
	group, err := NodeGroup(ctx, s, what.Group)
	if err != nil {
		return nil, nil, err
	}
	updates, err := s.Cluster.Updates(ctx)
	updates = slices.DeleteFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool {
		return u.Spec.NodeGroup != group.Name || !fits(&u)
	})
	slices.Reverse(updates)
	return group, updates, err
}

// Update returns the update with an ID.
func Update(ctx context.Context, s *connect.Connection, id string) (*v1alpha1.NodeGroupUpdate, error) {
	update, err := s.Cluster.Update(ctx, id)
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil, fmt.Errorf("update %s: %w; 'nodelift get updates' lists them", id, upgrade.ErrNotFound)
	}
	return update, err
}

// UpdatesOf returns the updates of all node groups that are called so, or of all node
// groups without a name; the oldest first.
func UpdatesOf(ctx context.Context, s *connect.Connection, name string) ([]v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.Cluster.Updates(ctx)
	if err != nil || name == "" {
		return updates, err
	}
	groups, err := nodeGroups(ctx, s, name)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool {
		return !slices.ContainsFunc(groups, func(g v1alpha1.NodeGroup) bool { return g.Name == u.Spec.NodeGroup })
	}), nil
}

// UnderWayOf returns the update of a node group that is under way or, if several are
// waiting, the one that is worked on first; nil if there is none.
func UnderWayOf(ctx context.Context, s *connect.Connection, nodeGroup string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.Cluster.Updates(ctx)
	if err != nil {
		return nil, err
	}
	return FirstUnderWay(updates, nodeGroup), nil
}

// FirstUnderWay does the same among some updates of any node groups.
func FirstUnderWay(updates []v1alpha1.NodeGroupUpdate, nodeGroup string) (first *v1alpha1.NodeGroupUpdate) {
	for i := range updates {
		u := &updates[i]
		if u.Spec.NodeGroup == nodeGroup && !u.Ended() && (first == nil || u.GoesBefore(first)) {
			first = u
		}
	}
	return first
}

// RollbackOf returns that of some updates which rolls another one back and has not
// ended, nil if there is none.
func RollbackOf(updates []v1alpha1.NodeGroupUpdate, name string) *v1alpha1.NodeGroupUpdate {
	i := slices.IndexFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool { return u.Spec.RollbackOf == name && !u.Ended() })
	if i < 0 {
		return nil
	}
	return &updates[i]
}

// HasEnded reports whether an update has ended.
func HasEnded(u *v1alpha1.NodeGroupUpdate) bool { return u.Ended() }

// IsUnderWay reports whether an update has not ended.
func IsUnderWay(u *v1alpha1.NodeGroupUpdate) bool { return !u.Ended() }

// Alone returns the names of those of some updates that could continue and on which nobody works. It
// asks the Leases, so it also knows of a process that was killed. Where the Leases may not be read, it
// is not known, and no update is among them.
func Alone(ctx context.Context, s *connect.Connection, updates []v1alpha1.NodeGroupUpdate) map[string]bool {
	alone := map[string]bool{}
	for i := range updates {
		u := &updates[i]
		if !couldContinue(u) {
			continue
		}
		if holder, err := s.Cluster.Holder(ctx, u.Spec.NodeGroup); err == nil && holder == "" {
			alone[u.Name] = true
		}
	}
	if len(alone) == 0 {
		return alone
	}
	if who, err := s.Cluster.Announced(ctx); err != nil || who != "" {
		return nil
	}
	return alone
}

// couldContinue reports whether an update has not ended and waits for no decision of people.
func couldContinue(u *v1alpha1.NodeGroupUpdate) bool {
	return !u.Ended() && !u.Stopped() && (!u.Spec.Paused || u.Spec.PausedUntil != nil)
}

// Worker returns who works on a node group or, if nobody does now, the controller that
// will in a moment; "" for nobody.
func Worker(ctx context.Context, s *connect.Connection, group string) (string, error) {
	holder, err := s.Cluster.Holder(ctx, group)
	if err != nil || holder != "" {
		return holder, err
	}
	return s.Cluster.Announced(ctx)
}
