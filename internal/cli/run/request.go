package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Request is what a command was asked to do to the groups that it chooses.
type Request struct {
	connect.Access
	Program string // the version of this program
	Cluster string
	Choice  Choice
	Target  upgrade.Target
	Sizes   *upgrade.Scaling // asked for instead of a target; nil for an upgrade
	Policy  upgrade.Policy
	// ImageOwners are accounts whose images may become nodes of a group that is upgraded for the first
	// time.
	ImageOwners []string
	DryRun      bool
	Yes         bool
	Wait        bool
	Timeout     time.Duration
	// Given are the flags that were given, with their values. The settings of the others
	// are left to the node group.
	Given map[string]string
}

// Choice says which groups of a cluster to upgrade, and several of them how.
type Choice struct {
	Several   bool
	Name      string // of the one group
	All       bool
	Selector  Selector
	Parallel  int // how many at the same time
	KeepGoing bool
}

// Selector is tags that a group has to have, with their values.
type Selector map[string]string

// String is the selector as people type it.
func (s Selector) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, key+"="+s[key])
	}
	return strings.Join(parts, ",")
}

// Chooses reports whether a group with these tags is meant.
func (s Selector) Chooses(tags map[string]string) bool {
	for key, value := range s {
		if has, ok := tags[key]; !ok || has != value {
			return false
		}
	}
	return true
}

// words say how several groups are upgraded, "" for one.
func (c Choice) words() string {
	if !c.Several {
		return ""
	}
	which, order, failure := "all", "one after the other", "stops after the first that fails"
	if !c.All {
		which = "those with the tags " + c.Selector.String()
	}
	if c.Parallel > 1 {
		order = fmt.Sprintf("%d at the same time", c.Parallel)
	}
	if c.KeepGoing {
		failure = "continues after one that fails"
	}
	return strings.Join([]string{which, order, failure}, ", ")
}
