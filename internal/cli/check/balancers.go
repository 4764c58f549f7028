package check

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/preflight"
)

// Balancers finds out with which load balancers the nodes of a group are registered by controllers in
// the cluster, and how long those let requests finish.
func (s *Checks) Balancers(ctx context.Context, group string) (preflight.Balancers, error) {
	present, err := s.Cloud.Groups.Group(ctx, group, false)
	if err != nil {
		return preflight.Balancers{}, err
	}
	var nodes corev1.NodeList
	if err := s.Cluster.Cache().List(ctx, &nodes); err != nil {
		return preflight.Balancers{}, fmt.Errorf("list nodes: %w", err)
	}
	var members []labels.Set
	for _, node := range membersOf(present, nodes.Items) {
		members = append(members, node.Labels)
	}
	registered, err := s.Cluster.Balancers(ctx, members)
	if err != nil {
		return preflight.Balancers{}, err
	}
	var known []aws.Balancer
	for _, b := range registered.Known {
		known = append(known, aws.Balancer(b))
	}
	delays, err := s.Cloud.Balancers.Delays(ctx, known)
	found := preflight.Balancers{Denied: append(registered.Denied, delays.Denied...), Unknown: append(registered.Foreign, delays.Absent...)}
	for _, d := range delays.Known {
		found.Delays = append(found.Delays, preflight.Delay(d))
	}
	return found, err
}
