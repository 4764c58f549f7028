package carry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

const (
	// silenceAllowed is how long nobody may work on an update that is watched: the
	// controller's pod may be moving to another node.
	silenceAllowed = 2 * time.Minute
	// presenceEvery is how often to look whether the controller is there.
	presenceEvery = 3 * time.Second
	// readWithin is how long one look may take.
	readWithin = 30 * time.Second
	// lastWords is how long to wait for the last Events about an update that has ended.
	lastWords = 10 * time.Second
)

// watcher shows what the controller in the cluster does about an update.
type watcher struct {
	*Carrier
	until    func(*v1alpha1.NodeGroupUpdate) bool
	said     *kube.UpdateEvents
	presence *kube.Presence
	looked   time.Time // when presence was last read
	silent   bool      // it was said that nobody works on the update
	paused   bool      // it was said that the update is paused
	ended    time.Time // when the update was first seen to have ended
}

// Watch shows what the controller in the cluster does, until the update or the one that
// rolls it back satisfies until. With all, earlier Events are shown, too.
func (c *Carrier) Watch(wanted context.Context, all bool, until func(*v1alpha1.NodeGroupUpdate) bool) error {
	c.watches = true
	for {
		if err := c.watchOne(wanted, all, until); err != nil || !c.Update.Ended() {
			return err
		}
		updates, err := c.Cluster.Updates(wanted)
		next := find.RollbackOf(updates, c.Update.Name)
		if err != nil || next == nil {
			return err
		}
		c.Say("Update %s is %s. Update %s is rolling it back.", c.Update.Name, c.Update.Status.Status, next.Name)
		c.Update, all = next, true
	}
}

func (c *Carrier) watchOne(wanted context.Context, all bool, until func(*v1alpha1.NodeGroupUpdate) bool) error {
	listening, end := context.WithCancel(wanted)
	defer end()
	said, err := c.Cluster.UpdateEvents(listening, c.Update, all)
	if err != nil {
		return c.orDetached(wanted, err)
	}
	w := &watcher{Carrier: c, until: until, said: said, presence: c.Cluster.Presence(), looked: time.Now(), paused: IsPaused(c.Update)}
	defer c.Status("")
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

// orDetached is the error. If the command was ended, it says that the update continues.
func (c *Carrier) orDetached(wanted context.Context, err error) error {
	if wanted.Err() == nil {
		return err
	}
	return detached(c.Update)
}

// look shows what is new and reports whether there is nothing left to wait for.
func (w *watcher) look(wanted context.Context) (done bool, err error) {
	ctx, cancel := context.WithTimeout(wanted, readWithin)
	defer cancel()
	update, group, err := w.Read(ctx)
	if errors.Is(err, upgrade.ErrNotFound) {
		return false, fmt.Errorf("update %s was deleted by somebody; what it had borrowed was restored first", w.Update.Name)
	}
	if trouble := w.troubles.news(err == nil, err); trouble != "" && wanted.Err() == nil {
		w.Say("%s", trouble)
	}
	if err != nil {
		return false, nil
	}
	w.Update = update
	w.tell(w.said.News(), kube.Run(w.Update.Status))
	w.showNews(*group)
	if w.reached() {
		w.tell(w.said.Rest(ctx), upgrade.Run{})
		return true, nil
	}
	return false, w.lookForWorker(ctx)
}

// reached reports whether the watch is over. The last Events about an update are written
// before its finalizer is removed.
func (w *watcher) reached() bool {
	if !w.Update.Ended() {
		return w.until(w.Update)
	}
	if w.ended.IsZero() {
		w.ended = time.Now()
	}
	return !controllerutil.ContainsFinalizer(w.Update, v1alpha1.Finalizer) || time.Since(w.ended) > lastWords
}

// showNews shows the status line, and says when the update is paused or continues.
func (w *watcher) showNews(group v1alpha1.NodeGroup) {
	now := time.Now()
	w.Status(w.line.Line(*w.Update, group, now))
	paused := IsPaused(w.Update) && !w.Update.Ended()
	switch {
	case w.UntilPaused:
	case paused && !w.paused:
		w.sayPaused(w.Update.Stopped())
	case !paused && w.paused && IsWorkedOn(w.Update):
		w.Say("Update %s continues.", w.Update.Name)
	default:
		return
	}
	w.paused = paused
}

// lookForWorker says when nobody works on the update any more. If that lasts, it is an
// error.
func (w *watcher) lookForWorker(ctx context.Context) error {
	if time.Since(w.looked) < presenceEvery {
		return nil
	}
	w.looked = time.Now()
	silence := w.presence.Silent(ctx)
	holder, err := w.Cluster.Holder(ctx, w.Name)
	if err != nil {
		return nil // it is not known
	}
	const advice = "'kubectl -n " + v1alpha1.Namespace + " get pods' says why"
	switch alone := silence > 0 && holder == ""; {
	case alone && silence > silenceAllowed:
		return stoppedError{how: fmt.Sprintf("update %s stopped %s and nobody is working on it: the controller in the cluster has been silent for %s (%s)",
			w.Update.Name, view.Standing(*w.Update), text.Rough(silence), advice)}
	case alone && !w.silent:
		w.Say("The controller in the cluster is silent, so nobody is working on update %s: waiting %s for it to come back. %s.", w.Update.Name, text.Rough(silenceAllowed), advice)
	case !alone && w.silent:
		w.Say("Somebody is working on update %s again.", w.Update.Name)
	default:
		return nil
	}
	w.silent = !w.silent
	return nil
}
