package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/run"
)

const upgradeSeveralLong = `Upgrade moves every node of all node groups of a cluster, or of those that are
selected, to a new Kubernetes version or machine image: one group after the other,
each as 'nodelift upgrade nodegroup' does it.

The groups of a cluster are the Auto Scaling groups that are tagged for it and those
whose instances are its nodes. Groups that are upgraded by something else (EKS's
managed node groups, Karpenter) are named and skipped. If any other group cannot be
upgraded, nothing starts. After a failure no further group starts. With --keep-going
the groups that can be upgraded are, and the exit code is still 1.

It shows one plan and asks once. Each group is checked again when its turn comes.
After Ctrl-C or a crash, run the same command again to continue: unfinished groups
come first, and groups that are up to date are skipped.`

const upgradeSeveralExample = `  nodelift upgrade nodegroups --cluster prod --all --kubernetes-version 1.37
  nodelift upgrade nodegroups --cluster prod --selector team=shop,stage=prod --parallel-groups 2`

func newUpgradeNodegroups(p Process) *cobra.Command {
	return newUpgrade(p, &cobra.Command{
		Use:     "nodegroups --cluster C --all|--selector KEY=VALUE,... [TARGET]",
		Short:   "Upgrade the nodes of all node groups of a cluster",
		Long:    upgradeSeveralLong,
		Example: upgradeSeveralExample,
		Args:    noArguments(": choose groups with --all or --selector"),
	}, true)
}

func addChoiceFlags(flags *pflag.FlagSet, c *run.Choice) {
	if !c.Several {
		flags.Var(textFlag(&c.Name), "name", "node group, or the Auto Scaling group, or its node group tag; also as the argument NAME")
		return
	}
	flags.BoolVar(&c.All, "all", false, "all node groups of the cluster")
	flags.Var(checked[run.Selector]{&c.Selector, "key=value,...", parseSelector, run.Selector.String},
		"selector", "the node groups whose Auto Scaling groups have all of these tags")
	flags.Var(checked[int]{&c.Parallel, "count", parseParallel, strconv.Itoa}, "parallel-groups", "groups that are upgraded at the same time")
	flags.BoolVar(&c.KeepGoing, "keep-going", false, "skip groups that cannot be upgraded, and continue after one that fails")
}

// checkChoice refuses a choice of no group, and two choices.
func checkChoice(c run.Choice) error {
	switch chosen := len(c.Selector) > 0; {
	case !c.Several && c.Name == "":
		return exit.Usagef("which node group? Give its name; 'nodelift get nodegroups' lists those that were upgraded before")
	case c.Several && c.All && chosen:
		return exit.Usagef("--all and --selector are two choices: give one of them")
	case c.Several && !c.All && !chosen:
		return exit.Usagef("which node groups? Give --all, or --selector with tags of their Auto Scaling groups")
	}
	return nil
}

// parseSelector reads key=value,key=value. Keys of tags may hold nearly
// everything, but hardly ever a comma or an equals sign.
func parseSelector(text string) (run.Selector, error) {
	tags := run.Selector{}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if key = strings.TrimSpace(key); !ok || key == "" || strings.HasSuffix(key, "!") || strings.HasPrefix(value, "=") {
			return nil, errors.New("give tags with their values, like team=shop,stage=prod")
		}
		tags[key] = strings.TrimSpace(value)
	}
	return tags, nil
}

// mostParallel is how many groups one process upgrades at the same time at most.
const mostParallel = 20

func parseParallel(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostParallel {
		return 0, fmt.Errorf("give a number of groups from 1 to %d", mostParallel)
	}
	return n, nil
}
