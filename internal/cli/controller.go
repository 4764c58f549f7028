package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const controllerLong = `Controller works on all updates of a cluster, several node groups at once, until it is
stopped. It runs in a Deployment. Where it runs, 'nodelift upgrade' and the other
commands only write the update, watch it and show it.

Two replicas may run at the same time: the replica that holds the Lease of a node group
works on it, and the other one takes over when that replica ends or dies. On SIGTERM a
replica finishes the calls in flight, starts nothing new and releases its Leases. If no
other replica lives, it resumes Cluster Autoscaler first, and the updates say that nobody
works on them.

It announces itself with the Lease nodelift-system/controller. /healthz says whether the
process is alive, /readyz whether it sees the cluster and is announced.`

const controllerExample = `  nodelift controller
  nodelift controller --health-address :8081 --metrics-address :8080`

// service is `nodelift controller`.
type service struct {
	connect.Access
	process Process
	health  string
	metrics string
	log     *slog.Logger
	clouds  connect.Clouds
	told    sync.Map // by update, what its last trouble was
	ending  *ending
}

func newController(p Process) *cobra.Command {
	o := &service{process: p, log: slog.New(slog.NewTextHandler(p.Err, nil))}
	cmd := &cobra.Command{
		Use:     "controller",
		Short:   "Run the controller, which works on all updates of a cluster",
		Long:    controllerLong,
		Example: controllerExample,
		Args:    noArguments(""),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	o.health = ":8081"
	flags.Var(addressFlag(&o.health), "health-address", "where to serve /healthz and /readyz")
	flags.Var(addressFlag(&o.metrics), "metrics-address", "where to serve /metrics for Prometheus (default: nowhere)")
	addCloudFlags(flags, &o.Access)
	addClusterFlags(flags, &o.Access)
	return cmd
}

// run works until ctx ends. If anything else fails it returns an error, and whoever
// started the process restarts it.
func (o *service) run(ctx context.Context) error {
	s, err := o.Open()
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	p := &probes{}
	if err := o.serve(ctx, s, p, fail); err != nil {
		return err
	}
	o.MFA = &connect.MFA{Streams: o.process.Streams}
	o.clouds = connect.Clouds{Access: o.Access, Version: o.process.Version}
	watching, end := context.WithCancel(context.WithoutCancel(ctx)) // until the last call has returned
	defer end()
	defer context.AfterFunc(ctx, func() { p.stop(); o.log.Info("ending: finishing calls in flight, starting nothing new") })()
	if err := o.start(ctx, watching, s); err != nil {
		return orEnded(ctx, err)
	}
	p.sync()
	endAnnouncement := sync.OnceFunc(o.announce(s, p))
	defer endAnnouncement()
	o.ending = newEnding(ctx, o.log)
	defer o.ending.endLife()
	defer context.AfterFunc(ctx, func() {
		endAnnouncement()
		o.ending.begin(s.Cluster.Announce(o.identity()))
	})()
	o.log.Info("working on all updates of the cluster", "server", s.Cluster.Host(), "identity", o.identity(), "version", o.process.Version)
	err = controller.Serve(ctx, controller.Service{
		Cache:   s.Cluster.Cache(),
		Work:    func(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error { return o.work(ctx, s, u) },
		OnError: func(u *v1alpha1.NodeGroupUpdate, err error) { o.trouble(ctx, s, u, err) },
	})
	return orEnded(ctx, err)
}

// start begins to watch the cluster, and gives up when ctx ends before that is done.
func (o *service) start(ctx, watching context.Context, s *connect.Connection) error {
	begun := make(chan error, 1)
	go func() { begun <- s.Cluster.StartAll(watching) }()
	select {
	case err := <-begun:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// orEnded is nil if the process was asked to end: then an error of the work is no failure.
func orEnded(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// announce announces the controller in the cluster until the returned function is called.
func (o *service) announce(s *connect.Connection, p *probes) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	said := ""
	keeper.Go(func() {
		s.Cluster.Announce(o.identity()).Keep(ctx, func(err error) {
			p.announced(err)
			switch {
			case err != nil && err.Error() != said:
				said = err.Error()
				o.log.Error("not announced: " + said + " (retrying)")
			case err == nil && said != "":
				said = ""
				o.log.Info("announced again")
			}
		})
	})
	return func() {
		cancel()
		keeper.Wait()
	}
}

// work works on one update under its node group's Lease, as a command does, and makes
// the checks first, until wanted ends. The node group may not exist yet.
func (o *service) work(wanted context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate) error {
	c := &carry.Carrier{
		Command: &carry.Command{
			Connection: &connect.Connection{Cluster: s.Cluster, Config: s.Config},
			Streams:    o.process.Streams, Print: show.NewLog(o.log.With("nodeGroup", u.Spec.NodeGroup)), Engine: o.identity(),
		},
		Name: u.Spec.NodeGroup, Update: u, Reach: o.clouds.Of, IsLast: o.ending.isLast,
	}
	err := c.Hold(o.ending.turn, o.ending.life, func(ctx context.Context) error {
		_, err := c.CarryOut(wanted, ctx)
		return err
	})
	if apierrors.IsNotFound(err) { // it was deleted while somebody else worked on it
		if _, gone := s.Cluster.Update(o.ending.life, u.Name); errors.Is(gone, upgrade.ErrNotFound) {
			return nil
		}
	}
	return err
}

// trouble logs why work on an update failed. The work is retried, so each reason is
// logged once.
func (o *service) trouble(ctx context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate, err error) {
	if before, told := o.told.Swap(u.Name, err.Error()); told && before == err.Error() {
		return
	}
	o.log.Error(err.Error()+" (retrying)", "nodeGroup", u.Spec.NodeGroup, "update", u.Name)
	if errors.As(err, new(controller.QueuedError)) { // which the update says itself
		return
	}
	if err := controller.ReportFailure(ctx, s.Cluster.Live(), o.identity(), u, err); err != nil {
		o.log.Error(err.Error())
	}
}

// identity is who holds a Lease: in a cluster the host's name is the pod's.
func (o *service) identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "somewhere"
	}
	return fmt.Sprintf("controller@%s, process %d", host, os.Getpid())
}

// serve serves the probes, and the figures of the libraries if they are wanted.
func (o *service) serve(ctx context.Context, s *connect.Connection, p *probes, fail func(error)) error {
	address, err := p.serve(o.health)
	if err != nil {
		return err
	}
	o.log.Info("probes are served", "address", address)
	if o.metrics == "" {
		return nil
	}
	figures, err := metrics.NewServer(metrics.Options{BindAddress: o.metrics}, s.Config, nil)
	if err != nil {
		return fmt.Errorf("serve /metrics on %s: %w", o.metrics, err)
	}
	go func() {
		if err := figures.Start(ctx); err != nil {
			fail(fmt.Errorf("serve /metrics on %s: %w", o.metrics, err))
		}
	}()
	return nil
}
