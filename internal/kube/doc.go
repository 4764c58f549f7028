// Package kube is the cluster as an upgrade sees it: nodes, pods, evictions,
// budgets, Cluster Autoscaler and the records that Nodelift keeps in it.
//
// [Connect] returns a [Cluster], whose methods return implementations of the interfaces
// of package upgrade.
//
//	watches ──► cache ──► Nodes.Nodes, Pods.Occupancy, Autoscaler.State
//	API server ─────────► Pods.OccupancyNow, Records.Load
//	            ◄──────── marks, evictions, scale, records, Leases
//
// Reads that may be a moment old come from watches, so their cost does not grow
// with time; reads before an irreversible step go to the API server. A pod that this
// process has evicted is shown as terminating even if the watch does not show it yet.
//
// Every write is safe to repeat. If a write depends on what was there (whose taint
// it is, how many replicas there were), it is decided and written in one patch with the
// resource version as precondition: marks in the node annotation nodelift.dev/owned, Cluster Autoscaler's replicas and holders on its own
// Deployment.
//
// Records are two resources, package api/v1alpha1: the run is the status of a
// NodeGroupUpdate, the ledger is in the status of its NodeGroup. They are
// converted in torun.go and fromrun.go without losing anything; what is only for people
// (progress, conditions) is computed when the status is written.
//
// Errors name the verb and the resource. A missing permission is
// [upgrade.ErrForbidden], expired credentials are [upgrade.ErrCredentials].
package kube
