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

// Meant is the node group that people mean and those of its updates that they may
// mean, the newest first: the one with the ID, or all that fit.
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

// Update returns one update.
func Update(ctx context.Context, s *connect.Connection, id string) (*v1alpha1.NodeGroupUpdate, error) {
	update, err := s.Cluster.Update(ctx, id)
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil, fmt.Errorf("update %s: %w; 'nodelift get updates' lists them", id, upgrade.ErrNotFound)
	}
	return update, err
}

// UpdatesOf returns the updates of a node group, which people name by its own
// name, that of its Auto Scaling group, or the one in its tags; of all groups
// without a name.
func UpdatesOf(ctx context.Context, s *connect.Connection, name string) ([]v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.Cluster.Updates(ctx)
	if err != nil || name == "" {
		return updates, err
	}
	groups, err := s.Cluster.NodeGroups(ctx)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, g := range groups {
		if slices.Contains([]string{g.Name, g.Spec.AutoScalingGroup, g.Spec.NodegroupName}, name) {
			named = append(named, g.Name)
		}
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("node group %s: %w; 'nodelift get nodegroups' lists them", name, upgrade.ErrNotFound)
	}
	return slices.DeleteFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool {
		return !slices.Contains(named, u.Spec.NodeGroup)
	}), nil
}

// UnderWayOf returns the update of a node group that is under way, or the first that is
// to be; nil if there is none.
func UnderWayOf(ctx context.Context, s *connect.Connection, nodeGroup string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.Cluster.Updates(ctx)
	if err != nil {
		return nil, err
	}
	return FirstUnderWay(updates, nodeGroup), nil
}

// FirstUnderWay returns that of some updates which has not ended and is worked on first
// of those of a node group, or nil.
func FirstUnderWay(updates []v1alpha1.NodeGroupUpdate, nodeGroup string) (first *v1alpha1.NodeGroupUpdate) {
	for i := range updates {
		u := &updates[i]
		if u.Spec.NodeGroup == nodeGroup && !u.Ended() && (first == nil || u.GoesBefore(first)) {
			first = u
		}
	}
	return first
}

// RollbackOf returns the update that rolls another one back and has not ended, nil
// if there is none.
func RollbackOf(ctx context.Context, s *connect.Connection, name string) (*v1alpha1.NodeGroupUpdate, error) {
	var updates v1alpha1.NodeGroupUpdateList // as the engine saw them when it handed over
	err := s.Cluster.Cache().List(ctx, &updates)
	return undoes(updates.Items, name), err
}

// RollbackNow is undoing, from the API server.
func RollbackNow(ctx context.Context, s *connect.Connection, name string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.Cluster.Updates(ctx)
	return undoes(updates, name), err
}

func undoes(updates []v1alpha1.NodeGroupUpdate, name string) *v1alpha1.NodeGroupUpdate {
	i := slices.IndexFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool { return u.Spec.RollbackOf == name && !u.Ended() })
	if i < 0 {
		return nil
	}
	return &updates[i]
}
