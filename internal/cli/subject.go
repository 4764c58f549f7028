package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// subject is what people name on the line: an update by its ID, or a node group,
// whose newest update is meant.
type subject struct {
	group  string
	update string
}

// subjects makes the two commands of a verb: VERB nodegroup NAME and VERB update ID.
func subjects(name, short, long string, flags func(*cobra.Command), run func(context.Context, subject) error) *cobra.Command {
	var group string
	ofGroup := &cobra.Command{
		Use: "nodegroup NAME", Aliases: []string{"ng"}, Short: short, Long: long,
		Args: nameArgument("name", &group, askGroup),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), subject{group: group}) },
	}
	addNameFlag(ofGroup, &group)
	ofUpdate := &cobra.Command{
		Use: "update ID", Aliases: []string{"ngu"}, Short: short, Long: long,
		Args: idArgument(),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), subject{update: args[0]}) },
	}
	for _, cmd := range []*cobra.Command{ofGroup, ofUpdate} {
		flags(cmd)
	}
	return verb(name, short, ofGroup, ofUpdate)
}

func addNameFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().Var(textFlag(into), "name", "node group, or the Auto Scaling group, or its node group tag; also as the argument NAME")
}

// nodeGroup returns the node group that people name: by its own name, by that of
// its Auto Scaling group, or by its node group tag.
func (s *connection) nodeGroup(ctx context.Context, name string) (*v1alpha1.NodeGroup, error) {
	groups, err := s.cluster.NodeGroups(ctx)
	if err != nil {
		return nil, err
	}
	named := slices.DeleteFunc(groups, func(g v1alpha1.NodeGroup) bool {
		return !slices.Contains([]string{g.Name, g.Spec.AutoScalingGroup, g.Spec.NodegroupName}, name)
	})
	switch len(named) {
	case 0:
		return nil, fmt.Errorf("node group %s: %w; 'nodelift get nodegroups' lists them", name, upgrade.ErrNotFound)
	case 1:
		return &named[0], nil
	}
	var names []string
	for _, g := range named {
		names = append(names, g.Name)
	}
	return nil, fmt.Errorf("%d node groups are called %s: give the name of one of them (%s)", len(named), name, strings.Join(names, ", "))
}

// updateNamed returns one update.
func (s *connection) updateNamed(ctx context.Context, id string) (*v1alpha1.NodeGroupUpdate, error) {
	update, err := s.cluster.Update(ctx, id)
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil, fmt.Errorf("update %s: %w; 'nodelift get updates' lists them", id, upgrade.ErrNotFound)
	}
	return update, err
}

// meant is the node group that people mean and those of its updates that they may
// mean, the newest first: the one with the ID, or all that fit.
func (s *connection) meant(ctx context.Context, what subject, fits func(*v1alpha1.NodeGroupUpdate) bool) (*v1alpha1.NodeGroup, []v1alpha1.NodeGroupUpdate, error) {
	if what.update != "" {
		update, err := s.updateNamed(ctx, what.update)
		if err != nil {
			return nil, nil, err
		}
		group, err := s.cluster.NodeGroup(ctx, update.Spec.NodeGroup)
		return group, []v1alpha1.NodeGroupUpdate{*update}, err
	}
	group, err := s.nodeGroup(ctx, what.group)
	if err != nil {
		return nil, nil, err
	}
	updates, err := s.cluster.Updates(ctx)
	updates = slices.DeleteFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool {
		return u.Spec.NodeGroup != group.Name || !fits(&u)
	})
	slices.Reverse(updates)
	return group, updates, err
}
