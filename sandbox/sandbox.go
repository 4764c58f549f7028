// Package sandbox runs an EKS-like cluster on this machine, without AWS.
//
//	cloud         fake AWS: instances, groups, images ───┐ instances
//	fakenode      turns instances into nodes, runs pods ◄┘──┐ nodes, pods
//	controlplane  a real Kubernetes control plane  ◄────────┘
//	workload      sample programs
//	home          the directory of the sandbox's files
//
// One process, the sandbox, plays AWS and the nodes; the components of the
// control plane are its children. It keeps nothing from one run to the next.
//
// It does not know the programs that are tried in it: they use it like the real
// services, AWS over HTTP and Kubernetes over TLS.
package sandbox

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/controlplane"
	"github.com/nodelift/nodelift/sandbox/fakenode"
	"github.com/nodelift/nodelift/sandbox/home"
	"k8s.io/klog/v2"
)

// Hooks report the progress of a sandbox to the caller.
type Hooks struct {
	// Say reports, for people, what the sandbox is doing.
	Say func(format string, args ...any)
	// Ready is called once, when everything is up and the state is written.
	Ready func(home.State)
}

// claimPatience is how long the children of a sandbox that was just killed may
// take to end.
const claimPatience = 10 * time.Second

// Run starts a sandbox and keeps it running until ctx ends, which is not an
// error, or until a part of it fails. When Run returns, no process of the
// sandbox is running.
func Run(ctx context.Context, o Options, hooks Hooks) error {
	if err := o.Check(); err != nil {
		return err
	}
	lock, err := o.Dir.Claim(claimPatience) // released by the kernel when this process has ended
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &sandbox{Options: o, Hooks: hooks, lock: lock, cancel: cancel, started: time.Now()}
	return s.run(ctx)
}

type sandbox struct {
	Options
	Hooks
	lock    *os.File
	started time.Time
	cancel  context.CancelCauseFunc // with the reason when a part fails
	cloud   *cloud.Cloud
	cluster *controlplane.Cluster
}

func (s *sandbox) run(ctx context.Context) error {
	diary, err := os.Create(s.Dir.Log("fake-nodes"))
	if err != nil {
		return err
	}
	defer diary.Close()
	klog.LogToStderr(false)
	klog.SetOutput(diary)

	err = s.up(ctx, diary)
	if s.cluster != nil {
		defer s.cluster.Stop()
	}
	if err == nil {
		<-ctx.Done()
		s.Say("stopping")
	}
	// The cause of the first failure says more than the errors that followed it.
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// up starts the parts. The instances boot while the control plane starts.
func (s *sandbox) up(ctx context.Context, diary *os.File) (err error) {
	if s.cloud, err = cloud.New(cloud.Config{
		Cluster: s.Cluster, NodeGroups: s.nodeGroups(), Nodes: s.Nodes, Zones: cloud.Zones(s.Zones),
		KubernetesVersion: s.KubernetesVersion, AMIFamily: s.AMIFamily, AMIVariant: s.AMIVariant, Arch: s.Arch, Boot: s.Boot,
		IAMPolicy: s.IAMPolicy,
	}); err != nil {
		return err
	}
	for _, group := range s.cloud.Groups {
		s.Say("AWS at %s boots %d instances of group %s", s.cloud.Endpoint(), s.Nodes, group)
	}
	s.background(ctx, s.cloud.Run)

	if s.cluster, err = controlplane.Start(ctx, controlplane.Config{Dir: s.Dir, Lock: s.lock, Say: s.Say}); err != nil {
		return err
	}
	s.background(ctx, s.watchComponents)
	client, err := s.cluster.Client("sandbox")
	if err != nil {
		return err
	}
	if err := s.startNodes(ctx, diary); err != nil {
		return err
	}
	version, err := s.serverVersion(client)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, client); err != nil {
		return err
	}
	state := s.state(version)
	if err := s.Dir.WriteState(state); err != nil {
		return err
	}
	s.Ready(state)
	return nil
}

// background runs a part. If the part ends before the sandbox, the sandbox ends
// too.
func (s *sandbox) background(ctx context.Context, part func(context.Context) error) {
	go func() {
		if err := part(ctx); ctx.Err() == nil {
			s.cancel(err)
		}
	}()
}

func (s *sandbox) watchComponents(ctx context.Context) error {
	select {
	case err := <-s.cluster.Failed():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sandbox) startNodes(ctx context.Context, diary *os.File) error {
	client, err := s.cluster.Client("sandbox-nodes")
	if err != nil {
		return err
	}
	s.background(ctx, func(ctx context.Context) error {
		return fakenode.Run(ctx, fakenode.Config{
			Client: client, Cloud: s.cloud, Region: cloud.Region,
			EKSLabels: s.EKSLabels,
			PodStart:  s.PodStart, PodStop: s.PodStop, Log: diary,
		})
	})
	return nil
}

func (s *sandbox) state(version string) home.State {
	components := s.cluster.Processes()
	components["nodelift-sandbox"] = os.Getpid()
	return home.State{
		PID: os.Getpid(), Started: s.started,
		APIServer: s.cluster.Endpoint(), KubernetesVersion: version,
		AWSEndpoint: s.cloud.Endpoint(), Region: cloud.Region,
		Cluster: s.Cluster, Groups: s.cloud.Groups, Components: components,
	}
}
