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
// decide asks rules, one phase after the other, until one decides something; a rule returns what it
// decided. The lists of rules are in decide.go. In the order of a pass:
//
//	pass.go         one pass; observe.go and target.go read, needs.go reads what a plan asks for
//	decide.go       the lists of rules
//	begin.go        whether an update may begin; rollback.go, pause.go, health.go, badhealth.go
//	keep.go         what is borrowed stays as the update needs it
//	setup.go        the phase Setup (a scaling: scaling.go)
//	scaleup.go      the phase ScaleUp
//	upgrade.go      the phase Upgrade; inflight.go and drainnode.go for the nodes in flight
//	scaledown.go    the phase ScaleDown
//	verdict.go      how an update ends
//	execute.go      the calls to the world, and report.go, what is saved of a pass
//
// Below it are packages that can be read alone: plan (what rules decide, as data), fleet (questions
// about the members of the group), drain (how one node is emptied), debts (what is borrowed, and how
// it is restored). Every action and every wait says why, in words that are shown to people unchanged.
//
// The package imports the standard library, the contract and the packages below it only, logs
// nothing, starts no goroutine and never sleeps. The command, the controller and the simulation all
// run this one engine.
package engine
