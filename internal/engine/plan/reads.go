package plan

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Read names something that a pass observes. A read that fails is a failed call (upgrade.FailedCall)
// with this name as its reason: it has a limit, and rules that need it wait meanwhile.
type Read = string

// The reads, named like the reasons of events.
const (
	GroupRead       Read = "GroupRead"       // the Auto Scaling group
	ActivitiesRead  Read = "ActivitiesRead"  // what Auto Scaling has done to the group
	ChecksRead      Read = "ChecksRead"      // whether the update may begin
	TemplateRead    Read = "TemplateRead"    // what the group's launch template version is, and the target
	NodesRead       Read = "NodesRead"       // the nodes of the cluster
	AutoscalerRead  Read = "AutoscalerRead"  // Cluster Autoscaler
	PodsRead        Read = "PodsRead"        // the pods of some nodes
	PendingPodsRead Read = "PendingPodsRead" // the pods that have no node
	HealthRead      Read = "HealthRead"      // how the workloads are
)

// IsRead reports whether a failed call is a read.
func IsRead(c upgrade.FailedCall) bool {
	return slices.Contains([]Read{GroupRead, ActivitiesRead, ChecksRead, TemplateRead, NodesRead, AutoscalerRead, PodsRead, PendingPodsRead, HealthRead}, c.Reason)
}
