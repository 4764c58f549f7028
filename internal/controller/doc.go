// Package controller makes one pass and one record of it per reconcile.
//
// It is the loop around the engine, and the only one. [Run] is that loop for one
// update, under the Lease of its node group: the command hosts it for the update
// that it was asked for, and the controller in the cluster for each that there is,
// which [Serve] finds.
//
//	changes of updates, nodes, pods, budgets ─► wake ─► queue ─► Reconcile ─► upgrade.Pass
//	                                                      ▲                       │
//	                                                      └── after Result.After ─┘
//
// Nothing is remembered between two passes but when the next may be made and
// what it is worth being woken for. Passes of one update never overlap and are
// some hundredths of a second apart, unless the engine asks for the next at once:
// a burst of changes makes one pass.
//
// A pass leaves behind: Events, one for each sentence of the engine, unchanged;
// the status of the node group; and what is handed to Options.Observe, from
// which the command prints. A running update and its node group carry a
// finalizer: an update that is deleted is cancelled, and goes when it has given
// back what it borrowed.
//
// When the context ends, the pass under way may finish its calls and nothing
// new begins.
package controller
