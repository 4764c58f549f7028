package fakekube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// bookmarkEvery is how often a watch that nothing happens to is told the present version.
const bookmarkEvery = time.Minute

// watching is one watch.
type watching struct {
	*request
	s       *Server
	wanted  func(*stored) bool
	version uint64 // up to which everything was sent
	w       http.ResponseWriter
}

// watch sends the changes of a collection until the client leaves or the time is over.
func (s *Server) watch(w http.ResponseWriter, r *request) {
	wanted, err := selection(r)
	if err != nil {
		refuse(w, err)
		return
	}
	ctx, cancel := r.Context(), context.CancelFunc(func() {})
	if seconds, _ := strconv.Atoi(r.URL.Query().Get("timeoutSeconds")); seconds > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	}
	defer cancel()
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(http.StatusOK)
	flush(w)
	v := &watching{request: r, s: s, wanted: wanted, w: w}
	if err := v.begin(); err != nil {
		v.send(watch.Error, statusOf(err))
		return
	}
	for v.next(ctx) {
	}
}

// begin finds the version to begin with, and sends what is there if the client wants that.
func (v *watching) begin() error {
	query := v.URL.Query()
	from := query.Get("resourceVersion")
	initial, _ := strconv.ParseBool(query.Get("sendInitialEvents"))
	if from != "" && from != "0" && !initial {
		version, err := strconv.ParseUint(from, 10, 64)
		v.version = version
		return err
	}
	v.s.mu.Lock()
	all := v.sorted()
	v.version = v.s.version
	v.s.mu.Unlock()
	for _, o := range all {
		if v.wanted(o) {
			v.send(watch.Added, o.raw)
		}
	}
	if initial {
		v.bookmark(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	return nil
}

// next sends the changes that are there, or waits for some. It is false if the watch is over.
func (v *watching) next(ctx context.Context) bool {
	changes, grown, err := v.s.since(v.collection, v.version)
	if err != nil {
		v.send(watch.Error, statusOf(err))
		return false
	}
	for _, made := range changes {
		if !v.deliver(ctx, made) {
			return false
		}
	}
	if len(changes) > 0 {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-grown:
	case <-time.After(bookmarkEvery):
		v.idle()
	}
	return true
}

// idle sends a bookmark if nothing has happened meanwhile.
func (v *watching) idle() {
	v.s.mu.Lock()
	last, version := v.lastVersion(), v.s.version
	v.s.mu.Unlock()
	if allowed, _ := strconv.ParseBool(v.URL.Query().Get("allowWatchBookmarks")); allowed && last <= v.version {
		v.version = max(v.version, version)
		v.bookmark(nil)
	}
}

// lastVersion is that of the last change of the collection.
func (c *collection) lastVersion() uint64 {
	if len(c.changes) == 0 {
		return c.expired
	}
	return c.changes[len(c.changes)-1].version
}

// since returns the changes of a collection after a version, and what is closed with the
// next one.
func (s *Server) since(c *collection, version uint64) ([]change, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version < c.expired {
		return nil, nil, apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", version, c.expired))
	}
	first := len(c.changes)
	for first > 0 && c.changes[first-1].version > version {
		first--
	}
	return c.changes[first:len(c.changes):len(c.changes)], c.grown, nil
}

// deliver sends a change when it is due. It is false if the watch is over before that.
func (v *watching) deliver(ctx context.Context, made change) bool {
	if v.s.cfg.Lag != nil {
		if late := time.Until(made.at.Add(v.s.cfg.Lag(v.Request, made.version))); late > 0 {
			select {
			case <-ctx.Done():
				return false
			case <-time.After(late):
			}
		}
	}
	v.version = made.version
	was, is := v.wanted(made.before), v.wanted(made.after)
	switch {
	case is && was:
		v.send(watch.Modified, made.after.raw)
	case is:
		v.send(watch.Added, made.after.raw)
	case was && made.after == nil:
		v.send(watch.Deleted, made.gone)
	case was: // it is not selected any more
		v.send(watch.Deleted, made.after.raw)
	}
	return ctx.Err() == nil
}

func (v *watching) bookmark(annotations map[string]string) {
	object := map[string]any{
		"kind": v.Kind, "apiVersion": v.GroupVersion().String(),
		"metadata": map[string]any{"resourceVersion": strconv.FormatUint(v.version, 10), "annotations": annotations},
	}
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	v.send(watch.Bookmark, raw)
}

func (v *watching) send(kind watch.EventType, object json.RawMessage) {
	raw, err := json.Marshal(map[string]any{"type": kind, "object": object})
	if err != nil {
		panic(err)
	}
	_, _ = v.w.Write(append(raw, '\n')) // a client that has left ends the context
	flush(v.w)
}

func statusOf(err error) json.RawMessage {
	status := apierrors.NewBadRequest(err.Error()).Status()
	if known, ok := err.(apierrors.APIStatus); ok {
		status = known.Status()
	}
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	raw, err := json.Marshal(status)
	if err != nil {
		panic(err)
	}
	return raw
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
