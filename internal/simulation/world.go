package simulation

import (
	"math/rand/v2"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// World is a cloud and a cluster with one node group in it.
type World struct {
	clock
	config     Config
	random     *rand.Rand
	cloud      *cloud
	cluster    *cluster
	records    *records
	calls      calls
	observer   *observer
	story      Story
	whenEnding func(*World) // what is done when the verdict was saved
	sleeps     []sleepTime
	process    *process // that makes the passes
	tally      Tally
	// credentials are those that calls to AWS are made with.
	credentials credentials
	// lag is how long after a change a describe may not show it.
	lag time.Duration
	// choices decides what may happen, nil if faults and chance do.
	choices *chooser
	// leftAlone: nobody interferes any more.
	leftAlone bool
}

// New returns a world in which the nodes are Ready, the pods run, and no pass of the
// update was made yet.
func New(config Config) *World {
	w := &World{config: config, random: rand.New(rand.NewPCG(config.Seed, 0)), lag: config.Lag}
	if config.Flaky > 0 {
		w.lag = max(w.lag, maxStaleness)
	}
	w.now = Beginning()
	w.process = newProcess()
	w.calls = newCalls(config)
	w.story.began = w.now
	w.credentials = credentials{account: ownAccount}
	w.cloud = newCloud(w)
	w.cluster = newCluster(w)
	w.records = &records{w: w}
	w.records.ledger.now.ARN = w.cloud.arn() // an earlier update has noted it
	w.cluster.populate()
	w.cloud.fillWarmPool()
	w.Begin(config.Update)
	return w
}

// Beginning returns the time at which every world begins.
func Beginning() time.Time { return time.Date(2026, time.September, 21, 9, 0, 0, 0, time.UTC) }

// Begin starts an update. The ledger of the group stays as it is.
func (w *World) Begin(update upgrade.Update) {
	w.records.begin(update)
	if w.observer == nil {
		w.observer = newObserver(w)
	}
	w.observer.begin()
}

// Engine returns what an engine sees of the world.
func (w *World) Engine() upgrade.World {
	return upgrade.World{
		Groups:     groups{w},
		WarmPools:  groups{w},
		Identity:   identities{w},
		Activities: groups{w},
		Templates:  templates{w},
		Images:     images{w},
		Nodes:      nodes{w},
		Pods:       pods{w},
		Autoscaler: autoscalers{w},
		Workloads:  workloads{w},
		Records:    w.records,
		Now:        w.Now,
	}
}

// Seed returns the seed of all random choices of the world.
func (w *World) Seed() uint64 { return w.config.Seed }

// Story returns what has happened so far.
func (w *World) Story() *Story { return &w.story }

// Events returns the events of the engine with a reason.
func (w *World) Events(reason string) []upgrade.Event {
	var found []upgrade.Event
	for _, e := range w.story.events {
		if e.Reason == reason {
			found = append(found, e)
		}
	}
	return found
}

// Tally counts what was done to the world.
type Tally struct {
	Launched int // instances
	Evicted  int // accepted evictions
	Refused  int // evictions that a budget or a webhook refused
	Deleted  int // pods, by force
	Peak     int // the largest desired size
	ScaledIn int // instances that Auto Scaling itself has chosen to terminate
	Verbs    int // pauses, cancels, rollbacks and retries, by people
	Changes  int // of the process that makes the passes, except by deaths
}

// Tally returns what was done until now.
func (w *World) Tally() Tally { return w.tally }

// about returns a delay with jitter.
func (w *World) about(d time.Duration) time.Duration {
	if w.config.Jitter == 0 {
		return d
	}
	return time.Duration(float64(d) * (1 + w.config.Jitter*(2*w.random.Float64()-1)))
}

// tell adds a line to the story about something that happened in the world.
func (w *World) tell(format string, args ...any) { w.story.tell(w.now, format, args...) }
