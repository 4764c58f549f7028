package ring

import (
	"net/http"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// outage is a time in which a server cannot be reached: by one process's place, or by all.
type outage struct {
	from, until time.Time
	to, place   string
}

// makeTrouble decides about outages and old versions.
func (w *World) makeTrouble() {
	of := w.dice.about("trouble")
	if w.stale > 0 {
		_, err := w.cloud.SetFault(fakeaws.Fault{Name: fakeaws.FaultStale, Action: "autoscaling:Describe*", Chance: 0.3, Delay: fakeaws.Duration(w.stale), For: fakeaws.Duration(rough)})
		w.must(err)
	}
	if w.directed != nil {
		return
	}
	for range of.IntN(4) {
		from := time.Now().Add(of.between(0, rough))
		w.outages = append(w.outages, outage{
			from: from, until: from.Add(of.between(time.Second, 3*time.Minute)),
			to: []string{"kube", "aws"}[of.IntN(2)], place: []string{"", "", "controller-a", "controller-b", "command"}[of.IntN(5)],
		})
	}
	for range of.IntN(4) {
		after := of.between(0, rough)
		w.everybody.Go(func() {
			time.Sleep(after)
			w.story.tell("", "the API server forgets old versions")
			w.kube.Compact()
		})
	}
}

// outage reports whether a request meets one.
func (w *World) outage(p *process, c *call) bool {
	now := time.Now()
	for _, o := range w.outages {
		if now.After(o.from) && now.Before(o.until) && strings.HasPrefix(c.name, o.to) && strings.HasPrefix(p.name, o.place) {
			return true
		}
	}
	return false
}

// late is how late a watch gets a change: mostly hardly, and for some time much.
func (w *World) late(r *http.Request, version uint64) time.Duration {
	of := w.dice.fixed("lag %s %s %d", r.Header.Get(headerProcess), r.URL.Path, time.Since(w.story.begun)/(time.Minute))
	if w.isCalm() || !of.happens(0.4) {
		return w.dice.fixed("lag %d", version).between(0, 20*time.Millisecond)
	}
	return of.between(0, w.lag)
}
