package upgrade

import (
	"slices"
	"strings"
	"time"
)

// The labels, taint and annotations that an upgrade reads or writes.
const (
	// LabelImage carries a node's image id, as on EKS managed nodes.
	LabelImage = "eks.amazonaws.com/nodegroup-image"
	// TaintKey and TaintValue keep new pods off outdated nodes.
	TaintKey   = "eks.amazonaws.com/nodegroup"
	TaintValue = "unschedulable"
	// LabelExclude makes load balancers drop a node.
	LabelExclude = "node.kubernetes.io/exclude-from-external-load-balancers"
	// TaintAutoscalerDeletes is Cluster Autoscaler's taint on a node that it is removing (its package
	// utils/taints).
	TaintAutoscalerDeletes = "ToBeDeletedByClusterAutoscaler"
	// AnnotationScaleDownDisabled keeps Cluster Autoscaler from removing a node.
	AnnotationScaleDownDisabled = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
	// AnnotationOwned lists the marks on a node that are ours to remove.
	AnnotationOwned = "nodelift.dev/owned"
	// AnnotationOwner names the NodeGroup whose update has set them.
	AnnotationOwner = "nodelift.dev/owner"
)

// Mark is something that an update puts on a node and takes off again.
type Mark string

// The marks, as they stand in the annotation nodelift.dev/owned.
const (
	MarkTaint             Mark = "taint"               // TaintKey=TaintValue:NoSchedule
	MarkPrefer            Mark = "prefer"              // TaintKey=TaintValue:PreferNoSchedule
	MarkCordon            Mark = "cordon"              // spec.unschedulable
	MarkExclude           Mark = "exclude"             // LabelExclude=true
	MarkScaleDownDisabled Mark = "scale-down-disabled" // AnnotationScaleDownDisabled=true
)

// Replaces is the mark that this one takes the place of, "" for none: a node that
// is drained changes from one effect of our taint to the other.
func (m Mark) Replaces() Mark {
	if m == MarkTaint {
		return MarkPrefer
	}
	return ""
}

// Node is a node of the cluster.
type Node struct {
	Name     string
	Provider string // spec.providerID, aws:///ZONE/INSTANCE
	Image    string // the label LabelImage, "" if absent
	Created  time.Time
	Ready    bool
	// ReadySince is when the condition of type Ready last changed.
	ReadySince time.Time
	// Heartbeat is when its kubelet last renewed its Lease (or condition).
	Heartbeat time.Time
	// Taints that keep pods off, as key=value:Effect, without our own.
	Taints []string
	// Extended resources (nvidia.com/gpu) that it offers, by name.
	ExtendedResources []string
	Marks             []Mark // those that it carries, whoever set them
	Owned             []Mark // those of them that are ours
	Owner             string // whose update has set those: Update.Holder
	OS                string // in the words of its kubelet, Amazon Linux 2023.8.20260915
	Kubelet           string // its version, v1.36.2-eks-1234567
	// Controller: a pod of Nodelift's own controller runs on it, which may be the one
	// that works on the update.
	Controller bool
}

// Has reports whether the node carries a mark, whoever set it.
func (n Node) Has(m Mark) bool { return slices.Contains(n.Marks, m) }

// IsRemovedByAutoscaler reports whether Cluster Autoscaler has begun to remove the node.
func (n Node) IsRemovedByAutoscaler() bool {
	return slices.ContainsFunc(n.Taints, func(t string) bool { return strings.HasPrefix(t, TaintAutoscalerDeletes+"=") })
}

// Instance returns the instance id at the end of the provider id, or "" for a
// node that is not on AWS.
func (n Node) Instance() string {
	if !strings.HasPrefix(n.Provider, "aws://") {
		return ""
	}
	return n.Provider[strings.LastIndexByte(n.Provider, '/')+1:]
}

// Zone returns the availability zone in the provider id, or "" for a node that is
// not on AWS.
func (n Node) Zone() string {
	parts := strings.Split(strings.TrimPrefix(n.Provider, "aws:///"), "/")
	if len(parts) != 2 {
		return ""
	}
	return parts[0]
}
