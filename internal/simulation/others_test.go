package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// interference is something that other people or tools do at a moment of an update.
type interference struct {
	does func(*simulation.World)
	// mayFail: the update may end otherwise than Successful.
	mayFail bool
}

func interferences() map[string]interference {
	process := func(name string, suspended bool) func(*simulation.World) {
		return func(w *simulation.World) { w.SuspendProcess(name, suspended) }
	}
	return map[string]interference{
		"The minimum size is raised to the desired size.":       {does: (*simulation.World).RaiseMinimum},
		"All instances are protected from scale in.":            {does: (*simulation.World).Protect, mayFail: true},
		"A version of the launch template becomes the default.": {does: (*simulation.World).MakeTemplateVersion},
		"Cluster Autoscaler is deleted.":                        {does: (*simulation.World).DeleteAutoscaler},
		"Launch is suspended for a minute.": {does: func(w *simulation.World) {
			process("Launch", true)(w)
			w.After(time.Minute, process("Launch", false))
		}},
		"Launch is suspended for good.":    {mayFail: true, does: process("Launch", true)},
		"Terminate is suspended for good.": {mayFail: true, does: process("Terminate", true)},
		"The new nodes are tainted for a minute.": {does: func(w *simulation.World) {
			w.TaintNodes(true)
			w.After(time.Minute, func(w *simulation.World) { w.TaintNodes(false) })
		}},
		"All nodes are cordoned for a minute.": {does: func(w *simulation.World) {
			w.CordonAll(true)
			w.After(time.Minute, func(w *simulation.World) { w.CordonAll(false) })
		}},
	}
}

// TestOthersInterfere has somebody change the group or its nodes at every moment of an update. No promise is
// broken, and the update ends with everything given back that can be.
func TestOthersInterfere(t *testing.T) {
	for _, strategy := range upgrade.Strategies() {
		config := func() simulation.Config {
			c := simulation.Sample(3)
			c.Update.Policy.Strategy = strategy
			return c
		}
		whole, err := scenario{name: string(strategy), config: withShortLimits(config)}.played(t)
		if err != nil {
			t.Fatal(err)
		}
		at := momentsOfVerbs(whole.world.Calls())
		for name, o := range interferences() {
			t.Run(fmt.Sprintf("%s %s", strategy, name), func(t *testing.T) {
				t.Parallel()
				for i := *first; i < len(at); i += *others {
					s := scenario{name: name, config: withShortLimits(config), events: func(w *simulation.World) { w.Before(at[i], o.does) }}
					got, err := s.played(t)
					if err == nil && !o.mayFail && got.verdict.Status != upgrade.Successful {
						err = fmt.Errorf("it ends %+v", got.verdict)
					}
					if err != nil {
						t.Fatalf("before call %d: %v\n%s", at[i], err, got.world.Story())
					}
				}
			})
		}
	}
}

// played is the scenario, played until its end, whatever that is.
func (s scenario) played(t *testing.T) (result, error) {
	w := simulation.New(s.config())
	if s.events != nil {
		s.events(w)
	}
	out, err := s.run(t.Context(), w)
	return result{world: w, outcome: out, verdict: out.Result.Record.Run.Verdict}, err
}
