package ring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// patience is how long a process waits for a reply: then it takes the connection for broken.
const patience = time.Minute

var errNoReply = errors.New("connection timed out")

// wire is how one process reaches one server.
type wire struct {
	*process
	to      string // kube or aws
	handler http.Handler
}

// call is one request.
type call struct {
	*http.Request
	name    string // for the dice and for people: "kube PATCH nodes/a"
	changes bool   // something
	watch   bool
	body    []byte
	sent    time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := w.read(r)
	if err != nil {
		return nil, err
	}
	if err := w.wake(c); err != nil {
		return nil, err
	}
	f := w.world.fates.of(w.process, c)
	if f.pause > 0 {
		w.suspend(f.pause, c.name)
		if err := w.wake(c); err != nil {
			return nil, err
		}
	}
	if f.dies == beforeSending {
		w.kill("before " + c.name)
		return nil, errDead
	}
	c.sent = time.Now()
	w.world.observer.sent(w.process, c)
	reply := w.send(c, f)
	if f.dies == afterSending {
		w.kill("after sending " + c.name)
	}
	return w.await(c, reply)
}

// read reads a request and finds out what it is about.
func (w *wire) read(r *http.Request) (*call, error) {
	c := &call{Request: r}
	if r.Body != nil {
		var err error
		if c.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	if w.to == "aws" {
		form, _ := url.ParseQuery(string(c.body))
		action := form.Get("Action")
		c.name = "aws " + action
		if id := form.Get("InstanceId"); id != "" {
			c.name += " " + id
		}
		c.changes = action != "" && !strings.HasPrefix(action, "Describe") && !strings.HasPrefix(action, "Get")
		return c, nil
	}
	c.body = w.world.names.sent(w.process, c.body)
	c.watch = r.URL.Query().Get("watch") != ""
	verb := r.Method
	if c.watch {
		verb = "WATCH"
	}
	c.name = "kube " + verb + " " + resourceIn(r.URL.Path)
	c.changes = r.Method != http.MethodGet
	return c, nil
}

// resourceIn is the part of a path that names the resource and the object.
func resourceIn(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	skip := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if skip >= len(parts) {
		return path
	}
	parts = parts[skip:]
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	return strings.Join(parts, "/")
}

// isDiscovery reports whether a request asks which resources there are. Clients do that under a
// mutex, so it takes no time: others who wait for the mutex would stop the clock.
func (c *call) isDiscovery() bool {
	path := strings.Trim(c.URL.Path, "/")
	return strings.HasPrefix(c.name, "kube GET") && strings.Count(path, "/") < 3 && !c.watch &&
		(path == "api" || path == "api/v1" || strings.HasPrefix(path, "apis"))
}

// outcome is a reply or an error.
type outcome struct {
	response *http.Response
	err      error
}

// send sends a request. It travels whether its process lives or not.
func (w *wire) send(c *call, f fate) <-chan outcome {
	reply := make(chan outcome, 1)
	request := c.Request.Clone(context.WithoutCancel(c.Context()))
	request.Body = io.NopCloser(bytes.NewReader(c.body))
	request.Header.Set(headerProcess, w.name)
	w.world.travelling.Go(func() {
		time.Sleep(f.there)
		if f.refused != nil {
			reply <- outcome{err: f.refused}
			return
		}
		ctx := context.Background()
		if c.watch {
			ctx = w.world.watchFor(w.process, f.watchLasts)
		}
		w.world.observer.arriving(w.process, c)
		response, err := serve(ctx, w.handler, request, c.watch)
		w.world.observer.arrived(w.process, c, response)
		time.Sleep(f.back)
		if f.lost {
			err = errNoReply
		}
		reply <- outcome{response, err}
	})
	return reply
}

// await waits for the reply. A process that is suspended gets it when it continues.
func (w *wire) await(c *call, reply <-chan outcome) (*http.Response, error) {
	var out outcome
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case out = <-reply:
	case <-c.Context().Done():
		out.err = context.Cause(c.Context())
	case <-timeout.C:
		out.err = errNoReply
	case <-w.dead:
		out.err = errDead
	}
	w.awake()
	switch {
	case w.isDead():
		return nil, errDead
	case out.err != nil:
		return nil, fmt.Errorf("%s: %w", c.name, out.err)
	}
	out.response.Body = &received{ReadCloser: out.response.Body, wire: w}
	if strings.Contains(c.name, "leases/") {
		return w.translated(out.response)
	}
	return out.response, nil
}

// translated is an answer about a Lease with the names of processes translated.
func (w *wire) translated(r *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(w.world.names.received(w.process, body)))
	return r, err
}

// wake waits while the process is suspended. One that was suspended right before it sent a request
// looks at its fence only when it continues.
func (w *wire) wake(c *call) error {
	if slept := w.awake(); slept && c.changes {
		if err := upgrade.Fenced(c.Context()); err != nil {
			return err
		}
	}
	if w.isDead() {
		return errDead
	}
	return nil
}

// received is the body of an answer. A process that is suspended does not read.
type received struct {
	io.ReadCloser
	wire *wire
}

func (r *received) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.wire.awake()
	if r.wire.isDead() {
		return 0, errDead
	}
	return n, err
}
