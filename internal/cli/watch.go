package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

const (
	// silenceBorne is for how long nobody may work on an update that is watched: the
	// controller's pod may be on its way to another node.
	silenceBorne = 2 * time.Minute
	// presenceEvery is how often to look whether the controller is there.
	presenceEvery = 3 * time.Second
	// lastWords is how long to wait for what is said about an update that has ended.
	lastWords = 10 * time.Second
)

// watcher shows what the controller in the cluster does about an update.
type watcher struct {
	*carrier
	until    func(*v1alpha1.NodeGroupUpdate) bool
	said     *kube.UpdateEvents
	presence *kube.Presence
	looked   time.Time // when presence was asked
	silent   bool      // as was told
	still    bool      // as was told
	ended    time.Time // when the update was first seen to have ended
}

// watch shows what the controller does until the update, or one that rolls it back, is
// as it is waited for. all: what was said about it before is shown, too.
func (c *carrier) watch(wanted context.Context, all bool, until func(*v1alpha1.NodeGroupUpdate) bool) error {
	c.watches = true
	for {
		if err := c.watchOne(wanted, all, until); err != nil || !c.update.Ended() {
			return err
		}
		next, err := c.undoingNow(wanted, c.update.Name)
		if err != nil || next == nil {
			return err
		}
		c.say("Update %s is %s. Update %s is rolling it back.", c.update.Name, c.update.Status.Status, next.Name)
		c.update, all = next, true
	}
}

// undoingNow is undoing, from the API server.
func (s *connection) undoingNow(ctx context.Context, name string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.cluster.Updates(ctx)
	return undoes(updates, name), err
}

func (c *carrier) watchOne(wanted context.Context, all bool, until func(*v1alpha1.NodeGroupUpdate) bool) error {
	listening, end := context.WithCancel(wanted)
	defer end()
	said, err := c.cluster.UpdateEvents(listening, c.update, all)
	if err != nil {
		return c.orDetached(wanted, err)
	}
	w := &watcher{carrier: c, until: until, said: said, presence: c.cluster.Presence(), looked: time.Now(), still: isStill(c.update)}
	defer c.status("")
	for every := time.NewTicker(time.Second); ; {
		done, err := w.look(wanted)
		if done || err != nil {
			return c.orDetached(wanted, err)
		}
		select {
		case <-wanted.Done():
			return c.orDetached(wanted, nil)
		case <-every.C:
		}
	}
}

// orDetached is an error, unless somebody has ended the command: the update continues.
func (c *carrier) orDetached(wanted context.Context, err error) error {
	if wanted.Err() == nil {
		return err
	}
	return stoppedError{how: fmt.Sprintf("update %s is %s and continues in the cluster", c.update.Name, view.Standing(*c.update)), goesOn: true}
}

// look shows what is new and reports whether there is nothing left to wait for.
func (w *watcher) look(wanted context.Context) (done bool, err error) {
	ctx, cancel := context.WithTimeout(wanted, patience)
	defer cancel()
	update, group, err := w.read(ctx)
	if errors.Is(err, upgrade.ErrNotFound) {
		return false, fmt.Errorf("update %s was deleted by somebody; what it had borrowed was restored first", w.update.Name)
	}
	if trouble := w.troubles.news(err == nil, err); trouble != "" && wanted.Err() == nil {
		w.say("%s", trouble)
	}
	if err != nil {
		return false, nil
	}
	w.update = update
	w.tell(w.said.News())
	w.showNews(*group)
	if w.reached() {
		w.tell(w.said.Rest(ctx))
		return true, nil
	}
	return false, w.lookForWorker(ctx)
}

// reached reports whether the update is as it is waited for. The last words about one
// that has ended are written before its finalizer goes.
func (w *watcher) reached() bool {
	if !w.update.Ended() {
		return w.until(w.update)
	}
	if w.ended.IsZero() {
		w.ended = time.Now()
	}
	return !controllerutil.ContainsFinalizer(w.update, v1alpha1.Finalizer) || time.Since(w.ended) > lastWords
}

func (w *watcher) tell(events []upgrade.Event) {
	for _, e := range events {
		w.print.event(w.label, view.Event(e))
	}
}

// showNews shows what the update itself says.
func (w *watcher) showNews(group v1alpha1.NodeGroup) {
	now := time.Now()
	for _, e := range w.waits.news(kube.Run(w.update.Status), now) {
		w.print.event(w.label, e)
	}
	w.status(view.StatusLine(*w.update, group, now))
	still := isStill(w.update) && !w.update.Ended()
	switch {
	case w.untilStill:
	case still && !w.still:
		w.sayStill(w.update.Stopped())
	case !still && w.still && isMoving(w.update):
		w.say("Update %s continues.", w.update.Name)
	default:
		return
	}
	w.still = still
}

// lookForWorker tells when nobody works on the update any more, and ends the wait when
// that lasts.
func (w *watcher) lookForWorker(ctx context.Context) error {
	if time.Since(w.looked) < presenceEvery {
		return nil
	}
	w.looked = time.Now()
	silence := w.presence.Silent(ctx)
	holder, err := w.cluster.Holder(ctx, w.name)
	if err != nil {
		return nil // it cannot be told
	}
	const advice = "'kubectl -n " + v1alpha1.Namespace + " get pods' says why"
	switch alone := silence > 0 && holder == ""; {
	case alone && silence > silenceBorne:
		return stoppedError{how: fmt.Sprintf("update %s stopped %s and nobody is working on it: the controller in the cluster has been silent for %s (%s)",
			w.update.Name, view.Standing(*w.update), text.Rough(silence), advice)}
	case alone && !w.silent:
		w.say("The controller in the cluster is silent, so nobody is working on update %s: waiting %s for it to come back. %s.", w.update.Name, text.Rough(silenceBorne), advice)
	case !alone && w.silent:
		w.say("Somebody is working on update %s again.", w.update.Name)
	default:
		return nil
	}
	w.silent = !w.silent
	return nil
}
