// Package controller makes one pass and one record of it per reconcile.
//
// It is the loop around the engine, and the only one. [Run] is that loop for one
// update, under the Lease of its node group: the command hosts it for the update
// that it was asked for, and the controller in the cluster for every update, which
// [Serve] finds.
//
//	changes of updates, nodes, pods, budgets ─► wake ─► queue ─► Reconcile ─► upgrade.Pass
//	                                                      ▲                       │
//	                                                      └── after Result.After ─┘
//
// Between two passes nothing is remembered except when the next one may be made and
// which changes wake it. Passes of one update never overlap and are
// some hundredths of a second apart, unless the engine asks for the next one at once.
// So a burst of changes makes one pass.
//
// The results of a pass are Events, one for each sentence of the engine, unchanged; the
// status of the node group; and what is passed to Options.Observe, from which the command
// prints. An update that has not ended and its node group have a finalizer: an update that
// is deleted is cancelled, and is gone when it has restored what it borrowed.
//
// When the context ends, the calls in flight may finish and nothing new starts.
package controller
