package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Plan is what an upgrade would do, in numbers.
type Plan struct {
	Nodes    int // members that are not going
	Outdated int
	Zones    []Zone // of the group, by name
	// WarmPool is how many instances the warm pool has, and OutdatedWarm how many of them are replaced
	// before anything else.
	WarmPool, OutdatedWarm int
	// MaxUnavailable is how many nodes are drained at the same time.
	MaxUnavailable int
	// Surge is how many nodes are added before the first drain, Bound the most
	// that may be added to reach every zone.
	Surge int
	Bound int
	Sizes upgrade.Size // of the group now

	From upgrade.Image
	To   upgrade.Image
	// OutdatedImages are the ids of the images that outdated nodes run, sorted.
	OutdatedImages []string
	// Kubelets are the versions that the group's nodes run now, in order.
	Kubelets []string
	// NewTemplateVersion is true if a version of the launch template is created.
	NewTemplateVersion bool
	// OnTarget is true if the group already launches what the target asks for.
	OnTarget bool
	// Suspends says in words what is suspended during the update, and for how long.
	Suspends []string
	// Marks says in words which marks the group's nodes carry during the update.
	Marks []string
}

// NothingToDo reports whether the group already is what the target asks for.
func (p Plan) NothingToDo() bool { return p.Outdated+p.OutdatedWarm == 0 && p.OnTarget }

// Zone is one zone of the group.
type Zone struct {
	Name     string
	Nodes    int
	Outdated int
}

func plan(f Facts) Plan {
	p := Plan{
		Nodes:              len(f.instances()),
		Outdated:           len(f.outdated()),
		WarmPool:           len(f.Group.InWarmPool()),
		OutdatedWarm:       len(f.outdatedWarm()),
		Zones:              zonesOf(f),
		Sizes:              f.Group.Size,
		From:               f.Present,
		To:                 f.Target.Image,
		OutdatedImages:     outdatedImages(f),
		Kubelets:           kubelets(f),
		NewTemplateVersion: f.makesVersion(),
		OnTarget:           f.onTarget(),
		Suspends:           suspends(f),
		Marks:              marks(f),
	}
	p.MaxUnavailable = f.Policy.UnavailableOf(p.Nodes)
	if f.Scaling == nil { // a percentage is one of the owner's nodes
		p.MaxUnavailable = f.Policy.UnavailableOf(min(p.Nodes, p.Sizes.Desired))
	}
	p.Surge = max(outdatedZones(p.Zones), min(p.MaxUnavailable, p.Outdated))
	p.Bound = max(2*len(p.Zones), p.MaxUnavailable)
	switch f.Policy.Strategy {
	case upgrade.Minimal:
		p.Surge, p.Bound = 0, 0
	case upgrade.Lean:
		p.Bound = p.Surge
	}
	return p
}

func outdatedZones(zones []Zone) int {
	count := 0
	for _, zone := range zones {
		if zone.Outdated > 0 {
			count++
		}
	}
	return count
}

// zonesOf counts the nodes in each zone in which the group launches, and in other zones
// that still have some.
func zonesOf(f Facts) []Zone {
	byName := map[string]*Zone{}
	zone := func(name string) *Zone {
		if byName[name] == nil {
			byName[name] = &Zone{Name: name}
		}
		return byName[name]
	}
	for _, name := range f.Group.Zones {
		zone(name)
	}
	for _, i := range f.instances() {
		zone(i.Zone).Nodes++
		if f.isOutdated(i) {
			zone(i.Zone).Outdated++
		}
	}
	var zones []Zone
	for _, z := range byName {
		zones = append(zones, *z)
	}
	slices.SortFunc(zones, func(a, b Zone) int { return cmp.Compare(a.Name, b.Name) })
	return zones
}

func outdatedImages(f Facts) []string {
	var images []string
	for _, i := range f.outdated() {
		images = append(images, i.Image)
	}
	slices.Sort(images)
	return slices.Compact(images)
}

func kubelets(f Facts) []string {
	var versions []string
	for _, node := range f.nodes() {
		versions = append(versions, node.Status.NodeInfo.KubeletVersion)
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

func suspends(f Facts) []string {
	var all []string
	for _, d := range f.Autoscaler {
		how := fmt.Sprintf("replicas: %d", d.Replicas)
		if len(d.SuspendedBy) > 0 {
			how = "already suspended by " + strings.Join(d.SuspendedBy, ", ")
		}
		switch f.Policy.Autoscaler {
		case upgrade.AutoscalerSuspend:
			all = append(all, fmt.Sprintf("Cluster Autoscaler %s (%s), until the end", d.Name, how))
		case upgrade.AutoscalerAnnotate:
			if f.Policy.Strategy != upgrade.Minimal {
				all = append(all, fmt.Sprintf("Cluster Autoscaler %s (%s), while nodes are added", d.Name, how))
			}
		}
	}
	if running := slices.DeleteFunc(upgrade.ProcessesToSuspend(), f.Group.HasProcessSuspended); len(running) > 0 {
		all = append(all, "in the group: "+strings.Join(running, ", ")+", until the end")
	}
	return all
}

// marks says what keeps Cluster Autoscaler from removing the group's nodes if it is left
// running.
func marks(f Facts) []string {
	if f.Policy.Autoscaler != upgrade.AutoscalerAnnotate {
		return nil
	}
	return []string{"the group's nodes with " + upgrade.AnnotationScaleDownDisabled + "=true, so that Cluster Autoscaler does not remove them"}
}
