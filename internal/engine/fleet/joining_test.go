package fleet

import (
	"testing"
	"time"
)

func TestJoining(t *testing.T) {
	died := func(d time.Duration) func(*Member) {
		return func(m *Member) { m.Node.Ready, m.Node.ReadySince = false, ago(d) }
	}
	tests := map[string]struct {
		member                func(*Fleet)
		began                 time.Duration
		wantJoining, wantTime bool
	}{
		"A usable member is not joining":                                    {has("i", "a", newImage), time.Hour, false, false},
		"A new instance without a node has until the join limit":            {has("i", "a", newImage, noNode, launched(14*time.Minute)), time.Hour, true, true},
		"At the join limit its time is up":                                  {has("i", "a", newImage, noNode, launched(15*time.Minute)), time.Hour, true, false},
		"An older instance has its time from the start of the update":       {has("i", "a", newImage, noNode, launched(14*time.Minute)), 5 * time.Minute, true, true},
		"A node that is not Ready has its time since then":                  {has("i", "a", newImage, launched(50*time.Minute), died(14*time.Minute)), time.Hour, true, true},
		"A node that died long before the update began has no time left":    {has("i", "a", newImage, launched(50*time.Minute), died(20*time.Minute)), 10 * time.Minute, true, false},
		"A Ready node that a person cordoned is not joining":                {has("i", "a", newImage, cordoned), time.Hour, false, false},
		"A cordoned node that is not Ready is joining":                      {has("i", "a", newImage, cordoned, notReady), time.Hour, true, true},
		"An outdated member that is not Ready does not become a usable one": {has("i", "a", oldImage, notReady), time.Hour, true, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(c.member, func(f *Fleet) { f.Run.Started = ago(c.began) })
			m := f.ByID["i"]
			if f.IsJoining(m) != c.wantJoining || f.MayJoin(m) != c.wantTime {
				t.Errorf("joining, may join: got %v, %v, want %v, %v", f.IsJoining(m), f.MayJoin(m), c.wantJoining, c.wantTime)
			}
		})
	}
}
