package simulation_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var (
	choices    = flag.Int("choices", 2, "in small worlds the ordinary is left at most so often; a short run leaves it once")
	faultsMost = flag.Int("faults", 2, "at most so often by a fault")
	peopleMost = flag.Int("people", 1, "at most so often by what people do")
	lateMost   = flag.Int("late", 1, "at most so often by something that takes long")
	share      = flag.Int("share", 8, "of the lists with more than one choice, play every nth, beginning with -from")
	replay     = flag.String("replay", "", "play only these choices, and print the story: LEAN 40:dies-before 97:fails-before")
)

// TestSmallWorlds searches worlds of two nodes exhaustively: every fault at every call,
// everything that people can do before every pass, and everything that can take long, alone
// and one after the other, until the situation is one that was met before. No promise may be
// broken, and from every situation the update has to end in time. make exhaust plays all.
func TestSmallWorlds(t *testing.T) {
	if *replay != "" {
		replaySmallWorld(t)
		return
	}
	for _, strategy := range upgrade.Strategies() {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			search, began := smallSearch(strategy), time.Now()
			found := search.Run(t.Context())
			for _, b := range found.Broken {
				t.Errorf("replay it with -run TestSmallWorlds -replay %q: %v", string(strategy)+" "+b.Choices.String(), b.Err)
			}
			t.Logf("%d situations, %d edges, %d worlds (%d more were left out), depth %d, %s", found.Situations,
				found.Edges, found.Worlds, found.Left, found.Depth, time.Since(began).Round(time.Second))
			if len(found.Broken) == 0 {
				t.Logf("no promise is broken in any of %d situations with 2 nodes and at most %s; "+
					"from each the update ends within %s", found.Situations, leaves(search), found.Longest)
			}
		})
	}
}

// TestChoicesReplay checks that choices decide everything: played again, they tell the same story.
func TestChoicesReplay(t *testing.T) {
	search := smallSearch(upgrade.Default)
	for point := 5; point < 400; point += 23 {
		choices := simulation.Choices{{Point: point, Option: simulation.DiesBefore}, {Point: point + 40, Option: simulation.Late}}
		read, err := simulation.ParseChoices(choices.String())
		if err != nil {
			t.Fatal(err)
		}
		one, _ := search.Replay(t.Context(), choices)
		other, _ := search.Replay(t.Context(), read)
		if diff := cmp.Diff(one.Story().String(), other.Story().String()); diff != "" {
			t.Errorf("%s tells another story when it is played again (-first +again):\n%s", choices, diff)
		}
	}
}

// smallSearch is the search of the small world of a strategy, as the flags say.
func smallSearch(strategy upgrade.Strategy) simulation.Search {
	config := simulation.SmallWorld(strategy)
	s := simulation.Search{
		Config: config, Most: simulation.Deviations{Faults: *faultsMost, Verbs: *peopleMost, Late: *lateMost},
		Choices: *choices, Share: *share, First: *first, Wanted: wantedInSmallWorld,
	}
	if testing.Short() {
		s.Choices = 1
	}
	return s
}

// leaves says in words how often the ordinary is left.
func leaves(s simulation.Search) string {
	return fmt.Sprintf("%d choices out of the ordinary (%d faults, %d verbs of people, %d late events)", s.Choices,
		min(s.Choices, s.Most.Faults), min(s.Choices, s.Most.Verbs), min(s.Choices, s.Most.Late))
}

func replaySmallWorld(t *testing.T) {
	strategy, list, _ := strings.Cut(*replay, " ")
	choices, err := simulation.ParseChoices(list)
	if err != nil {
		t.Fatal(err)
	}
	search := smallSearch(upgrade.Strategy(strategy))
	search.Most = simulation.Deviations{Faults: len(choices), Verbs: len(choices), Late: len(choices)}
	w, err := search.Replay(t.Context(), choices)
	t.Logf("%s", w.Story())
	if err != nil {
		t.Fatal(err)
	}
}

// wantedInSmallWorld checks the end of an update that nothing but passing faults disturbs.
func wantedInSmallWorld(w *simulation.World) error {
	end, update := w.State(), w.Update()
	tooEarly := update.Rollback != nil && update.Rollback.Undone == nil
	errs := []error{difference(upgrade.Size{Max: 2, Desired: 2}, end.Size), difference(false, end.HasDebts)}
	switch {
	case end.Status == upgrade.Successful && update.Rollback == nil:
		errs = append(errs, checkImages(w, simulation.NewImage))
	case tooEarly: // there is nothing to go back to
	case end.Status == upgrade.Successful:
		errs = append(errs, checkImages(w, simulation.OldImage))
	case !update.Cancelled || end.Status != upgrade.Cancelled:
		errs = append(errs, fmt.Errorf("it ends %s %v", end.Status, end.Errors))
	}
	return errors.Join(errs...)
}
