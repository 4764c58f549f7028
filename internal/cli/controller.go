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
	"github.com/nodelift/nodelift/internal/controller"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const controllerLong = `Controller works on all updates of a cluster, several node groups at once, until it is
stopped. It runs in a Deployment. Where it runs, 'nodelift upgrade' and the other
commands only write the update, watch it and show it.

Two replicas may run at the same time: the replica that holds the Lease of a node group
works on it, and the other one takes over when that replica ends or dies. On SIGTERM a
replica finishes the calls in flight, starts nothing new and releases its Leases.

It announces itself with the Lease nodelift-system/controller. /healthz says whether the
process is alive, /readyz whether it sees the cluster and is announced.`

const controllerExample = `  nodelift controller
  nodelift controller --health-address :8081 --metrics-address :8080`

// service is `nodelift controller`.
type service struct {
	access
	process Process
	health  string
	metrics string
	log     *slog.Logger
	clouds  clouds
	told    sync.Map // by update, what its last trouble was
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
	o.addCloudFlags(flags)
	o.addClusterFlags(flags)
	return cmd
}

// run works until ctx ends. Whatever else fails ends it with an error, so that it is
// started again by whoever has started it.
func (o *service) run(ctx context.Context) error {
	s, err := o.open()
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	p := &probes{}
	if err := o.serve(ctx, s, p, fail); err != nil {
		return err
	}
	o.clouds = clouds{access: o.access, version: o.process.Version}
	watching, end := context.WithCancel(context.WithoutCancel(ctx)) // until the last call has returned
	defer end()
	defer context.AfterFunc(ctx, func() { p.stop(); o.log.Info("ending: finishing calls in flight, starting nothing new") })()
	if err := o.start(ctx, watching, s); err != nil {
		return orEnded(ctx, err)
	}
	p.sync()
	defer o.announce(s, p)()
	o.log.Info("working on all updates of the cluster", "server", s.cluster.Host(), "identity", o.identity(), "version", o.process.Version)
	err = controller.Serve(ctx, controller.Service{
		Cache:   s.cluster.Cache(),
		Work:    func(ctx context.Context, u *v1alpha1.NodeGroupUpdate) error { return o.work(ctx, s, u) },
		OnError: func(u *v1alpha1.NodeGroupUpdate, err error) { o.trouble(ctx, s, u, err) },
	})
	return orEnded(ctx, err)
}

// start begins to watch the cluster, and gives up when ctx ends before that is done.
func (o *service) start(ctx, watching context.Context, s *connection) error {
	begun := make(chan error, 1)
	go func() { begun <- s.cluster.StartAll(watching) }()
	select {
	case err := <-begun:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// orEnded is nil for a process that was asked to end.
func orEnded(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// announce keeps the announcement until the function that it returns is called.
func (o *service) announce(s *connection, p *probes) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	said := ""
	keeper.Go(func() {
		s.cluster.Announce(o.identity()).Keep(ctx, func(err error) {
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

// work works on one update under its node group's Lease, as the command does that
// was asked for it, and checks it first. Its node group may not be there (yet).
func (o *service) work(ctx context.Context, s *connection, u *v1alpha1.NodeGroupUpdate) error {
	c := &carrier{
		command: &command{
			connection: &connection{cluster: s.cluster, config: s.config},
			process:    o.process, print: logPrinter{o.log.With("nodeGroup", u.Spec.NodeGroup)}, engine: o.identity(),
		},
		name: u.Spec.NodeGroup, update: u, reach: o.clouds.of,
	}
	err := c.hold(ctx, ctx, func(ctx context.Context) error {
		_, err := c.carryOut(ctx, nil)
		return err
	})
	if apierrors.IsNotFound(err) { // it has gone, while somebody else worked on it
		if _, gone := s.cluster.Update(ctx, u.Name); errors.Is(gone, upgrade.ErrNotFound) {
			return nil
		}
	}
	return err
}

// trouble says why the work on an update came to nothing, once for each reason: it is
// tried again and again.
func (o *service) trouble(ctx context.Context, s *connection, u *v1alpha1.NodeGroupUpdate, err error) {
	if before, told := o.told.Swap(u.Name, err.Error()); told && before == err.Error() {
		return
	}
	o.log.Error(err.Error()+" (retrying)", "nodeGroup", u.Spec.NodeGroup, "update", u.Name)
	if errors.As(err, new(controller.QueuedError)) { // which the update says itself
		return
	}
	if err := controller.ReportFailure(ctx, s.cluster.Live(), o.identity(), u, err); err != nil {
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
func (o *service) serve(ctx context.Context, s *connection, p *probes, fail func(error)) error {
	address, err := p.serve(o.health)
	if err != nil {
		return err
	}
	o.log.Info("probes are served", "address", address)
	if o.metrics == "" {
		return nil
	}
	figures, err := metrics.NewServer(metrics.Options{BindAddress: o.metrics}, s.config, nil)
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
