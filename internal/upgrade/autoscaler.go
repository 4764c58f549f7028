package upgrade

import (
	"slices"
	"strings"
)

// AutoscalerMode says what an update does about Cluster Autoscaler.
type AutoscalerMode string

// What an update may do about it. Where it runs while nodes are empty, it would remove them, and where it
// runs while the sizes are raised, it would lower them again (decision 23).
const (
	// AutoscalerSuspend scales it to 0 while the update works.
	AutoscalerSuspend AutoscalerMode = "suspend"
	// AutoscalerAnnotate scales it to 0 only while the sizes are raised. Else it runs, and may not remove
	// the group's nodes.
	AutoscalerAnnotate AutoscalerMode = "annotate"
	// AutoscalerIgnore lets it run.
	AutoscalerIgnore AutoscalerMode = "ignore"
)

// AutoscalerState is Cluster Autoscaler as it is now: its Deployments, none if the cluster has none. Some
// clusters have one for each zone.
type AutoscalerState []AutoscalerDeployment

// AutoscalerDeployment is one Deployment of Cluster Autoscaler.
type AutoscalerDeployment struct {
	Name        string // namespace/name
	Replicas    int
	SuspendedBy []string // the node groups that have it suspended
	Before      int      // the replicas that it will have when it is resumed, 0 if it is not suspended
}

// Replicas is how many replicas all Deployments together are to have.
func (a AutoscalerState) Replicas() int {
	sum := 0
	for _, d := range a {
		sum += d.Replicas
	}
	return sum
}

// Runs reports whether it is running, or will be when it is resumed.
func (a AutoscalerState) Runs() bool {
	return slices.ContainsFunc(a, func(d AutoscalerDeployment) bool { return d.Replicas+d.Before > 0 })
}

// IsSuspendedBy reports whether a node group has all Deployments suspended.
func (a AutoscalerState) IsSuspendedBy(holder string) bool {
	isNot := func(d AutoscalerDeployment) bool { return !slices.Contains(d.SuspendedBy, holder) }
	return len(a) > 0 && !slices.ContainsFunc(a, isNot)
}

// IsHeldBy reports whether a node group has at least one Deployment suspended.
func (a AutoscalerState) IsHeldBy(holder string) bool {
	return slices.ContainsFunc(a, func(d AutoscalerDeployment) bool { return slices.Contains(d.SuspendedBy, holder) })
}

// Holders are the node groups that have a Deployment suspended.
func (a AutoscalerState) Holders() []string {
	var all []string
	for _, d := range a {
		all = append(all, d.SuspendedBy...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// String is the names of the Deployments.
func (a AutoscalerState) String() string {
	names := make([]string, len(a))
	for i, d := range a {
		names[i] = d.Name
	}
	return strings.Join(names, ", ")
}
