package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/kube"
)

// connection is a command's way to one cluster and, for those that need
// it, to one account.
type connection struct {
	cluster *kube.Cluster
	config  *rest.Config
	cloud   *aws.Cloud
	// What a person compares before agreeing.
	identity aws.Identity
	version  string // of the API server, 1.37
}

// open connects to the cluster alone.
func (a access) open() (*connection, error) { return a.openWithin(0) }

// openWithin does the same, and no request may last longer than the limit; 0 is none.
func (a access) openWithin(limit time.Duration) (*connection, error) {
	config, err := kube.Config(a.kubeconfig, a.context)
	if err != nil {
		return nil, fmt.Errorf("%w; name a cluster with --kubeconfig and --context, as for kubectl", err)
	}
	config.Timeout = limit
	cluster, err := kube.Connect(config)
	if err != nil {
		return nil, unreachable(config.Host, err)
	}
	return &connection{cluster: cluster, config: config}, nil
}

// openBoth connects to AWS and to the cluster, and asks both who they are.
func (a access) openBoth(ctx context.Context, program string) (*connection, error) {
	cloud, err := aws.New(ctx, aws.Options{Region: a.region, Profile: a.profile, Version: program})
	if err != nil {
		return nil, err
	}
	s, err := a.open()
	if err != nil {
		return nil, err
	}
	s.cloud = cloud
	if s.version, err = s.cluster.Version(ctx); err != nil {
		return nil, unreachable(s.config.Host, err)
	}
	s.identity, err = s.cloud.Identity(ctx)
	return s, err
}

// unreachable says in one sentence that nobody answers at an address.
func unreachable(host string, err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err
	}
	return fmt.Errorf("the API server at %s does not answer: %w; look at --kubeconfig and --context, and whether it can be reached from here",
		host, failed.Err)
}
