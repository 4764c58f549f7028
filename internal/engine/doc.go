// Package engine decides what an update does next and why, and carries out one
// pass of it.
//
// An upgrade is a series of passes. [Pass] observes the world through the small
// interfaces of [upgrade.World], lets decide (a pure function of what was observed) make
// a plan, and then either writes down an intent or carries the plan out:
//
//	observe ──► decide ──► intent?  yes: save it, look again at once
//	                        no: act, save what there is to report, say when to look again
//
// What can be observed is never remembered. What cannot be observed is in a
// [upgrade.Record], written before the action that needs it, so that a process which
// dies anywhere is followed by one that goes on. Two things are remembered: the
// [upgrade.Ledger], what is owed to the owner of the group whichever update borrowed
// it, and the [upgrade.Run], what this update has got to.
//
// decide is a list of rules in the order of the phases; the first that wants
// something wins:
//
//	before a phase   fault.go, rollback.go, halt.go, healthwatch.go, sizes.go, hold.go
//	Setup            setup.go (a scaling: scaling.go, scalein.go)
//	ScaleUp          scaleup.go
//	Upgrade          taint.go, nodes.go, soak.go; a node: drain.go, its pods: evict.go
//	ScaleDown        giveback.go, surplus.go
//
// Questions about the members of the group are in the package fleet below. Every action
// and every wait says why, in words that are shown to people unchanged.
//
// The package imports the standard library, the contract, fleet and text only, logs
// nothing, starts no goroutine and never sleeps. The command, the controller and the
// simulation all run this one engine.
package engine
