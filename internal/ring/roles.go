package ring

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/controller"
)

// serveAll is what 'nodelift controller' does: it works on all updates until it is told to end.
func (p *process) serveAll() error {
	c, err := p.connect()
	if err != nil {
		return err
	}
	watching, end := context.WithCancel(p.alive) // until the last call has returned
	defer end()
	if err := c.Cluster.StartAll(watching); err != nil {
		return err
	}
	defer p.announce(c)()
	return controller.Serve(p.ctx, controller.Service{
		Cache: c.Cluster.Cache(),
		Work: func(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error {
			carrier := p.carrier(c, u)
			return carrier.Hold(ctx, ctx, func(ctx context.Context) error {
				_, err := carrier.CarryOut(p.alive, ctx)
				return err
			})
		},
		OnError: func(_ *v1alpha1.NodeGroupUpdate, err error) { p.say("cannot work: %v", err) },
	})
}

// announce announces the controller until the returned function is called.
func (p *process) announce(c *connect.Connection) (end func()) {
	ctx, cancel := context.WithCancel(p.alive)
	var keeper sync.WaitGroup
	keeper.Go(func() { c.Cluster.Announce(p.name).Keep(ctx, func(error) {}) })
	return func() {
		cancel()
		keeper.Wait()
	}
}

// upgrade is what 'nodelift upgrade nodegroup' does after it has written the update: it watches the
// controller or, if there is none, works on the update itself.
func (p *process) upgrade() error {
	c, err := p.connect()
	if err != nil {
		return err
	}
	watching, end := context.WithCancel(p.alive)
	defer end()
	if err := c.Cluster.StartAll(watching); err != nil {
		return err
	}
	update, err := c.Cluster.Update(p.ctx, updateName)
	if err != nil {
		return err
	}
	carrier := p.carrier(c, update)
	who, err := c.Cluster.Announced(p.ctx)
	if err != nil {
		return err
	}
	if who != "" {
		p.say("watches %s", who)
		return carrier.Watch(p.ctx, true, find.HasEnded)
	}
	return carrier.Hold(p.ctx, p.alive, func(ctx context.Context) error {
		_, err := carrier.CarryOut(p.ctx, ctx)
		return err
	})
}

// carrier works on an update. The checks before an update have a test world of their own.
func (p *process) carrier(c *connect.Connection, u *v1alpha1.NodeGroupUpdate) *carry.Carrier {
	log := slog.New(slog.NewTextHandler(voice{p}, &slog.HandlerOptions{ReplaceAttr: onlySentence}))
	return &carry.Carrier{
		Command: &carry.Command{
			Connection: c, Engine: p.name, Print: show.NewLog(log),
			Streams: terminal.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
		},
		Name: u.Spec.NodeGroup, Update: u, Checked: u.Name,
	}
}

func (p *process) say(format string, args ...any) {
	if !p.isDead() {
		p.world.story.tell(p.name, format, args...)
	}
}

// voice adds what a process logs to the story.
type voice struct{ *process }

func (v voice) Write(line []byte) (int, error) {
	v.say("%s", bytes.TrimSpace(line))
	return len(line), nil
}

// onlySentence leaves of a log entry what a person would read.
func onlySentence(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.MessageKey {
		return a
	}
	return slog.Attr{}
}
