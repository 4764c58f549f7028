package fakeaws

import (
	"context"
	"sync"
)

// Watch reports all instances, and then each instance whose EC2 state or lifecycle
// state changes. A slow reader misses intermediate states, but never the last one,
// and does not slow down the cloud. The channel is closed when ctx ends.
func (c *Cloud) Watch(ctx context.Context) <-chan Instance {
	w := newWatcher()
	c.mu.Lock()
	for _, m := range c.instances {
		w.put(m.snapshot())
	}
	c.watchers[w] = struct{}{}
	c.mu.Unlock()

	out := make(chan Instance)
	go func() {
		defer close(out)
		defer c.unwatch(w)
		w.deliver(ctx, out)
	}()
	return out
}

func (c *Cloud) unwatch(w *watcher) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watchers, w)
}

// changed tells every watcher of an instance's new state.
func (c *Cloud) changed(m *machine) {
	for w := range c.watchers {
		w.put(m.snapshot())
	}
}

// watcher holds what one reader has not read yet: the latest state of each
// instance, in the order in which they first changed.
type watcher struct {
	mu     sync.Mutex
	order  []string
	latest map[string]Instance
	more   chan struct{} // has room for one signal that there is something to read
}

func newWatcher() *watcher {
	return &watcher{latest: map[string]Instance{}, more: make(chan struct{}, 1)}
}

func (w *watcher) put(i Instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, waiting := w.latest[i.ID]; !waiting {
		w.order = append(w.order, i.ID)
	}
	w.latest[i.ID] = i
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *watcher) take() (Instance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.order) == 0 {
		return Instance{}, false
	}
	i := w.latest[w.order[0]]
	delete(w.latest, i.ID)
	w.order = w.order[1:]
	return i, true
}

// deliver sends until ctx ends.
func (w *watcher) deliver(ctx context.Context, out chan<- Instance) {
	for {
		i, ok := w.take()
		if !ok {
			select {
			case <-w.more:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case out <- i:
		case <-ctx.Done():
			return
		}
	}
}
