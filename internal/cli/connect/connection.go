package connect

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

// Connection is a command's way to one cluster and, for those that need
// it, to one account.
type Connection struct {
	Cluster *kube.Cluster
	Config  *rest.Config
	Cloud   *aws.Cloud
	// What a person compares before agreeing.
	Identity aws.Identity
	Version  string // of the API server, 1.37
}

// Open connects to the cluster alone.
func (a Access) Open() (*Connection, error) { return a.OpenWithin(0) }

// OpenWithin does the same, and no request may last longer than the limit; 0 is none.
func (a Access) OpenWithin(limit time.Duration) (*Connection, error) {
	config, err := a.config()
	if err != nil {
		return nil, err
	}
	config.Timeout = limit
	cluster, err := kube.Connect(config)
	if err != nil {
		return nil, unreachable(config.Host, err)
	}
	return &Connection{Cluster: cluster, Config: config}, nil
}

// OpenBoth connects to AWS and to the cluster, and asks both who they are.
func (a Access) OpenBoth(ctx context.Context, program string) (*Connection, error) {
	cloud, err := aws.New(ctx, a.options(a.Region, program))
	if err != nil {
		return nil, err
	}
	s, err := a.Open()
	if err != nil {
		return nil, err
	}
	s.Cloud = cloud
	if s.Version, err = s.Cluster.Version(ctx); err != nil {
		return nil, unreachable(s.Config.Host, err)
	}
	s.Identity, err = s.Cloud.Identity(ctx)
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

// In is the connection with another cloud.
func (s *Connection) In(cloud *aws.Cloud) *Connection {
	there := *s
	there.Cloud = cloud
	return &there
}
