package fleet

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestNextToRemove(t *testing.T) {
	four := func(changes ...func(*Member)) func(*Fleet) { // two in a, the second changed, one in b and c
		return func(f *Fleet) {
			has("a1", "a", newImage)(f)
			has("a2", "a", newImage, changes...)(f)
			has("b1", "b", newImage)(f)
			has("c1", "c", newImage)(f)
		}
	}
	late := has("late", "b", newImage, noNode, launched(16*time.Minute))
	longAgo := func(f *Fleet) { f.Run.Started = ago(time.Hour) }
	tests := map[string]struct {
		given      []func(*Fleet)
		obstructed string
		want       string
	}{
		"From the fullest zone the node with the fewest pods": {
			given: []func(*Fleet){four(), runs("a1", 3), runs("a2", 2)}, want: "a2"},
		"The fullest zone comes before an emptier node elsewhere": {
			given: []func(*Fleet){four(), runs("a1", 3), runs("a2", 2), runs("b1", 1)}, want: "a2"},
		"The node of the controller comes after others of its zone": {
			given: []func(*Fleet){four(controller), runs("a1", 3)}, want: "a1"},
		"An instance without a node comes before the nodes of its zone": {
			given: []func(*Fleet){four(noNode)}, want: "a2"},
		"A node whose drain would be blocked comes later": {
			given: []func(*Fleet){four(), runs("a1", 3)}, obstructed: "a2", want: "a1"},
		"A node in flight is not chosen again": {
			given: []func(*Fleet){four(), inFlight("a2"), inFlight("b1"), inFlight("c1"), runs("a1", 3)}, want: "a1"},
		"A node that could not be drained is not chosen": {
			given: []func(*Fleet){four(), runs("a1", 3), func(f *Fleet) { f.Run.Undrainable = []string{"a2"} }}, want: "a1"},
		"After a failure an instance that did not join in time comes first, whatever its zone": {
			given: []func(*Fleet){longAgo, has("a1", "a", newImage), has("a2", "a", newImage), has("a3", "a", newImage), late, ended(upgrade.Failed)}, want: "late"},
		"After a success the fullest zone counts": {
			given: []func(*Fleet){longAgo, has("a1", "a", newImage), has("a2", "a", newImage, controller), late, ended(upgrade.Successful)}, want: "a1"},
		"After a cancellation an instance that did not join in time comes first": {
			given: []func(*Fleet){longAgo, has("a1", "a", newImage), has("a2", "a", newImage), late, ended(upgrade.Cancelled)}, want: "late"},
		"A scaling spares an instance that is protected from scale in": {
			given: []func(*Fleet){scaling, four(protected), runs("a1", 3)}, want: "a1"},
		"A scaling spares the last node of a zone that a volume needs": {
			given: []func(*Fleet){scaling, has("a1", "a", newImage), has("b1", "b", newImage), runs("a1", 1, "a"), runs("b1", 3)}, want: "b1"},
		"A scaling spares a quarantined node while there are others": {
			given: []func(*Fleet){scaling, four(), quarantined("a2", false), runs("a1", 3)}, want: "a1"},
		"A scaling tries a quarantined node once more when all others are protected": {
			given: []func(*Fleet){scaling, has("a1", "a", newImage, protected), has("b1", "b", newImage), quarantined("b1", false)}, want: "b1"},
		"A scaling does not try a quarantined node a third time": {
			given: []func(*Fleet){scaling, has("a1", "a", newImage, protected), has("b1", "b", newImage), quarantined("b1", true)}, want: ""},
		"When all are protected a scaling removes none": {
			given: []func(*Fleet){scaling, has("a1", "a", newImage, protected)}, want: ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			every := func(*Member) bool { return true }
			if m := given(c.given...).NextToRemove(every, func(m *Member) bool { return m.ID == c.obstructed }); m != nil {
				got = m.ID
			}
			if got != c.want {
				t.Errorf("next to remove: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNextToRemoveStaysInTheFullestZone(t *testing.T) {
	f := given(has("a1", "a", newImage), has("a2", "a", newImage), has("b1", "b", newImage))
	inB := func(m *Member) bool { return m.Zone == "b" }
	if m := f.NextToRemove(inB, func(*Member) bool { return false }); m != nil {
		t.Errorf("no node of the fullest zone may be removed: got %s, want none, as the zones would end uneven", m.ID)
	}
}
