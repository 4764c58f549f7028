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

// verb is something that people do with an update, or a change of the process that works
// on it, and how the update has to end then.
type verb struct {
	name string
	// act makes it happen before a call. The variation makes worlds differ.
	act func(w *simulation.World, call, lot int)
	// afterEnd is done when the update has ended.
	afterEnd func(*simulation.World)
	// check compares the end with the end of the same scenario without the verb.
	check func(want, got result) error
}

// verbs returns all verbs.
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

// before makes things happen, the first right before a call and each of the others some
// calls later.
func before(what ...func(*simulation.World)) func(*simulation.World, int, int) {
	return func(w *simulation.World, call, variation int) {
		for i, do := range what {
			w.Before(call+i*(1+variation%61), do)
		}
	}
}

// cancelPaused cancels an update that is paused and resumes it.
func cancelPaused(w *simulation.World) {
	w.Cancel()
	w.Resume()
}

// freezes freezes the process, for so short a time that its reads still count as fresh,
// or for so long that another process makes much progress.
func freezes(returns bool) func(*simulation.World, int, int) {
	return func(w *simulation.World, call, variation int) {
		length := []time.Duration{2 * time.Second, 9 * time.Second, 40 * time.Second, 4 * time.Minute, 2 * time.Hour}[variation%5]
		w.Before(call, func(w *simulation.World) { w.Freeze(length, returns) })
	}
}

// handOver stops a command, after which a controller takes over, and then the controller,
// after which a command takes over again.
func handOver(w *simulation.World, call, variation int) {
	absence := []time.Duration{0, 20 * time.Second, 30 * time.Minute}[variation%3]
	w.Before(call, func(w *simulation.World) { w.EndProcess(absence) })
	w.Before(call+20+variation%101, func(w *simulation.World) { w.EndProcess(0) })
}

// endsAsWithoutIt checks that the end is the same as without the verb.
func endsAsWithoutIt(want, got result) error {
	return difference(sameEnd(want.state), sameEnd(got.state))
}

// endsAsRetried checks that the end is the same as without the verb, with two exceptions:
// LEAN may not reach every zone when few outdated nodes are left, and a group whose
// $Latest is another version by then stays with the version number.
func endsAsRetried(want, got result) error {
	whole, retried := sameEnd(want.state), sameEnd(got.state)
	if leanMissesZone(got.world, got.outcome.Result.Record.Run.Verdict) {
		return nil
	}
	whole.Pods, retried.Pods = withoutScratch(whole.Pods), withoutScratch(retried.Pods)
	if got.beforeAtEnd.Template == simulation.OldImage+" by number" {
		whole.Template = strings.Replace(whole.Template, "by $Latest", "by number", 1)
	}
	if whole.Status != upgrade.Successful { // how far each of both came is random
		whole.Nodes, retried.Nodes, whole.Template, retried.Template = nil, nil, "", ""
	}
	if want.world.Update().Rollback != nil {
		return nil // who has cancelled a rollback cannot retry it
	}
	return difference(whole, retried)
}

// endsCancelled checks that the update is Cancelled with the owner's sizes, unless it had
// its verdict before. Which nodes are new depends on the moment.
func endsCancelled(want, got result) error {
	if got.state.Status != upgrade.Cancelled {
		return endsAsWithoutIt(want, got)
	}
	whole, cancelled := sameEnd(want.state), sameEnd(got.state)
	whole.Status, whole.Errors, whole.Template, whole.Nodes = upgrade.Cancelled, nil, "", nil
	whole.Pods = withoutScratch(whole.Pods)
	errs := []error{difference(whole, cancelled)}
	if update := got.world.Update(); update.RestoreTemplate && update.Rollback == nil && !strings.HasPrefix(got.state.Template, simulation.OldImage) {
		errs = append(errs, fmt.Errorf("the launch template was not restored: the group launches %s", got.state.Template))
	} else if !update.RestoreTemplate && update.Rollback == nil && got.reachedScaleUp() && strings.HasPrefix(got.state.Template, simulation.OldImage) {
		errs = append(errs, fmt.Errorf("the launch template was restored, though nobody asked for it: the group launches %s", got.state.Template))
	}
	return errors.Join(errs...)
}

// reachedScaleUp reports whether the update came so far that the group launches the target.
func (t result) reachedScaleUp() bool {
	return slices.ContainsFunc(t.outcome.Result.Record.Run.Phases, func(p upgrade.PhaseTime) bool {
		return p.Phase == upgrade.ScaleUp || p.Phase == upgrade.Upgrading
	})
}

// endsAsBefore checks that a rollback has restored what was there before, unless it came
// too early to have anything to undo.
func endsAsBefore(want, got result) error {
	switch back := got.world.Update().Rollback; {
	case back == nil: // the update had ended before
		return endsAsWithoutIt(want, got)
	case back.Undone == nil, want.world.Update().Rollback != nil && strings.Count(got.world.Update().Name, "-rollback") > 1:
		return nil // too early, or it rolls back an automatic rollback and fails as the first update did
	}
	return endsOnImage(want, got, simulation.OldImage)
}

// endsAsRolledBack checks the end of a rollback that was rolled back itself, unless that
// was asked for before the rollback had begun.
func endsAsRolledBack(want, got result) error {
	if strings.Count(got.world.Update().Name, "-rollback") < 2 {
		return endsAsBefore(want, got)
	}
	if got.world.Update().Rollback.Undone == nil {
		return nil
	}
	if want.state.Status != upgrade.Successful || want.world.Update().Rollback != nil {
		return nil // it may fail as the first update did, or have nothing to undo
	}
	if !got.world.SwitchedTo(simulation.NewImage) { // the first update was rolled back before that
		return endsOnImage(want, got, simulation.OldImage)
	}
	return endsOnImage(want, got, simulation.NewImage)
}

// endsOnImage checks that the update is Successful and that all nodes have an image.
func endsOnImage(want, got result, image string) error {
	state := got.state
	errs := []error{difference(want.state.Size, state.Size)}
	if state.Status != upgrade.Successful || !strings.HasPrefix(state.Template, image) {
		errs = append(errs, fmt.Errorf("it ends %s %v with launch template %s", state.Status, state.Errors, state.Template))
	}
	if slices.ContainsFunc(state.Nodes, func(nodes string) bool { return !strings.Contains(nodes, image) }) {
		errs = append(errs, fmt.Errorf("the nodes are %v", state.Nodes))
	}
	return errors.Join(errs...)
}

func difference(want, got any) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the end differs (-want +got):\n%s", diff)
	}
	return nil
}

// verbScenarios returns the scenarios whose end does not depend on when something
// happens in the world.
func verbScenarios() []scenario {
	all := append(slices.Concat(strategies(), quarantines(), soaks()), plain(), blocked(), forced(), neverJoins(),
		zoneWithoutCapacity(), autoscalerRuns(), threeAtOnce(), hooks(), sixZones(), oneZone(), rolledBackByItself())
	return slices.DeleteFunc(all, func(s scenario) bool {
		// When MINIMAL is cancelled it keeps an instance that never joins.
		return s.want.Status == upgrade.Cancelled || s.name == "minimal-never-joins"
	})
}

// withPatientAutoscaler is withShortLimits with a Cluster Autoscaler that does not remove
// empty nodes before the end, however late that is.
func withPatientAutoscaler(config func() simulation.Config) func() simulation.Config {
	return func() simulation.Config {
		c := withShortLimits(config)()
		if c.Autoscaler.Unneeded > 0 {
			c.Autoscaler.Unneeded = 4 * time.Hour
		}
		return c
	}
}

// TestEveryVerb does every verb at every moment of the scenarios, alone and followed by
// the death of the process. The update has to end as the verb requires, and no promise
// may be broken on the way. One run takes every 97th moment, a short one every 400th,
// and -verbs 1 all.
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

// momentsOfVerbs returns the calls before which a verb makes a difference: those that
// change something, and those that read what people ask for.
func momentsOfVerbs(calls []simulation.Call) []int {
	var at []int
	for i, c := range calls {
		if c.Write || c.Method == "Records.Load" {
			at = append(at, i+1)
		}
	}
	return at
}

// checkVerb plays a scenario with a verb before a call and with faults, and checks the end.
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
