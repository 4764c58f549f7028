// Package kube is the cluster as an upgrade sees it: nodes, pods, evictions,
// budgets, Cluster Autoscaler and the records that Nodelift keeps in it.
//
// [Connect] makes a [Cluster]; its methods hand out what the engine asks for as
// the interfaces of package upgrade.
//
//	watches ──► cache ──► Nodes.Nodes, Pods.Occupancy, Autoscaler.State
//	API server ─────────► Pods.OccupancyNow, Records.Load
//	            ◄──────── marks, evictions, scale, records, Leases
//
// Reads that may be a moment old come from watches, so their cost does not grow
// with time; reads that an irreversible step stands on go to the API server. A
// pod that this process has evicted is shown as terminating even while the
// watch has not told so yet.
//
// Every write is safe to repeat. Where a write depends on what was there (whose
// taint is it, how many replicas were there) that is decided and written in one
// patch with the resource version as precondition: marks in node annotation
// nodelift.dev/owned, Cluster Autoscaler's replicas and holders on its own
// Deployment.
//
// Records are two resources, package api/v1alpha1: the run is the status of a
// NodeGroupUpdate, the ledger is in the status of its NodeGroup. They are
// converted in torun.go and fromrun.go, losing nothing; what is for people only
// (progress, conditions) is computed on the way out.
//
// Errors name the verb and the resource. A missing right is
// [upgrade.ErrForbidden], expired credentials are [upgrade.ErrCredentials].
package kube
