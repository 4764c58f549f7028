package preflight

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// toBe is sound facts of a group of three that is to have other sizes.
func toBe(min, max, desired int) Facts {
	f := sound()
	f.Target, f.Asked, f.Group.Min = upgrade.Resolved{}, upgrade.Target{}, 1
	scaled := Scaled(upgrade.Scaling{Min: &min, Max: &max, Desired: &desired}, f.Group, nil)
	f.Scaling = &scaled
	return f
}

// What stops a scaling before anything is changed says what to do.
func TestCheckScaling(t *testing.T) {
	for name, c := range map[string]struct {
		facts  Facts
		change func(*Facts)
		rule   string
		words  string
	}{
		"sound, fewer":           {toBe(1, 3, 2), func(*Facts) {}, "", ""},
		"sound, more":            {toBe(1, 5, 5), func(*Facts) {}, "", ""},
		"below the minimum":      {toBe(2, 3, 1), func(*Facts) {}, "Sizes", "--nodes-min"},
		"above the maximum":      {toBe(1, 3, 4), func(*Facts) {}, "Sizes", "--nodes-max"},
		"managed by EKS":         {toBe(1, 3, 2), func(f *Facts) { f.Traits.Tags[tagManagedGroup] = "ng" }, "ManagedByEKS", "--scaling-config minSize=1,maxSize=3,desiredSize=2"},
		"of Karpenter":           {toBe(1, 3, 2), func(f *Facts) { f.Traits.Tags["karpenter.sh/nodepool"] = "p" }, "OwnedByKarpenter", "NodePool"},
		"counts weights":         {toBe(1, 3, 2), func(f *Facts) { f.Traits.Weighted = true }, "Weighted", "weights"},
		"a warm pool is no harm": {toBe(1, 3, 2), func(f *Facts) { f.warm("Warmed:Running") }, "", ""},
		"cannot launch":          {toBe(1, 5, 5), func(f *Facts) { f.Group.Suspended = []string{"Launch"} }, "LaunchSuspended", "Launch"},
		"need not launch":        {toBe(1, 3, 2), func(f *Facts) { f.Group.Suspended = []string{"Launch"} }, "", ""},
		"cannot terminate":       {toBe(1, 3, 2), func(f *Facts) { f.Group.Suspended = []string{"Terminate"} }, "TerminateSuspended", "Terminate"},
		"all are protected": {toBe(1, 3, 2), func(f *Facts) {
			for i := range f.Group.Instances {
				f.Group.Instances[i].Protected = true
			}
		}, "ProtectedFromScaleIn", "--no-protected-from-scale-in"},
		"one is protected": {toBe(1, 3, 2), func(f *Facts) { f.Group.Instances[0].Protected = true }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.change(&c.facts)
			refusals := CheckScaling(c.facts).Refusals
			if c.rule == "" {
				if len(refusals) > 0 {
					t.Errorf("refused: %v", refusals)
				}
				return
			}
			if len(refusals) != 1 || refusals[0].Rule != c.rule || !strings.Contains(refusals[0].String(), c.words) {
				t.Errorf("got %v, want %s with %q", refusals, c.rule, c.words)
			}
		})
	}
}

// A group that shrinks below the zones that volumes are bound to is warned of, and a
// pod without a controller on any of its nodes.
func TestScalingWarns(t *testing.T) {
	f := toBe(1, 3, 1)
	for n, zone := range []string{"a", "b"} {
		node := f.Cluster.Nodes[n].Name
		f.Occupancy.Pods[node] = []upgrade.Pod{{Namespace: "shop", Name: "db-" + zone, Node: node, Owner: "StatefulSet/db", Zones: []string{zone}}}
	}
	f.Occupancy.Pods["node-3"] = []upgrade.Pod{{Namespace: "shop", Name: "scratch", Node: "node-3"}}
	var said []string
	for _, w := range CheckScaling(f).Warnings {
		said = append(said, w.Rule)
	}
	for _, rule := range []string{"BoundZones", "BarePods"} {
		if !strings.Contains(strings.Join(said, " "), rule) {
			t.Errorf("it warns of %v, not of %s", said, rule)
		}
	}
	f.Scaling.To.Desired = 3
	if warned := CheckScaling(f).Warnings; len(warned) > 0 {
		t.Errorf("nothing shrinks, and it warns of %v", warned)
	}
}

// A size that is not asked for stays the owner's, which an earlier update may
// owe him.
func TestScaledKeepsWhatIsOwed(t *testing.T) {
	g := upgrade.Group{Min: 1, Size: upgrade.Size{Max: 7, Desired: 6}}
	got := Scaled(upgrade.Scaling{Min: new(2)}, g, &upgrade.Size{Max: 4, Desired: 3})
	if want := (upgrade.Bounds{Min: 2, Max: 4, Desired: 3}); got.To != want || got.From.Desired != 6 {
		t.Errorf("from %s to %s, want %s", got.From, got.To, want)
	}
}
