package show

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestPlanWords(t *testing.T) {
	const to = "ami-0bbb (1.37.1-20260915)"
	for name, tc := range map[string]struct {
		change func(*Plan)
		says   func(Plan) string
		want   string
	}{
		"from one image to another": {func(*Plan) {}, Plan.imageWords, "ami-0aaa (1.36) -> " + to},
		"an image that an earlier update left in the template": {func(p *Plan) {
			p.From, p.Images = p.To, []string{"ami-0aaa", "ami-0ccc"}
		}, Plan.imageWords, "ami-0aaa, ami-0ccc -> " + to + ", which the group launches already"},
		"some nodes": {func(p *Plan) { p.Outdated = 0 }, Plan.Nothing, "Nothing to do: all 3 nodes of workers run " + to + " already."},
		"one node":   {func(p *Plan) { p.Nodes, p.Outdated = 1, 0 }, Plan.Nothing, "Nothing to do: the one node of workers runs " + to + " already."},
		"no node":    {func(p *Plan) { p.Nodes, p.Outdated = 0, 0 }, Plan.Nothing, "Nothing to do: workers has no node, and launches " + to + " already."},
		"a surge of one": {func(p *Plan) { p.Surge = 1 }, Plan.surgeWords,
			"1 node first (3 -> 4), at most 4 extra (7)"},
		"LEAN": {func(p *Plan) { p.Policy.Strategy = upgrade.Lean }, Plan.surgeWords,
			"2 nodes first (3 -> 5), never more than are still outdated"},
		"bad health": {func(p *Plan) {
			p.Policy.Health = upgrade.Health{Then: upgrade.BadHealthRollsBack, MaxUnready: &upgrade.Count{Value: 5, Percent: true}, After: 10 * time.Minute}
		}, healthOf,
			"when more than 5% of the pods that are Ready now are not any more, or a new node that had been usable is not Ready, for 10m, it is rolled back"},
		"new nodes alone": {func(p *Plan) {
			p.Policy.Health = upgrade.Health{Then: upgrade.BadHealthPauses, After: time.Minute}
		}, healthOf, "when a new node that had been usable is not Ready for 1m, it is paused until somebody resumes it"},
	} {
		p := samplePlan()
		tc.change(&p)
		if got := tc.says(p); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func healthOf(p Plan) string { return HealthWords(p.Policy.Health) }
