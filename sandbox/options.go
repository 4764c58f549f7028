package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/nodelift/nodelift/sandbox/workload"
)

// Options say what a sandbox consists of when it starts.
type Options struct {
	Dir               home.Dir
	Groups            int    // node groups
	Nodes, Zones      int    // of each
	KubernetesVersion string // of the nodes, a minor such as 1.36
	AMIFamily, Arch   string // of the nodes, as Bottlerocket and arm64
	AMIVariant        string // standard, nvidia, …
	Boot              time.Duration
	PodStart, PodStop time.Duration
	Workload          string // one of workload.Names
	Cluster, Name     string // of the cluster and the first node group
	EKSLabels         bool
	// IAMPolicy is what the sandbox's user may do, as JSON; empty: everything.
	IAMPolicy []byte
}

// UsageError says what is wrong with an option or argument; nothing was changed.
type UsageError struct{ Why string }

func (e *UsageError) Error() string { return e.Why }

// limits of one sandbox: no region has more than six zones, and more than a
// thousand nodes are too much for one machine.
const (
	maxZones  = 6
	maxGroups = 10
	maxNodes  = 1000
)

// name matches the names that EKS accepts for clusters and node groups, as long
// as they fit into the value of a label.
var name = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z_-]{0,61}[0-9A-Za-z])?$`)

// Check returns a *UsageError for the first option that is wrong.
func (o Options) Check() error {
	variants, versions := cloud.AMIVariants(o.AMIFamily, o.Arch), cloud.KubernetesVersions(o.AMIFamily, o.Arch)
	for _, rule := range []struct {
		ok  bool
		why string
	}{
		{o.Dir != "", "--dir is empty: name a directory, or omit the flag to use " + string(home.Default())},
		{o.Groups >= 1 && o.Groups <= maxGroups, fmt.Sprintf("--groups %d: a sandbox can have 1 to %d node groups", o.Groups, maxGroups)},
		{o.Nodes >= 0 && o.nodes() <= maxNodes, fmt.Sprintf("--nodes %d: a sandbox can start with 0 to %d nodes in all its groups together", o.Nodes, maxNodes)},
		{o.Zones >= 1 && o.Zones <= maxZones, fmt.Sprintf("--zones %d: a sandbox can have 1 to %d zones", o.Zones, maxZones)},
		{slices.Contains([]string{"x86_64", "arm64"}, o.Arch), fmt.Sprintf("--arch %q: choose x86_64 or arm64", o.Arch)},
		{slices.Contains(cloud.AMIFamilies(o.Arch), o.AMIFamily), fmt.Sprintf("--ami-family %q: the families with images for %s are %s", o.AMIFamily, o.Arch, strings.Join(cloud.AMIFamilies(o.Arch), ", "))},
		{slices.Contains(variants, o.AMIVariant), fmt.Sprintf("--ami-variant %q: the variants of %s for %s are %s", o.AMIVariant, o.AMIFamily, o.Arch, strings.Join(variants, ", "))},
		{slices.Contains(versions, o.KubernetesVersion), fmt.Sprintf("--kubernetes-version %q: there are images of %s for Kubernetes %s", o.KubernetesVersion, o.AMIFamily, strings.Join(versions, ", "))},
		{o.Boot >= 0, fmt.Sprintf("--boot %s: must not be negative", o.Boot)},
		{o.PodStart >= 0, fmt.Sprintf("--pod-start %s: must not be negative", o.PodStart)},
		{o.PodStop >= 0, fmt.Sprintf("--pod-stop %s: must not be negative", o.PodStop)},
		{workload.Exists(o.Workload), fmt.Sprintf("--workload %q: choose one of %s", o.Workload, strings.Join(workload.Names(), ", "))},
		{name.MatchString(o.Cluster), fmt.Sprintf("--cluster %q: must be 1 to 63 letters, digits, - and _, beginning and ending with a letter or digit", o.Cluster)},
		{!slices.ContainsFunc(o.nodeGroups(), func(n string) bool { return !name.MatchString(n) }), fmt.Sprintf("--name %q: must be 1 to 63 letters, digits, - and _, beginning and ending with a letter or digit", o.Name)},
	} {
		if !rule.ok {
			return &UsageError{rule.why}
		}
	}
	return nil
}

// nodes is how many there are at the start.
func (o Options) nodes() int { return o.Groups * o.Nodes }

// nodeGroups are the names of the node groups: nodegroup, nodegroup-2, ….
func (o Options) nodeGroups() []string {
	names := []string{o.Name}
	for n := 2; n <= o.Groups; n++ {
		names = append(names, fmt.Sprintf("%s-%d", o.Name, n))
	}
	return names
}
