// Package cloud is the sandbox's AWS: one address on the loopback interface that
// speaks the protocols of EC2, Auto Scaling, SSM and STS, with one or more node
// groups.
//
// Package fakeaws does the work. This package creates a launch template and an
// Auto Scaling group as eksctl does, with the desired size at the maximum, which
// is the hardest case for an upgrade. It adds paths under /_sandbox/ that AWS
// does not have, see control.go.
package cloud

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// Region is the only region.
const Region = "us-west-2"

// Config says what there is in the cloud at the start.
type Config struct {
	Cluster           string
	NodeGroups        []string
	Nodes             int // of each group
	Zones             []string
	KubernetesVersion string // a minor, as 1.36
	AMIFamily         string // in eksctl's words, as Bottlerocket
	AMIVariant        string // nvidia, fips, …; standard or "" for none
	Arch              string // x86_64 or arm64
	Boot              time.Duration
	IAMPolicy         []byte // of everybody but the sandbox itself; empty allows everything
}

// Cloud is a running fake AWS.
type Cloud struct {
	*fakeaws.Cloud
	// Groups are the names of the Auto Scaling groups, one for each node group.
	Groups   []string
	listener net.Listener
}

// New creates a cloud with its groups; instances are launched when it runs.
func New(conf Config) (*Cloud, error) {
	c := &Cloud{Cloud: fakeaws.New(fakeaws.Config{
		Region:    Region,
		Zones:     conf.Zones,
		Boot:      bootDelay(conf.Boot),
		SparedKey: ControlKey,
	})}
	if err := c.SetPolicy(conf.IAMPolicy); err != nil {
		return nil, err
	}
	for _, name := range conf.NodeGroups {
		if err := c.furnish(conf, name); err != nil {
			return nil, fmt.Errorf("create node group %s: %w", name, err)
		}
	}
	var err error
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("serve AWS: %w", err)
	}
	return c, nil
}

// bootDelay turns 0, which means the default to fakeaws, into "at once".
func bootDelay(boot time.Duration) time.Duration {
	if boot == 0 {
		return -1
	}
	return boot
}

// Endpoint is the URL that every AWS client needs (AWS_ENDPOINT_URL).
func (c *Cloud) Endpoint() string { return "http://" + c.listener.Addr().String() }

// Run serves calls and updates the groups until ctx ends.
func (c *Cloud) Run(ctx context.Context) error {
	server := &http.Server{Handler: c.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	go c.Cloud.Run(ctx)
	if err := server.Serve(c.listener); ctx.Err() == nil {
		return fmt.Errorf("serve AWS: %w", err)
	}
	return ctx.Err()
}

// Zones are the names of the first n zones of the region. No region has more
// than six.
func Zones(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%c", Region, 'a'+i)
	}
	return names
}

// standard is the name for images without a variant.
const standard = "standard"

// AMIFamilies are the image families of an architecture.
func AMIFamilies(arch string) []string {
	return offered(func(i fakeaws.Image) (string, bool) { return i.Family, i.Arch == arch })
}

// AMIVariants are those of a family for an architecture.
func AMIVariants(family, arch string) []string {
	return offered(func(i fakeaws.Image) (string, bool) {
		return cmp.Or(i.Variant, standard), i.Family == family && i.Arch == arch
	})
}

// KubernetesVersions are the minor versions for which a family has images of an
// architecture, oldest first.
func KubernetesVersions(family, arch string) []string {
	return offered(func(i fakeaws.Image) (string, bool) { return i.KubernetesVersion, i.Family == family && i.Arch == arch })
}

// offered returns the distinct values of the images that pass, in the order of
// the images.
func offered(of func(fakeaws.Image) (value string, passes bool)) []string {
	var all []string
	for _, image := range fakeaws.New(fakeaws.Config{Region: Region}).Images() {
		if value, passes := of(image); passes && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}
