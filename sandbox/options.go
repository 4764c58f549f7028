package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/home"
)

// Options say what a sandbox holds at its start.
type Options struct {
	Dir               home.Dir
	Nodes, Zones      int
	KubernetesVersion string // of the nodes, a minor such as 1.36
	Boot              time.Duration
	PodStart, PodStop time.Duration
	Workload          string // sample or none
	Cluster, Name     string // of the cluster and the node group
	EKSLabels         bool
}

// UsageError is a wish that cannot be granted; nothing was changed.
type UsageError struct{ Why string }

func (e *UsageError) Error() string { return e.Why }

// limits of one sandbox: six zones is what the largest region has, and beyond a
// thousand nodes one machine no longer keeps up.
const (
	maxZones = 6
	maxNodes = 1000
)

// name is what EKS accepts for clusters and node groups, short enough to be
// the value of a label.
var name = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z_-]{0,61}[0-9A-Za-z])?$`)

// Check returns a *UsageError for the first option that makes no sense.
func (o Options) Check() error {
	versions := cloud.KubernetesVersions()
	for _, rule := range []struct {
		ok  bool
		why string
	}{
		{o.Dir != "", "--dir is empty: name a directory, or leave the flag out for " + string(home.Default())},
		{o.Nodes >= 0 && o.Nodes <= maxNodes, fmt.Sprintf("--nodes %d: a sandbox has 0 to %d nodes at its start", o.Nodes, maxNodes)},
		{o.Zones >= 1 && o.Zones <= maxZones, fmt.Sprintf("--zones %d: a sandbox has 1 to %d zones", o.Zones, maxZones)},
		{slices.Contains(versions, o.KubernetesVersion), fmt.Sprintf("--kubernetes-version %q: there are images for %s", o.KubernetesVersion, strings.Join(versions, ", "))},
		{o.Boot >= 0, fmt.Sprintf("--boot %s: a time is not negative", o.Boot)},
		{o.PodStart >= 0, fmt.Sprintf("--pod-start %s: a time is not negative", o.PodStart)},
		{o.PodStop >= 0, fmt.Sprintf("--pod-stop %s: a time is not negative", o.PodStop)},
		{slices.Contains([]string{"sample", "none"}, o.Workload), fmt.Sprintf("--workload %q: choose sample or none", o.Workload)},
		{name.MatchString(o.Cluster), fmt.Sprintf("--cluster %q: up to 63 letters, digits, - and _, with a letter or digit at both ends", o.Cluster)},
		{name.MatchString(o.Name), fmt.Sprintf("--name %q: up to 63 letters, digits, - and _, with a letter or digit at both ends", o.Name)},
	} {
		if !rule.ok {
			return &UsageError{rule.why}
		}
	}
	return nil
}
