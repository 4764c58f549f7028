package kube

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// The most requests that a process sends per second, and in a burst. With the client's own
// default (5), marking a large group would take minutes, and so would checking permissions.
const (
	requestsPerSecond = 100
	requestsAtOnce    = 200
)

// Cluster is one Kubernetes cluster. It reads from and writes to the API server at once;
// what comes from watches can be read after [Cluster.Start].
type Cluster struct {
	config  *rest.Config
	live    client.Client // straight from and to the API server
	cache   cache.Cache
	set     kubernetes.Interface
	evicted *evicted
	calls   *Calls
	silence *silence
}

// Config reads the kubeconfig as kubectl does: the file at path, or if that is
// empty the files of KUBECONFIG, ~/.kube/config or the pod's service account;
// the context named, or if that is empty the current one.
func Config(path, kubecontext string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = path
	overrides := &clientcmd.ConfigOverrides{CurrentContext: kubecontext}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	limitRequests(config)
	return config, nil
}

// limitRequests sets the most requests per second of a client, unless they are set.
func limitRequests(config *rest.Config) {
	if config.QPS == 0 {
		config.QPS, config.Burst = requestsPerSecond, requestsAtOnce
	}
}

// Connect connects to a cluster and reads which resources it has.
func Connect(config *rest.Config) (*Cluster, error) {
	c := &Cluster{config: rest.CopyConfig(config), evicted: newEvicted(), calls: &Calls{}, silence: &silence{}}
	c.config.Wrap(c.silence.wrap)
	c.config.Wrap(c.calls.wrap)
	c.config.Wrap(fence)
	if c.config.UserAgent == "" {
		c.config.UserAgent = "nodelift"
	}
	limitRequests(c.config)
	transport, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.config.Host, err)
	}
	if c.set, err = kubernetes.NewForConfigAndClient(c.config, transport); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.config.Host, err)
	}
	if err := c.build(transport); err != nil {
		return nil, explain(err, "connect to %s", c.config.Host)
	}
	return c, nil
}

// build makes the clients that know our resources. They share one transport.
func (c *Cluster) build(transport *http.Client) error {
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(c.config, transport)
	if err != nil {
		return err
	}
	options := client.Options{HTTPClient: transport, Scheme: scheme, Mapper: mapper}
	if c.live, err = client.New(c.config, options); err != nil {
		return err
	}
	c.cache, err = cache.New(c.config, cache.Options{
		HTTPClient: transport, Scheme: scheme, Mapper: mapper,
		DefaultTransform: cache.TransformStripManagedFields(), ByObject: watchOptions(),
	})
	return err
}

func newScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Host is the API server's address, for people.
func (c *Cluster) Host() string { return c.config.Host }

// Version returns the API server's Kubernetes minor version, 1.37.
func (c *Cluster) Version(ctx context.Context) (string, error) {
	info, err := discovery.ToServerVersionInterfaceWithContext(c.set.Discovery()).ServerVersionWithContext(ctx)
	if err != nil {
		return "", explain(err, "get /version of %s", c.config.Host)
	}
	// EKS's API servers call their minor 37+.
	return info.Major + "." + strings.TrimRight(info.Minor, "+"), nil
}

// Live reads from and writes to the API server, without a cache.
func (c *Cluster) Live() client.Client { return c.live }

// Cache answers from watches, so its answers may be slightly old.
func (c *Cluster) Cache() cache.Cache { return c.cache }

// Calls counts the requests to the API server.
func (c *Cluster) Calls() *Calls { return c.calls }

// Nodes are the cluster's nodes.
func (c *Cluster) Nodes() upgrade.Nodes { return &nodes{watched: c.cache, live: c.live} }

// Pods are the cluster's pods.
func (c *Cluster) Pods() upgrade.Pods {
	return &pods{watched: c.cache, live: c.live, rest: c.set.PolicyV1().RESTClient(), evicted: c.evicted}
}

// Workloads are the cluster's workloads.
func (c *Cluster) Workloads() upgrade.Workloads { return &workloads{watched: c.cache} }

// Autoscaler is the cluster's Cluster Autoscaler.
func (c *Cluster) Autoscaler() upgrade.Autoscaler { return &autoscaler{watched: c.cache, live: c.live} }

// Records keeps the record of one update, by the name of its NodeGroupUpdate. It is for one
// engine at a time.
func (c *Cluster) Records(update string) upgrade.Records {
	return &records{live: c.live, watched: c.cache, version: c.Version, name: update}
}
