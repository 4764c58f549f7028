package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/run"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// upgradeOptions is what `nodelift upgrade nodegroup`, or nodegroups, was asked
// to do.
type upgradeOptions struct {
	run.Request
	// Values of flags that become a part of the policy.
	strategy   string
	nodeOrder  string
	autoscaler string
	onTimeout  string
	health     healthOptions
	show       show.Options
}

const upgradeLong = `Upgrade moves every node of an Auto Scaling group to a new Kubernetes version or
machine image, the way Amazon EKS does it for its managed node groups: new nodes are
added first, pods are evicted with the eviction API, and disruption budgets are
respected.

It shows what it is going to do and asks before anything changes. After Ctrl-C or a
crash, run the same command again to continue. If a controller runs in the cluster,
the controller does the work, and Ctrl-C only ends the command.`

const upgradeExample = `  nodelift upgrade nodegroup --cluster prod --name workers --kubernetes-version 1.37
  nodelift upgrade nodegroup --cluster prod --name workers --image-id ami-0123456789abcdef0 --dry-run`

func newUpgradeNodegroup(p Process) *cobra.Command {
	return newUpgrade(p, &cobra.Command{
		Use:     "nodegroup NAME --cluster C [TARGET]",
		Aliases: []string{"ng"},
		Short:   "Upgrade the nodes of a node group",
		Long:    upgradeLong,
		Example: upgradeExample,
	}, false)
}

// newUpgrade makes the command that upgrades one group, or several.
func newUpgrade(p Process, cmd *cobra.Command, several bool) *cobra.Command {
	o, flags := newUpgradeOptions(several)
	if !several {
		cmd.Args = nameArgument("name", &o.Choice.Name, "")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(cmd.Flags()); err != nil {
			return err
		}
		o.Program, o.MFA = p.Version, &connect.MFA{Streams: p.Streams}
		return run.Groups(cmd.Context(), o.Request, p.Streams, o.show)
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().SetNormalizeFunc(flags.GetNormalizeFunc())
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

// newUpgradeOptions returns the options as they are unless flags say otherwise,
// with the flags: those of one group, or of several.
func newUpgradeOptions(several bool) (*upgradeOptions, *pflag.FlagSet) {
	policy := upgrade.DefaultPolicy()
	policy.CanarySoak = 10 * time.Minute // if there are canaries
	o := &upgradeOptions{
		Request:  run.Request{Choice: run.Choice{Several: several, Parallel: 1}, Policy: policy, Wait: true},
		strategy: "DEFAULT", nodeOrder: "Random", autoscaler: string(policy.Autoscaler), onTimeout: "fail", health: newHealthOptions(), show: show.Options{Output: "text"},
	}
	flags := pflag.NewFlagSet("nodegroup", pflag.ContinueOnError)
	flags.SortFlags = false
	o.addFlags(flags)
	return o, flags
}

func (o *upgradeOptions) addFlags(flags *pflag.FlagSet) {
	flags.Var(textFlag(&o.Cluster), "cluster", "cluster that the node group belongs to (required)")
	addChoiceFlags(flags, &o.Choice)
	addTargetFlags(flags, &o.Target)
	o.addPolicyFlags(flags)
	flags.BoolVar(&o.DryRun, "dry-run", false, "show what would be done and change nothing at all")
	flags.BoolVar(&o.Yes, "yes", false, "do not ask (required without a terminal)")
	flags.BoolVar(&o.Wait, "wait", true, "stay until the upgrade has ended, also where a controller in the cluster works on it")
	flags.Var(limitFlag(&o.Timeout, 0, forever), "timeout", "how long to stay; 0s means until the end")
	addShowFlags(flags, &o.show)
	addCloudFlags(flags, &o.Access)
	addClusterFlags(flags, &o.Access)
}

// forever is longer than any wait may last.
const forever = 7 * 24 * time.Hour

func (o *upgradeOptions) addPolicyFlags(flags *pflag.FlagSet) {
	p := &o.Policy
	flags.Var(choiceFlag(&o.strategy, "DEFAULT", "MINIMAL", "LEAN"), "strategy", "DEFAULT adds nodes first, as EKS does; MINIMAL never adds a node; LEAN adds only nodes that stay")
	order := choiceFlag(&o.nodeOrder, "Random", "Oldest", "Zone", "FewestPods")
	order.kind = "order"
	flags.Var(order, "node-order", "in which order nodes are drained: Random (even over the zones), Oldest, Zone (one after the other) or FewestPods")
	flags.Var(countFlag(&p.MaxUnavailable, upgrade.UnavailableNodes()), "max-unavailable", "outdated nodes drained at the same time, like 2 or 25%")
	flags.BoolVar(&p.Force, "force", false, "delete pods that a budget still keeps after the drain timeout (also --force-upgrade)")
	flags.Var(limitFlag(&p.DrainTimeout, time.Second, forever), "drain-timeout", "how long pods may take to leave a node")
	flags.Var(choiceFlag(&o.onTimeout, "fail", "quarantine", "force"), "on-drain-timeout", "what happens to a node that is not empty then: the upgrade fails, the node is quarantined and tried again at the end, or its pods are deleted (--force)")
	flags.Var(limitFlag(&p.JoinTimeout, time.Second, forever), "join-timeout", "how long a new instance may take to become a usable node")
	flags.Var(orAuto(limitFlag(&p.CordonWait, 0, time.Hour)), "cordon-wait", "time for load balancers to drop an empty node, or auto: as long as the slowest of the group's")
	flags.Var(limitFlag(&p.MinReady, 0, time.Hour), "min-ready", "how long a new node has to be Ready to be used")
	flags.Var(choiceFlag(&o.autoscaler, "annotate", "suspend", "ignore"), "autoscaler", "what to do with Cluster Autoscaler: keep it from removing the group's nodes, and scale it to 0 only while nodes are added (annotate); scale it to 0 until the end (suspend); or nothing (ignore)")
	flags.BoolVar(&p.RespectSafeToEvict, "respect-safe-to-evict", false, "wait for pods that ask not to be evicted (safe-to-evict: \"false\", do-not-disrupt: \"true\") up to the drain timeout")
	flags.Var(checked[int]{&p.Canary, "count", parseCanary, strconv.Itoa}, "canary", "nodes that are replaced first; the others follow when the new ones have run for --canary-soak")
	flags.Var(limitFlag(&p.CanarySoak, time.Second, forever), "canary-soak", "how long the new nodes of --canary run before the others are drained")
	flags.Var(limitFlag(&p.Soak, 0, forever), "soak", "how long new nodes run between two batches of --max-unavailable, before the next ones are drained")
	flags.Var(accountsFlag(&o.ImageOwners), "image-owners", "accounts whose images may become nodes of a group that is upgraded for the first time, beside this one and the publishers of images for EKS")
	flags.BoolVar(&p.Adopt, "adopt", false, "upgrade a group that another tool (kops, Cluster API, instance-manager, Elastic Beanstalk) has made")
	o.health.addFlags(flags)
	flags.BoolVar(&p.RollbackOnFailure, "rollback-on-failure", false, "roll back if the upgrade fails")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "force-upgrade" { // eksctl's word
			name = "force"
		}
		return pflag.NormalizedName(name)
	})
}

func parseCanary(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 100 {
		return 0, fmt.Errorf("give a number of nodes from 1 to 100")
	}
	return n, nil
}

// complete checks what one flag alone cannot know.
func (o *upgradeOptions) complete(flags *pflag.FlagSet) error {
	if o.Cluster == "" {
		return exit.Usagef("which cluster? Give --cluster")
	}
	if err := checkChoice(o.Choice); err != nil {
		return err
	}
	if err := onlyOneTarget(flags); err != nil {
		return err
	}
	if !o.Wait && o.Choice.Several {
		return exit.Usagef("--wait=false does not work for several groups: this command has to stay to start each group when its turn comes; leave it out, or upgrade one group")
	}
	if flags.Changed("canary-soak") && o.Policy.Canary == 0 {
		return exit.Usagef("--canary-soak is how long the nodes of --canary run: say how many with --canary")
	}
	if err := o.health.complete(flags, &o.Policy.Health); err != nil {
		return err
	}
	if o.Policy.Canary == 0 {
		o.Policy.CanarySoak = 0
	}
	if o.Policy.Force && flags.Changed("on-drain-timeout") && o.onTimeout != "force" {
		return exit.Usagef("--force is --on-drain-timeout force: leave one of them out")
	}
	o.Policy.Force, o.Policy.Quarantine = o.Policy.Force || o.onTimeout == "force", o.onTimeout == "quarantine"
	o.Policy.Autoscaler = upgrade.AutoscalerMode(o.autoscaler)
	o.Policy.Strategy, o.Policy.NodeOrder = upgrade.Strategy(o.strategy), upgrade.NodeOrder(o.nodeOrder)
	if err := run.Settled(o.Policy).Check(); err != nil {
		return exit.Usagef("--strategy %s --node-order %s: %v", o.strategy, o.nodeOrder, err)
	}
	o.Given = map[string]string{}
	flags.Visit(func(f *pflag.Flag) { o.Given[f.Name] = f.Value.String() })
	return nil
}
