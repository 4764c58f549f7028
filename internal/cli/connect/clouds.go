package connect

import (
	"context"
	"fmt"
	"sync"

	"github.com/nodelift/nodelift/internal/aws"
)

// Clouds are the account in each region with a node group. The zero clouds reach
// them as the environment says.
type Clouds struct {
	Access
	Version string // of the program

	mu sync.Mutex
	by map[string]*aws.Cloud // region
}

// Of returns the account in a region; without one it is what the flags or the
// environment say.
func (c *Clouds) Of(ctx context.Context, region string) (*aws.Cloud, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if region == "" {
		region = c.Region
	}
	if cloud := c.by[region]; cloud != nil {
		return cloud, nil
	}
	cloud, err := aws.New(ctx, c.options(region, c.Version))
	if err != nil {
		return nil, fmt.Errorf("reach AWS in region %q: %w", region, err)
	}
	if c.by == nil {
		c.by = map[string]*aws.Cloud{}
	}
	c.by[region] = cloud
	return cloud, nil
}
