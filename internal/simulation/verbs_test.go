package simulation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// verb is something that people do with an update, or a change of the engine that
// works on it, and the end that it promises.
type verb struct {
	name string
	// act lets it happen before a call; lot makes variations.
	act func(w *simulation.World, call, lot int)
	// afterEnd happens when the update has ended.
	afterEnd func(*simulation.World)
	// check holds the end against what would have been without.
	check func(want, got result) error
}

// verbs are all of them.
func verbs() []verb {
	return []verb{
		{name: "pause", act: before((*simulation.World).Pause), check: endsAsWithoutIt},
		{name: "cancel", act: before((*simulation.World).Cancel), check: endsCancelled},
		{name: "cancel-whole", act: before((*simulation.World).CancelAndRestoreTemplate), check: endsCancelled},
		{name: "cancel-paused", act: before((*simulation.World).Pause, cancelPaused), check: endsCancelled},
		{name: "cancel-and-retry", act: before((*simulation.World).Cancel), afterEnd: func(w *simulation.World) { w.Retry() }, check: endsAsRetried},
		{name: "rollback", act: before((*simulation.World).RollBack), check: endsAsBefore},
		{name: "rollback-paused", act: before((*simulation.World).Pause, (*simulation.World).RollBack), check: endsAsBefore},
		{name: "rollback-twice", act: before((*simulation.World).RollBack, (*simulation.World).RollBack), check: endsAsRolledBack},
		{name: "overtaken", act: freezes(false), check: endsAsWithoutIt},
		{name: "overtaken-and-back", act: freezes(true), check: endsAsWithoutIt},
		{name: "handed-over", act: handOver, check: endsAsWithoutIt},
	}
}

// before lets something happen before a call, and the rest some calls later, one after
// the other.
func before(what ...func(*simulation.World)) func(*simulation.World, int, int) {
	return func(w *simulation.World, call, variation int) {
		for i, do := range what {
			w.Before(call+i*(1+variation%61), do)
		}
	}
}

// cancelPaused cancels an update that is paused, which lets it go on to its end.
func cancelPaused(w *simulation.World) {
	w.Cancel()
	w.Resume()
}

// freezes lets the process stand still for so short a time that its plan looks fresh,
// or for so long that another one gets far.
func freezes(returns bool) func(*simulation.World, int, int) {
	return func(w *simulation.World, call, variation int) {
		length := []time.Duration{2 * time.Second, 9 * time.Second, 40 * time.Second, 4 * time.Minute, 2 * time.Hour}[variation%5]
		w.Before(call, func(w *simulation.World) { w.Freeze(length, returns) })
	}
}

// handOver is a command that is ended, a controller that goes on and is ended in
// turn, and a command again.
func handOver(w *simulation.World, call, variation int) {
	absence := []time.Duration{0, 20 * time.Second, 30 * time.Minute}[variation%3]
	w.Before(call, func(w *simulation.World) { w.EndProcess(absence) })
	w.Before(call+20+variation%101, func(w *simulation.World) { w.EndProcess(0) })
}

// endsAsWithoutIt is the end that would have been without.
func endsAsWithoutIt(want, got result) error {
	return difference(sameEnd(want.state), sameEnd(got.state))
}

// endsAsRetried is the end that would have been without, but that LEAN may not be able to
// reach a zone any more when few nodes are left, which it says, and that a group whose
// $Latest means another version by then stays with the number, which the first one says.
func endsAsRetried(want, got result) error {
	whole, retried := sameEnd(want.state), sameEnd(got.state)
	if v := got.outcome.Result.Record.Run.Verdict; len(v.Errors) > 0 && strings.Contains(v.Errors[0].Message, "use DEFAULT, which") {
		return nil
	}
	whole.Pods, retried.Pods = withoutScratch(whole.Pods), withoutScratch(retried.Pods)
	if strings.Contains(got.world.Story().String(), "now uses its version 1, which is not what $Latest means") {
		whole.Template = strings.Replace(whole.Template, "by $Latest", "by number", 1)
	}
	if whole.Status != upgrade.Successful { // how far it came is left to chance, and what was there before is another thing
		whole.Nodes, retried.Nodes, whole.Template, retried.Template = nil, nil, "", ""
	}
	if want.world.Update().Rollback != nil {
		return nil // who has cancelled a rollback cannot retry it
	}
	return difference(whole, retried)
}

// endsCancelled is Cancelled, unless the end was there already: the sizes are the
// owner's and the nodes as many; which of them are new depends on the moment.
func endsCancelled(want, got result) error {
	if got.state.Status != upgrade.Cancelled {
		return endsAsWithoutIt(want, got)
	}
	whole, cancelled := sameEnd(want.state), sameEnd(got.state)
	whole.Status, whole.Errors, whole.Template, whole.Nodes = upgrade.Cancelled, nil, "", nil
	whole.Pods = withoutScratch(whole.Pods)
	errs := []error{difference(whole, cancelled)}
	if update := got.world.Update(); update.RestoreTemplate && update.Rollback == nil && !strings.HasPrefix(got.state.Template, simulation.OldImage) {
		errs = append(errs, fmt.Errorf("the group launches %s", got.state.Template))
	} else if !update.RestoreTemplate && update.Rollback == nil && got.reachedScaleUp() && strings.HasPrefix(got.state.Template, simulation.OldImage) {
		errs = append(errs, fmt.Errorf("nobody has asked for it, and the group launches %s", got.state.Template))
	}
	return errors.Join(errs...)
}

// reachedScaleUp reports whether the update came so far that the group launches the target.
func (t result) reachedScaleUp() bool {
	return slices.ContainsFunc(t.outcome.Result.Record.Run.Phases, func(p upgrade.PhaseTime) bool {
		return p.Phase == upgrade.ScaleUp || p.Phase == upgrade.Upgrading
	})
}

// endsAsBefore is a rollback that has brought back what was there before, or that came too
// early to have anything to undo.
func endsAsBefore(want, got result) error {
	switch back := got.world.Update().Rollback; {
	case back == nil: // the end came first
		return endsAsWithoutIt(want, got)
	case back.Undone == nil, want.world.Update().Rollback != nil && strings.Count(got.world.Update().Name, "-rollback") > 1:
		return nil // or it undoes one that came by itself, and meets what made the first one fail
	}
	return endsOnImage(want, got, simulation.OldImage)
}

// endsAsRolledBack is a rollback that was rolled back, unless that came before the
// rollback had begun.
func endsAsRolledBack(want, got result) error {
	if strings.Count(got.world.Update().Name, "-rollback") < 2 {
		return endsAsBefore(want, got)
	}
	if got.world.Update().Rollback.Undone == nil {
		return nil
	}
	if want.state.Status != upgrade.Successful || want.world.Update().Rollback != nil {
		return nil // it may fail for what the first one fails for, or have nothing to go back to
	}
	if !strings.Contains(got.world.Story().String(), "TemplateUsed: the group now uses version 2") {
		return endsOnImage(want, got, simulation.OldImage) // the first one had not come so far
	}
	return endsOnImage(want, got, simulation.NewImage)
}

// endsOnImage holds that the update was successful and that all nodes are of an image.
func endsOnImage(want, got result, image string) error {
	state := got.state
	errs := []error{difference(want.state.Size, state.Size)}
	if state.Status != upgrade.Successful || !strings.HasPrefix(state.Template, image) {
		errs = append(errs, fmt.Errorf("it ends %s %v with template %s", state.Status, state.Errors, state.Template))
	}
	if slices.ContainsFunc(state.Nodes, func(nodes string) bool { return !strings.Contains(nodes, image) }) {
		errs = append(errs, fmt.Errorf("the nodes are %v", state.Nodes))
	}
	return errors.Join(errs...)
}

func difference(want, got any) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("it ends otherwise (-want +got):\n%s", diff)
	}
	return nil
}

// verbScenarios are the scenarios of the verbs: those whose end does not depend on when
// something happens in the world.
func verbScenarios() []scenario {
	all := append(slices.Concat(strategies(), quarantines(), soaks()), plain(), blocked(), forced(), neverJoins(),
		zoneWithoutCapacity(), autoscalerRuns(), threeAtOnce(), hooks(), sixZones(), oneZone(), rolledBackByItself())
	return slices.DeleteFunc(all, func(s scenario) bool {
		// MINIMAL keeps a place in which an instance never joins when it is cancelled.
		return s.want.Status == upgrade.Cancelled || s.name == "minimal-never-joins"
	})
}

// withPatientAutoscaler is brief with a Cluster Autoscaler that leaves empty nodes alone until the
// end, however late that comes.
func withPatientAutoscaler(config func() simulation.Config) func() simulation.Config {
	return func() simulation.Config {
		c := withShortLimits(config)()
		if c.Autoscaler.Unneeded > 0 {
			c.Autoscaler.Unneeded = 4 * time.Hour
		}
		return c
	}
}

// TestEveryVerb lets people and changes of the engine come at every moment of the
// scenarios, alone and followed by a death. What the verb promises has to come, and no
// promise may be broken on the way. One run takes every 97th moment, a short one every
// 400th, and -verbs 1 all.
func TestEveryVerb(t *testing.T) {
	step := *verbStride
	if testing.Short() {
		step = 400
	}
	t.Logf("every %dth moment, from %d on", step, *first)
	for _, s := range verbScenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.config = withPatientAutoscaler(s.config)
			whole, err := s.play(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			played, at := 0, momentsOfVerbs(whole.world.Calls())
			for v, verb := range verbs() {
				for i := *first + v; i < len(at); i += step {
					s.checkVerb(t, whole, verb, at[i])
					played++
					if i%3 == 0 {
						s.checkVerb(t, whole, verb, at[i], simulation.Fault{Call: at[i] + 1 + i%37, Death: true, After: i%2 == 0})
						played++
					}
				}
			}
			t.Logf("%d calls: %d moments for each of %d verbs, %d worlds", len(whole.world.Calls()), len(at), len(verbs()), played)
		})
	}
}

// momentsOfVerbs are the calls before which something may happen that makes a difference:
// those that change something, and the look at what is asked for.
func momentsOfVerbs(calls []simulation.Call) []int {
	var at []int
	for i, c := range calls {
		if c.Write || c.Method == "Records.Load" {
			at = append(at, i+1)
		}
	}
	return at
}

// checkVerb plays a scenario with a verb before a call, and with faults.
func (s scenario) checkVerb(t *testing.T, whole result, v verb, call int, faults ...simulation.Fault) {
	t.Helper()
	s.events = inOrder(s.events, func(w *simulation.World) { v.act(w, call, call) })
	s.atEnd = v.afterEnd
	got, err := s.play(t.Context(), faults...)
	if err == nil {
		err = v.check(whole, got)
	}
	if err != nil {
		t.Fatalf("%s with %s before call %d and %+v: %v\n%s", s.name, v.name, call, faults, err, got.world.Story())
	}
}

func inOrder(these ...func(*simulation.World)) func(*simulation.World) {
	return func(w *simulation.World) {
		for _, do := range these {
			if do != nil {
				do(w)
			}
		}
	}
}
