package simulation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// In another account nothing is changed and nothing is forgotten, whatever people do meanwhile and
// whenever it happens. With the right account again, the update ends as it should.
func TestAnotherAccount(t *testing.T) {
	t.Parallel()
	want := simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}}
	verbs := map[string]struct {
		do     func(*simulation.World)
		status upgrade.Status
	}{
		"nothing":          {func(*simulation.World) {}, upgrade.Successful},
		"pause and resume": {func(w *simulation.World) { w.Pause(); later(w, time.Minute, (*simulation.World).Resume) }, upgrade.Successful},
		"cancel":           {(*simulation.World).Cancel, upgrade.Cancelled},
		"roll back":        {(*simulation.World).RollBack, upgrade.Successful},
	}
	for name, verb := range verbs {
		for _, hasGroup := range []bool{false, true} {
			for at := 5 * time.Second; at < 7*time.Minute; at += 47 * time.Second {
				t.Run(fmt.Sprintf("%s, group there: %t, at %s", name, hasGroup, at), func(t *testing.T) {
					w := simulation.New(simulation.Sample(3))
					w.At(at, func(w *simulation.World) { w.UseOtherAccount(hasGroup) })
					w.At(at+time.Second, verb.do)
					w.At(at+40*time.Minute, (*simulation.World).UseOwnAccount)
					out := run(t, w)
					got := w.State()
					if diff := cmp.Diff(want.Size, got.Size); diff != "" {
						t.Errorf("the sizes at the end (-want +got):\n%s", diff)
					}
					if got.HasDebts || len(got.Suspended) > 0 {
						t.Errorf("something is owed at the end: %+v", got)
					}
					if hasVerdict := out.Result.Record.Run.Verdict.At.Before(simulation.Beginning().Add(at)); !hasVerdict && got.Status != verb.status {
						t.Errorf("the update ends %s, want %s\n%s", got.Status, verb.status, w.Story().Last(30))
					}
				})
			}
		}
	}
}

// The wait names both accounts.
func TestAnotherAccountIsNamed(t *testing.T) {
	for _, hasGroup := range []bool{false, true} {
		w := simulation.New(simulation.Sample(3))
		w.At(2*time.Minute, func(w *simulation.World) { w.UseOtherAccount(hasGroup) })
		_, _ = simulation.Run(t.Context(), w, time.Hour)
		said := strings.Join(w.Waits(), "\n")
		for _, account := range []string{"111122223333", "444455556666"} {
			if !strings.Contains(said, account) {
				t.Errorf("with a group there: %t, the update does not say that it waits for account %s:\n%s", hasGroup, account, said)
			}
		}
	}
}

// The account changes between any two calls of a pass.
func TestAccountChangesInAPass(t *testing.T) {
	t.Parallel()
	plain := simulation.New(simulation.Sample(3))
	run(t, plain)
	plain.AdvanceBy(time.Hour)
	for call := 1; call <= len(plain.Calls()); call += 3 {
		for _, hasGroup := range []bool{false, true} {
			w := simulation.New(simulation.Sample(3))
			w.Before(call, func(w *simulation.World) {
				w.UseOtherAccount(hasGroup)
				later(w, 30*time.Minute, (*simulation.World).UseOwnAccount)
			})
			run(t, w)
			w.AdvanceBy(time.Hour) // the last pods become Ready
			if diff := cmp.Diff(plain.State(), w.State()); diff != "" {
				t.Errorf("it changes before call %d, group there: %t; the end (-without +with):\n%s", call, hasGroup, diff)
			}
		}
	}
}

// A group that is deleted, or deleted and made again, is owed nothing any more, and the instances of
// the new one are not touched. The cluster gets everything back.
func TestGroupIsDeleted(t *testing.T) {
	t.Parallel()
	deeds := map[string]func(*simulation.World){
		"deleted":    (*simulation.World).DeleteGroup,
		"made again": (*simulation.World).RemakeGroup,
	}
	for name, do := range deeds {
		for _, strategy := range []upgrade.Strategy{upgrade.Default, upgrade.Minimal, upgrade.Lean} {
			for at := 5 * time.Second; at < 8*time.Minute; at += 31 * time.Second {
				t.Run(fmt.Sprintf("%s, %s, at %s", name, strategy, at), func(t *testing.T) {
					config := simulation.Sample(3)
					config.Update.Policy.Strategy = strategy
					w := simulation.New(config)
					w.At(at, do)
					out := run(t, w)
					v := out.Result.Record.Run.Verdict
					if !v.At.Before(simulation.Beginning().Add(at)) && v.Status != upgrade.Failed {
						t.Errorf("the update ends %+v", v)
					}
					if name == "made again" && out.Took > at {
						again := simulation.SampleUpdate()
						again.Name, again.UID = "update-2", "uid-2"
						w.AdvanceBy(time.Hour)
						w.Begin(again)
						run(t, w)
						if s := w.State(); s.Status != upgrade.Successful {
							t.Errorf("an upgrade of the new group ends %+v", s)
						}
					}
				})
			}
		}
	}
}

// A group that is not found for some minutes is not forgotten.
func TestGroupIsNotFoundForMinutes(t *testing.T) {
	t.Parallel()
	want := simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.NewImage + " by $Latest", Status: upgrade.Successful}
	for at := 5 * time.Second; at < 6*time.Minute; at += 31 * time.Second {
		t.Run(at.String(), func(t *testing.T) {
			w := simulation.New(simulation.Sample(3))
			w.At(at, func(w *simulation.World) { w.HideGroup(5 * time.Minute) })
			run(t, w)
			got := w.State()
			if got.Size != want.Size || got.Template != want.Template || got.Status != want.Status || got.HasDebts {
				t.Errorf("it ends %+v, want %+v", got, want)
			}
		})
	}
}

// A NodeGroup from before the group was noted: it is noted when the group is next seen, and not one of
// another account.
func TestGroupIsIdentifiedLater(t *testing.T) {
	t.Parallel()
	for _, hasGroup := range []bool{false, true} {
		for at := 5 * time.Second; at < 8*time.Minute; at += 31 * time.Second {
			t.Run(fmt.Sprintf("group there: %t, at %s", hasGroup, at), func(t *testing.T) {
				w := simulation.New(simulation.Sample(3))
				w.At(at, func(w *simulation.World) {
					w.UnnoteGroup()
					w.UseOtherAccount(hasGroup)
				})
				w.At(at+30*time.Minute, (*simulation.World).UseOwnAccount)
				run(t, w)
				if s := w.State(); s.Status != upgrade.Successful || s.HasDebts {
					t.Errorf("it ends %+v\n%s", s, w.Story().Last(30))
				}
			})
		}
	}
}

// later has something happen some time from now.
func later(w *simulation.World, in time.Duration, what func(*simulation.World)) {
	w.At(w.Now().Sub(simulation.Beginning())+in, what)
}

// run plays an update to its end, through pauses.
func run(t *testing.T, w *simulation.World) simulation.Outcome {
	t.Helper()
	out, err := simulation.Run(t.Context(), w, 24*time.Hour)
	for err == nil && out.Result.Paused {
		w.AdvanceBy(time.Minute)
		out, err = simulation.Run(t.Context(), w, 24*time.Hour)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
