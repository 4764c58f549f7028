package fleet

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestUsableRequired(t *testing.T) {
	two := maxUnavailable(upgrade.Count{Value: 2})
	tests := map[string]struct {
		given         []func(*Fleet)
		drain, shrink int
	}{
		"All that were usable at the start, which is the desired size":    {[]func(*Fleet){borrowed(3, 6), measured(3, 3)}, 3, 3},
		"No more than were usable at the start":                           {[]func(*Fleet){borrowed(3, 6), measured(3, 2)}, 2, 2},
		"No more than the owner's desired size":                           {[]func(*Fleet){borrowed(3, 8), measured(5, 5)}, 3, 3},
		"A large maxUnavailable does not lower it, as there is a surge":   {[]func(*Fleet){borrowed(5, 8), measured(5, 5), two}, 5, 5},
		"MINIMAL drains with maxUnavailable fewer":                        {[]func(*Fleet){strategy(upgrade.Minimal), measured(5, 5), two, func(f *Fleet) { f.Group.Size.Desired = 5 }}, 3, 5},
		"MINIMAL takes the desired size of the group, as it borrows none": {[]func(*Fleet){strategy(upgrade.Minimal), measured(5, 5), func(f *Fleet) { f.Group.Size.Desired = 4 }}, 3, 4},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(c.given...)
			if f.UsableRequiredToDrain() != c.drain || f.UsableRequiredToShrink() != c.shrink {
				t.Errorf("required to drain, to shrink: got %d, %d, want %d, %d", f.UsableRequiredToDrain(), f.UsableRequiredToShrink(), c.drain, c.shrink)
			}
		})
	}
}

func TestMaxUnavailable(t *testing.T) {
	percent := func(p int) func(*Fleet) { return maxUnavailable(upgrade.Count{Value: p, Percent: true}) }
	tests := map[string]struct {
		given []func(*Fleet)
		want  int
	}{
		"It is 1 unless set":                                      {[]func(*Fleet){borrowed(10, 13), measured(10, 10)}, 1},
		"A percentage is rounded down":                            {[]func(*Fleet){borrowed(10, 13), measured(10, 10), percent(25)}, 2},
		"A percentage is at least one node":                       {[]func(*Fleet){borrowed(10, 13), measured(10, 10), percent(5)}, 1},
		"A percentage does not count a surge that was taken over": {[]func(*Fleet){borrowed(10, 20), measured(20, 20), percent(50)}, 5},
		"In a scaling a percentage counts the nodes at its start": {[]func(*Fleet){scaling, borrowed(4, 20), measured(20, 20), percent(50)}, 10},
		"It is at most 100 (EKS)":                                 {[]func(*Fleet){borrowed(500, 500), measured(500, 500), percent(50)}, 100},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			if got := given(c.given...).MaxUnavailable(); got != c.want {
				t.Errorf("maxUnavailable: got %d, want %d", got, c.want)
			}
		})
	}
}

func TestMayStartDrains(t *testing.T) {
	three := maxUnavailable(upgrade.Count{Value: 3})
	soak := func(f *Fleet) { f.Update.Policy.Soak = time.Hour }
	canary := func(f *Fleet) { f.Update.Policy.Canary, f.Update.Policy.CanarySoak = 2, time.Hour }
	done := func(replaced, soaked int) func(*Fleet) {
		return func(f *Fleet) { f.Run.Counts.Replaced, f.Run.Soaked = replaced, soaked }
	}
	tests := map[string]struct {
		given []func(*Fleet)
		want  int
	}{
		"Without a soak it is maxUnavailable":                   {[]func(*Fleet){done(4, 0)}, 3},
		"A batch is as many nodes as maxUnavailable":            {[]func(*Fleet){soak}, 3},
		"Nodes replaced and in flight are of the batch":         {[]func(*Fleet){soak, done(1, 0), inFlight("i")}, 1},
		"A full batch waits for its soak":                       {[]func(*Fleet){soak, done(3, 0)}, 0},
		"After the soak the next batch may start":               {[]func(*Fleet){soak, done(3, 3)}, 3},
		"The canaries are the first batch":                      {[]func(*Fleet){soak, canary}, 2},
		"When the canaries are replaced they have to run first": {[]func(*Fleet){canary, done(2, 0)}, 0},
		"After the canaries there is no soak unless one is set": {[]func(*Fleet){canary, done(2, 2)}, 3},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(append(c.given, three, borrowed(10, 13), measured(10, 10))...)
			if got := f.MayStartDrains(); got != c.want {
				t.Errorf("drains that may start: got %d, want %d", got, c.want)
			}
		})
	}
}

func TestMaySpare(t *testing.T) {
	usable := []func(*Fleet){has("u1", "a", newImage), has("u2", "b", newImage), has("u3", "c", newImage)}
	joining := has("joining", "a", newImage, notReady)
	dead := has("dead", "b", newImage, noNode, launched(16*time.Minute))
	tests := map[string]struct {
		required int
		want     []string
	}{
		"With one usable node more than required, all may go":                       {2, []string{"u1", "u2", "u3", "joining", "dead"}},
		"With as many usable as required, the joining one and the dead one may go":  {3, []string{"joining", "dead"}},
		"With too few usable nodes the joining one is needed, and a dead one never": {4, []string{"dead"}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(append(usable, joining, dead, borrowed(c.required, 5), measured(5, 5), func(f *Fleet) { f.Run.Started = ago(time.Hour) })...)
			equal(t, "may be removed", ids(f.Where(f.MaySpare())), c.want)
		})
	}
}

func TestBaseline(t *testing.T) {
	gpu := func(m *Member) { m.Node.ExtendedResources = []string{"nvidia.com/gpu", "example.com/nic"} }
	onlyGPU := func(m *Member) { m.Node.ExtendedResources = []string{"nvidia.com/gpu"} }
	tainted := func(m *Member) { m.Node.Taints = []string{"team=x:NoSchedule"} }
	base := given(
		has("old-a", "a", oldImage, gpu, tainted), has("old-b", "b", oldImage, onlyGPU, notReady), has("new-c", "c", newImage),
		has("gone", "c", oldImage, lifecycle(upgrade.Terminating)), has("standby", "c", oldImage, lifecycle(upgrade.Standby)),
	).Baseline()
	if base.Nodes != 3 || base.Outdated != 2 || base.Usable != 2 || base.Zones != 3 {
		t.Errorf("got %+v, want 3 nodes in 3 zones, 2 of them outdated and 2 usable", *base)
	}
	equal(t, "taints that some outdated node has", base.Taints, []string{"team=x:NoSchedule"})
	equal(t, "resources that every outdated node offers", base.ExtendedResources, []string{"nvidia.com/gpu"})
}
