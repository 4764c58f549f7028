package simulation

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// emptyWorld returns a world of n nodes in three zones without workloads.
func emptyWorld(t *testing.T, n int, change ...func(*Config)) *World {
	t.Helper()
	config := Sample(n)
	config.Workloads, config.Autoscaler, config.Follows = nil, Autoscaler{}, ""
	for _, c := range change {
		c(&config)
	}
	return New(config)
}

func TestGroupLives(t *testing.T) {
	const soon = 5 * time.Minute
	tests := map[string]struct {
		change func(*Config)
		do     func(*World) error
		want   []int // members by zone
		nodes  int   // Ready
	}{
		"A group with its desired size does not change.": {do: func(*World) error { return nil }, want: []int{1, 1, 1}, nodes: 3},
		"Missing instances are launched in the emptiest zones.": {
			do: func(w *World) error { return w.cloud.resize(upgrade.Size{Max: 6, Desired: 6}) }, want: []int{2, 2, 2}, nodes: 6,
		},
		"Missing instances may be launched one by one.": {
			change: func(c *Config) { c.OneByOne = true },
			do:     func(w *World) error { return w.cloud.resize(upgrade.Size{Max: 6, Desired: 6}) }, want: []int{2, 2, 2}, nodes: 6,
		},
		"A terminated instance is replaced.": {
			do: func(w *World) error { return w.cloud.terminateAll([]string{w.cloud.instances[0].ID}, false) }, want: []int{1, 1, 1}, nodes: 3,
		},
		"An instance that is terminated with a lower desired size is not replaced.": {
			do: func(w *World) error { return w.cloud.terminateAll([]string{w.cloud.instances[0].ID}, true) }, want: []int{0, 1, 1}, nodes: 2,
		},
		"An instance that AWS reclaims is replaced.": {
			do: func(w *World) error { w.Reclaim(w.cloud.instances[2].ID); return nil }, want: []int{1, 1, 1}, nodes: 3,
		},
		"A lower desired size terminates an instance.": {
			do: func(w *World) error { return w.cloud.resize(upgrade.Size{Max: 4, Desired: 2}) }, want: []int{0, 1, 1}, nodes: 2,
		},
		"A protected instance is not terminated by a lower desired size.": {
			do: func(w *World) error {
				w.cloud.instances[0].Protected = true
				return w.cloud.resize(upgrade.Size{Max: 4, Desired: 1})
			}, want: []int{1, 0, 0}, nodes: 1,
		},
		"Instances are launched in other zones when one has no capacity.": {
			do: func(w *World) error {
				w.SetCapacity("us-west-2a", false)
				return w.cloud.terminateAll([]string{w.cloud.instances[0].ID}, false)
			}, want: []int{0, 1, 2}, nodes: 3,
		},
		"Nothing is launched while Launch is suspended.": {
			change: func(c *Config) { c.Suspended = []string{"Launch"} },
			do:     func(w *World) error { return w.cloud.resize(upgrade.Size{Max: 4, Desired: 4}) }, want: []int{1, 1, 1}, nodes: 3,
		},
		"An instance in Terminating:Wait does not count.": {
			change: func(c *Config) { c.Delays.Hook = time.Hour },
			do:     func(w *World) error { return w.cloud.terminateAll([]string{w.cloud.instances[0].ID}, false) }, want: []int{1, 1, 1}, nodes: 4,
		},
		"Uneven zones are evened out.": {
			do: func(w *World) error { uneven(w); return nil }, want: []int{2, 2, 2}, nodes: 6,
		},
		"Uneven zones stay while AZRebalance is suspended.": {
			change: func(c *Config) { c.Suspended = []string{upgrade.ProcessAZRebalance} },
			do:     func(w *World) error { uneven(w); return nil }, want: []int{4, 1, 1}, nodes: 6,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := emptyWorld(t, 3, append([]func(*Config){}, orNoChange(test.change))...)
			if err := test.do(w); err != nil {
				t.Fatal(err)
			}
			w.AdvanceBy(soon)
			if diff := cmp.Diff(test.want, w.cloud.perZone()); diff != "" {
				t.Errorf("members by zone (-want +got):\n%s", diff)
			}
			if got := ready(w); got != test.nodes {
				t.Errorf("%d nodes of the group are Ready, want %d", got, test.nodes)
			}
		})
	}
}

// uneven launches three instances in the first zone.
func uneven(w *World) {
	w.cloud.size = upgrade.Size{Max: 6, Desired: 6}
	for range 3 {
		w.cloud.launch(0)
	}
	w.cloud.reconcileSoon()
}

func orNoChange(change func(*Config)) func(*Config) {
	if change == nil {
		return func(*Config) {}
	}
	return change
}

// ready counts the group's nodes that are Ready.
func ready(w *World) int {
	count := 0
	for _, n := range w.cluster.nodes {
		if n.instance != nil && n.Ready {
			count++
		}
	}
	return count
}

func TestGroupRefuses(t *testing.T) {
	w := emptyWorld(t, 3)
	for name, err := range map[string]error{
		"a desired size above the maximum": w.cloud.resize(upgrade.Size{Max: 4, Desired: 5}),
		"a desired size below the minimum": w.cloud.resize(upgrade.Size{Max: 4, Desired: 0}),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "ValidationError") {
			t.Errorf("%s returns %v", name, err)
		}
	}
	w.cloud.min = 3
	if err := w.cloud.terminateAll([]string{w.cloud.instances[0].ID}, true); err == nil {
		t.Error("a termination lowers the desired size below the minimum")
	}
	if len(w.cloud.members()) != 3 {
		t.Error("a refused termination terminated something")
	}
	if _, err := (groups{w}).Group(t.Context(), "another", true); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("an unknown group returns %v", err)
	}
}

func TestResizeSendsWhatChanges(t *testing.T) {
	tests := map[string]struct{ now, from, to, want upgrade.Size }{
		"Only the maximum is sent if only that changes.": {
			now: upgrade.Size{Max: 9, Desired: 5}, from: upgrade.Size{Max: 9, Desired: 4}, to: upgrade.Size{Max: 8, Desired: 4},
			want: upgrade.Size{Max: 8, Desired: 5},
		},
		"A maximum below the desired size lowers that.": {
			now: upgrade.Size{Max: 9, Desired: 5}, from: upgrade.Size{Max: 9, Desired: 4}, to: upgrade.Size{Max: 4, Desired: 4},
			want: upgrade.Size{Max: 4, Desired: 4},
		},
		"Both are sent if both change.": {
			now: upgrade.Size{Max: 4, Desired: 3}, from: upgrade.Size{Max: 4, Desired: 3}, to: upgrade.Size{Max: 5, Desired: 4},
			want: upgrade.Size{Max: 5, Desired: 4},
		},
	}
	for name, test := range tests {
		if got := test.now.Sent(test.from, test.to); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestTerminateTwiceShrinksOnce(t *testing.T) {
	w := emptyWorld(t, 3)
	id := w.cloud.instances[0].ID
	for range 2 {
		if err := w.cloud.terminateAll([]string{id, "i-unknown"}, true); err != nil {
			t.Fatal(err)
		}
	}
	if w.cloud.size.Desired != 2 {
		t.Errorf("the desired size is %d, want 2", w.cloud.size.Desired)
	}
}

func TestImagesThatDoNotJoin(t *testing.T) {
	tests := map[string]struct {
		joins       Joins
		nodes, good int
	}{
		"Nodes join and become Ready.":       {JoinsReady, 4, 4},
		"Nodes join and never become Ready.": {JoinsNotReady, 4, 3},
		"Instances never join.":              {NeverJoins, 3, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := emptyWorld(t, 3, func(c *Config) { c.Images[0].Joins = test.joins })
			if err := w.cloud.resize(upgrade.Size{Max: 4, Desired: 4}); err != nil {
				t.Fatal(err)
			}
			w.AdvanceBy(time.Hour)
			if got := len(w.cluster.nodes) - 1; got != test.nodes { // without the node that is not of the group
				t.Errorf("%d nodes, want %d", got, test.nodes)
			}
			if got := ready(w); got != test.good {
				t.Errorf("%d Ready nodes, want %d", got, test.good)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	w := emptyWorld(t, 3, func(c *Config) { c.Follows = "$Latest" })
	tmpl := &w.cloud.template
	made, err := tmpl.create(tmpl.versions[0], NewImage, "token")
	if err != nil || made.Number != 2 {
		t.Fatalf("version %d, %v", made.Number, err)
	}
	again, err := tmpl.create(tmpl.versions[0], NewImage, "token")
	if err != nil || again != made {
		t.Errorf("the same token makes version %d, %v", again.Number, err)
	}
	if _, err := tmpl.create(tmpl.versions[0], OldImage, "token"); err == nil {
		t.Error("the same token is accepted for another image")
	}
	for ref, want := range map[string]string{"$Latest": NewImage, "$Default": OldImage, "1": OldImage, "2": NewImage} {
		got, err := tmpl.resolve(upgrade.TemplateRef{ID: tmpl.ref.ID, Version: ref})
		if err != nil || got.Image != want {
			t.Errorf("version %s has image %s, %v", ref, got.Image, err)
		}
	}
	if _, err := tmpl.resolve(upgrade.TemplateRef{ID: tmpl.ref.ID, Version: "3"}); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("a version that does not exist returns %v", err)
	}
	if got := tmpl.current().Image; got != NewImage {
		t.Errorf("a group that follows $Latest launches %s", got)
	}
}

func TestScalingActivityNamesTheZone(t *testing.T) {
	w := emptyWorld(t, 3)
	for _, zone := range w.config.Zones {
		w.SetCapacity(zone, false)
	}
	if err := w.cloud.resize(upgrade.Size{Max: 4, Desired: 4}); err != nil {
		t.Fatal(err)
	}
	w.AdvanceBy(time.Minute)
	activity, err := groups{w}.LastActivity(t.Context(), GroupName, w.now.Add(-time.Hour), nil)
	if err != nil || !strings.Contains(activity, "InsufficientInstanceCapacity") || !strings.Contains(activity, "us-west-2") {
		t.Errorf("the last activity is %q, %v", activity, err)
	}
	w.SetCapacity("us-west-2b", true)
	w.AdvanceBy(2 * time.Minute)
	if got := w.cloud.perZone(); !slices.Equal(got, []int{1, 2, 1}) {
		t.Errorf("with capacity again: %v members by zone", got)
	}
}

func TestDescribesMayBeOld(t *testing.T) {
	w := emptyWorld(t, 3, func(c *Config) { c.Interval = 5 * time.Second })
	g := groups{w}
	size := func(fresh bool) int {
		answer, err := g.Group(t.Context(), GroupName, fresh)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Size.Desired
	}
	size(false)
	if err := w.cloud.resize(upgrade.Size{Max: 4, Desired: 4}); err != nil {
		t.Fatal(err)
	}
	if got := size(false); got != 3 {
		t.Errorf("within the interval a describe shows %d, want 3 as before", got)
	}
	if got := size(true); got != 4 {
		t.Errorf("a fresh describe shows %d, want 4", got)
	}
}
