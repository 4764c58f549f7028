package simulation_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
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
	share      = flag.Int("share", 30, "of the lists with more than one choice, play every nth, beginning with -from")
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
	for _, small := range smallWorlds() {
		t.Run(small.name, func(t *testing.T) {
			t.Parallel()
			search, began := small.search(), time.Now()
			found := search.Run(t.Context())
			for _, b := range found.Broken {
				t.Errorf("replay it with -run TestSmallWorlds -replay %q: %v", small.name+" "+b.Choices.String(), b.Err)
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

// smallWorld is a world that is searched, and what its end has to be.
type smallWorld struct {
	name   string
	config simulation.Config
	wanted func(*simulation.World) error
}

// smallWorlds are an upgrade with each strategy, with MINIMAL with a termination hook, one whose new nodes never join, and a scaling.
func smallWorlds() []smallWorld {
	failing, scaled := simulation.SmallWorld(upgrade.Default), simulation.SmallWorld(upgrade.Default)
	minimal := simulation.SmallWorld(upgrade.Minimal)
	minimal.Delays.Hook = 3 * time.Second
	failing.Update.Target, failing.Update.Policy.JoinTimeout = upgrade.Target{Image: simulation.BadImage}, 2*time.Minute
	scaleTo(upgrade.Scaling{Desired: new(1)})(&scaled)
	return []smallWorld{
		{"DEFAULT", simulation.SmallWorld(upgrade.Default), endsUpgraded},
		{"MINIMAL", minimal, endsUpgraded},
		{"LEAN", simulation.SmallWorld(upgrade.Lean), endsUpgraded},
		{"FAILING", failing, endsFailed},
		{"SCALED", scaled, endsScaled},
	}
}

// search is the search of a small world, as the flags say.
func (s smallWorld) search() simulation.Search {
	search := simulation.Search{
		Config: s.config, Most: simulation.Deviations{Faults: *faultsMost, Verbs: *peopleMost, Late: *lateMost},
		Choices: *choices, Share: *share, First: *first, Wanted: s.wanted,
	}
	if testing.Short() {
		search.Choices = 1
	}
	return search
}

// leaves says in words how often the ordinary is left.
func leaves(s simulation.Search) string {
	return fmt.Sprintf("%d choices out of the ordinary (%d faults, %d verbs of people, %d late events)", s.Choices,
		min(s.Choices, s.Most.Faults), min(s.Choices, s.Most.Verbs), min(s.Choices, s.Most.Late))
}

func replaySmallWorld(t *testing.T) {
	name, list, _ := strings.Cut(*replay, " ")
	choices, err := simulation.ParseChoices(list)
	nth := slices.IndexFunc(smallWorlds(), func(s smallWorld) bool { return s.name == name })
	if err != nil || nth < 0 {
		t.Fatalf("-replay %q: want the name of a small world and choices, %v", *replay, err)
	}
	search := smallWorlds()[nth].search()
	search.Most = simulation.Deviations{Faults: len(choices), Verbs: len(choices), Late: len(choices)}
	w, err := search.Replay(t.Context(), choices)
	t.Logf("%s", w.Story())
	if err != nil {
		t.Fatal(err)
	}
}

// endsUpgraded checks the end of an update that nothing but passing faults disturbs.
func endsUpgraded(w *simulation.World) error {
	end, update := w.State(), w.Update()
	image := simulation.NewImage
	if update.Rollback != nil {
		image = simulation.OldImage
	}
	switch {
	case isTooEarly(update.Rollback):
		return hasTwoNodes(end)
	case end.Status == upgrade.Successful:
		return errors.Join(hasTwoNodes(end), checkImages(w, image))
	case end.Status == upgrade.Cancelled && update.Cancelled:
		return errors.Join(hasTwoNodes(end), templateIsWanted(end, update))
	}
	return fmt.Errorf("it ends %s %v", end.Status, end.Errors)
}

// templateIsWanted checks the launch template after a cancellation: it stays on the new version
// if the group keeps a node of that, unless people have asked for the one from before.
func templateIsWanted(end simulation.State, update upgrade.Update) error {
	isNew := strings.HasPrefix(end.Template, simulation.NewImage)
	keepsNew := slices.ContainsFunc(end.Nodes, func(nodes string) bool { return strings.Contains(nodes, simulation.NewImage) })
	switch {
	case update.Rollback != nil:
	case update.RestoreTemplate && isNew, !update.RestoreTemplate && keepsNew && !isNew:
		return fmt.Errorf("cancelled (with the template restored: %t), it launches %s and has %s",
			update.RestoreTemplate, end.Template, end.Nodes)
	}
	return nil
}

// endsFailed checks the end of an update whose new nodes never join.
func endsFailed(w *simulation.World) error {
	end, update := w.State(), w.Update()
	asWanted := map[upgrade.Status]bool{
		upgrade.Failed:     update.Rollback == nil || isTooEarly(update.Rollback),
		upgrade.Cancelled:  update.Cancelled,
		upgrade.Successful: update.Rollback != nil,
	}
	if !asWanted[end.Status] {
		return fmt.Errorf("it ends %s %v", end.Status, end.Errors)
	}
	return errors.Join(hasTwoNodes(end), checkImages(w, simulation.OldImage))
}

// endsScaled checks the end of a scaling from two nodes to one. One that is cancelled stays at
// the size that it has reached.
func endsScaled(w *simulation.World) error {
	end := w.State()
	if end.Status == upgrade.Cancelled && w.Update().Cancelled {
		return nil
	}
	return errors.Join(difference(upgrade.Successful, end.Status), difference(upgrade.Size{Max: 2, Desired: 1}, end.Size))
}

// isTooEarly reports whether a rollback came before there was anything to go back to.
func isTooEarly(back *upgrade.Rollback) bool { return back != nil && back.Undone == nil }

func hasTwoNodes(end simulation.State) error {
	return difference(upgrade.Size{Max: 2, Desired: 2}, end.Size)
}

// TestChoicesReplay checks that choices decide everything: played again, they tell the same story.
func TestChoicesReplay(t *testing.T) {
	search := smallWorlds()[0].search()
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
