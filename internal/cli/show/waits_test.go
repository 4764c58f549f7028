package show

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestWaitsAreToldNowAndThen(t *testing.T) {
	began := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	pod := upgrade.Wait{Key: "pod", Message: "pod shop/web-1 may not go", Since: began, Limit: 15 * time.Minute}
	zone := upgrade.Wait{Key: "zone", Message: "zone b has no new node", Since: began.Add(20 * time.Second)}
	var w Waits
	told := map[string][]string{}
	for _, look := range []struct {
		after time.Duration
		waits []upgrade.Wait
	}{
		{5 * time.Second, []upgrade.Wait{pod}},
		{10 * time.Second, []upgrade.Wait{pod}},
		{30 * time.Second, []upgrade.Wait{pod, zone}},
		{35 * time.Second, []upgrade.Wait{pod}},
		{6 * time.Minute, []upgrade.Wait{pod, zone}},
		{8*time.Hour + 12*time.Minute, []upgrade.Wait{pod}},
	} {
		var gaps []upgrade.Gap
		if look.after > time.Hour { // a night in which nobody worked on it
			gaps = []upgrade.Gap{{From: began.Add(7 * time.Minute), To: began.Add(8*time.Hour + 7*time.Minute)}}
		}
		for _, e := range w.News(upgrade.Run{Waits: look.waits, Gaps: gaps}, began.Add(look.after)) {
			told[look.after.String()] = append(told[look.after.String()], e.Message)
		}
	}
	want := map[string][]string{
		"10s":  {"pod shop/web-1 may not go (10s of 15m)"},
		"30s":  {"zone b has no new node (10s)"},
		"6m0s": {"pod shop/web-1 may not go (6m of 15m)", "zone b has no new node (5m40s)"},

		"8h12m0s": {"pod shop/web-1 may not go (12m of 15m)"},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}
