package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestSizesAreRaisedOneAtATimeUpToTheSurge(t *testing.T) {
	for name, c := range map[string]struct {
		desired     int
		unavailable upgrade.Count
		want        *upgrade.Size
	}{
		"The first node is added to the owner's size.":                        {3, upgrade.Count{Value: 1}, &upgrade.Size{Max: 4, Desired: 4}},
		"Nodes are added one by one.":                                         {5, upgrade.Count{Value: 1}, &upgrade.Size{Max: 6, Desired: 6}},
		"There is one for each zone with outdated nodes.":                     {6, upgrade.Count{Value: 1}, nil},
		"A larger maxUnavailable adds no more than there are outdated nodes.": {6, upgrade.Count{Value: 50}, nil},
		"A maxUnavailable of 100 % adds as many as there are outdated nodes.": {5, upgrade.Count{Value: 100, Percent: true}, &upgrade.Size{Max: 6, Desired: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(phase(upgrade.ScaleUp), withoutMarks, sizes(c.desired), withoutMembers("new-a", "new-b", "new-c"),
				func(s *state) { s.Update.Policy.MaxUnavailable = c.unavailable })
			if diff := cmp.Diff(c.want, decide(s).Record.Ledger.Sizes.Pending); diff != "" {
				t.Errorf("the pending sizes differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAZoneWithoutANewNodeGetsMoreSurgeUpToTheBound(t *testing.T) {
	booting := change("new-a", func(m *fleet.Member) { m.Node, m.Lifecycle = nil, upgrade.Pending })
	oneZoneUncovered := []func(*state){phase(upgrade.ScaleUp), withoutMarks, withoutMembers("new-b"), booting, func(s *state) { add(s, "new-2a", "a", newImage) }}
	if got := decide(given(oneZoneUncovered...)).Record.Ledger.Sizes.Pending; got == nil || got.Desired != 7 {
		t.Errorf("zone b has no usable new node: pending sizes %v, want desired 7", got)
	}
	atBound := append(slices.Delete(oneZoneUncovered, 3, 4), sizes(9), func(s *state) {
		for _, id := range []string{"new-3a", "new-4a", "new-5a"} {
			add(s, id, "a", newImage)
		}
	})
	p := decide(given(atBound...))
	if p.Record.Run.Phase != upgrade.Upgrading || p.Events[0].Reason != "ZoneUncovered" {
		t.Errorf("at the bound the plan is %q, want a warning and the upgrade phase", summary(p))
	}
	bound := append(atBound, runs("old-b", "db-0", func(p *upgrade.Pod) { p.Zones = []string{"b"} }))
	want := []string{"wait: zone b has no new usable node yet: it has no new instance"}
	if diff := cmp.Diff(want, summary(decide(given(bound...)))); diff != "" {
		t.Errorf("with a volume bound to the zone the plan differs (-want +got):\n%s", diff)
	}
}

// A node that died before the update began does not count as joining: its zone gets another
// one at once.
func TestAZoneWhoseNewNodeDiedBeforeGetsAnother(t *testing.T) {
	dead := change("new-a", func(m *fleet.Member) {
		m.Launched, m.Node.Ready, m.Node.ReadySince = noon.Add(-2*time.Hour), false, noon.Add(-time.Hour)
	})
	p := decide(given(phase(upgrade.ScaleUp), withoutMarks, dead))
	if got := p.Record.Ledger.Sizes.Pending; got == nil || got.Desired != 7 {
		t.Errorf("pending sizes %v, want desired 7: %q", got, summary(p))
	}
}

func TestASurgeThatSomebodyTookAwayIsAddedAgain(t *testing.T) {
	s := given(sizes(4), func(s *state) { s.Ledger.Sizes.Owner = both(3) }, withoutMembers("new-b", "new-c"))
	if got := decide(s).Record.Ledger.Sizes.Pending; got == nil || *got != both(5) {
		t.Errorf("1 of 3 nodes added, 3 zones with outdated nodes: pending sizes %v, want desired 5", got)
	}
}

func TestPendingSizesAreSentAgainUntilTheyAreSeen(t *testing.T) {
	pending := func(seen int) func(*state) {
		return func(s *state) {
			s.Ledger.Sizes.Expected = upgrade.Size{Max: 3, Desired: 3}
			s.Ledger.Sizes.Pending = &upgrade.Size{Max: 4, Desired: 4}
			s.Group.Size = upgrade.Size{Max: seen, Desired: seen}
		}
	}
	p := decide(given(phase(upgrade.ScaleUp), withoutMarks, pending(3)))
	if len(p.Steps) != 1 || p.Steps[0].Action != (plan.Resize{From: both(3), To: both(4)}) {
		t.Errorf("unseen sizes: the plan is %q, want them sent again", summary(p))
	}
	p = decide(given(phase(upgrade.ScaleUp), withoutMarks, pending(4)))
	want := &upgrade.Sizes{Owner: upgrade.Size{Max: 3, Desired: 3}, Expected: upgrade.Size{Max: 4, Desired: 4}}
	if diff := cmp.Diff(want, p.Record.Ledger.Sizes); diff != "" {
		t.Errorf("seen sizes: the ledger differs (-want +got):\n%s", diff)
	}
}

func both(n int) upgrade.Size { return upgrade.Size{Max: n, Desired: n} }

func TestMaxUnavailableIsRoundedDownWithinItsBounds(t *testing.T) {
	for _, c := range []struct {
		count upgrade.Count
		nodes int
		want  int
	}{
		{upgrade.Count{Value: 1}, 3, 1}, {upgrade.Count{Value: 7}, 3, 7}, {upgrade.Count{Value: 25, Percent: true}, 10, 2},
		{upgrade.Count{Value: 25, Percent: true}, 3, 1}, {upgrade.Count{Value: 100, Percent: true}, 12, 12}, {upgrade.Count{Value: 50, Percent: true}, 1000, 100},
	} {
		if got := (upgrade.Policy{MaxUnavailable: c.count}).UnavailableOf(c.nodes); got != c.want {
			t.Errorf("%+v of %d nodes is %d, want %d", c.count, c.nodes, got, c.want)
		}
	}
}

// An update that takes over the surge of another one starts with more nodes than the
// owner's desired size. A percentage is of that desired size.
func TestAPercentageIsOneOfTheOwnersNodes(t *testing.T) {
	for nodes, want := range map[int]int{15: 3, 10: 3, 6: 1} { // of which the owner wants 10
		s := given(func(s *state) {
			s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 30, Percent: true}
			s.Ledger.Sizes.Owner, s.Run.Baseline.Nodes = both(10), nodes
		})
		if got := s.MaxUnavailable(); got != want {
			t.Errorf("of %d nodes %d may be in flight, want %d", nodes, got, want)
		}
	}
	scalesDown := scaling(func(s *state) { s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 50, Percent: true} })
	if got := scalesDown.MaxUnavailable(); got != 3 {
		t.Errorf("from 6 nodes to 3 %d may be in flight, want 3", got)
	}
}

func TestTimeInWhichNobodyLookedIsNotCounted(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	s := &state{View: debts.View{Fleet: fleet.Fleet{Now: at(100)}}}
	s.Run.Gaps = []upgrade.Gap{{From: at(-10), To: at(10)}, {From: at(20), To: at(50)}}
	if got := s.Elapsed(at(0)); got != 60*time.Minute {
		t.Errorf("passes were made for 60 of 100 minutes, %v are counted", got)
	}
	run := noteGap(upgrade.Run{LastPass: at(0)}, at(0).Add(2*upgrade.Interval), false)
	if len(run.Gaps) != 0 {
		t.Errorf("two intervals without a pass are a gap: %v", run.Gaps)
	}
	run = noteGap(upgrade.Run{LastPass: at(0)}, at(1), false)
	if diff := cmp.Diff([]upgrade.Gap{{From: at(0), To: at(1)}}, run.Gaps); diff != "" {
		t.Errorf("a minute without a pass (-want +got):\n%s", diff)
	}
	for i := range 3 * maxGaps {
		run.LastPass = at(2 + 2*i) // a pass was made then
		run = noteGap(run, at(3+2*i), false)
	}
	if len(run.Gaps) != maxGaps || run.Gaps[0].From != at(0) {
		t.Errorf("%d gaps from %v are kept, want %d from the first", len(run.Gaps), run.Gaps[0].From, maxGaps)
	}
}

// The time of a pause does not count for limits, even if passes are made during it.
func TestAPauseIsNotCounted(t *testing.T) {
	run := upgrade.Run{LastPass: noon}
	for i := range 100 {
		run = noteGap(run, noon.Add(time.Duration(i+1)*upgrade.Interval), true)
	}
	end := noon.Add(100 * upgrade.Interval)
	if diff := cmp.Diff([]upgrade.Gap{{From: noon, To: end}}, run.Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s := &state{View: debts.View{Fleet: fleet.Fleet{Now: end.Add(upgrade.Interval)}}}
	if s.Run = noteGap(run, s.Now, false); s.Elapsed(noon) != upgrade.Interval {
		t.Errorf("%v is counted of a pause and one interval", s.Elapsed(noon))
	}
}

func TestDurationsAreBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		41 * time.Second: "41s", 90 * time.Second: "1m30s", 15 * time.Minute: "15m", 2 * time.Hour: "2h", 10 * time.Minute: "10m",
		90 * time.Minute: "1h30m", 1400 * time.Millisecond: "1s", 0: "0s", 20 * time.Hour: "20h",
	} {
		if got := text.Duration(d); got != want {
			t.Errorf("%d is written %q, want %q", d, got, want)
		}
	}
}

func TestANodeThatJoinsInFlightIsDrainedByItsName(t *testing.T) {
	s := given(verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), runs("new-a", "web-1"),
		inFlight("new-a", time.Minute, surplusDrain, func(d *upgrade.Drain) { d.Node = "" }))
	if got := decide(s).Record.Run.Drains[0].Node; got != "node-new-a" {
		t.Errorf("the node in flight is %q, want node-new-a", got)
	}
}

// Before places without an instance are given back, Launch is suspended: an instance that Auto Scaling
// launches at that moment would be one too many, and Auto Scaling would choose which one goes.
func TestUnfilledPlacesAreGivenBackWhileNothingIsLaunched(t *testing.T) {
	for _, suspended := range []bool{false, true} {
		s := given(withoutMarks, func(s *state) {
			s.Run.Verdict = &upgrade.Verdict{Status: upgrade.Failed, At: noon.Add(-10 * time.Minute)}
			s.Members = slices.DeleteFunc(s.Members, func(m fleet.Member) bool { return strings.HasPrefix(m.ID, "new-") })
			s.Run.Timers = []upgrade.Timer{{Key: plan.Unfilled, Since: noon.Add(-time.Minute)}, {Key: plan.LaunchStops, Since: noon.Add(-time.Minute)}}
			s.Ledger.Template = nil
			if suspended {
				s.Group.Suspended = append(s.Group.Suspended, upgrade.ProcessLaunch)
				s.Ledger.Processes = append(s.Ledger.Processes, upgrade.ProcessLaunch)
			}
		})
		p := decide(s)
		lowers := p.Record.Ledger.Sizes.Pending != nil && p.Record.Ledger.Sizes.Pending.Desired == 3
		if borrows := slices.Contains(p.Record.Ledger.Processes, upgrade.ProcessLaunch); lowers != suspended || !borrows {
			t.Errorf("Launch suspended: %t; lowers the desired size: %t, owes Launch: %t (%v)", suspended, lowers, borrows, summary(p))
		}
	}
}
