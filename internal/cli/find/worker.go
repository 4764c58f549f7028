package find

import (
	"context"

	"github.com/nodelift/nodelift/internal/cli/connect"
)

// Worker is who works on a node group, or will in a moment, "" for nobody.
func Worker(ctx context.Context, s *connect.Connection, group string) (string, error) {
	holder, err := s.Cluster.Holder(ctx, group)
	if err != nil || holder != "" {
		return holder, err
	}
	return s.Cluster.Announced(ctx)
}
