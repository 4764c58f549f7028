package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// limit is how much virtual time an update may take.
const limit = 24 * time.Hour

// scenario is a world, and what happens in it during an update.
type scenario struct {
	name   string
	config func() simulation.Config
	events func(*simulation.World)
	// second is another update that begins some time after the first has ended.
	second *upgrade.Update
	// beforeSecond is done before that begins.
	beforeSecond func(*simulation.World)
	// rolledBack is set if the update is rolled back some time after it has ended.
	rolledBack bool
	// whenPaused is done whenever the update is paused, after at the very end.
	whenPaused, after func(*simulation.World)
	// atEnd is done when the update has ended. An update that begins by it is played, too.
	atEnd         func(*simulation.World)
	want          simulation.State // Pods and Autoscaler are those of the beginning
	errorContains []string         // what the error of the verdict has to contain
}

// result is how a scenario ended.
type result struct {
	world   *simulation.World
	outcome simulation.Outcome
	state   simulation.State
	// beforeAtEnd is the state when the update has ended, before atEnd happens.
	beforeAtEnd simulation.State
	firstEnd    simulation.State // of the first of two updates
	verdict     *upgrade.Verdict
}

// play plays a scenario with faults.
func (s scenario) play(ctx context.Context, faults ...simulation.Fault) (result, error) {
	w := simulation.New(s.config())
	w.Inject(faults...)
	if s.events != nil {
		s.events(w)
	}
	before := w.State()
	out, err := s.run(ctx, w)
	if err != nil {
		return result{world: w, outcome: out}, err
	}
	beforeAtEnd := w.State()
	if s.atEnd != nil {
		w.AdvanceBy(time.Minute)
		s.atEnd(w)
		if out, err = runResumed(ctx, w); err != nil {
			return result{world: w, outcome: out}, err
		}
	}
	first, verdict := w.State(), out.Result.Record.Run.Verdict
	if s.second != nil {
		if s.beforeSecond != nil {
			s.beforeSecond(w)
		}
		w.AdvanceBy(time.Hour)
		w.Begin(*s.second)
		if out, err = simulation.Run(ctx, w, limit); err != nil {
			return result{world: w, outcome: out}, err
		}
	}
	if s.rolledBack {
		w.AdvanceBy(time.Hour)
		w.RollBack()
		if out, err = simulation.Run(ctx, w, limit); err != nil {
			return result{world: w, outcome: out}, err
		}
	}
	if s.after != nil {
		s.after(w)
	}
	w.AdvanceBy(10 * time.Minute) // the last pods become Ready
	got := result{world: w, outcome: out, state: w.State(), beforeAtEnd: beforeAtEnd, firstEnd: first, verdict: verdict}
	return got, got.compare(before)
}

// runResumed runs an update, and resumes it some time later whenever it is paused.
func runResumed(ctx context.Context, w *simulation.World) (simulation.Outcome, error) {
	out, err := simulation.Run(ctx, w, limit)
	for err == nil && out.Result.Paused {
		w.AdvanceBy(25 * time.Minute)
		w.Resume()
		out, err = simulation.Run(ctx, w, limit)
	}
	return out, err
}

// run runs the update until it ends. Whenever it is paused, whenPaused is done, or it is
// resumed if there is none.
func (s scenario) run(ctx context.Context, w *simulation.World) (simulation.Outcome, error) {
	if s.whenPaused == nil {
		return runResumed(ctx, w)
	}
	out, err := simulation.Run(ctx, w, limit)
	for n := 0; err == nil && out.Result.Paused && n < 9; n++ {
		w.AdvanceBy(time.Hour)
		s.whenPaused(w)
		out, err = simulation.Run(ctx, w, limit)
	}
	return out, err
}

// compare checks that as many pods are healthy as at the beginning, and that Cluster
// Autoscaler is as it was.
func (t result) compare(before simulation.State) error {
	var errs []error
	for i, load := range before.Pods {
		if t.state.Pods[i] != load && load != "scratch 1" { // a bare pod is not replaced
			errs = append(errs, fmt.Errorf("at the end %s, at the beginning %s", t.state.Pods[i], load))
		}
	}
	if t.state.Autoscaler != before.Autoscaler {
		errs = append(errs, fmt.Errorf("autoscaler at the end %s, at the beginning %s", t.state.Autoscaler, before.Autoscaler))
	}
	if len(errs) > 0 {
		return fmt.Errorf("seed %d: %w\n%s", t.world.Seed(), errors.Join(errs...), t.world.Story().Last(40))
	}
	return nil
}

// scenarios returns all scenarios. Each has a golden story.
func scenarios() []scenario {
	return slices.Concat(strategies(), rollbacks(), quarantines(), soaks(), healths(), scalings(), silences(), lostNodes(), warmPools(), images(), []scenario{
		plain(), blocked(), forced(), neverJoins(), zoneWithoutCapacity(), zoneWithoutSubnet(), neededZoneWithoutSubnet(), sizesUp(), sizesDown(), nodeDies(),
		kubeletSilent(), silentBesideDrain(), secondRun(), cancelled(), autoscalerBack(), autoscalerReplaced(),
		autoscalerRuns(), autoscalerSuspended(), threeAtOnce(), inStandby(), scalingPolicies(), spot(), hooks(), sixZones(), oneZone(),
		nothingDesired(),
	})
}

// withThreeNodes returns the sample world with three nodes, changed.
func withThreeNodes(change ...func(*simulation.Config)) func() simulation.Config {
	return func() simulation.Config {
		config := simulation.Sample(3)
		for _, c := range change {
			c(&config)
		}
		return config
	}
}

// everywhere is one node in each zone.
func everywhere(image string) []string {
	var nodes []string
	for _, zone := range simulation.Sample(3).Zones {
		nodes = append(nodes, fmt.Sprintf("%s %s: 1", zone, image))
	}
	return nodes
}

// success is the end of a successful upgrade.
func success() simulation.State {
	return simulation.State{
		Nodes: everywhere(simulation.NewImage), Size: upgrade.Size{Max: 4, Desired: 3},
		Template: simulation.NewImage + " by $Latest", Status: upgrade.Successful,
	}
}

func plain() scenario {
	return scenario{name: "plain", config: withThreeNodes(), want: success()}
}

// stubborn adds a workload whose budget allows no disruption.
func stubborn(c *simulation.Config) {
	c.Workloads = append(c.Workloads, simulation.Workload{
		Kind: simulation.Deployment, Name: "stubborn", Replicas: 1, CPU: 100,
		Budgets: []simulation.Budget{{Name: "stubborn", MinAvailable: new(1)}},
	})
}

func blocked() scenario {
	return scenario{
		name: "blocked-budget", config: withThreeNodes(stubborn),
		want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
		errorContains: []string{"default/stubborn", "needs 1 healthy pod"},
	}
}

func forced() scenario {
	want := success()
	return scenario{
		name: "blocked-budget-forced", want: want,
		config: withThreeNodes(stubborn, func(c *simulation.Config) { c.Update.Policy.Force = true }),
	}
}

func neverJoins() scenario {
	return scenario{
		name:   "never-joins",
		config: withThreeNodes(func(c *simulation.Config) { c.Update.Target = upgrade.Target{Image: simulation.BadImage} }),
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 4, Desired: 3},
			Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure},
		},
		errorContains: []string{"us-west-2", "i-0000", "Launching a new EC2 instance"},
	}
}

func zoneWithoutCapacity() scenario {
	return scenario{
		name: "zone-without-capacity", config: withThreeNodes(),
		events: func(w *simulation.World) { w.SetCapacity("us-west-2b", false) },
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 4, Desired: 3},
			Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure},
		},
		errorContains: []string{"us-west-2b", "InsufficientInstanceCapacity"},
	}
}

// A subnet was taken from the group while a node runs there: no new node can come up in that zone, and
// none is needed there.
func zoneWithoutSubnet() scenario {
	want := success()
	want.Nodes = []string{"us-west-2a " + simulation.NewImage + ": 1", "us-west-2c " + simulation.NewImage + ": 2"}
	return scenario{
		name: "zone-without-subnet", want: want,
		config: withThreeNodes(func(c *simulation.Config) {
			c.Workloads = slices.DeleteFunc(c.Workloads, func(w simulation.Workload) bool { return w.Volume })
		}),
		events: func(w *simulation.World) { w.TakeSubnet("us-west-2b") },
	}
}

// The same, and a volume binds a pod to that zone.
func neededZoneWithoutSubnet() scenario {
	return scenario{
		name: "needed-zone-without-subnet", config: withThreeNodes(),
		events: func(w *simulation.World) { w.TakeSubnet("us-west-2b") },
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 4, Desired: 3},
			Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure},
		},
		errorContains: []string{"zone us-west-2b has no new usable node after 15m: the group has no subnet there. Give it one, or move the volumes"},
	}
}

func sizesUp() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 6, Desired: 5}
	return scenario{
		name: "sizes-raised", config: withThreeNodes(), want: want,
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: 2, Desired: 2}) })
		},
	}
}

func sizesDown() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 4, Desired: 3}
	return scenario{
		name: "sizes-lowered", config: withThreeNodes(), want: want,
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: -1, Desired: -1}) })
		},
	}
}

func nodeDies() scenario {
	return scenario{
		name: "node-dies", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) {
				_, instance := w.Node(0, false)
				w.Reclaim(instance)
			})
		},
	}
}

func kubeletSilent() scenario {
	return scenario{
		name: "kubelet-silent", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) {
				name, _ := w.Node(0, true)
				w.SilenceKubelet(name)
			})
		},
	}
}

// silentBesideDrain stops a kubelet while another node is drained. The pods of that node
// then wait for those of the silent one: a StatefulSet does not replace a pod before the
// old one is gone, with its node.
func silentBesideDrain() scenario {
	ring := simulation.Workload{
		Kind: simulation.StatefulSet, Name: "ring", Replicas: 9, CPU: 100, Spread: simulation.SpreadSoft, Stop: time.Minute,
		Budgets: []simulation.Budget{{Name: "ring", MaxUnavailable: new(1)}},
	}
	return scenario{
		name:   "kubelet-silent-beside-a-drain",
		config: withThreeNodes(func(c *simulation.Config) { c.Workloads = append(c.Workloads, ring) }), want: success(),
		events: func(w *simulation.World) {
			w.At(time.Minute, func(w *simulation.World) {
				for n := range 3 {
					if name, instance := w.Node(n, true); !w.Draining(instance) {
						w.SilenceKubelet(name)
						return
					}
				}
			})
		},
	}
}

// secondRun fails because of a budget, which somebody then relaxes for a second update.
func secondRun() scenario {
	again := simulation.SampleUpdate()
	again.Name, again.UID = "update-2", "6f1a2f3e-0002"
	return scenario{
		name: "second-run", config: withThreeNodes(stubborn), want: success(), second: &again,
		beforeSecond: func(w *simulation.World) {
			w.ChangeBudget("default/stubborn", simulation.Budget{MinAvailable: new(0)})
		},
	}
}

func cancelled() scenario {
	return scenario{
		name: "cancelled", config: withThreeNodes(),
		events: func(w *simulation.World) { w.At(4*time.Minute, (*simulation.World).Cancel) },
		want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Cancelled},
	}
}

// autoscalerBack has somebody, such as GitOps, scale Cluster Autoscaler up again.
func autoscalerBack() scenario {
	return scenario{
		name: "autoscaler-put-back", config: withThreeNodes(suspendsAutoscaler), want: success(),
		events: func(w *simulation.World) {
			w.At(2*time.Minute, func(w *simulation.World) { w.ScaleAutoscaler(1) })
		},
	}
}

// autoscalerReplaced has GitOps apply the whole Deployment of Cluster Autoscaler again and
// again. The engine does not fight it.
func autoscalerReplaced() scenario {
	return scenario{
		name: "autoscaler-replaced", config: withThreeNodes(suspendsAutoscaler), want: success(),
		events: func(w *simulation.World) {
			for at := 2 * time.Minute; at < 15*time.Minute; at += 3 * time.Minute {
				w.At(at, func(w *simulation.World) { w.ReplaceAutoscaler(1) })
			}
		},
	}
}

// autoscalerRuns keeps Cluster Autoscaler running. It would remove a node that has been
// empty for 20 s.
func autoscalerRuns() scenario {
	return scenario{
		name: "autoscaler-annotate", want: success(),
		config: withThreeNodes(func(c *simulation.Config) {
			c.Update.Policy.Autoscaler = upgrade.AutoscalerAnnotate
			c.Autoscaler.Unneeded = 20 * time.Second
		}),
	}
}

// autoscalerSuspended suspends Cluster Autoscaler until the end.
func autoscalerSuspended() scenario {
	return scenario{name: "autoscaler-suspended", config: withThreeNodes(suspendsAutoscaler), want: success()}
}

func suspendsAutoscaler(c *simulation.Config) { c.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend }

// threeAtOnce drains three of ten nodes at once.
func threeAtOnce() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 11, Desired: 10}
	return scenario{
		name: "three-at-once", want: want,
		config: func() simulation.Config {
			c := simulation.Sample(10)
			c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 30, Percent: true}
			return c
		},
	}
}
