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

// Said is what whoever works on an update says about it, in Events.
type Said struct {
	list func(context.Context) (*eventsv1.EventList, error)

	mu    sync.Mutex
	known map[types.UID]bool
	news  []upgrade.Event
}

// Said listens to what is said about an update until ctx ends. What was said before
// is left out unless all is set. [upgrade.ErrForbidden] when Events may not be read.
func (c *Cluster) Said(ctx context.Context, update *v1alpha1.NodeGroupUpdate, all bool) (*Said, error) {
	only := func(o *metav1.ListOptions) { o.FieldSelector = "regarding.uid=" + string(update.UID) }
	s := &Said{known: map[types.UID]bool{}, list: func(ctx context.Context) (*eventsv1.EventList, error) {
		var o metav1.ListOptions
		only(&o)
		return c.set.EventsV1().Events(metav1.NamespaceDefault).List(ctx, o)
	}}
	if err := s.hearAll(ctx, all); err != nil {
		return nil, err
	}
	_, informer := toolscache.NewInformerWithOptions(toolscache.InformerOptions{
		ListerWatcher: toolscache.NewFilteredListWatchFromClient(c.set.EventsV1().RESTClient(), "events", metav1.NamespaceDefault, only),
		ObjectType:    &eventsv1.Event{},
		Handler: toolscache.ResourceEventHandlerFuncs{AddFunc: func(object any) {
			if event, ok := object.(*eventsv1.Event); ok {
				s.hear(event, true)
			}
		}},
	})
	go informer.RunWithContext(ctx)
	return s, nil
}

// News returns what was said since it was last asked, in the order in which it was
// said.
func (s *Said) News() []upgrade.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.news
	s.news = nil
	slices.SortStableFunc(news, func(a, b upgrade.Event) int { return a.Time.Compare(b.Time) })
	return news
}

// Rest returns what is left of the news, also what no watch has told yet.
func (s *Said) Rest(ctx context.Context) []upgrade.Event {
	_ = s.hearAll(ctx, true)
	return s.News()
}

// hearAll hears everything that was said, or notes that it is no news.
func (s *Said) hearAll(ctx context.Context, news bool) error {
	list, err := s.list(ctx)
	if err != nil {
		return explain(err, "list events in namespace %s", metav1.NamespaceDefault)
	}
	for i := range list.Items {
		s.hear(&list.Items[i], news)
	}
	return nil
}

func (s *Said) hear(event *eventsv1.Event, news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[event.UID] {
		return
	}
	s.known[event.UID] = true
	if !news {
		return
	}
	heard := upgrade.Event{
		Time: event.EventTime.Time, Warning: event.Type == corev1.EventTypeWarning, Reason: event.Reason, Message: event.Note,
	}
	if event.Related != nil {
		heard.Node = event.Related.Name
	}
	s.news = append(s.news, heard)
}
