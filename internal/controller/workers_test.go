package controller

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// cluster is what a watch shows of updates, and who listens.
type cluster struct {
	cache.Cache
	cache.Informer

	mu      sync.Mutex
	updates []v1alpha1.NodeGroupUpdate
	listen  toolscache.ResourceEventHandler
}

func (c *cluster) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return c, nil
}

func (c *cluster) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	c.listen = handler
	return nil, nil
}

func (c *cluster) RemoveEventHandler(toolscache.ResourceEventHandlerRegistration) error { return nil }

func (c *cluster) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	list.(*v1alpha1.NodeGroupUpdateList).Items = slices.Clone(c.updates)
	return nil
}

// add writes an update.
func (c *cluster) add(group, name string, age time.Duration) {
	u := v1alpha1.NodeGroupUpdate{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Now().Add(-age))}}
	u.Spec.NodeGroup = group
	c.mu.Lock()
	c.updates = append(c.updates, u)
	c.mu.Unlock()
	c.listen.OnAdd(&u, false)
}

// finish ends an update.
func (c *cluster) finish(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.updates {
		if c.updates[i].Name == name {
			c.updates[i].Status.Phase = v1alpha1.PhaseDone
		}
	}
}

// served serves a cluster until the test ends, with work that is noted.
type served struct {
	*cluster
	mu   sync.Mutex
	now  []string // that is under way
	done []string
	errs int
	end  func()
}

func serve(t *testing.T, work func(context.Context, string) error) *served {
	s := &served{cluster: &cluster{}}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		err := Serve(ctx, Service{Cache: s.cluster, OnError: func(*v1alpha1.NodeGroupUpdate, error) { s.note(func() { s.errs++ }) },
			Work: func(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error {
				s.note(func() { s.now = append(s.now, u.Name) })
				err := work(ctx, u.Name)
				s.note(func() {
					s.now = slices.DeleteFunc(s.now, func(name string) bool { return name == u.Name })
					s.done = append(s.done, u.Name)
				})
				return err
			}})
		if err != nil {
			t.Error(err)
		}
	})
	s.end = func() {
		cancel()
		serving.Wait()
	}
	synctest.Wait()
	return s
}

func (s *served) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *served) is(t *testing.T, now, done []string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.now)
	if !slices.Equal(s.now, now) || !slices.Equal(s.done, done) {
		t.Errorf("under way %v, done %v; want %v and %v", s.now, s.done, now, done)
	}
}

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := map[string]chan error{"a-1": make(chan error), "a-2": make(chan error), "b-1": make(chan error)}
		s := serve(t, func(ctx context.Context, name string) error {
			select {
			case err := <-let[name]:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s.add("a", "a-1", time.Hour)
		s.is(t, []string{"a-1"}, nil)
		s.add("b", "b-1", 0) // another group, at the same time
		s.add("a", "a-2", 0) // the same group: waits
		s.is(t, []string{"a-1", "b-1"}, nil)

		let["a-1"] <- errors.New("it does not work")
		time.Sleep(2 * pauseBetween)
		s.is(t, []string{"a-1", "b-1"}, []string{"a-1"}) // once more
		if s.errs != 1 {
			t.Errorf("%d errs were told", s.errs)
		}
		s.finish("a-1")
		let["a-1"] <- nil
		time.Sleep(pauseBetween)
		s.is(t, []string{"a-2", "b-1"}, []string{"a-1", "a-1"})

		s.finish("b-1")
		let["b-1"] <- nil
		time.Sleep(pauseBetween)
		s.is(t, []string{"a-2"}, []string{"a-1", "a-1", "b-1"})
		s.end() // waits for a-2
		s.is(t, nil, []string{"a-1", "a-1", "b-1", "a-2"})
		s.add("c", "c-1", 0)
		s.is(t, nil, []string{"a-1", "a-1", "b-1", "a-2"})
	})
}
