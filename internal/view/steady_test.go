package view

import (
	"regexp"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// While the API server does not answer, no pass is saved, and afterwards the gap counts against no limit.
// The time in the status line stands still meanwhile, and goes on.
func TestTimesNeverRunBackwards(t *testing.T) {
	began := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *metav1.MicroTime { return &metav1.MicroTime{Time: began.Add(d)} }
	var u v1alpha1.NodeGroupUpdate
	u.Status.Waits = []v1alpha1.Wait{{Message: "zone b has no new node", Since: at(0)}}
	var line Steady
	before, last := time.Duration(0), time.Duration(0)
	for now := time.Duration(0); now <= 3*time.Minute; now += time.Second {
		switch {
		case now <= 30*time.Second, now > 90*time.Second:
			u.Status.LastPass = at(now.Truncate(5 * time.Second))
		}
		if now == 91*time.Second {
			u.Status.Gaps = []v1alpha1.Gap{{From: at(30 * time.Second), To: at(91 * time.Second)}}
			u.Status.LastPass = at(now)
		}
		shown := regexp.MustCompile(`\((\w+)\)`).FindStringSubmatch(line.Line(u, v1alpha1.NodeGroup{}, began.Add(now)))
		if shown == nil {
			t.Fatal("it shows no time")
		}
		lasts, err := time.ParseDuration(shown[1])
		if err != nil || lasts < before {
			t.Fatalf("after %s it shows %s, and before that %s (%v)", now, lasts, before, err)
		}
		before, last = lasts, now
	}
	if counts := last - 61*time.Second; before != counts {
		t.Errorf("after %s with a gap of 61s it shows %s, want %s", last, before, counts)
	}
}
