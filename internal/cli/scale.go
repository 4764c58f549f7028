package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/run"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const scaleLong = `Scale changes how many nodes an Auto Scaling group has. To grow, it raises the desired
size at once and waits until the new nodes are usable. To shrink, it drains nodes of the
fullest zone, the emptiest first. Pods are evicted with the eviction API, so disruption
budgets are respected. Neither EKS nor a lower desired size does that.

If a node cannot be drained, the scaling fails and the group keeps the size that it has
reached. Ctrl-C and 'nodelift cancel' keep that size, too. After Ctrl-C, run the same
command again to continue.`

const scaleExample = `  nodelift scale nodegroup --cluster prod --name workers --nodes 3
  nodelift scale nodegroup --cluster prod --name workers --nodes 12 --nodes-max 20 --dry-run`

func newScaleNodegroup(p Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "nodegroup NAME --cluster C --nodes K",
		Aliases: []string{"ng"},
		Short:   "Change how many nodes a node group has",
		Long:    scaleLong,
		Example: scaleExample,
	}
	o, _ := newUpgradeOptions(false)
	o.Sizes, o.autoscaler = &upgrade.Scaling{}, string(upgrade.AutoscalerSuspend)
	cmd.Args = nameArgument("name", &o.Choice.Name, "")
	o.addScaleFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(cmd.Flags()); err != nil {
			return err
		}
		if err := askedSizes(*o.Sizes); err != nil {
			return err
		}
		o.Program, o.MFA = p.Version, &connect.MFA{Streams: p.Streams}
		return run.Groups(cmd.Context(), o.Request, p.Streams, o.show)
	}
	return cmd
}

// addScaleFlags adds the flags of the sizes, and those of an upgrade that are about
// draining or waiting.
func (o *upgradeOptions) addScaleFlags(flags *pflag.FlagSet) {
	flags.SortFlags = false
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.addFlags(all)
	take := func(names ...string) {
		for _, name := range names {
			flags.AddFlag(all.Lookup(name))
		}
	}
	take("cluster", "name")
	flags.VarP(nodesFlag(&o.Sizes.Desired), "nodes", "N", "how many nodes the group is to have")
	flags.VarP(nodesFlag(&o.Sizes.Min), "nodes-min", "m", "its minimum size (left as it is unless given)")
	flags.VarP(nodesFlag(&o.Sizes.Max), "nodes-max", "M", "its maximum size (left as it is unless given)")
	take("max-unavailable", "force", "drain-timeout", "on-drain-timeout", "join-timeout", "cordon-wait", "min-ready", "autoscaler",
		"respect-safe-to-evict", "max-unready-pods")
	flags.Var(choiceFlag(&o.health.then, "pause", "cancel"), "on-bad-health", "what happens when that lasts, or a new node turns NotReady: the scaling is paused until somebody resumes it, or ends with the size that it has reached (nothing happens unless this or --max-unready-pods is given)")
	take("bad-health-after", "dry-run", "yes", "wait", "timeout", "output", "verbose", "region", "profile", "role-arn", "kubeconfig", "context",
		"as", "as-group", "request-timeout")
	for name, usage := range map[string]string{
		"max-unavailable":  "nodes drained at the same time, like 2 or 25%",
		"force":            "delete pods that a budget still keeps after the drain timeout, and drain the last node of a zone that volumes are bound to",
		"on-drain-timeout": "what happens to a node that is not empty then: the scaling fails, the node is quarantined and another one is drained, or its pods are deleted (--force)",
		"wait":             "stay until the scaling has ended",
	} {
		flags.Lookup(name).Usage = usage
	}
}

// nodesFlag takes a number of nodes.
func nodesFlag(into **int) checked[*int] {
	return checked[*int]{into, "count", func(text string) (*int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > mostNodes || text[0] == '+' {
			return nil, fmt.Errorf("give a number of nodes from 0 to %d", mostNodes)
		}
		return &n, nil
	}, func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}}
}

// mostNodes is more than any group has.
const mostNodes = 100_000

// askedSizes refuses sizes that do not go together, whatever the group has now.
func askedSizes(s upgrade.Scaling) error {
	if s.Desired == nil && s.Min == nil && s.Max == nil {
		return exit.Usagef("how many nodes? Give --nodes, or --nodes-min and --nodes-max")
	}
	for _, pair := range []struct {
		less, more         *int
		lessName, moreName string
	}{
		{s.Min, s.Desired, "--nodes-min", "--nodes"},
		{s.Desired, s.Max, "--nodes", "--nodes-max"},
		{s.Min, s.Max, "--nodes-min", "--nodes-max"},
	} {
		if pair.less != nil && pair.more != nil && *pair.less > *pair.more {
			return exit.Usagef("%s %d is more than %s %d", pair.lessName, *pair.less, pair.moreName, *pair.more)
		}
	}
	return nil
}
