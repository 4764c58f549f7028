package kube

import (
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// evictedFor is how long an eviction is remembered. A watch that is more than this behind
// is broken, not slow.
const evictedFor = 10 * time.Minute

// evicted remembers the pods that this process has evicted until a read shows it, so that
// none looks untouched because a watch is behind. It holds at most the evictions of the
// last ten minutes.
type evicted struct {
	mu   sync.Mutex
	pods map[string]eviction // by UID
	now  func() time.Time
}

type eviction struct {
	at       time.Time
	deleting time.Time // when its grace period is over
}

func newEvicted() *evicted {
	return &evicted{pods: map[string]eviction{}, now: time.Now}
}

// add remembers that a pod was evicted or deleted just now.
func (e *evicted) add(pod upgrade.Pod) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	for uid, old := range e.pods {
		if now.Sub(old.at) > evictedFor {
			delete(e.pods, uid)
		}
	}
	e.pods[pod.UID] = eviction{at: now, deleting: now.Add(pod.Grace)}
}

// overlay shows a pod as terminating if it was evicted, and forgets the eviction once the
// read itself shows it.
func (e *evicted) overlay(pod upgrade.Pod) upgrade.Pod {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch seen, there := e.pods[pod.UID]; {
	case there && !pod.Deleting.IsZero():
		delete(e.pods, pod.UID)
	case there && e.now().Sub(seen.at) <= evictedFor:
		pod.Deleting = seen.deleting
	}
	return pod
}
