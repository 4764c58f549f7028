package kube

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestWhatWasEvictedIsNotShownAsUntouched(t *testing.T) {
	now := at(0)
	e := newEvicted()
	e.now = func() time.Time { return now }
	pod := upgrade.Pod{UID: "a", Grace: 30 * time.Second}
	e.add(pod)

	if got, want := e.overlay(pod).Deleting, now.Add(30*time.Second); got != want {
		t.Errorf("while the watch lags behind: deleting %v, want %v", got, want)
	}
	if got := e.overlay(upgrade.Pod{UID: "b"}); !got.Deleting.IsZero() {
		t.Errorf("another pod: deleting %v", got.Deleting)
	}
	shown := pod
	shown.Deleting = now.Add(20 * time.Second)
	if got := e.overlay(shown); got.Deleting != shown.Deleting {
		t.Errorf("what the watch shows was overwritten with %v", got.Deleting)
	}
	if len(e.pods) != 0 {
		t.Errorf("remembers %v though the watch shows it", e.pods)
	}
}

func TestEvictionsAreNotRememberedForEver(t *testing.T) {
	now := at(0)
	e := newEvicted()
	e.now = func() time.Time { return now }
	e.add(upgrade.Pod{UID: "a"})
	now = now.Add(evictedFor + time.Second)
	if got := e.overlay(upgrade.Pod{UID: "a"}); !got.Deleting.IsZero() {
		t.Errorf("still deleting %v", got.Deleting)
	}
	if e.add(upgrade.Pod{UID: "b"}); len(e.pods) != 1 {
		t.Errorf("remembers %d", len(e.pods))
	}
}
