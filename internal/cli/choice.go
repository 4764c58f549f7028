package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// choice says which groups of a cluster to upgrade, and several of them how.
type choice struct {
	several   bool
	name      string // of the one group
	all       bool
	selector  selector
	parallel  int // how many at the same time
	keepGoing bool
}

// selector is tags that a group has to have, with their values.
type selector map[string]string

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

func (c *choice) addFlags(flags *pflag.FlagSet) {
	if !c.several {
		flags.Var(textFlag(&c.name), "name", "node group, or the Auto Scaling group, or its node group tag; also as the argument NAME")
		return
	}
	flags.BoolVar(&c.all, "all", false, "all node groups of the cluster")
	flags.Var(checked[selector]{&c.selector, "key=value,...", parseSelector, selector.String},
		"selector", "the node groups whose Auto Scaling groups have all of these tags")
	flags.Var(checked[int]{&c.parallel, "count", parseParallel, strconv.Itoa}, "parallel-groups", "groups that are upgraded at the same time")
	flags.BoolVar(&c.keepGoing, "keep-going", false, "skip groups that cannot be upgraded, and continue after one that fails")
}

func (c *choice) complete() error {
	switch chosen := len(c.selector) > 0; {
	case !c.several && c.name == "":
		return usagef("which node group? Give its name; 'nodelift get nodegroups' lists those that were upgraded before")
	case c.several && c.all && chosen:
		return usagef("--all and --selector are two choices: give one of them")
	case c.several && !c.all && !chosen:
		return usagef("which node groups? Give --all, or --selector with tags of their Auto Scaling groups")
	}
	return nil
}

// parseSelector reads key=value,key=value. Keys of tags may hold nearly
// everything, but hardly ever a comma or an equals sign.
func parseSelector(text string) (selector, error) {
	tags := selector{}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if key = strings.TrimSpace(key); !ok || key == "" || strings.HasSuffix(key, "!") || strings.HasPrefix(value, "=") {
			return nil, errors.New("give tags with their values, like team=shop,stage=prod")
		}
		tags[key] = strings.TrimSpace(value)
	}
	return tags, nil
}

// String is the selector as people type it.
func (s selector) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, key+"="+s[key])
	}
	return strings.Join(parts, ",")
}

// chooses reports whether a group with these tags is meant.
func (s selector) chooses(tags map[string]string) bool {
	for key, value := range s {
		if has, ok := tags[key]; !ok || has != value {
			return false
		}
	}
	return true
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
