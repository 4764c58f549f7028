// Package upgrade is the contract between people, the engine and the world: nouns and
// their validation. It decides nothing and calls nothing.
//
// What people ask for is an [Update] with its [Policy], [Target] or [Scaling] (update.go,
// policy.go, group.go, scaling.go). What can be observed is a [Group] of instances, the
// [Node]s with their [Pod]s and [Budget]s, and the health of workloads (group.go, node.go,
// pod.go, health.go). What cannot be observed is remembered in a [Record] (run.go, drain.go, wait.go, ledger.go):
// the [Run], what this update has done so far, and the [Ledger], what is owed to the owner of
// the group, whichever update borrowed it. [Record.Validate] finds what contradicts itself.
//
// The engine reaches the world through the small interfaces of [World] (world.go), and a
// [Fence] keeps a process that lost its Lease from changing anything. One pass of the engine
// returns a [Result].
//
// The package imports the standard library only.
package upgrade
