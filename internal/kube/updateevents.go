package kube

import (
	"context"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// UpdateEvents collects the Events of one update, which whoever works on it writes.
type UpdateEvents struct {
	list func(context.Context) (*eventsv1.EventList, error)

	mu    sync.Mutex
	known map[types.UID]bool
	news  []upgrade.Event
}

// UpdateEvents collects the Events of an update until ctx ends. Those that exist already
// are left out unless all is set. It is [upgrade.ErrForbidden] if Events may not be read.
func (c *Cluster) UpdateEvents(ctx context.Context, update *v1alpha1.NodeGroupUpdate, all bool) (*UpdateEvents, error) {
	only := func(o *metav1.ListOptions) { o.FieldSelector = "regarding.uid=" + string(update.UID) }
	s := &UpdateEvents{known: map[types.UID]bool{}, list: func(ctx context.Context) (*eventsv1.EventList, error) {
		var o metav1.ListOptions
		only(&o)
		return c.set.EventsV1().Events(metav1.NamespaceDefault).List(ctx, o)
	}}
	if err := s.addAll(ctx, all); err != nil {
		return nil, err
	}
	_, informer := toolscache.NewInformerWithOptions(toolscache.InformerOptions{
		ListerWatcher: toolscache.NewFilteredListWatchFromClient(c.set.EventsV1().RESTClient(), "events", metav1.NamespaceDefault, only),
		ObjectType:    &eventsv1.Event{},
		Handler: toolscache.ResourceEventHandlerFuncs{AddFunc: func(object any) {
			if event, ok := object.(*eventsv1.Event); ok {
				s.add(event, true)
			}
		}},
	})
	go informer.RunWithContext(ctx)
	return s, nil
}

// News returns the Events since the last call, in the order in which they were written.
func (s *UpdateEvents) News() []upgrade.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.news
	s.news = nil
	slices.SortStableFunc(news, func(a, b upgrade.Event) int { return a.Time.Compare(b.Time) })
	return news
}

// Rest returns the Events since the last call, including those that the watch has not shown
// yet.
func (s *UpdateEvents) Rest(ctx context.Context) []upgrade.Event {
	_ = s.addAll(ctx, true)
	return s.News()
}

// addAll adds all existing Events, or only notes that they are known.
func (s *UpdateEvents) addAll(ctx context.Context, news bool) error {
	list, err := s.list(ctx)
	if err != nil {
		return explain(err, "list events in namespace %s", metav1.NamespaceDefault)
	}
	for i := range list.Items {
		s.add(&list.Items[i], news)
	}
	return nil
}

func (s *UpdateEvents) add(event *eventsv1.Event, news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[event.UID] {
		return
	}
	s.known[event.UID] = true
	if !news {
		return
	}
	e := upgrade.Event{
		Time: event.EventTime.Time, Warning: event.Type == corev1.EventTypeWarning, Reason: event.Reason, Message: event.Note,
	}
	if event.Related != nil {
		e.Node = event.Related.Name
	}
	s.news = append(s.news, e)
}
