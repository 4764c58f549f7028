// Package controlplane starts a real Kubernetes control plane on this machine:
// etcd, kube-apiserver, kube-controller-manager and kube-scheduler.
//
// # Shape
//
// The four are child processes of the sandbox and run its own binary: if the
// first argument is a component's name, the binary runs that component (package
// components). This package knows their command lines and does not import their
// code, so it and its tests compile fast.
//
//	sandbox ──┬── etcd                     serves 127.0.0.1, client certificates only
//	          ├── kube-apiserver           serves 127.0.0.1, RBAC, audit log
//	          ├── kube-controller-manager  serves nothing
//	          └── kube-scheduler           serves nothing
//
// # What differs from production
//
// A sandbox needs no protection of its data or between its users: etcd does not
// sync to disk, there is no leader election, and requests are neither queued nor
// limited. What decides how an upgrade goes is unchanged: controllers,
// admission, RBAC, eviction and garbage collection with their own defaults and
// delays.
//
// # When the components end
//
// Each child has the read end of a pipe and ends when the sandbox's end closes,
// so no child keeps running after the sandbox, even if the sandbox was killed.
// A child also has the lock of the sandbox's directory, see package home.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nodelift/nodelift/sandbox/home"
	"k8s.io/client-go/rest"
)

// Names of the components, as their commands are called.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
)

// startLimit is how long one component may take to become ready. None needs
// nearly that long (the API server: 4 s on two cores), except on a busy machine.
const startLimit = 90 * time.Second

// Config is what a control plane needs from the sandbox.
type Config struct {
	Dir  home.Dir
	Lock *os.File             // inherited by every child
	Say  func(string, ...any) // reports progress
}

// Cluster is a running control plane.
type Cluster struct {
	conf     Config
	secrets  *authority
	apiPort  *port
	etcdPort *port
	children []*child
	failed   chan error
}

// Start starts the components and returns when the API server answers and pods
// can be created. After an error no component is running. The children end when
// Stop is called or this process ends.
func Start(ctx context.Context, conf Config) (*Cluster, error) {
	c := &Cluster{conf: conf, failed: make(chan error, 4)}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// prepare reserves ports and writes certificates, kubeconfigs and policies.
func (c *Cluster) prepare() (err error) {
	if c.etcdPort, err = reservePort(); err != nil {
		return err
	}
	if c.apiPort, err = reservePort(); err != nil {
		return err
	}
	if c.secrets, err = newAuthority(c.conf.Dir); err != nil {
		return err
	}
	return c.writeFiles()
}

func (c *Cluster) start(ctx context.Context) error {
	steps := []struct {
		name  string
		args  []string
		ready func(context.Context) error
	}{
		{Etcd, c.etcdArgs(), c.etcdReady},
		{APIServer, c.apiServerArgs(), c.apiServerReady},
		{ControllerManager, c.controllerManagerArgs(), c.accountsReady},
		{Scheduler, c.schedulerArgs(), nil},
	}
	for _, step := range steps {
		c.conf.Say("starting %s", step.name)
		child, err := c.spawn(step.name, step.args)
		if err != nil {
			return err
		}
		if step.ready == nil {
			continue
		}
		if err := c.await(ctx, child, step.ready); err != nil {
			return err
		}
	}
	c.etcdPort.release()
	c.apiPort.release()
	return nil
}

// await returns when ready returns. If a component ends first or takes too long,
// the error names it and quotes the end of its log.
func (c *Cluster) await(ctx context.Context, which *child, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- ready(ctx) }()
	select {
	case err := <-c.failed:
		return err
	case err := <-result:
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return which.complaint(fmt.Sprintf("was not ready after %s", startLimit))
		}
		return err
	}
}

// Failed delivers an error when a component ends without having been stopped.
func (c *Cluster) Failed() <-chan error { return c.failed }

// Endpoint is the API server's URL.
func (c *Cluster) Endpoint() string { return fmt.Sprintf("https://127.0.0.1:%d", c.apiPort.number) }

// Processes are the process numbers of the components by name.
func (c *Cluster) Processes() map[string]int {
	pids := map[string]int{}
	for _, child := range c.children {
		pids[child.name] = child.cmd.Process.Pid
	}
	return pids
}

// Client returns the configuration of a client that may do everything and is not
// throttled. The audit log shows its requests under the name user.
func (c *Cluster) Client(user string) (*rest.Config, error) {
	return c.secrets.client(c.Endpoint(), user, masters)
}

// Stop stops the components, the API server before its database, and returns
// when all have ended.
func (c *Cluster) Stop() {
	for i := len(c.children) - 1; i >= 0; i-- {
		c.children[i].stop()
	}
}
