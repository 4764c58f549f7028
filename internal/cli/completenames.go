package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
)

// completionPatience is how long somebody who has pressed <TAB> waits at most.
const completionPatience = 3 * time.Second

// onlyFirst completes the first argument, and no other.
func onlyFirst(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, word)
	}
}

// completeContexts completes the contexts of the kubeconfig.
func completeContexts(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = accessOf(cmd).Kubeconfig
	config, err := rules.Load()
	if err != nil { // nothing can be said while somebody types
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(config.Contexts)), cobra.ShellCompDirectiveNoFileComp
}

// completeGroups completes the node groups that the cluster knows.
func completeGroups(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return completeFrom(cmd, func(ctx context.Context, s *connect.Connection) ([]cobra.Completion, error) {
		groups, err := s.Cluster.NodeGroups(ctx)
		return groupCompletions(groups), err
	})
}

// groupCompletions name each node group by its tag, if no other group has that, else by
// its own name.
func groupCompletions(groups []v1alpha1.NodeGroup) []cobra.Completion {
	times := map[string]int{}
	for _, g := range groups {
		times[g.Spec.NodegroupName]++
	}
	var all []cobra.Completion
	for _, g := range groups {
		name := cmp.Or(g.Spec.NodegroupName, g.Name)
		if times[g.Spec.NodegroupName] > 1 {
			name = g.Name
		}
		all = append(all, cobra.CompletionWithDesc(name, g.Spec.AutoScalingGroup))
	}
	return all
}

// completeUpdates completes the IDs of updates, the newest first.
func completeUpdates(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return completeFrom(cmd, func(ctx context.Context, s *connect.Connection) ([]cobra.Completion, error) {
		updates, err := s.Cluster.Updates(ctx)
		return updateCompletions(cmd.Parent().Name(), updates), err
	})
}

// updateCompletions are the updates that a verb may be about: one that has ended can be
// neither paused nor cancelled.
func updateCompletions(verb string, updates []v1alpha1.NodeGroupUpdate) []cobra.Completion {
	var all []cobra.Completion
	for _, u := range slices.Backward(updates) {
		switch underWay := !u.Ended(); {
		case !underWay && slices.Contains([]string{"pause", "resume", "cancel"}, verb):
		case verb == "retry" && (underWay || mayRetry(&u) != nil):
		case verb == "rollback" && (u.Spec.Scaling != nil || !u.HasChanged()):
		default:
			all = append(all, cobra.CompletionWithDesc(u.Name, string(cmp.Or(u.Status.Status, v1alpha1.UpdateInProgress))))
		}
	}
	return all
}

// completeFrom asks the cluster for names. If it does not answer, nothing is offered: an
// error cannot be shown while somebody types.
func completeFrom(cmd *cobra.Command, list func(context.Context, *connect.Connection) ([]cobra.Completion, error)) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	const how = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	s, err := accessOf(cmd).OpenWithin(completionPatience)
	if err != nil {
		return nil, how
	}
	found, err := list(ctx, s)
	if err != nil {
		return nil, how
	}
	return found, how
}

// accessOf is the cluster that the flags of a command name.
func accessOf(cmd *cobra.Command) connect.Access {
	value := func(flag string) string {
		if f := cmd.Flags().Lookup(flag); f != nil {
			return f.Value.String()
		}
		return ""
	}
	access := connect.Access{Kubeconfig: value("kubeconfig"), Context: value("context"), As: value("as")}
	if groups := value("as-group"); groups != "" {
		access.AsGroups = strings.Split(groups, ",")
	}
	return access
}
