package simulation_test

import (
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var (
	seed    = flag.Uint64("seed", 0, "play only the random world of this seed, and print its story")
	worlds  = flag.Int("worlds", 4_000, "play this many random worlds, of seeds 1, 2 and so on; a short run plays a hundredth")
	torture = flag.Duration("torture", 0, "play random worlds of new seeds for this long instead")
)

// TestRandomWorlds plays worlds in which everything is random: sizes, policies,
// workloads, delays, faults, and what people and AWS do meanwhile. No promise may be
// broken, and every update has to end.
func TestRandomWorlds(t *testing.T) {
	if *seed != 0 {
		w, err := playRandom(t, *seed)
		t.Logf("%s", w.Story())
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	var figures totalsOfWorlds
	var workers sync.WaitGroup
	more := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for s := range more {
				w, err := playRandom(t, s)
				figures.add(w)
				if err != nil {
					t.Errorf("replay it with -run TestRandomWorlds -seed %d: %v", s, err)
				}
			}
		})
	}
	for s := range seeds() {
		more <- s
	}
	close(more)
	workers.Wait()
	t.Logf("%s", &figures)
}

// seeds returns the seeds of the worlds to play.
func seeds() iter.Seq[uint64] {
	if *torture > 0 {
		return freshSeeds(time.Now().Add(*torture))
	}
	count := *worlds
	if testing.Short() {
		count /= 100
	}
	return func(yield func(uint64) bool) {
		for n := range count {
			if !yield(uint64(n + 1)) {
				return
			}
		}
	}
}

// freshSeeds returns new random seeds until a time.
func freshSeeds(until time.Time) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for time.Now().Before(until) && yield(rand.Uint64()) {
		}
	}
}

// totalsOfWorlds adds up what happened in all worlds of a run.
type totalsOfWorlds struct {
	mu                            sync.Mutex
	worlds, calls, faults, deaths int
	verbs, changes                int
}

func (f *totalsOfWorlds) add(w *simulation.World) {
	f.mu.Lock()
	defer f.mu.Unlock()
	faults, deaths := w.FaultCounts()
	f.worlds++
	f.calls += len(w.Calls())
	f.faults += faults
	f.deaths += deaths
	f.verbs += w.Tally().Verbs
	f.changes += w.Tally().Changes
}

func (f *totalsOfWorlds) String() string {
	return fmt.Sprintf("%d worlds; %d calls, of which %d went wrong and %d killed the process; people paused, resumed, cancelled, rolled back or retried %d times; the process changed %d times",
		f.worlds, f.calls, f.faults, f.deaths, f.verbs, f.changes)
}

func playRandom(t *testing.T, seed uint64) (*simulation.World, error) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 2))
	config, mayFail := randomConfig(seed, random)
	watchesHealth := randomHealth(&config)
	lost := rand.New(rand.NewPCG(seed, 4)) // of its own, so that it does not change the rest of the world
	config.Renamed = lost.IntN(4) == 0
	config.WarmPool = randomWarmPool(rand.New(rand.NewPCG(seed, 6)), config)
	w := simulation.New(config)
	mayFail = randomEvents(w, random) || watchesHealth || mayFail
	if _, silent := hasSilence(config); config.WarmPool != nil { // its nodes are silent, too
	} else if silent { // nodes that are both silent and lost are not played yet
		mayFail = randomSilence(w, config) || mayFail
	} else {
		mayFail = randomLostNodes(w, lost) || mayFail
	}
	if watchesHealth {
		randomBadHealth(w)
	}
	randomAccounts(w)
	out, err := runAcceptingHealth(t, w, random)
	if err != nil {
		return w, err
	}
	status := out.Result.Record.Run.Verdict.Status
	config.Update.Policy.Strategy = w.Update().Policy.Strategy // a rollback has its own
	verdict := out.Result.Record.Run.Verdict
	tooFewNodes := lacksNodes(w, config, verdict)
	mayFail = mayFail || tooFewNodes || rollbackMayFail(w, config, verdict) || hasExcessInstances(w, verdict)
	if status == upgrade.Failed && !mayFail {
		return w, fmt.Errorf("it fails without a cause in this world: %+v\n%s", verdict, w.Story().Last(60))
	}
	if status == upgrade.Successful {
		return w, checkImages(w, out.Result.Record.Run.Resolved.Image.ID)
	}
	if tooFewNodes {
		config.Update.Policy.Strategy = upgrade.Default
	}
	if err := retryAtRandom(t, w, random); err != nil {
		return w, fmt.Errorf("the retry: %w", err)
	}
	return w, playSecondUpdate(t, w, config)
}

// runAcceptingHealth runs an update. When a person or bad health has paused it, it is
// resumed some time later.
func runAcceptingHealth(t *testing.T, w *simulation.World, random *rand.Rand) (simulation.Outcome, error) {
	t.Helper()
	out, err := simulation.Run(t.Context(), w, 72*time.Hour)
	for err == nil && out.Result.Paused {
		w.AdvanceBy(time.Duration(random.IntN(120)) * time.Minute)
		w.AcceptHealth()
		out, err = simulation.Run(t.Context(), w, 72*time.Hour)
	}
	return out, err
}

// retryAtRandom retries the update a random number of times or until it is Successful.
// It may fail again for the same cause.
func retryAtRandom(t *testing.T, w *simulation.World, random *rand.Rand) error {
	t.Helper()
	for random.IntN(2) == 0 {
		w.AdvanceBy(time.Duration(random.IntN(30)) * time.Minute)
		if !w.Retry() {
			return nil
		}
		out, err := runAcceptingHealth(t, w, random)
		if err != nil {
			return err
		}
		if out.Result.Record.Run.Verdict.Status == upgrade.Successful {
			return checkImages(w, out.Result.Record.Run.Resolved.Image.ID)
		}
	}
	return nil
}

// rollbackMayFail reports whether a rollback failed for a cause in this world: it came
// before there was anything to undo, a node that it keeps is dead or cordoned, or there
// are fewer nodes than zones and Auto Scaling launches none in the zone of a volume.
func rollbackMayFail(w *simulation.World, c simulation.Config, v *upgrade.Verdict) bool {
	back := w.Update().Rollback
	if back == nil || len(v.Errors) == 0 {
		return false
	}
	if c.Nodes < len(c.Zones) && v.Errors[0].Code == upgrade.NodeCreationFailure {
		return true
	}
	return back.Undone == nil || w.ObstaclesAtVerdict().DeadOrCordonedMember
}

// lacksNodes reports whether an update failed for lack of nodes that its strategy does
// not add: MINIMAL adds none for pods that fit nowhere, and LEAN may add too few to
// reach every zone.
func lacksNodes(w *simulation.World, c simulation.Config, v *upgrade.Verdict) bool {
	if len(v.Errors) == 0 {
		return false
	}
	code := v.Errors[0].Code
	switch c.Update.Policy.Strategy {
	case upgrade.Minimal:
		return code == upgrade.PodEvictionFailure
	case upgrade.Lean:
		return code == upgrade.NodeCreationFailure && c.Nodes < len(c.Zones) || leanMissesZone(w, v)
	}
	return false
}

// leanMissesZone reports whether an update with LEAN failed because no new node came up
// in a zone: the error names a zone, not an instance.
func leanMissesZone(w *simulation.World, v *upgrade.Verdict) bool {
	if w.Update().Policy.Strategy != upgrade.Lean || len(v.Errors) == 0 {
		return false
	}
	e := v.Errors[0]
	return e.Code == upgrade.NodeCreationFailure && len(e.Resources) == 1 && !strings.HasPrefix(e.Resources[0], "i-")
}

// hasExcessInstances reports whether an update failed because the group has more
// instances than its desired size, so that no new one is launched.
func hasExcessInstances(w *simulation.World, v *upgrade.Verdict) bool {
	return len(v.Errors) > 0 && v.Errors[0].Code == upgrade.NodeCreationFailure && w.ObstaclesAtVerdict().ExcessInstances
}

// playSecondUpdate plays a second update with force. It has to succeed, if necessary with
// the change that the error message of a first try advises.
func playSecondUpdate(t *testing.T, w *simulation.World, c simulation.Config) error {
	t.Helper()
	w.AdvanceBy(time.Hour)
	w.TerminateSilentNodes()
	w.AdvanceBy(time.Hour)
	endSilence(w, c)
	update := &c.Update
	update.Name, update.UID = "update-2", update.UID+"-2"
	update.Policy.Force, update.Policy.RollbackOnFailure, update.Policy.Health = true, false, upgrade.Health{}
	if update.Policy.Strategy == upgrade.Minimal && update.Policy.Autoscaler == upgrade.AutoscalerIgnore {
		update.Policy.Autoscaler = upgrade.AutoscalerSuspend // it may remove all new nodes as long as they are empty
	}
	w.Begin(*update)
	out, err := simulation.Run(t.Context(), w, 72*time.Hour)
	if err != nil {
		return fmt.Errorf("the second update: %w", err)
	}
	v := out.Result.Record.Run.Verdict
	switch {
	case lacksNodes(w, c, v):
		update.Policy.Strategy = upgrade.Default
		return playSecondUpdate(t, w, c)
	case hasExcessInstances(w, v):
		w.ChangeSizes(w.ExcessInstances())
		return playSecondUpdate(t, w, c)
	}
	if v.Status != upgrade.Successful {
		return fmt.Errorf("the second update ends %+v\n%s", v, w.Story().Last(60))
	}
	return checkImages(w, out.Result.Record.Run.Resolved.Image.ID) // somebody may roll this one back, too
}

// checkImages checks that all nodes have an image.
func checkImages(w *simulation.World, image string) error {
	for _, nodes := range w.State().Nodes {
		if !strings.Contains(nodes, image) {
			return fmt.Errorf("it is Successful, but there is %s\n%s", nodes, w.Story().Last(60))
		}
	}
	return checkWarmPool(w, image)
}

// randomAutoscaler has Cluster Autoscaler add nodes, too, and remove empty ones sooner than it usually does.
func randomAutoscaler(c *simulation.Config, random *rand.Rand) {
	c.Autoscaler.Grows = random.IntN(3) == 0
	if c.Update.Policy.Autoscaler != upgrade.AutoscalerIgnore && random.IntN(3) == 0 {
		c.Autoscaler.Unneeded = time.Minute
	}
}

// randomConfig returns a random world, and whether an upgrade may fail in it.
func randomConfig(seed uint64, random *rand.Rand) (c simulation.Config, mayFail bool) {
	c = simulation.Sample(1 + random.IntN(12))
	c.Seed = seed
	c.Zones = append(c.Zones, "us-west-2d", "us-west-2e", "us-west-2f")[:[]int{1, 2, 3, 6}[random.IntN(4)]]
	c.OtherNodes = 1 + random.IntN(2)
	c.Max = c.Nodes + random.IntN(3)
	c.Follows = []string{"$Latest", "$Default", ""}[random.IntN(3)]
	c.OneByOne, c.Labelled = random.IntN(2) == 0, random.IntN(2) == 0
	c.Jitter = random.Float64() / 2
	c.Flaky = []float64{0, 0, 0.005, 0.02}[random.IntN(4)]
	if random.IntN(3) == 0 {
		c.Lag = 10 * time.Second
	}
	if random.IntN(3) == 0 {
		c.Delays.Hook = time.Minute
	}
	if random.IntN(6) == 0 {
		c.Delays.HookLaunch = 2 * time.Minute
	}
	c.Protected = random.IntN(6) == 0
	if random.IntN(4) == 0 {
		c.Suspended = []string{upgrade.ProcessAZRebalance}
	}
	c.Update.Policy.MaxUnavailable = []upgrade.Count{{Value: 1}, {Value: 3}, {Value: 25, Percent: true}, {Value: 100, Percent: true}}[random.IntN(4)]
	c.Update.Policy.Strategy = []upgrade.Strategy{upgrade.Default, upgrade.Minimal, upgrade.Lean}[random.IntN(3)]
	c.Update.Policy.NodeOrder = []upgrade.NodeOrder{upgrade.Random, upgrade.Oldest, upgrade.ZoneByZone, upgrade.FewestPods}[random.IntN(4)]
	c.Update.Policy.Force = random.IntN(4) == 0
	c.Update.Policy.RespectSafeToEvict = random.IntN(2) == 0
	c.Update.Policy.RollbackOnFailure = random.IntN(4) == 0
	if random.IntN(6) == 0 {
		c.Update.Policy.Canary, c.Update.Policy.CanarySoak = 1+random.IntN(3), time.Duration(1+random.IntN(30))*time.Minute
	}
	if random.IntN(6) == 0 {
		c.Update.Policy.Soak = time.Duration(1+random.IntN(10)) * time.Minute
	}
	c.Update.Policy.Quarantine = !c.Update.Policy.Force && random.IntN(4) == 0
	c.Update.Policy.Autoscaler = []upgrade.AutoscalerMode{upgrade.AutoscalerSuspend, upgrade.AutoscalerAnnotate, upgrade.AutoscalerAnnotate, upgrade.AutoscalerIgnore}[random.IntN(4)]
	mayFail = c.Update.Policy.Autoscaler == upgrade.AutoscalerIgnore // it may remove new nodes again and again
	if random.IntN(4) == 0 {
		c.Delays.StartUp = time.Duration(1+random.IntN(90)) * time.Second
	}
	c.Workloads = append(c.Workloads, randomWorkloads(random)...)
	if random.IntN(4) == 0 {
		c.Workloads = append(c.Workloads, obstacle(random))
		mayFail = true
		// With ignore, Cluster Autoscaler removes the surge again and again, and a drain
		// that cannot end starts again each time.
		if c.Update.Policy.Autoscaler == upgrade.AutoscalerIgnore {
			c.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend
		}
	}
	c.CallTakes = randomCallTimes(rand.New(rand.NewPCG(seed, 2)))
	randomAutoscaler(&c, rand.New(rand.NewPCG(seed, 5)))
	return c, mayFail
}

// randomCallTimes returns for one world in five how long some calls take: up to 20 s, as under
// throttling.
func randomCallTimes(random *rand.Rand) map[string]time.Duration {
	if random.IntN(5) > 0 {
		return nil
	}
	takes := map[string]time.Duration{}
	for _, method := range []string{
		"Groups.Group", "Groups.Resize", "Groups.Terminate", "Groups.SetProcesses", "Templates.Use", "Nodes.Nodes", "Nodes.Mark",
		"Pods.Occupancy", "Pods.OccupancyNow", "Pods.Evict", "Pods.Unschedulable", "Autoscaler.State", "Records.Load", "Records.SaveRun",
	} {
		if random.IntN(4) == 0 {
			takes[method] = time.Duration(random.IntN(20_000)) * time.Millisecond
		}
	}
	return takes
}

// obstacle returns a random workload that is hard to drain.
func obstacle(random *rand.Rand) simulation.Workload {
	load := simulation.Workload{Kind: simulation.Deployment, Name: "obstacle", Replicas: 1 + random.IntN(3), CPU: 10}
	budget := simulation.Budget{Name: "obstacle", MinAvailable: new(load.Replicas)}
	switch random.IntN(11) {
	case 0:
		load.Budgets = []simulation.Budget{budget}
	case 1:
		load.Budgets = []simulation.Budget{budget, {Name: "too", MaxUnavailable: new(1)}}
	case 2:
		load.Finalizers = []string{"example.com/hold"}
	case 3:
		load.NeverReady, load.Budgets = true, []simulation.Budget{budget}
	case 4:
		load.Tolerates = simulation.EveryTaint
	case 5:
		load.NamespaceTerminating = true
	case 6:
		load.Stop, load.Grace = 20*time.Minute, 30*time.Minute
	case 7:
		load.Kind, load.LocalVolume = simulation.StatefulSet, true
		load.Budgets = []simulation.Budget{{Name: "obstacle", MaxUnavailable: new(1)}}
	case 8:
		load.HostPort, load.Replicas = 8080, 1+random.IntN(8)
		load.Budgets = []simulation.Budget{{Name: "obstacle", MaxUnavailable: new(1)}}
	case 9:
		load.Keep = "cluster-autoscaler.kubernetes.io/safe-to-evict=false"
		if random.IntN(2) == 0 {
			load.Kind, load.Runs = simulation.Job, time.Duration(1+random.IntN(60))*time.Minute
		}
	case 10:
		load.WebhookRefuses = time.Duration(random.IntN(3600)) * time.Second
	}
	return load
}

func randomWorkloads(random *rand.Rand) []simulation.Workload {
	var loads []simulation.Workload
	for n := range random.IntN(4) {
		replicas, spread := 2+random.IntN(8), simulation.Spread(random.IntN(3))
		loads = append(loads, simulation.Workload{
			Kind: []simulation.Kind{simulation.Deployment, simulation.StatefulSet, simulation.Job}[random.IntN(3)],
			Name: fmt.Sprintf("load-%d", n), Replicas: replicas, CPU: 10 * random.IntN(10),
			// A pod with a volume stays in its zone: with a hard spread it stays Pending
			// when the surge adds a zone in which the workload has no pod.
			Spread: spread, Volume: random.IntN(4) == 0 && spread != simulation.SpreadHard,
			WebhookRefuses: time.Duration(max(0, random.IntN(600)-300)) * time.Second, // a webhook
			Start:          time.Duration(1+random.IntN(20)) * time.Second, Stop: time.Duration(1+random.IntN(40)) * time.Second,
			Budgets: []simulation.Budget{{Name: fmt.Sprintf("load-%d", n), MaxUnavailable: new(1 + random.IntN(replicas))}},
		})
	}
	return loads
}

// randomEvents has people and AWS interfere at random. It returns whether the upgrade
// may fail because of that.
func randomEvents(w *simulation.World, random *rand.Rand) (mayFail bool) {
	var silent, back bool
	for range random.IntN(4) {
		at := time.Duration(random.IntN(1200)) * time.Second
		switch random.IntN(17) {
		case 0:
			by := 1 + random.IntN(3)
			w.At(at, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: by, Desired: by}) })
		case 1:
			w.At(at, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: -1, Desired: -1}) })
		case 2:
			w.At(at, func(w *simulation.World) { _, id := w.Node(0, random.IntN(2) == 0); w.Reclaim(id) })
		case 3:
			silent = true
			w.At(at, func(w *simulation.World) { name, _ := w.Node(0, true); w.SilenceKubelet(name) })
		case 4:
			w.Sleep(at, 9*time.Hour)
		case 5:
			w.At(at, func(w *simulation.World) { w.ScaleAutoscaler(1) })
		case 6:
			zone := "us-west-2a"
			w.At(at, func(w *simulation.World) { w.SetCapacity(zone, false) })
			w.At(at+5*time.Minute, func(w *simulation.World) { w.SetCapacity(zone, true) })
			mayFail = true
		case 7:
			w.At(at, (*simulation.World).Cancel)
		case 8:
			w.At(at, func(w *simulation.World) { w.DeletePods("web") })
		case 9:
			w.At(at, func(w *simulation.World) {
				name, _ := w.Node(0, true)
				w.Cordon(name, true)
				w.At(at+40*time.Minute, func(w *simulation.World) { w.Cordon(name, false) })
			})
		case 10:
			shrink, nth := random.IntN(2) == 0, random.IntN(3)
			w.At(at, func(w *simulation.World) {
				_, id := w.Node(nth, true)
				w.Standby(id, shrink)
				w.At(at+10*time.Minute, func(w *simulation.World) {
					if _, other := w.Node(0, true); other != "" { // the update has not ended
						w.ReturnToService(id)
					}
				})
			})
		case 11:
			nth := random.IntN(6)
			w.At(at, func(w *simulation.World) { w.ReclaimInFlight(nth) })
		case 12:
			w.At(at, func(w *simulation.World) {
				w.Scale([]string{"AlarmNotification", "ScheduledActions"}[random.IntN(2)], random.IntN(8))
			})
		case 13:
			shrink, nth, outdated := random.IntN(2) == 0, random.IntN(3), random.IntN(3) > 0
			w.At(at, func(w *simulation.World) { _, id := w.Node(nth, outdated); w.Detach(id, shrink) })
		case 14:
			w.At(at, (*simulation.World).RollBack)
			back = true
		case 15:
			w.At(at, (*simulation.World).CancelAndRestoreTemplate)
		case 16:
			w.At(at, (*simulation.World).Pause)
		}
	}
	back = randomVerbs(w, random) || back
	return mayFail || silent && back // a rollback keeps a dead node, which is not usable (decision 6)
}

// randomVerbs has people pause, cancel or roll back the update, and other processes take
// over, before random calls. It returns whether the update may be rolled back.
func randomVerbs(w *simulation.World, random *rand.Rand) (back bool) {
	for range max(0, random.IntN(6)-2) {
		at, calls := time.Duration(random.IntN(1200))*time.Second, 1+random.IntN(30)
		length := []time.Duration{2 * time.Second, 9 * time.Second, 40 * time.Second, 10 * time.Minute}[random.IntN(4)]
		var act func(*simulation.World)
		switch random.IntN(9) {
		case 0, 1:
			act = (*simulation.World).Pause
		case 2:
			act = (*simulation.World).Cancel
		case 3:
			act = (*simulation.World).CancelAndRestoreTemplate
		case 4:
			act, back = (*simulation.World).RollBack, true
		case 5, 6:
			returns := random.IntN(2) == 0
			act = func(w *simulation.World) { w.Freeze(length, returns) }
		case 7, 8:
			act = func(w *simulation.World) { w.EndProcess(length) }
		}
		w.At(at, func(w *simulation.World) {
			meant := w.Update().Name
			w.In(calls, func(w *simulation.World) {
				if w.Update().Name == meant { // otherwise that update has ended before
					act(w)
				}
			})
		})
	}
	return back
}

// TestAsleepForANight checks that no limit counts the time in which a laptop sleeps,
// at any moment of the upgrade, and that changes meanwhile are noticed: pods that were
// restarted on other nodes.
func TestAsleepForANight(t *testing.T) {
	for at := 5 * time.Second; at < 8*time.Minute; at += 5 * time.Second {
		w := simulation.New(simulation.Sample(3))
		w.Sleep(at, 9*time.Hour)
		w.At(at+time.Hour, func(w *simulation.World) { w.DeletePods("web") })
		out, err := simulation.Run(t.Context(), w, limit)
		if err != nil {
			t.Fatalf("asleep at %s: %v", at, err)
		}
		if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
			t.Errorf("asleep at %s it ends %+v\n%s", at, v, w.Story())
		}
	}
}

// TestAsleepWhileBlocked checks that a blocked drain has its whole limit, however long
// the laptop sleeps in the middle of it.
func TestAsleepWhileBlocked(t *testing.T) {
	took := func(night time.Duration) time.Duration {
		w := simulation.New(withThreeNodes(stubborn)())
		if night > 0 {
			w.Sleep(5*time.Minute, night)
		}
		out, err := simulation.Run(t.Context(), w, limit)
		if err != nil {
			t.Fatal(err)
		}
		return out.Result.Record.Run.Verdict.At.Sub(simulation.Beginning()) - night
	}
	whole, slept := took(0), took(9*time.Hour)
	if diff := slept - whole; diff < 0 || diff > time.Minute {
		t.Errorf("without sleep the verdict takes %s, with sleep %s besides the time asleep", whole, slept)
	}
}
