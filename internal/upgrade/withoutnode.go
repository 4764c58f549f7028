package upgrade

import (
	"slices"
	"time"
)

// WithoutNode is a member that has no node: it has not joined yet, or its Node object was deleted.
// Both look alike, so it is remembered which members had none before.
type WithoutNode struct {
	Instance string
	// Since is when a pass first found no node.
	Since time.Time
	// Lost: it had a node before.
	Lost bool
	// Back: it has a node now. It is noted for a while after its launch, and after it has lost a node
	// until its pods from before must have ended.
	Back bool
	// Grace is the longest grace period of the pods that were found bound to its node since then.
	Grace time.Duration
}

// WithoutNodeOf returns what is noted of a member without a node, nil if nothing is.
func (r Run) WithoutNodeOf(instance string) *WithoutNode {
	i := slices.IndexFunc(r.WithoutNode, func(w WithoutNode) bool { return w.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.WithoutNode[i]
}
