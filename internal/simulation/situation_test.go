package simulation

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestSituations checks that worlds in the same situation continue alike, which is why a search
// stops a world that comes to a situation that was met before: played on, it meets no other
// situation than those that the search has met. They may differ in times.
func TestSituations(t *testing.T) {
	for name, most := range map[string]Deviations{"faults": {Faults: 1}, "verbs": {Verbs: 1}, "late events": {Late: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := searching{
				Search: Search{Config: SmallWorld(upgrade.Lean), Most: most, Choices: 1},
				known:  map[Situation]*situationSeen{},
			}
			met, afterwards := map[Situation]bool{}, map[Situation]Choices{}
			for _, choices := range append([]Choices{nil}, s.playAll(t.Context(), []Choices{nil}, true)...) {
				s.playOn(t, choices, met, afterwards)
			}
			for situation, choices := range afterwards {
				if !met[situation] {
					t.Errorf("%s: after it has come to a known situation, it comes to another one that is not known", choices)
				}
			}
			t.Logf("%d situations, %d without times; %d were met again when worlds were played on", len(s.known), len(met), len(afterwards))
		})
	}
}

// playOn plays a world to its end and notes the situations that it meets: until it comes to one
// that is known, and afterwards.
func (s *searching) playOn(t *testing.T, choices Choices, met map[Situation]bool, afterwards map[Situation]Choices) {
	t.Helper()
	w, way := s.world(choices)
	known := false
	r := runner{w: w, began: w.now, isKnown: func() bool {
		known = known || way.isKnown()
		if known {
			afterwards[w.situationWithoutTimes()] = choices
		} else {
			met[w.situationWithoutTimes()] = true
		}
		return false
	}}
	if _, err := r.work(t.Context(), w.now.Add(time.Hour)); err != nil {
		t.Fatalf("%s: %v", choices, err)
	}
}
