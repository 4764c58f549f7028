package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

func newGetNodegroups(p Process) *cobra.Command {
	var a access
	cmd := &cobra.Command{
		Use:     "nodegroups",
		Aliases: []string{"nodegroup", "ng"},
		Short:   "List the node groups that were upgraded before",
		Args:    noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			groups, err := s.cluster.NodeGroups(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprint(p.Out, view.NodeGroups(groups))
			return nil
		},
	}
	a.addClusterFlags(cmd.Flags())
	return cmd
}

func newGetUpdates(p Process) *cobra.Command {
	var a access
	var name string
	cmd := &cobra.Command{
		Use:     "updates [NAME]",
		Aliases: []string{"update", "ngu"},
		Short:   "List updates, the newest first",
		Args:    nameArgument("name", &name, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			updates, err := s.updatesOf(cmd.Context(), name)
			if err != nil {
				return err
			}
			fmt.Fprint(p.Out, view.Updates(updates, time.Now()))
			return nil
		},
	}
	cmd.Flags().Var(textFlag(&name), "name", "only those of this node group, or of this Auto Scaling group")
	a.addClusterFlags(cmd.Flags())
	return cmd
}

// updatesOf returns the updates of a node group, which people name by its own
// name, that of its Auto Scaling group, or the one in its tags; of all groups
// without a name.
func (s *connection) updatesOf(ctx context.Context, name string) ([]v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.cluster.Updates(ctx)
	if err != nil || name == "" {
		return updates, err
	}
	groups, err := s.cluster.NodeGroups(ctx)
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

func newDescribeUpdate(p Process) *cobra.Command {
	var a access
	cmd := &cobra.Command{
		Use:     "update ID",
		Aliases: []string{"ngu"},
		Short:   "Show an update in full",
		Args:    idArgument(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.describe(cmd.Context(), p, args[0])
		},
	}
	a.addClusterFlags(cmd.Flags())
	return cmd
}

func (a access) describe(ctx context.Context, p Process, name string) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	update, err := s.cluster.Update(ctx, name)
	if errors.Is(err, upgrade.ErrNotFound) {
		return fmt.Errorf("update %s: %w; 'nodelift get updates' lists them", name, upgrade.ErrNotFound)
	}
	if err != nil {
		return err
	}
	group, err := s.cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return err
	}
	fmt.Fprint(p.Out, view.Describe(*update, *group, time.Now()))
	return nil
}
